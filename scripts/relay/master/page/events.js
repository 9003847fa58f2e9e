// events.js: what happened, the newest first; older ones are asked for.
import { Keyed, element, icon, setAttribute, setIcon, setText } from "./dom.js";
import * as format from "./format.js";
import { nameLink, timeAgo } from "./parts.js";
import { listed } from "./state.js";

/** @typedef {import("./state.js").NetworkEvent} NetworkEvent */

const KINDS = ["joined", "left", "mended", "reloaded", "health", "started", "draining", "refused", "trouble"];
const EVENTS_MOST = 600; // however often older ones are asked for

/** @param {NetworkEvent} event */
const keyOf = (event) => `${event.at} ${event.kind} ${event.node} ${event.text}`;

/** Both lists in one, newest first, each event once. @param {NetworkEvent[]} newer @param {NetworkEvent[]} older */
export function merged(newer, older) {
  const known = new Map([...newer, ...older].map((event) => [keyOf(event), event]));
  return [...known.values()].sort((one, other) => other.at - one.at).slice(0, EVENTS_MOST);
}

/** The text without the node's name in front: that stands there as a link. @param {NetworkEvent} event */
export function textOf({ node, text }) {
  return node && text.startsWith(`${node} `) ? text.slice(node.length + 1) : text;
}

function eventItem(/** @type {() => number} */ now) {
  const sign = icon("joined");
  const kind = element("span", { class: "unseen" });
  const node = nameLink("node");
  const text = element("span", { class: "text", dir: "auto" });
  const time = timeAgo();
  const root = element("li", {}, sign, element("span", { class: "what" }, kind, node.root, " ", text), time.root);
  return {
    root,
    update: (/** @type {NetworkEvent} */ event) => {
      setAttribute(root, "data-kind", event.kind);
      setAttribute(root, "data-mood", moodOf(event));
      setIcon(sign, KINDS.includes(event.kind) ? event.kind : "started");
      setText(kind, `${event.kind}: `);
      node.root.hidden = !event.node;
      if (event.node) node.update(event.node);
      setText(text, format.name(textOf(event)));
      setAttribute(text, "title", format.name(event.text));
      time.update(event.at, now());
    },
  };
}

/** A change of health to the worse is no good news, one to the better is. @param {NetworkEvent} event */
function moodOf({ kind, text }) {
  if (kind !== "health") return kind;
  return text.match(/→ (good|degraded|bad)/)?.[1] ?? kind;
}

export class EventList {
  #store;
  #node;
  /** @type {NetworkEvent[]} */
  #older = [];
  #rows;
  #list;
  #more;
  #empty;
  #isAtEnd = false;

  /** @param {HTMLElement} root @param {import("./state.js").Store} store @param {string | null} node its events alone */
  constructor(root, store, node = null) {
    this.#store = store;
    this.#node = node;
    this.#list = element("ol", { class: "events" });
    this.#rows = new Keyed(this.#list, () => eventItem(() => store.now));
    this.#empty = element("p", { class: "empty" }, "Nothing happened yet.");
    this.#more = element("button", { type: "button", class: "quiet more" }, "Older events");
    this.#more.addEventListener("click", () => this.#askOlder());
    root.append(element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events" }, this.#list, this.#empty, this.#more));
  }

  update() {
    const all = merged(this.#store.state?.events ?? [], this.#older);
    const shown = this.#node === null ? all : all.filter(({ node }) => node === this.#node);
    this.#rows.update(shown, keyOf);
    this.#empty.hidden = shown.length > 0;
    this.#more.hidden = this.#isAtEnd || all.length === 0 || all.length >= EVENTS_MOST;
  }

  async #askOlder() {
    const all = merged(this.#store.state?.events ?? [], this.#older);
    const before = Math.min(...all.map(({ at }) => at));
    this.#more.toggleAttribute("disabled", true);
    const older = await fetch(`/overview/events?before=${before}`)
      .then((response) => (response.ok ? response.json() : Promise.reject(response)))
      .catch(() => null);
    this.#more.toggleAttribute("disabled", false);
    if (older === null) return;
    this.#isAtEnd = listed(older.events).length === 0;
    this.#older = merged(this.#older, listed(older.events));
    this.update();
  }
}
