// state.js: the last state that the master told, how old it is, and what follows from it. No DOM in here.
import { isTroubled } from "./process.js";

/**
 * @typedef {"good" | "degraded" | "bad" | "lost" | "unknown"} Condition what a node's colour and sign say
 * @typedef {{ mount: string, used: number | null, total: number | null }} Disk
 * @typedef {{
 *   name: string, is_master: boolean, is_plain: boolean, state: "up" | "lost",
 *   joined_at: number | null, seen_at: number | null, host: string | null, region: string | null, version: string | null,
 *   generation: number | null, uptime_seconds: number | null, draining: boolean,
 *   health: "good" | "degraded" | "bad" | null, reason: string | null,
 *   clients: number | null, channels: number | null, messages_per_second: number | null, kbits_per_second: number | null,
 *   load: number | null, memory_used: number | null, memory_total: number | null, disk_used: number | null,
 *   disk_total: number | null, disks?: Disk[] | null, bytes_in_per_second: number | null, bytes_out_per_second: number | null,
 *   process?: import("./process.js").Process | null,
 * }} Node a figure is null when the node did not tell it
 * @typedef {{ a: string, b: string, latency_ms: number | null }} Link
 * @typedef {{ node: string, clients: number | null }} Subscribers null: the master did not tell it
 * @typedef {{ name: string, protected: boolean | null, nodes: string[], subscribers: Subscribers[], clients: number | null, messages_per_second: number | null,
 *   kbits_per_second: number | null }} Channel
 * @typedef {{ at: number, kind: string, node: string | null, text: string }} NetworkEvent
 * @typedef {{ nodes: number, clients: number, channels: number, messages_per_second: number, kbits_per_second: number }} Totals
 * @typedef {{ at: number, master: string, version: string, uptime_seconds: number, network: Totals, nodes: Node[], links: Link[],
 *   channels: Channel[], channels_left_out: number, events: NetworkEvent[] }} State
 * @typedef {{ kind: "connecting" | "live" | "lost" | "paused" | "login", reason: string, retryAt: number }} Connection
 *   `retryAt` by performance.now()
 */

/** Emits "change" after every new state and every new state of the connection. */
export class Store extends EventTarget {
  /** @type {State | null} */
  state = null;
  /** @type {Connection} */
  connection = { kind: "connecting", reason: "", retryAt: 0 };
  #receivedAt = 0;

  /** @param {State} state */
  receive(state) {
    this.state = tidied(state);
    this.#receivedAt = performance.now();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Connection["kind"]} kind @param {string} reason @param {number} retryAt */
  connect(kind, reason = "", retryAt = 0) {
    this.connection = { kind, reason, retryAt };
    this.dispatchEvent(new Event("change"));
  }

  /** How old the state is, in seconds. */
  get age() {
    return this.state ? (performance.now() - this.#receivedAt) / 1000 : 0;
  }

  /** Now by the master's clock, in Unix seconds: a reader's wrong clock makes no event older than it is. */
  get now() {
    return this.state ? this.state.at + this.age : Date.now() / 1000;
  }
}

/** An empty list comes as {} from some JSON writers. @template T @param {T[] | object | null | undefined} list @returns {T[]} */
export const listed = (list) => (Array.isArray(list) ? list : []);

/** @param {State} state @returns {State} */
function tidied(state) {
  return {
    ...state,
    nodes: listed(state.nodes),
    links: listed(state.links),
    channels: listed(state.channels).map((channel) => ({ ...channel, nodes: listed(channel.nodes), subscribers: listed(channel.subscribers) })),
    events: listed(state.events),
  };
}

const WORST_FIRST = /** @type {Condition[]} */ (["lost", "bad", "degraded", "unknown", "good"]);

/** @param {Node} node @returns {Condition} */
export function condition(node) {
  if (node.state === "lost") return "lost";
  return node.health === "good" || node.health === "degraded" || node.health === "bad" ? node.health : "unknown";
}

/** Neither well nor silent about it. @param {Node} node */
export const isIll = (node) => !["good", "unknown"].includes(condition(node));

/** 0 is the worst; one that looks well but has trouble comes before those without. @param {Node} node */
export const severity = (node) => (!isIll(node) && isTroubled(node) ? WORST_FIRST.indexOf("unknown") - 0.5 : WORST_FIRST.indexOf(condition(node)));

/** Ill, or in trouble lately. @param {Node} node */
export const wantsLook = (node) => isIll(node) || isTroubled(node);

/** How many nodes are in each condition, the worst first, none left out that is there. @param {Node[]} nodes */
export function conditions(nodes) {
  return WORST_FIRST.map((kind) => ({ kind, count: nodes.filter((node) => condition(node) === kind).length }))
    .filter(({ count }) => count > 0);
}

/** @param {State} state @param {string} name */
export const nodeNamed = (state, name) => state.nodes.find((node) => node.name === name) ?? null;

/** @param {State} state @param {string} name */
export const channelNamed = (state, name) => state.channels.find((channel) => channel.name === name) ?? null;

const TELLING = ["health", "draining", "refused", "trouble"]; // kinds of events that may say why a node was lost

/**
 * Of a lost node, as far as the last events tell: that it left, and the last that was the matter with it before.
 * @param {State} state @param {Node} node @returns {{ left: NetworkEvent | null, before: NetworkEvent | null }}
 */
export function lastWordsOf({ events }, { name }) {
  const own = events.filter((event) => event.node === name);
  const i = own.findIndex(({ kind }) => kind === "left");
  const earlier = own.slice(i + 1);
  const joined = earlier.findIndex(({ kind }) => kind === "joined" || kind === "left"); // what was before is another story
  return { left: own[i] ?? null, before: (joined === -1 ? earlier : earlier.slice(0, joined)).find(({ kind }) => TELLING.includes(kind)) ?? null };
}

/** How many subscribers each of a channel's nodes has, the most first, equals by name. @param {Channel} channel @returns {Subscribers[]} */
export function subscribersOf({ nodes, subscribers }) {
  const told = new Map(subscribers.map((one) => [one.node, one.clients]));
  return [...new Set([...nodes, ...told.keys()])].map((node) => ({ node, clients: told.get(node) ?? null }))
    .sort((one, other) => (other.clients ?? -1) - (one.clients ?? -1) || (one.node < other.node ? -1 : 1));
}

/** A node's links as seen from it, the nearest first. @param {State} state @param {string} name */
export function linksOf(state, name) {
  return state.links
    .filter((link) => link.a === name || link.b === name)
    .map((link) => ({ peer: link.a === name ? link.b : link.a, latency_ms: link.latency_ms }))
    .sort((one, other) => (one.latency_ms ?? Infinity) - (other.latency_ms ?? Infinity) || (one.peer < other.peer ? -1 : 1));
}

/** Which of the legend's bands a latency is in. @param {number | null} ms */
export const band = (ms) => (ms === null ? "unknown" : ms < 10 ? "near" : ms < 50 ? "region" : ms < 150 ? "far" : "slow");

const byName = new Intl.Collator("en", { numeric: true });

/**
 * Sorted by a key, what has none always last, equals by name; a new list.
 * @template {{ name: string }} T
 * @param {T[]} list @param {(item: T) => string | number | boolean | null | undefined} key @param {boolean} isDescending
 */
export function sorted(list, key, isDescending) {
  const keyed = list.map((item) => ({ item, key: key(item) ?? null }));
  keyed.sort((one, other) => compare(one.key, other.key, isDescending) || byName.compare(one.item.name, other.item.name));
  return keyed.map(({ item }) => item);
}

/** @param {any} one @param {any} other @param {boolean} isDescending */
function compare(one, other, isDescending) {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const order = typeof one === "string" ? byName.compare(one, other) : one - other;
  return isDescending ? -order : order;
}

/** Every word of the query stands in the text. @param {string} text @param {string} query */
export function matches(text, query) {
  const inside = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => inside.includes(word));
}

const DRAWN_MOST = 120;

/**
 * What a drawing has room for: of a large network the ill nodes and the first by name, and the links between those. Not the
 * busiest: they change from one state to the next, and the drawing would never stand still.
 * @param {State} state @returns {State}
 */
export function drawable(state) {
  if (state.nodes.length <= DRAWN_MOST) return state;
  const rank = (/** @type {Node} */ node) => (isIll(node) ? 0 : node.is_master ? 1 : 2);
  const nodes = sorted(state.nodes, rank, false).slice(0, DRAWN_MOST);
  const drawn = new Set(nodes.map(({ name }) => name));
  return { ...state, nodes: sorted(nodes, ({ name }) => name, false), links: state.links.filter(({ a, b }) => drawn.has(a) && drawn.has(b)) };
}
