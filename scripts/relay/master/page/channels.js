// channels.js: the table of channels, the busiest first.
import { element, icon, setText } from "./dom.js";
import * as format from "./format.js";
import { nameLink } from "./parts.js";
import { Table, textCell } from "./tables.js";

/** @typedef {import("./state.js").Channel} Channel */

const NODES_SHOWN = 4;

function nameCell() {
  const name = nameLink("channel");
  const lock = element("span", { class: "lock", title: "It has a password" }, icon("lock"), element("span", { class: "unseen" }, "has a password"));
  return {
    root: element("span", { class: "channel-name" }, name.root, lock),
    update: (/** @type {Channel} */ channel) => {
      name.update(channel.name);
      lock.hidden = !channel.protected;
    },
  };
}

/** The first few nodes that it is open on, as links. */
function nodesCell() {
  const root = element("span", { class: "node-list" });
  const rest = element("span", { class: "rest" });
  const links = Array.from({ length: NODES_SHOWN }, () => nameLink("node"));
  root.append(...links.map((link) => link.root), rest);
  return {
    root,
    update: (/** @type {Channel} */ channel) => {
      links.forEach((link, i) => {
        link.root.hidden = i >= channel.nodes.length;
        if (i < channel.nodes.length) link.update(channel.nodes[i]);
      });
      const more = channel.nodes.length - NODES_SHOWN;
      setText(rest, more > 0 ? `and ${more} more` : "");
      rest.title = more > 0 ? channel.nodes.slice(NODES_SHOWN).map(format.name).join(", ") : "";
    },
  };
}

/** @type {import("./tables.js").Column<Channel>[]} */
const COLUMNS = [
  { title: "Channel", key: (channel) => channel.name, cell: nameCell },
  { title: "Subscribers", key: (channel) => channel.clients, cell: textCell((channel) => format.count(channel.clients)), isNumeric: true, isDescending: true, hint: "A client counts in each channel that it is in" },
  { title: "Messages/s", key: (channel) => channel.messages_per_second, cell: textCell((channel) => format.rate(channel.messages_per_second)), isNumeric: true, isDescending: true },
  { title: "Payload", key: (channel) => channel.kbits_per_second, cell: textCell((channel) => format.bitrate(channel.kbits_per_second)), isNumeric: true, isDescending: true, hint: format.PAYLOAD },
  { title: "Open on", key: (channel) => channel.nodes.length, cell: nodesCell, isDescending: true },
];

/** @param {HTMLElement} root @returns {Table<Channel>} */
export function channelTable(root) {
  return new Table(root, {
    noun: "channel", nouns: "channels", columns: COLUMNS, sort: { column: 2, isDescending: true }, most: 20,
    haystack: (channel) => [channel.name, ...channel.nodes].join(" "),
  });
}
