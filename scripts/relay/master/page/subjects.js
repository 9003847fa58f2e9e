// subjects.js: what can have a page of its own, what it says about itself, and which of its figures have charts.
import { element, setText } from "./dom.js";
import { EventList, textOf } from "./events.js";
import * as format from "./format.js";
import { HostFacts, Links, ProcessFacts, Subscribers } from "./panels.js";
import { badges, card, facts, healthSign } from "./parts.js";
import { isTroubled, troubleOf } from "./process.js";
import { channelNamed, lastWordsOf, nodeNamed } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Node} Node */
/** @typedef {import("./state.js").Store} Store */
/**
 * @typedef {{ title: string, note?: string, column: string, words: (value: number | null) => string, now: (state: State) => number | null,
 *   most?: string, isWhole?: boolean }} Figure `column` of the history; `most`: the column whose last value is the chart's top;
 *   `isWhole`: it is counted, and its axis has no halves
 * @typedef {{ figures: Figure[], side?: Element }} Group charts, and what stands beside them
 * @typedef {{ query: Record<string, string>, title: string, groups: Group[], head: Element, body: Element,
 *   update: (state: State) => void }} Subject
 */

/** @param {"node" | "channel" | "network"} kind @param {string} name @param {Store} store @returns {Subject} */
export function subjectOf(kind, name, store) {
  if (kind === "node") return nodeSubject(name, store);
  return kind === "channel" ? channelSubject(name) : networkSubject();
}

/** @param {string} title */
function heading(title) {
  return element("h1", { tabindex: "-1", id: "subject" }, element("bdi", {}, format.name(title)));
}

const RATES = [
  { title: "Messages a second", column: "messages_per_second", words: format.rate },
  { title: "Payload", note: "of messages, each once", column: "kbits_per_second", words: format.bitrate },
];
const CLIENTS = { title: "Clients", column: "clients", words: format.count, isWhole: true };
const CHANNELS = { title: "Channels", column: "channels", words: format.count, isWhole: true };
const HOST = [
  { title: "Host load", column: "load", words: format.rate },
  { title: "Host memory", column: "memory_used", words: format.bytes, most: "memory_total" },
  { title: "Host disk", column: "disk_used", words: format.bytes, most: "disk_total" },
  { title: "Host traffic in", column: "bytes_in_per_second", words: format.byteRate },
  { title: "Host traffic out", column: "bytes_out_per_second", words: format.byteRate },
];

/** @param {string} name @param {Store} store @returns {Subject} */
function nodeSubject(name, store) {
  const health = healthSign();
  const marks = badges();
  const gone = element("p", { class: "notice", hidden: "" }, "The master does not know this node any more.");
  const lost = element("p", { class: "notice", "data-notice": "lost", hidden: "" });
  const trouble = element("p", { class: "notice", hidden: "" });
  const about = facts(["Address", "Region", "Version", "Generation", "Uptime", "Joined", "Last heard"]);
  const process = new ProcessFacts();
  const host = new HostFacts();
  const links = new Links(name);
  const happened = element("section", { class: "card" }, element("h2", {}, "Events"));
  const events = new EventList(happened, store, name);
  const ofNode = (/** @type {Omit<Figure, "now">} */ figure) => ({ ...figure, now: (/** @type {State} */ state) => /** @type {any} */ (nodeNamed(state, name))?.[figure.column] ?? null });
  return {
    query: { node: name },
    title: format.name(name),
    groups: [
      { figures: [...RATES, CLIENTS, CHANNELS].map(ofNode), side: card("This node", "process", process.root) },
      { figures: HOST.map(ofNode), side: card("Its host", "host", host.root) },
    ],
    head: element("div", { class: "subject-head" }, heading(name), health.root, marks.root, gone, lost, trouble),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root), card("Links", "links", links.root), happened),
    update: (state) => {
      const node = nodeNamed(state, name);
      gone.hidden = node !== null;
      health.root.hidden = node === null;
      events.update();
      links.update(state);
      trouble.hidden = !node || !isTroubled(node);
      lost.hidden = node?.state !== "lost";
      if (!node) return;
      if (!lost.hidden) setText(lost, lostWords(state, node, store.now));
      setText(trouble, `In the last 5 minutes: ${troubleOf(node)}.`);
      health.update(node);
      marks.update(node);
      process.update(node);
      host.update(node);
      about.update([
        node.host ?? format.NONE, node.region ?? format.NONE, node.version ?? format.NONE, format.count(node.generation), format.duration(node.uptime_seconds),
        typeof node.joined_at === "number" ? format.ago(node.joined_at, store.now) : null, format.ago(node.seen_at, store.now),
      ], [node.host, null, null, null, null, format.moment(node.joined_at), format.moment(node.seen_at)]);
    },
  };
}

/** Since when, how it went, and what it told of itself before. @param {State} state @param {Node} node @param {number} now */
function lostWords(state, node, now) {
  const { left, before } = lastWordsOf(state, node);
  const at = left?.at ?? node.seen_at;
  const since = at === null ? "Lost." : `Lost since ${format.moment(at)} (${format.ago(at, now)})${left ? `: ${format.name(textOf(left))}` : ""}.`;
  const last = before ? ` Before that: ${format.name(textOf(before))} (${format.ago(before.at, now)}).` : "";
  return `${since}${last} The charts show what was heard until then.`;
}

/** @param {string} name @returns {Subject} */
function channelSubject(name) {
  const gone = element("p", { class: "notice", hidden: "" }, "This channel is not open, or not among the busiest.");
  const about = facts(["Password", "Subscribers", "Open on"]);
  const subscribers = new Subscribers();
  return {
    query: { channel: name },
    title: format.name(name),
    groups: [{ figures: [...RATES, { ...CLIENTS, title: "Subscribers" }].map((figure) => ({ ...figure, now: (state) => /** @type {any} */ (channelNamed(state, name))?.[figure.column] ?? null })) }],
    head: element("div", { class: "subject-head" }, heading(name), gone),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root), card("Subscribers by node", "subscribers", subscribers.root)),
    update: (state) => {
      const channel = channelNamed(state, name);
      gone.hidden = channel !== null;
      if (!channel) return;
      about.update([channel.protected === null ? format.NONE : channel.protected ? "has one" : "none", format.count(channel.clients), `${channel.nodes.length} ${channel.nodes.length === 1 ? "node" : "nodes"}`]);
      subscribers.update(channel);
    },
  };
}

/** @returns {Subject} */
function networkSubject() {
  const about = facts(["Nodes", "Master", "Version", "Master's uptime"]);
  const figures = [CLIENTS, CHANNELS, ...RATES];
  return {
    query: {},
    title: "The whole network",
    groups: [{ figures: figures.map((figure) => ({ ...figure, now: (state) => /** @type {any} */ (state.network)[figure.column] ?? null })) }],
    head: element("div", { class: "subject-head" }, heading("The whole network")),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root)),
    update: (state) => about.update([format.count(state.nodes.length), format.name(state.master), state.version, format.duration(state.uptime_seconds)]),
  };
}
