// tip.js: details of what is under the pointer or the focus in the drawing.
import { element, icon } from "./dom.js";
import * as format from "./format.js";
import { CONDITION_WORDS, reasonOf } from "./parts.js";
import { RECENTLY, isTroubled, troubleOf } from "./process.js";
import { condition, linksOf, nodeNamed } from "./state.js";

const EDGE = 8; // pixels from the frame
const AROUND = 32; // a node's label is part of it

export class Tip {
  #frame;
  /** @type {Element | null} */
  #target = null;
  /** @type {(() => globalThis.Node[] | null) | null} */
  #content = null;

  /** @param {HTMLElement} frame it stays inside */
  constructor(frame) {
    this.#frame = frame;
    this.root = element("div", { class: "tip", role: "tooltip", id: "tip", hidden: "" });
    frame.addEventListener("keydown", (event) => event.key === "Escape" && this.#hide());
  }

  /** @param {Element} target @param {() => globalThis.Node[] | null} content @param {(isShown: boolean) => void} told */
  attach(target, content, told = () => {}) {
    const show = () => {
      this.#target = target;
      this.#content = content;
      told(true);
      this.refresh();
      this.#place();
    };
    const hide = () => {
      if (this.#target === target) this.#hide();
      told(false);
    };
    target.addEventListener("pointerenter", (event) => /** @type {PointerEvent} */ (event).pointerType !== "touch" && show());
    target.addEventListener("pointerleave", hide);
    target.addEventListener("focus", () => target.matches(":focus-visible") && show());
    target.addEventListener("blur", hide);
  }

  /** Its figures move on with the state. */
  refresh() {
    if (!this.#target || !this.#content) return;
    const content = this.#target.isConnected ? this.#content() : null;
    if (!content) return this.#hide();
    this.root.replaceChildren(...content);
    this.root.hidden = false;
    return this.#target.setAttribute("aria-describedby", "tip");
  }

  /** In the corner where it covers the fewest nodes: what it is about stays in sight, and so do its neighbours. */
  #place() {
    const frame = this.#frame.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const own = this.#target?.querySelector(".disc");
    const discs = [...this.#frame.querySelectorAll(".disc")].map((disc) => {
      const { x, y, width: size } = disc.getBoundingClientRect();
      return { x: x + size / 2 - frame.x, y: y + size / 2 - frame.y, weight: disc === own ? 100 : disc.closest(".node[data-lit]") ? 3 : 1 };
    });
    const cost = (/** @type {number} */ left, /** @type {number} */ top) => discs
      .filter(({ x, y }) => x > left - AROUND && x < left + width + AROUND && y > top - AROUND && y < top + height + AROUND)
      .reduce((sum, { weight }) => sum + weight, 0);
    const corners = [frame.width - width - EDGE, EDGE].flatMap((left) => [EDGE, frame.height - height - EDGE]
      .map((top) => ({ left, top, cost: cost(left, top) })));
    const best = corners.reduce((least, corner) => (corner.cost < least.cost ? corner : least));
    this.root.style.left = `${best.left}px`;
    this.root.style.top = `${best.top}px`;
  }

  #hide() {
    this.#target?.removeAttribute("aria-describedby");
    this.#target = null;
    this.#content = null;
    this.root.hidden = true;
  }
}

/** @param {string} term @param {string} value */
const line = (term, value) => element("div", {}, element("dt", {}, term), element("dd", {}, value));

/** @param {import("./state.js").State} state @param {string} name @returns {globalThis.Node[] | null} */
export function nodeTip(state, name) {
  const node = nodeNamed(state, name);
  if (!node) return null;
  const kind = condition(node);
  const links = linksOf(state, name);
  const slowest = links.filter(({ latency_ms: ms }) => ms !== null).pop();
  return [
    element("p", { class: "tip-name" }, element("bdi", {}, format.name(name))),
    element("p", { class: "health", "data-condition": kind }, icon(kind), [CONDITION_WORDS[kind], reasonOf(node)].filter(Boolean).join(": ")),
    ...(isTroubled(node) ? [element("p", { class: "trouble" }, icon("trouble"), `${troubleOf(node)} ${RECENTLY}`)] : []),
    element("dl", {},
      line("Clients", format.count(node.clients)),
      line("Messages/s", format.rate(node.messages_per_second)),
      line("Payload", format.bitrate(node.kbits_per_second)),
      line("Host load", format.rate(node.load)),
      line("Host memory", format.percent(format.share(node.memory_used, node.memory_total))),
      line("Links", links.length === 0 ? "none" : `${links.length}${slowest ? `, up to ${format.latency(slowest.latency_ms)}` : ""}`)),
  ];
}

/** @param {import("./state.js").Link} link @returns {globalThis.Node[]} */
export function linkTip(link) {
  return [
    element("p", { class: "tip-name" }, element("bdi", {}, format.shortened(format.name(link.a), 24)), " – ", element("bdi", {}, format.shortened(format.name(link.b), 24))),
    element("p", {}, link.latency_ms === null ? "Latency not measured yet" : `Latency ${format.latency(link.latency_ms)}`),
  ];
}
