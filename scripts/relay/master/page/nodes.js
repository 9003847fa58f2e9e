// nodes.js: the table of nodes.
import { element, setText } from "./dom.js";
import * as format from "./format.js";
import { badges, healthSign, meterCell, nameLink } from "./parts.js";
import { isTroubled } from "./process.js";
import { condition, severity } from "./state.js";
import { Table, textCell } from "./tables.js";

/** @typedef {import("./state.js").Node} Node */

function nameCell() {
  const name = nameLink("node");
  const marks = badges();
  const region = element("span", { class: "region" });
  return {
    root: element("span", { class: "node-name" }, name.root, marks.root, region),
    update: (/** @type {Node} */ node) => {
      name.update(node.name);
      marks.update(node);
      setText(region, node.region ?? "");
    },
  };
}

/** @param {string} title @param {(node: Node) => number | null} value @param {(value: number | null) => string} words @param {string} hint */
const figure = (title, value, words, hint) => ({ title, key: value, cell: textCell((/** @type {Node} */ node) => words(value(node))), isNumeric: true, isDescending: true, hint });

/** @param {Node} node */
const memory = (node) => format.share(node.memory_used, node.memory_total);
/** @param {Node} node */
const disk = (node) => format.share(node.disk_used, node.disk_total);

/** @type {import("./tables.js").Column<Node>[]} */
const COLUMNS = [
  { title: "Node", key: (node) => node.name, cell: nameCell },
  { title: "Health", key: severity, cell: healthSign, hint: "The worst first" },
  figure("Clients", (node) => node.clients, format.count, "Clients that are connected to this node"),
  figure("Channels", (node) => node.channels, format.count, "Channels that are open on this node"),
  figure("Messages/s", (node) => node.messages_per_second, format.rate, "Messages a second"),
  figure("Payload", (node) => node.kbits_per_second, format.bitrate, format.PAYLOAD),
  figure("Host load", (node) => node.load, format.rate, "The host's load, an average of one minute"),
  { title: "Host memory", key: memory, cell: meterCell((node) => node.memory_used, (node) => node.memory_total), isNumeric: true, isDescending: true },
  { title: "Host disk", key: disk, cell: meterCell((node) => node.disk_used, (node) => node.disk_total), isNumeric: true, isDescending: true },
  { title: "Version", key: (node) => node.version, cell: textCell((node) => node.version ?? format.NONE) },
  figure("Gen.", (node) => node.generation, format.count, "The generation of its scripts: one more with every reload"),
  figure("Uptime", (node) => node.uptime_seconds, format.duration, "Since the node was started"),
];

/** @param {HTMLElement} root @returns {Table<Node>} */
export function nodeTable(root) {
  return new Table(root, {
    noun: "node", nouns: "nodes", columns: COLUMNS, sort: { column: 1, isDescending: false }, most: 100,
    haystack: (node) => [node.name, node.region, node.version, condition(node), node.reason, node.is_master && "master",
      node.is_plain && "plain", node.draining && "draining", isTroubled(node) && "trouble"].filter(Boolean).join(" "),
  });
}
