// parts.js: small pieces that several views share: a condition's sign, a name's link, a meter. Each is { root, update }.
import { element, icon, setAttribute, setIcon, setText } from "./dom.js";
import * as format from "./format.js";
import { RECENTLY, troubleOf } from "./process.js";
import { condition } from "./state.js";

/** @typedef {import("./state.js").Node} Node */
/** @typedef {import("./state.js").Condition} Condition */

/** @type {Record<Condition, string>} */
export const CONDITION_WORDS = { good: "Healthy", degraded: "Degraded", bad: "Bad", lost: "Lost", unknown: "Not told" };

/** @param {string} name */
export const nodeAddress = (name) => `#/node/${encodeURIComponent(wellFormed(name))}`;

/** @param {string} name */
export const channelAddress = (name) => `#/channel/${encodeURIComponent(wellFormed(name))}`;

/** encodeURIComponent throws at half a surrogate. @param {string} text */
const wellFormed = (text) => text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");

/** A name that links to its page; its direction stays inside it. @param {string} kind "node" or "channel" */
export function nameLink(kind = "node") {
  const text = element("bdi");
  const root = element("a", { class: "name" }, text);
  return {
    root,
    update: (/** @type {string} */ name) => {
      setText(text, format.name(name));
      setAttribute(root, "href", kind === "node" ? nodeAddress(name) : channelAddress(name));
      setAttribute(root, "title", format.name(name));
    },
  };
}

/** Why, in the node's words, when they say more than the sign does. @param {Node} node */
export function reasonOf(node) {
  if (node.state === "lost") return "does not answer";
  return node.reason && node.reason.toLowerCase() !== CONDITION_WORDS[condition(node)].toLowerCase() ? format.name(node.reason) : "";
}

/** What went wrong lately, behind a sign. */
export function troubleSign() {
  const words = element("span", { class: "words" });
  const root = element("span", { class: "trouble" }, icon("trouble"), words);
  return {
    root,
    update: (/** @type {Node} */ node) => {
      const trouble = troubleOf(node);
      root.hidden = trouble === "";
      setText(words, trouble);
      setAttribute(root, "title", trouble && `${trouble} ${RECENTLY}`);
    },
  };
}

/** Health by sign, word and colour, and trouble beside it. */
export function healthSign() {
  const sign = icon("unknown");
  const word = element("span", { class: "word" });
  const reason = element("span", { class: "reason" });
  const trouble = troubleSign();
  const root = element("span", { class: "health" }, sign, element("span", { class: "words" }, word, reason), trouble.root);
  return {
    root,
    update: (/** @type {Node} */ node) => {
      const kind = condition(node);
      setAttribute(root, "data-condition", kind);
      setAttribute(root, "data-reason", reasonOf(node) ? "" : null);
      setAttribute(root, "title", reasonOf(node) || null);
      setIcon(sign, kind);
      setText(word, CONDITION_WORDS[kind]);
      setText(reason, reasonOf(node));
      trouble.update(node);
    },
  };
}

/** master, plain, draining: what a node is beside its health. */
export function badges() {
  const root = element("span", { class: "badges" });
  let shown = "";
  return {
    root,
    update: (/** @type {Node} */ node) => {
      const words = [node.is_master && "master", node.is_plain && "plain", node.draining && "draining"].filter(Boolean).map(String);
      if (words.join() === shown) return;
      shown = words.join();
      root.replaceChildren(...words.map((word) => element("span", { class: "badge", "data-badge": word }, word)));
    },
  };
}

const FULL = 0.9; // from here on a meter warns

/**
 * A part of a whole, as a figure with a bar.
 * @template T
 * @param {(item: T) => number | null | undefined} used @param {(item: T) => number | null | undefined} total bytes
 */
export const meterCell = (used, total) => () => {
  const fill = element("span", { class: "fill" });
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, fill);
  const text = element("span");
  const root = element("span", { class: "meter" }, bar, text);
  return {
    root,
    update: (/** @type {T} */ item) => {
      const part = format.share(used(item) ?? null, total(item) ?? null);
      setText(text, format.percent(part));
      setAttribute(root, "title", part === null ? null : format.bytesOf(used(item), total(item)));
      setAttribute(root, "data-full", part !== null && part >= FULL ? "" : null);
      setAttribute(root, "data-none", part === null ? "" : null);
      fill.style.width = `${Math.round((part ?? 0) * 100)}%`;
    },
  };
};

/** "5 min ago", exact under the pointer. */
export function timeAgo() {
  const root = element("time");
  return {
    root,
    update: (/** @type {number | null} */ at, /** @type {number} */ now) => {
      setText(root, format.ago(at, now));
      if (at === null) return;
      setAttribute(root, "datetime", new Date(at * 1000).toISOString());
      setAttribute(root, "title", format.moment(at));
    },
  };
}

/** A definition list whose lines are there from the beginning. @param {string[]} terms */
export function facts(terms) {
  const values = terms.map(() => element("dd"));
  const lines = terms.map((term, i) => element("div", {}, element("dt", {}, term), values[i]));
  return {
    root: element("dl", { class: "facts" }, ...lines),
    /** @param {(string | null)[]} texts null: the line is not there @param {(string | null)[]} titles @param {boolean[]} marks lines that want a look */
    update: (texts, titles = [], marks = []) => texts.forEach((text, i) => {
      lines[i].hidden = text === null;
      setText(values[i], text ?? "");
      setAttribute(values[i], "title", titles[i] ?? null);
      setAttribute(lines[i], "data-marked", marks[i] ? "" : null);
    }),
  };
}

/** A card with a heading. @param {string} title @param {string} name @param {(globalThis.Node | string)[]} content */
export function card(title, name, ...content) {
  return element("section", { class: `card ${name}`, "aria-label": title }, element("h2", {}, title), ...content);
}
