// process.js: what a node tells of its own process, and what of that went wrong lately. No DOM in here.
import * as format from "./format.js";

/**
 * @typedef {"messages_dropped" | "slow_clients" | "connections_refused" | "policy_failures" | "handler_failures"} Counter
 * @typedef {Record<Counter, number> & { resident_bytes: number, cpu: number, queued_bytes: number, links: number, reloads_refused: number,
 *   recent: Record<Counter, number> }} Process counted since the node's start; `cpu`: of one core; `recent`: of the last 5 minutes
 * @typedef {{ process?: Process | null }} Node as far as it matters here
 */

export const RECENTLY = "in the last 5 min";

/** What a node counts when something goes wrong. */
const COUNTERS = /** @type {{ key: Counter, title: string, one: string, many: string }[]} */ ([
  { key: "messages_dropped", title: "Messages dropped", one: "message dropped", many: "messages dropped" },
  { key: "slow_clients", title: "Slow clients closed", one: "slow client closed", many: "slow clients closed" },
  { key: "connections_refused", title: "Connections refused", one: "connection refused", many: "connections refused" },
  { key: "policy_failures", title: "Policy failures", one: "policy failure", many: "policy failures" },
  { key: "handler_failures", title: "Handler failures", one: "handler failure", many: "handler failures" },
]);

/** @param {Node} node @param {Counter} key */
const recent = ({ process }, key) => process?.recent?.[key] ?? 0;

/** @param {Node} node */
export const isTroubled = (node) => COUNTERS.some(({ key }) => recent(node, key) > 0);

/** What went wrong in the last five minutes: "27 messages dropped, 1 slow client closed"; empty when nothing did. @param {Node} node */
export function troubleOf(node) {
  return COUNTERS.map(({ key, one, many }) => ({ count: recent(node, key), one, many })).filter(({ count }) => count > 0)
    .map(({ count, one, many }) => `${format.count(count)} ${count === 1 ? one : many}`).join(", ");
}

/** Its figures in words, in the order in which they are shown. @type {{ title: string, text: (node: Node) => string, isRecent: (node: Node) => boolean }[]} */
export const PROCESS_FIGURES = [
  { title: "Resident memory", text: ({ process }) => format.bytes(process?.resident_bytes), isRecent: () => false },
  { title: "CPU", text: ({ process }) => (typeof process?.cpu === "number" ? `${format.finePercent(process.cpu)} of a core` : format.NONE), isRecent: () => false },
  { title: "Links", text: ({ process }) => format.count(process?.links), isRecent: () => false },
  { title: "Queued", text: ({ process }) => format.bytes(process?.queued_bytes), isRecent: () => false },
  ...COUNTERS.map(({ key, title }) => ({
    title,
    text: (/** @type {Node} */ node) => {
      const lately = recent(node, key);
      return `${format.count(node.process?.[key])}${lately > 0 ? ` (${format.count(lately)} ${RECENTLY})` : ""}`;
    },
    isRecent: (/** @type {Node} */ node) => recent(node, key) > 0,
  })),
  { title: "Reloads refused", text: ({ process }) => format.count(process?.reloads_refused), isRecent: () => false },
];
