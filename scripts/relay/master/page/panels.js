// panels.js: what stands on the page of a node or a channel beside its charts. Each is { root, update }.
import { Keyed, element, setAttribute, setText } from "./dom.js";
import * as format from "./format.js";
import { facts, meterCell, nameLink } from "./parts.js";
import { PROCESS_FIGURES } from "./process.js";
import { band, linksOf, listed, subscribersOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Node} Node */

const LISTED_MOST = 200; // links of a node, nodes of a channel

/** A bar that is never too full. */
function plainBar() {
  const fill = element("span", { class: "fill" });
  return {
    root: element("span", { class: "meter" }, element("span", { class: "bar", "aria-hidden": "true" }, fill)),
    update: (/** @type {number | null} */ part) => { fill.style.width = `${Math.round((part ?? 0) * 100)}%`; },
  };
}

/** What the node tells of its own process. */
export class ProcessFacts {
  #empty = element("p", { class: "empty" }, "It tells nothing of its process.");
  #facts = facts(PROCESS_FIGURES.map(({ title }) => title));
  #foot = element("p", { class: "foot" }, "Counted since the node's start");

  root = element("div", {}, this.#facts.root, this.#foot, this.#empty);

  /** @param {Node} node */
  update(node) {
    const isTold = Boolean(node.process);
    this.#facts.root.hidden = this.#foot.hidden = !isTold;
    this.#empty.hidden = isTold;
    setText(this.#empty, node.state === "lost" ? "It is lost, and tells nothing." : "It tells nothing of its process.");
    if (isTold) this.#facts.update(PROCESS_FIGURES.map(({ text }) => text(node)), [], PROCESS_FIGURES.map(({ isRecent }) => isRecent(node)));
  }
}

/** What the node tells of its host: a bar for its memory and for each mounted disk. */
export class HostFacts {
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
    setText(this.#empty, node.state === "lost" ? "It is lost, and tells nothing." : "It tells nothing of its host.");
  }
}

/** How many of a channel's subscribers each node has, the most first, with a bar for its part of them. */
export class Subscribers {
  #list = element("ul", { class: "meters" });
  #rows = new Keyed(this.#list, (/** @type {import("./state.js").Subscribers & { of: number | null }} */ _) => {
    const node = nameLink("node");
    const size = element("span", { class: "size" });
    const bar = plainBar();
    return {
      root: element("li", {}, node.root, bar.root, size),
      update: (/** @type {import("./state.js").Subscribers & { of: number | null }} */ one) => {
        node.update(one.node);
        bar.update(format.share(one.clients, one.of));
        setText(size, format.count(one.clients));
      },
    };
  });

  #more = element("p", { class: "foot" });

  root = element("div", {}, this.#list, this.#more);

  /** @param {import("./state.js").Channel} channel */
  update(channel) {
    const all = subscribersOf(channel);
    this.#rows.update(all.slice(0, LISTED_MOST).map((one) => ({ ...one, of: channel.clients })), ({ node }) => node);
    setText(this.#more, all.length > LISTED_MOST ? `and ${all.length - LISTED_MOST} more` : "");
  }
}

/** A node's links, the nearest first, with a bar for the latency. */
export class Links {
  #name;
  #slowest = 1;
  #empty = element("p", { class: "empty" }, "It has no links.");
  #list = element("ul", { class: "meters" });
  #rows = new Keyed(this.#list, (/** @type {{ peer: string, latency_ms: number | null }} */ _) => {
    const peer = nameLink("node");
    const bar = plainBar();
    const size = element("span", { class: "size" });
    const root = element("li", {}, peer.root, bar.root, size);
    return {
      root,
      update: (/** @type {{ peer: string, latency_ms: number | null }} */ link) => {
        peer.update(link.peer);
        setText(size, link.latency_ms === null ? "not measured" : format.latency(link.latency_ms));
        setAttribute(root, "data-band", band(link.latency_ms));
        bar.update((link.latency_ms ?? 0) / this.#slowest);
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
