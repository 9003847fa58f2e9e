// subjects.js: what can have a page of its own, what it says about itself, and which of its figures have charts.
import { Keyed, element, setAttribute, setText } from "./dom.js";
import { EventList } from "./events.js";
import * as format from "./format.js";
import { badges, card, facts, healthSign, meterCell, nameLink } from "./parts.js";
import { PROCESS_FIGURES, isTroubled, troubleOf } from "./process.js";
import { band, channelNamed, linksOf, listed, nodeNamed } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Node} Node */
/** @typedef {import("./state.js").Store} Store */
/**
 * @typedef {{ title: string, note?: string, column: string, words: (value: number | null) => string, now: (state: State) => number | null,
 *   most?: string }} Figure `column` of the history; `most`: the column whose last value is the chart's top
 * @typedef {{ figures: Figure[], side?: Element }} Group charts, and what stands beside them
 * @typedef {{ query: Record<string, string>, title: string, groups: Group[], head: Element, body: Element,
 *   update: (state: State) => void }} Subject
 */

/** @param {"node" | "channel" | "network"} kind @param {string} name @param {Store} store @returns {Subject} */
export function subjectOf(kind, name, store) {
  if (kind === "node") return nodeSubject(name, store);
  return kind === "channel" ? channelSubject(name) : networkSubject();
}

const LISTED_MOST = 200; // links of a node, nodes of a channel

/** @param {string} title */
function heading(title) {
  return element("h1", { tabindex: "-1", id: "subject" }, element("bdi", {}, format.name(title)));
}

const RATES = [
  { title: "Messages a second", column: "messages_per_second", words: format.rate },
  { title: "Payload", note: "of messages, each once", column: "kbits_per_second", words: format.bitrate },
];
const CLIENTS = { title: "Clients", column: "clients", words: format.count };
const CHANNELS = { title: "Channels", column: "channels", words: format.count };
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
    head: element("div", { class: "subject-head" }, heading(name), health.root, marks.root, gone, trouble),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root), card("Links", "links", links.root), happened),
    update: (state) => {
      const node = nodeNamed(state, name);
      gone.hidden = node !== null;
      health.root.hidden = node === null;
      events.update();
      links.update(state);
      trouble.hidden = !node || !isTroubled(node);
      if (!node) return;
      setText(trouble, `In the last 5 minutes: ${troubleOf(node)}.`);
      health.update(node);
      marks.update(node);
      process.update(node);
      host.update(node);
      about.update([
        node.host ?? format.NONE, node.region ?? format.NONE, node.version ?? format.NONE, format.count(node.generation),
        format.duration(node.uptime_seconds), format.ago(node.joined_at, store.now), format.ago(node.seen_at, store.now),
      ], [node.host, null, null, null, null, format.moment(node.joined_at), format.moment(node.seen_at)]);
    },
  };
}

/** @param {string} name @returns {Subject} */
function channelSubject(name) {
  const gone = element("p", { class: "notice", hidden: "" }, "This channel is not open, or not among the busiest.");
  const about = facts(["Password", "Clients", "Open on"]);
  const nodes = element("ul", { class: "node-list" });
  const more = element("p", { class: "foot" });
  const links = new Keyed(nodes, (/** @type {string} */ _) => {
    const link = nameLink("node");
    return { root: element("li", {}, link.root), update: link.update };
  });
  return {
    query: { channel: name },
    title: format.name(name),
    groups: [{ figures: [...RATES, CLIENTS].map((figure) => ({ ...figure, now: (state) => /** @type {any} */ (channelNamed(state, name))?.[figure.column] ?? null })) }],
    head: element("div", { class: "subject-head" }, heading(name), gone),
    body: element("div", { class: "subject-body" }, card("About", "about", about.root), card("Nodes", "nodes", nodes, more)),
    update: (state) => {
      const channel = channelNamed(state, name);
      gone.hidden = channel !== null;
      if (!channel) return;
      about.update([channel.protected === null ? format.NONE : channel.protected ? "yes" : "no", format.count(channel.clients), `${channel.nodes.length} ${channel.nodes.length === 1 ? "node" : "nodes"}`]);
      links.update(channel.nodes.slice(0, LISTED_MOST), (node) => node);
      setText(more, channel.nodes.length > LISTED_MOST ? `and ${channel.nodes.length - LISTED_MOST} more` : "");
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

/** What the node tells of its own process. */
class ProcessFacts {
  #empty = element("p", { class: "empty" }, "It tells nothing of its process.");
  #facts = facts(PROCESS_FIGURES.map(({ title }) => title));
  #foot = element("p", { class: "foot" }, "Counted since the node's start");

  root = element("div", {}, this.#facts.root, this.#foot, this.#empty);

  /** @param {Node} node */
  update(node) {
    const isTold = Boolean(node.process);
    this.#facts.root.hidden = this.#foot.hidden = !isTold;
    this.#empty.hidden = isTold;
    if (isTold) this.#facts.update(PROCESS_FIGURES.map(({ text }) => text(node)), [], PROCESS_FIGURES.map(({ isRecent }) => isRecent(node)));
  }
}

/** What the node tells of its host: a bar for its memory and for each mounted disk. */
class HostFacts {
  #empty = element("p", { class: "empty" }, "It tells nothing of its host.");
  #facts = facts(["Load", "Traffic in", "Traffic out"]);
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
        setText(size, format.bytesOf(disk.used, disk.total));
        meter.update(disk);
      },
    };
  });

  root = element("div", {}, this.#facts.root, this.#list, this.#empty);

  /** @param {Node} node */
  update(node) {
    const disks = listed(node.disks).map((disk) => ({ ...disk, mount: `Disk ${disk.mount}` }));
    const memory = node.memory_total ? [{ mount: "Memory", used: node.memory_used, total: node.memory_total }] : [];
    const isTold = disks.length + memory.length > 0 || typeof node.load === "number";
    this.#rows.update([...memory, ...disks], ({ mount }) => mount);
    this.#facts.update([format.rate(node.load), format.byteRate(node.bytes_in_per_second), format.byteRate(node.bytes_out_per_second)]);
    this.#facts.root.hidden = this.#list.hidden = !isTold;
    this.#empty.hidden = isTold;
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

  #more = element("p", { class: "foot" });

  root = element("div", {}, this.#list, this.#empty, this.#more);

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
  }

  /** @param {State} state */
  update(state) {
    const links = linksOf(state, this.#name);
    this.#slowest = Math.max(1, ...links.map(({ latency_ms: ms }) => ms ?? 0));
    this.#rows.update(links.slice(0, LISTED_MOST), ({ peer }) => peer);
    setText(this.#more, links.length > LISTED_MOST ? `and ${links.length - LISTED_MOST} slower ones` : "");
    this.#empty.hidden = links.length > 0;
  }
}
