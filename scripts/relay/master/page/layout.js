// layout.js: where the drawing puts nodes and labels. Pure, and the same for the same input: no chance, no clock.
//
// Stress majorisation: each pair of nodes wants to be as far apart as its way through the network is long, a link being the
// longer the slower it is. So regions come out as groups. It always settles, and started from where nodes stand, it leaves
// them there.

/**
 * @typedef {{ x: number, y: number }} Place
 * @typedef {{ a: string, b: string, latency_ms: number | null }} Link
 * @typedef {{ x: number, y: number, width: number, height: number }} Box its middle, and its size
 */

const UNIT_MOST = 170; // pixels for a length of 1: two nodes need not stand in the far corners
const ROUNDS = 300;
const ROUNDS_WARM = 60;
const UNREACHED = 1; // of the longest way: at the edge, but not out of sight

/** From 1 for the same rack to about 3.5 for the other side of the earth. @param {number | null} ms */
const linkLength = (ms) => 1 + Math.log10(1 + Math.max(0, ms ?? 5));

/**
 * @param {string[]} names @param {Link[]} links
 * @param {Map<string, Place>} before where nodes stood: those stay about there
 * @returns {Map<string, Place>} in units of its own, see fit()
 */
export function settle(names, links, before = new Map()) {
  const order = [...names].sort();
  const index = new Map(order.map((name, i) => [name, i]));
  const ways = distances(order.length, links.filter(({ a, b }) => index.has(a) && index.has(b)).map(({ a, b, latency_ms }) =>
    ({ a: /** @type {number} */ (index.get(a)), b: /** @type {number} */ (index.get(b)), length: linkLength(latency_ms) })));
  const places = order.map((name, i) => before.get(name) ?? beginning(i, ways[i], order.map((other) => before.get(other))));
  const isWarm = order.some((name) => before.has(name));
  for (let round = isWarm ? ROUNDS_WARM : ROUNDS; round > 0; round--) majorise(places, ways);
  return new Map(order.map((name, i) => [name, places[i]]));
}

/**
 * A new node begins beside its nearest that stands already; where none does, all begin on a circle.
 * @param {number} i @param {number[]} ways from it @param {(Place | undefined)[]} standing
 * @returns {Place}
 */
function beginning(i, ways, standing) {
  const nearest = standing.reduce((best, place, j) => (place && (best === -1 || ways[j] < ways[best]) ? j : best), -1);
  const angle = (i / ways.length) * 2 * Math.PI;
  const middle = standing[nearest] ?? { x: 0, y: 0 };
  const radius = nearest === -1 ? Math.sqrt(ways.length) : ways[nearest];
  return { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) };
}

/** The shortest way between any two (Floyd and Warshall). @param {number} count @param {{ a: number, b: number, length: number }[]} links */
function distances(count, links) {
  const ways = Array.from({ length: count }, (_, i) => Array.from({ length: count }, (__, j) => (i === j ? 0 : Infinity)));
  for (const { a, b, length } of links) ways[a][b] = ways[b][a] = Math.min(ways[a][b], length);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) ways[i][j] = Math.min(ways[i][j], ways[i][k] + ways[k][j]);
    }
  }
  const longest = Math.max(2, ...ways.flat().filter(Number.isFinite));
  return ways.map((row) => row.map((way) => (Number.isFinite(way) ? way : longest * UNREACHED)));
}

/** One round, in place. @param {Place[]} places @param {number[][]} ways */
function majorise(places, ways) {
  for (let i = 0; i < places.length; i++) {
    let [x, y, weights] = [0, 0, 0];
    for (let j = 0; j < places.length; j++) {
      if (i === j) continue;
      const weight = 1 / (ways[i][j] * ways[i][j]);
      const dx = places[i].x - places[j].x || 1e-3 * (i - j);
      const dy = places[i].y - places[j].y || 1e-3 * (j - i);
      const pull = ways[i][j] / Math.hypot(dx, dy);
      x += weight * (places[j].x + dx * pull);
      y += weight * (places[j].y + dy * pull);
      weights += weight;
    }
    if (weights > 0) places[i] = { x: x / weights, y: y / weights };
  }
}

/** Turned so that the drawing's longer side lies along the box's. @param {Map<string, Place>} places @param {boolean} isWide */
export function turned(places, isWide) {
  const all = [...places.values()];
  const middle = { x: mean(all.map(({ x }) => x)), y: mean(all.map(({ y }) => y)) };
  let [xx, xy, yy] = [0, 0, 0];
  for (const { x, y } of all) {
    xx += (x - middle.x) ** 2;
    xy += (x - middle.x) * (y - middle.y);
    yy += (y - middle.y) ** 2;
  }
  const angle = -0.5 * Math.atan2(2 * xy, xx - yy) + (isWide ? 0 : Math.PI / 2);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return mapped(places, ({ x, y }) => ({
    x: (x - middle.x) * cos - (y - middle.y) * sin,
    y: (x - middle.x) * sin + (y - middle.y) * cos,
  }));
}

/**
 * Into a box of pixels: stretched to fill it (within reason), then pushed apart until no two are nearer than `apart`.
 * @param {Map<string, Place>} places @param {number} width @param {number} height
 * @param {{ x: number, y: number }} margin @param {number} apart
 */
export function fit(places, width, height, margin, apart) {
  const all = [...places.values()];
  const [left, right] = ends(all.map(({ x }) => x));
  const [top, bottom] = ends(all.map(({ y }) => y));
  const room = { x: Math.max(1, width - 2 * margin.x), y: Math.max(1, height - 2 * margin.y) };
  const scale = { x: room.x / (right - left || 1), y: room.y / (bottom - top || 1) };
  const least = Math.min(scale.x, scale.y, UNIT_MOST);
  const [sx, sy] = [Math.min(scale.x, least * 2, UNIT_MOST), Math.min(scale.y, least * 2, UNIT_MOST)];
  const inBox = mapped(places, ({ x, y }) => ({
    x: width / 2 + (right > left ? (x - (left + right) / 2) * sx : 0),
    y: height / 2 + (bottom > top ? (y - (top + bottom) / 2) * sy : 0),
  }));
  return spread(inBox, width, height, margin, apart);
}

/** @param {Map<string, Place>} places @param {number} width @param {number} height @param {Place} margin @param {number} apart */
function spread(places, width, height, margin, apart) {
  const all = [...places.values()].map((place) => ({ ...place }));
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < all.length; i++) {
      for (let j = i + 1; j < all.length; j++) push(all[i], all[j], apart);
    }
    for (const place of all) {
      place.x = Math.min(width - margin.x, Math.max(margin.x, place.x));
      place.y = Math.min(height - margin.y, Math.max(margin.y, place.y));
    }
  }
  return new Map([...places.keys()].map((name, i) => [name, all[i]]));
}

/** @param {Place} one @param {Place} other @param {number} apart */
function push(one, other, apart) {
  const dx = other.x - one.x || 0.1;
  const dy = other.y - one.y || 0.1;
  const far = Math.hypot(dx, dy);
  if (far >= apart) return;
  const half = (apart - far) / 2 / far;
  one.x -= dx * half;
  one.y -= dy * half;
  other.x += dx * half;
  other.y += dy * half;
}

/**
 * A place for each label where it meets no obstacle and no label before it. Put the important ones first.
 * @param {Box[][]} labels where each may stand, the best place first
 * @param {Box[]} obstacles
 * @returns {number[]} which of its places each label takes; -1: there is no room for it
 */
export function placed(labels, obstacles) {
  const taken = [...obstacles];
  return labels.map((choices) => {
    const chosen = choices.findIndex((box) => taken.every((other) => !meets(box, other)));
    if (chosen !== -1) taken.push(choices[chosen]);
    return chosen;
  });
}

/**
 * How many of the lines run through the box.
 * @param {Box} box @param {{ a: Place, b: Place }[]} lines
 */
export function crossings(box, lines) {
  return lines.filter(({ a, b }) => {
    const along = overlap(a.x, b.x, box.x - box.width / 2, box.x + box.width / 2);
    const down = overlap(a.y, b.y, box.y - box.height / 2, box.y + box.height / 2);
    return Math.max(along[0], down[0], 0) < Math.min(along[1], down[1], 1);
  }).length;
}

/** From where to where on a line, 0 its begin and 1 its end, one coordinate is within. @param {number} from @param {number} to @param {number} least @param {number} most */
function overlap(from, to, least, most) {
  if (from === to) return from > least && from < most ? [-Infinity, Infinity] : [Infinity, -Infinity];
  const [one, other] = [(least - from) / (to - from), (most - from) / (to - from)];
  return one < other ? [one, other] : [other, one];
}

/** @param {Box} one @param {Box} other */
export function meets(one, other) {
  return Math.abs(one.x - other.x) * 2 < one.width + other.width && Math.abs(one.y - other.y) * 2 < one.height + other.height;
}

/**
 * The node that an arrow key leads to: the nearest one about in that direction.
 * @param {Map<string, Place>} places @param {string} from @param {{ x: number, y: number }} direction of length 1
 * @returns {string | null}
 */
export function towards(places, from, direction) {
  const here = places.get(from);
  if (!here) return null;
  let [found, least] = [/** @type {string | null} */ (null), Infinity];
  for (const [name, place] of places) {
    const along = (place.x - here.x) * direction.x + (place.y - here.y) * direction.y;
    const aside = Math.abs((place.x - here.x) * direction.y - (place.y - here.y) * direction.x);
    const cost = along + 2 * aside;
    if (name !== from && along > 0 && cost < least) [found, least] = [name, cost];
  }
  return found;
}

/** @param {Map<string, Place>} places @param {(place: Place) => Place} change */
const mapped = (places, change) => new Map([...places].map(([name, place]) => [name, change(place)]));

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);

/** @param {number[]} values */
const ends = (values) => [Math.min(...values, Infinity), Math.max(...values, -Infinity)];
