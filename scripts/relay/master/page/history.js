// history.js: what the master remembers of a node, a channel or the network, made ready for a chart. Pure but for read().
import { listed } from "./state.js";

/**
 * @typedef {"hour" | "day" | "month"} Span
 * @typedef {{ span: Span, step_seconds: number, from: number, to: number, columns: string[], rows: (number | null)[][] }} History
 *   a missing step has no row
 * @typedef {{ x: number, y: number | null }} Point
 * @typedef {{ average: number | null, peak: number | null, last: number | null }} Summary
 */

/** What went wrong, as a sentence: HistoryError's message is shown. */
export class HistoryError extends Error {}

/**
 * @param {Record<string, string>} subject { node } or { channel } or neither
 * @param {Span} span @param {AbortSignal} signal
 * @returns {Promise<History>}
 */
export async function read(subject, span, signal) {
  const response = await fetch(`/overview/history?${new URLSearchParams({ ...subject, span })}`, { signal });
  if (response.ok) {
    const history = await response.json();
    return { ...history, columns: listed(history.columns), rows: listed(history.rows) };
  }
  const { reason } = await response.json().catch(() => ({ reason: `HTTP ${response.status}` }));
  throw new HistoryError(reason === "no histories" ? "This master keeps no histories." : `The history cannot be read: ${reason}.`);
}

/**
 * One column as points over time. Where a step is missing, one point with y null cuts the line.
 * @param {History} history @param {string} column
 * @returns {Point[]} empty when there is no such column, or nothing in it
 */
export function series(history, column) {
  const at = history.columns.indexOf("at");
  const value = history.columns.indexOf(column);
  if (at === -1 || value === -1) return [];
  /** @type {Point[]} */
  const points = [];
  let before = /** @type {number | null} */ (null);
  for (const row of history.rows) {
    const x = Number(row[at]);
    if (before !== null && x - before > history.step_seconds * 1.5) points.push({ x: before + history.step_seconds, y: null });
    points.push({ x, y: row[value] ?? null });
    before = x;
  }
  return points.some(({ y }) => y !== null) ? points : [];
}

/**
 * The stretches in which nothing is known, at the beginning and at the end too.
 * @param {Point[]} points @param {History} history
 * @returns {{ from: number, to: number }[]}
 */
export function gaps(points, { from, to, step_seconds: step }) {
  const found = [];
  let known = from;
  for (const { x, y } of points) {
    if (y === null) continue;
    if (x - known > step * 1.5) found.push({ from: known, to: x });
    known = x;
  }
  if (to - known > step * 2.5) found.push({ from: known, to }); // the newest step may still be on its way
  return found;
}

/** @param {Point[]} points @param {Point[]} peaks the same steps' maxima, when the history has them @returns {Summary} */
export function summary(points, peaks = points) {
  const values = known(points);
  if (values.length === 0) return { average: null, peak: null, last: null };
  const total = values.reduce((sum, value) => sum + value, 0);
  return {
    average: total / values.length,
    peak: known(peaks.length > 0 ? peaks : points).reduce((most, value) => Math.max(most, value), -Infinity),
    last: values[values.length - 1],
  };
}

/** @param {Point[]} points */
const known = (points) => points.flatMap(({ y }) => (y === null ? [] : [y]));

const NICE_SECONDS = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 432000, 604800];

/**
 * Round moments for an axis: whole minutes, hours or days of the reader's time zone.
 * @param {number} from @param {number} to Unix seconds @param {number} most how many there is room for
 * @param {number} zone seconds that the reader's clock is ahead of UTC
 */
export function ticks(from, to, most, zone = -new Date(to * 1000).getTimezoneOffset() * 60) {
  const step = NICE_SECONDS.find((size) => (to - from) / size <= most) ?? NICE_SECONDS[NICE_SECONDS.length - 1];
  const moments = [];
  for (let at = Math.ceil((from + zone) / step) * step - zone; at <= to; at += step) moments.push(at);
  return moments;
}

/**
 * An SVG path through the known points, broken at gaps, in a box of the given size.
 * @param {Point[]} points @param {number} width @param {number} height
 */
export function sparkline(points, width, height) {
  const values = known(points);
  if (values.length < 2) return "";
  const [from, to] = [points[0].x, points[points.length - 1].x];
  const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
  const lowest = values.reduce((low, value) => Math.min(low, value), Infinity);
  const least = Math.max(Math.min(0, lowest), lowest - Math.max(most - lowest, most * 0.1)); // small changes do not look like storms
  const scale = most > least ? height / (most - least) : 0;
  let isDown = false;
  return points.map(({ x, y }) => {
    const stroke = y !== null && `${isDown ? "L" : "M"}${round(((x - from) / (to - from || 1)) * width)} ${round(height - (y - least) * scale)}`;
    isDown = y !== null;
    return stroke || "";
  }).join("");
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
