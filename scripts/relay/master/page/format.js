// format.js: figures, times and names in words. Pure; what nobody told (null) is the dash NONE.

export const NONE = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exactTime = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const clockTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayTime = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** @param {unknown} value @returns {value is number} */
const isFigure = (value) => typeof value === "number" && Number.isFinite(value);

/** 12, 1,204, 1.2M. @param {number | null | undefined} value */
export function count(value) {
  if (!isFigure(value)) return NONE;
  return Math.abs(value) < 1e5 ? whole.format(value) : compact.format(value);
}

/** Three digits that mean something: 0.42, 4.20, 42.1, 421. @param {number} value */
function digits(value) {
  const size = Math.abs(value);
  if (size >= 99.95) return whole.format(value);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

/** A rate or a load: one that is small keeps its fraction. @param {number | null | undefined} value */
export function rate(value) {
  if (!isFigure(value)) return NONE;
  return value === 0 ? "0" : Math.abs(value) >= 1e5 ? compact.format(value) : digits(value);
}

/**
 * @param {number | null | undefined} value @param {number} step how many of a unit make the next
 * @param {string[]} units
 */
function scaled(value, step, units) {
  if (!isFigure(value)) return NONE;
  let unit = 0;
  let size = value;
  while (Math.abs(size) >= step * 0.9995 && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  return `${size === 0 ? "0" : unit === 0 && Number.isInteger(size) ? whole.format(size) : digits(size)} ${units[unit]}`;
}

/** @param {number | null | undefined} value kilobits a second */
export const bitrate = (value) => scaled(value, 1000, ["kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);

/** What a figure of bitrate() is of. */
export const PAYLOAD = "What the messages hold, each counted once: not what the network's cables carry";

/** @param {number | null | undefined} value bytes a second */
export const byteRate = (value) => scaled(value, 1000, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]);

/** @param {number | null | undefined} value bytes */
export const bytes = (value) => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);

/** 3.39 of 8.00 GiB. @param {number | null | undefined} used @param {number | null | undefined} total bytes */
export function bytesOf(used, total) {
  const [part, whole] = [bytes(used), bytes(total)];
  const unit = whole.replace(/^\S+/, "");
  return `${unit !== "" && part.endsWith(unit) ? part.slice(0, -unit.length) : part} of ${whole}`;
}

/** A part of 1, or null when one of the two is missing. @param {number | null} used @param {number | null} total */
export function share(used, total) {
  return isFigure(used) && isFigure(total) && total > 0 ? Math.min(1, Math.max(0, used / total)) : null;
}

/** @param {number | null} part of 1 */
export const percent = (part) => (isFigure(part) ? `${Math.round(part * 100)} %` : NONE);

/** One that is small keeps a digit: 0.7 %. @param {number | null} part of 1 */
export const finePercent = (part) => (isFigure(part) && part > 0 && part < 0.0995 ? `${(part * 100).toFixed(1)} %` : percent(part));

/** @param {number | null | undefined} ms */
export function latency(ms) {
  if (!isFigure(ms)) return NONE;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 9.95 ? Math.round(ms) : ms >= 0.995 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

const UNITS = /** @type {[string, number][]} */ ([["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]);

/** The two units that matter: 12 s, 3 min, 2 h 5 min, 4 d 3 h. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (!isFigure(seconds)) return NONE;
  const left = Math.max(0, Math.floor(seconds));
  const first = UNITS.findIndex(([, size]) => left >= size);
  if (first === -1) return "0 s";
  const [unit, size] = UNITS[first];
  const [smaller, smallerSize] = UNITS[first + 1] ?? ["", 1];
  const rest = Math.floor((left % size) / smallerSize);
  const wantsRest = rest > 0 && (unit === "d" || unit === "h");
  return `${Math.floor(left / size)} ${unit}${wantsRest ? ` ${rest} ${smaller}` : ""}`;
}

/** The largest unit alone: 5 min ago. @param {number | null | undefined} at @param {number} now seconds */
export function ago(at, now) {
  if (!isFigure(at)) return NONE;
  const seconds = now - at;
  if (seconds < 2) return "just now";
  const [unit, size] = UNITS.find(([, large]) => seconds >= large) ?? UNITS[3];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** @param {number | null | undefined} at Unix seconds, in the reader's time zone */
export const moment = (at) => (isFigure(at) ? exactTime.format(at * 1000) : NONE);

/** @param {number | null | undefined} at Unix seconds */
export const clock = (at) => (isFigure(at) ? clockTime.format(at * 1000) : NONE);

/** The reader's time zone: "Europe/Berlin, UTC+2". @param {string} [zone] another one @param {Date} [at] */
export function timeZone(zone, at = new Date()) {
  const offset = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value.replace("GMT", "UTC").replace("-", "−").replace(/\+0$/, "") ?? "";
  const name = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  return name === offset ? offset : `${name}, ${offset}`;
}

/** What an axis says of a time. @param {number} at Unix seconds @param {"hour" | "day" | "month"} span */
export const tick = (at, span) => (span === "month" ? dayTime : shortTime).format(at * 1000);

// Characters that turn the reading direction, hide, or break lines: a name must not rearrange the line that it stands in.
const TRICKS = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name as it may be shown. @param {string | null | undefined} text */
export const name = (text) => (text ?? "").replace(TRICKS, "\ufffd");

/** @param {string} text @param {number} most characters, by code point */
export function shortened(text, most) {
  const points = [...text];
  return points.length <= most ? text : `${points.slice(0, most - 1).join("")}…`;
}
