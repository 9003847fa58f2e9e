// subjects.js: what can have a page of its own, what it says about itself, and which of its figures have charts.
import { Keyed, element, setAttribute, setText } from "./dom.js";
import { EventList } from "./events.js";
import * as format from "./format.js";
import { badges, card, facts, healthSign, meterCell, nameLink } from "./parts.js";
import { band, channelNamed, linksOf, listed, nodeNamed } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Node} Node */
/** @typedef {import("./state.js").Store} Store */
/**
 * @typedef {{ title: string, column: string, words: (value: number | null) => string, now: (state: State) => number | null,
 *   most?: string }} Figure `column` of the history; `most`: the column whose last value is the chart's top
 * @typedef {{ query: Record<string, string>, title: string, figures: Figure[], head: Element, body: Element,
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
  { title: "Bandwidth", column: "kbits_per_second", words: format.bandwidth },
];
const CLIENTS = { title: "Clients", column: "clients", words: format.count };
const HOST = [
  { title: "Load", column: "load", words: format.rate },
  { title: "Memory used", column: "memory_used", words: format.bytes, most: "memory_total" },
  { title: "Disk used", column: "disk_used", words: format.bytes, most: "disk_total" },
];

/** @param {string} name @param {Store} store @returns {Subject} */
function nodeSubject(name, store) {
  const health = healthSign();
  const marks = badges();
  const gone = element("p", { class: "notice", hidden: "" }, "The master does not know this node any more.");
  const about = facts(["Address", "Region", "Version", "Generation", "Uptime", "Joined", "Last heard", "Channels", "Host traffic in", "Host traffic out"]);
  const disks = new Disks();
  const links = new Links(store, name);
  const happened = element("section", { class: "card" }, element("h2", {}, "Events"));
  const events = new EventList(happened, store, name);
  return {
    query: { node: name },
    title: format.name(name),
    figures: [...RATES, CLIENTS, ...HOST].map((figure) => ({ ...figure, now: (state) => /** @type {any} */ (nodeNamed(state, name))?.[figure.column] ?? null })),
    head: element("div", { class: "subject-head" }, heading(name), health.root, marks.root, gone),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root), card("Links", "links", links.root), card("Disks", "disks", disks.root), happened),
    update: (state) => {
      const node = nodeNamed(state, name);
      gone.hidden = node !== null;
      health.root.hidden = node === null;
      events.update();
      links.update(state);
      if (!node) return;
      health.update(node);
      marks.update(node);
      disks.update(node);
      about.update([
        node.host ?? format.NONE, node.region ?? format.NONE, node.version ?? format.NONE, format.count(node.generation),
        format.duration(node.uptime_seconds), format.ago(node.joined_at, store.now), format.ago(node.seen_at, store.now), format.count(node.channels),
        perSecond(node.bytes_in_per_second), perSecond(node.bytes_out_per_second),
      ], [node.host, null, null, null, null, format.moment(node.joined_at), format.moment(node.seen_at)]);
    },
  };
}

/** @param {number | null} bytes */
const perSecond = (bytes) => (bytes === null || bytes === undefined ? format.NONE : `${format.bytes(bytes)}/s`);

/** @param {string} name @returns {Subject} */
function channelSubject(name) {
  const gone = element("p", { class: "notice", hidden: "" }, "This channel is not open, or not among the busiest.");
  const about = facts(["Password", "Clients", "Open on"]);
  const nodes = element("ul", { class: "node-list" });
  const links = new Keyed(nodes, (/** @type {string} */ _) => {
    const link = nameLink("node");
    return { root: element("li", {}, link.root), update: link.update };
  });
  return {
    query: { channel: name },
    title: format.name(name),
    figures: [...RATES, CLIENTS].map((figure) => ({ ...figure, now: (state) => /** @type {any} */ (channelNamed(state, name))?.[figure.column] ?? null })),
    head: element("div", { class: "subject-head" }, heading(name), gone),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root), card("Nodes", "nodes", nodes)),
    update: (state) => {
      const channel = channelNamed(state, name);
      gone.hidden = channel !== null;
      if (!channel) return;
      about.update([channel.protected === null ? format.NONE : channel.protected ? "yes" : "no", format.count(channel.clients), `${channel.nodes.length} ${channel.nodes.length === 1 ? "node" : "nodes"}`]);
      links.update(channel.nodes, (node) => node);
    },
  };
}

/** @returns {Subject} */
function networkSubject() {
  const about = facts(["Nodes", "Master", "Version", "Master's uptime"]);
  const figures = [CLIENTS, { title: "Channels", column: "channels", words: format.count }, ...RATES];
  return {
    query: {},
    title: "The whole network",
    figures: figures.map((figure) => ({ ...figure, now: (state) => /** @type {any} */ (state.network)[figure.column] ?? null })),
    head: element("div", { class: "subject-head" }, heading("The whole network")),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root)),
    update: (state) => about.update([format.count(state.nodes.length), format.name(state.master), state.version, format.duration(state.uptime_seconds)]),
  };
}

/** A bar for each mounted disk. */
class Disks {
  #empty = element("p", { class: "empty" }, "The node tells nothing of its disks.");
  #list = element("ul", { class: "meters" });
  #rows = new Keyed(this.#list, (/** @type {import("./state.js").Disk} */ _) => {
    const mount = element("span", { class: "mount" });
    const size = element("span", { class: "size" });
    const meter = meterCell((/** @type {import("./state.js").Disk} */ disk) => disk.used, (disk) => disk.total)();
    return {
      root: element("li", {}, mount, meter.root, size),
      update: (/** @type {import("./state.js").Disk} */ disk) => {
        setText(mount, format.name(disk.mount));
        setAttribute(mount, "title", format.name(disk.mount));
        setText(size, `${format.bytes(disk.used)} of ${format.bytes(disk.total)}`);
        meter.update(disk);
      },
    };
  });

  root = element("div", {}, this.#list, this.#empty);

  /** @param {Node} node */
  update(node) {
    const disks = listed(node.disks);
    this.#rows.update(disks, ({ mount }) => mount);
    this.#empty.hidden = disks.length > 0;
  }
}

/** A node's links, the nearest first, with a bar for the latency. */
class Links {
  #name;
  #slowest = 1;
  #empty = element("p", { class: "empty" }, "It has no links.");
  #list = element("ul", { class: "meters" });
  #rows = new Keyed(this.#list, (/** @type {{ peer: string, latency_ms: number | null }} */ _) => {
    const peer = nameLink("node");
    const fill = element("span", { class: "fill" });
    const size = element("span", { class: "size" });
    const root = element("li", {}, peer.root, element("span", { class: "meter" }, element("span", { class: "bar", "aria-hidden": "true" }, fill)), size);
    return {
      root,
      update: (/** @type {{ peer: string, latency_ms: number | null }} */ link) => {
        peer.update(link.peer);
        setText(size, link.latency_ms === null ? "not measured" : format.latency(link.latency_ms));
        setAttribute(root, "data-band", band(link.latency_ms));
        fill.style.width = `${Math.round(((link.latency_ms ?? 0) / this.#slowest) * 100)}%`;
      },
    };
  });

  root = element("div", {}, this.#list, this.#empty);

  /** @param {Store} store @param {string} name */
  constructor(store, name) {
    this.#name = name;
  }

  /** @param {State} state */
  update(state) {
    const links = linksOf(state, this.#name);
    this.#slowest = Math.max(1, ...links.map(({ latency_ms: ms }) => ms ?? 0));
    this.#rows.update(links, ({ peer }) => peer);
    this.#empty.hidden = links.length > 0;
  }
}
