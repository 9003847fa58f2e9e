// places.js: where nodes stood in the drawing, kept from one load of the page to the next.

/** @typedef {import("./layout.js").Place} Place */
/** @typedef {{ isWide: boolean, places: Map<string, Place> }} Kept */

const KEY = "overview-places";
const MASTERS_MOST = 4; // behind one address stands one master; a browser's storage is not endless
const ALIKE = 0.6; // of all nodes that are known or kept, so many have to be both

/** @typedef {{ master: string, isWide: boolean, places: [string, number, number][] }} Entry the last that was kept first */

/** @param {string} master @param {Map<string, Place>} places no more than are drawn @param {boolean} isWide what they were turned for */
export function keep(master, places, isWide) {
  const entry = { master, isWide, places: [...places].map(([name, { x, y }]) => [name, x, y]) };
  try {
    localStorage.setItem(KEY, JSON.stringify([entry, ...entries().filter((other) => other.master !== master)].slice(0, MASTERS_MOST)));
  } catch { /* storage is full, or forbidden: the next load lays out anew */ }
}

/**
 * Where these nodes stood; null when nothing was kept, or of another network.
 * @param {string} master @param {string[]} names @returns {Kept | null}
 */
export function recall(master, names) {
  const entry = entries().find((other) => other.master === master);
  if (!entry) return null;
  const wanted = new Set(names);
  const places = new Map(entry.places.filter((place) => Array.isArray(place) && wanted.has(place[0]) && Number.isFinite(place[1]) && Number.isFinite(place[2]))
    .map(([name, x, y]) => /** @type {[string, Place]} */ ([name, { x, y }])));
  const either = wanted.size + entry.places.length - places.size;
  return either > 0 && places.size >= either * ALIKE ? { isWide: entry.isWide === true, places } : null;
}

/** @returns {Entry[]} */
function entries() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => Array.isArray(entry?.places)) : [];
  } catch {
    return []; // forbidden, or not ours
  }
}
