// totals.js: the network in five figures, three of them with the last hour behind them.
import { Keyed, drawn, element, icon, setAttribute, setText } from "./dom.js";
import * as format from "./format.js";
import { read, series, sparkline } from "./history.js";
import { CONDITION_WORDS } from "./parts.js";
import { RECENTLY, isTroubled } from "./process.js";
import { conditions } from "./state.js";

const WIDTH = 120;
const HEIGHT = 32;
const REFRESH_MS = 30000;

/** @typedef {import("./state.js").State} State */

/** @type {{ title: string, column?: string, hint?: string, text: (state: State) => string }[]} a tile without a column shows the nodes' health */
const TILES = [
  { title: "Nodes up", text: nodesUp },
  { title: "Clients", column: "clients", text: ({ network }) => format.count(network.clients) },
  { title: "Channels", column: "channels", text: ({ network }) => format.count(network.channels) },
  { title: "Messages/s", column: "messages_per_second", text: ({ network }) => format.rate(network.messages_per_second) },
  { title: "Payload", column: "kbits_per_second", hint: format.PAYLOAD, text: ({ network }) => format.bitrate(network.kbits_per_second) },
];

/** @param {State} state */
function nodesUp({ nodes }) {
  const up = nodes.filter(({ state }) => state === "up").length;
  return up === nodes.length ? `${up}` : `${up} of ${nodes.length}`;
}

/**
 * How many are in each condition, and in trouble whatever their condition: the sign, and the count beside it. There is room for
 * five: of the well it is told when all are.
 */
function healthCounts() {
  const root = element("span", { class: "counts" });
  const rows = new Keyed(root, (/** @type {{ kind: import("./state.js").Condition | "trouble", count: number }} */ { kind }) => {
    const count = element("span");
    const word = kind === "trouble" ? `Trouble ${RECENTLY}` : CONDITION_WORDS[kind];
    const part = element("span", { class: kind === "trouble" ? "trouble" : "health", "data-condition": kind, title: word },
      icon(kind), element("span", {}, count, element("span", { class: "unseen" }, ` ${word.toLowerCase()}`)));
    return { root: part, update: (/** @type {{ count: number }} */ now) => setText(count, String(now.count)) };
  });
  return {
    root,
    update: (/** @type {State} */ { nodes }) => {
      const troubled = nodes.filter(isTroubled).length;
      const found = conditions(nodes);
      rows.update([...found.filter(({ kind }) => kind !== "good" || found.length === 1), ...(troubled > 0 ? [{ kind: /** @type {const} */ ("trouble"), count: troubled }] : [])], ({ kind }) => kind);
    },
  };
}

export class Totals {
  #tiles;
  #timer = 0;
  #reading = new AbortController();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#tiles = TILES.map((tile) => {
      const value = element("span", { class: "value" }, format.NONE);
      const counts = healthCounts();
      const line = drawn("path", { class: "line" });
      const picture = drawn("svg", { class: "spark", viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`, preserveAspectRatio: "none", "aria-hidden": "true" }, line);
      root.append(element("a", { class: "tile", href: "#/network", ...(tile.hint ? { title: tile.hint } : {}) },
        element("span", { class: "title" }, tile.title), element("span", { class: "row" }, value, tile.column ? picture : counts.root)));
      return { ...tile, value, counts, line };
    });
  }

  /** @param {State} state */
  update(state) {
    for (const { text, value, column, counts } of this.#tiles) {
      setText(value, text(state));
      if (!column) counts.update(state);
    }
  }

  /** Reads the last hour now and then, until stop(). */
  start() {
    this.stop();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    const refresh = () => read({}, "hour", signal).then((history) => {
      for (const { column, line } of this.#tiles) {
        if (column) setAttribute(line, "d", sparkline(series(history, column), history, WIDTH, HEIGHT));
      }
    }).catch(() => { /* no histories, or no connection: no line */ });
    this.#timer = setInterval(() => !document.hidden && refresh(), REFRESH_MS);
    refresh();
  }

  stop() {
    clearInterval(this.#timer);
    this.#reading.abort();
  }
}
