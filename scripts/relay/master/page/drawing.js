// drawing.js: the network as a picture. layout.js says where things are; this file puts them there and shows details of what
// is under the pointer or the focus.
import { Keyed, drawn, setAttribute, setText } from "./dom.js";
import * as format from "./format.js";
import { crossings, fit, placed, settle, towards, turned } from "./layout.js";
import { CONDITION_WORDS, nodeAddress } from "./parts.js";
import { keep, recall } from "./places.js";
import { isTroubled, troubleOf } from "./process.js";
import { band, condition, isIll } from "./state.js";
import { linkTip, nodeTip, Tip } from "./tip.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Node} Node */
/** @typedef {import("./state.js").Link} Link */
/** @typedef {import("./layout.js").Place} Place */
/** @typedef {import("./layout.js").Box} Box */

const GLIDE_MS = 450;
const LABEL_LINE = 15;
const NAME_MOST = 18; // characters of a name
const REGION_MOST = 10; // of a region, where a word stands beside it
const ROOMY = 16; // with so many nodes there is room for figures in them, and for a second line
const LINKS_DRAWN = 2000; // the fastest
const LINKS_LABELLED = 30; // with more, a link tells its latency under the pointer alone
const ARROWS = /** @type {Record<string, Place>} */ ({
  ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 },
});

/** @param {Link} link */
const linkKey = (link) => JSON.stringify([link.a, link.b]);

const ruler = document.createElement("canvas").getContext("2d");
const family = getComputedStyle(document.body).fontFamily;

/** @param {string} text @param {number} size */
function widthOf(text, size) {
  if (!ruler) return text.length * size * 0.6;
  ruler.font = `600 ${size}px ${family}`;
  return ruler.measureText(text).width;
}

export class Drawing {
  #svg;
  #frame;
  #tip;
  #links;
  #labels;
  #nodes;
  /** @type {State | null} */
  #state = null;
  /** @type {State | null} */
  #whole = null;
  #topology = "";
  /** @type {Map<string, Link>} every link that was seen: a node that is lost keeps its place by those that it had */
  #known = new Map();
  #isWide = true;
  /** @type {Map<string, Place>} where the layout wants them, in its own units */
  #settled = new Map();
  /** @type {Map<string, Place>} in pixels, where they go */
  #places = new Map();
  /** @type {Map<string, Place>} in pixels, where they are */
  #shown = new Map();
  #current = ""; // the node that the tab key comes to
  #lit = ""; // the node under the pointer or the focus
  #gliding = 0;
  #layer;

  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.#frame = frame;
    this.#svg = /** @type {SVGSVGElement} */ (drawn("svg", { class: "network", role: "group", "aria-label": "The network, drawn. Arrow keys lead from node to node." }));
    this.#layer = { links: drawn("g"), labels: drawn("g", { class: "latencies", "aria-hidden": "true" }), nodes: drawn("g") };
    this.#svg.append(this.#layer.links, this.#layer.labels, this.#layer.nodes);
    this.#tip = new Tip(frame);
    this.#links = new Keyed(this.#layer.links, (/** @type {Link} */ link) => this.#linkPart(link));
    this.#labels = new Keyed(this.#layer.labels, (/** @type {{ key: string, text: string, place: Place }} */ _) => labelPart());
    this.#nodes = new Keyed(this.#layer.nodes, (/** @type {Node} */ node) => this.#nodePart(node.name));
    frame.append(this.#svg, this.#tip.root);
    this.#svg.addEventListener("keydown", (event) => this.#keyDown(event));
    new ResizeObserver(() => this.#resized()).observe(frame);
  }

  /** @param {State} state what is drawn @param {State} whole what is told under the pointer */
  update(state, whole) {
    this.#state = state;
    this.#whole = whole;
    const names = state.nodes.map(({ name }) => name).sort();
    const links = this.#remembered(state);
    const topology = JSON.stringify([names, links.map(linkKey).sort()]);
    if (topology !== this.#topology) {
      this.#topology = topology;
      this.#arrange(state.master, names, links);
    }
    this.#render();
  }

  /** @param {string} master @param {string[]} names @param {Link[]} links */
  #arrange(master, names, links) {
    const isFirst = this.#settled.size === 0;
    if (isFirst) this.#isWide = this.#frame.clientWidth >= this.#frame.clientHeight;
    const kept = isFirst ? recall(master, names) : null;
    if (kept) this.#restore(kept, names, links);
    else if (isFirst) this.#settled = turned(settle(names, links), this.#isWide);
    else this.#settled = settle(names, links, this.#settled);
    this.#fit(!isFirst);
    keep(master, this.#settled, this.#isWide);
  }

  /** When all are known, they stand as they stood: the same picture, whatever became of their links. @param {import("./places.js").Kept} kept @param {string[]} names @param {Link[]} links */
  #restore({ places, isWide }, names, links) {
    const isWhole = names.every((name) => places.has(name));
    const settled = isWhole ? places : settle(names, links, places);
    this.#settled = isWide === this.#isWide ? settled : turned(settled, this.#isWide);
  }

  /** The links, and those that lost nodes had. @param {State} state */
  #remembered({ nodes, links }) {
    const states = new Map(nodes.map(({ name, state }) => [name, state]));
    for (const link of links) this.#known.set(linkKey(link), link);
    for (const [key, { a, b }] of this.#known) {
      if (!states.has(a) || !states.has(b)) this.#known.delete(key);
    }
    return [...new Map([...[...this.#known].filter(([, { a, b }]) => states.get(a) === "lost" || states.get(b) === "lost"),
      ...links.map((link) => /** @type {[string, Link]} */ ([linkKey(link), link]))]).values()];
  }

  #resized() {
    if (this.#frame.clientWidth === 0) return; // another view is shown
    const isWide = this.#frame.clientWidth >= this.#frame.clientHeight;
    if (isWide !== this.#isWide) this.#turn(isWide);
    this.#fit(false);
    this.#render();
  }

  /** @param {boolean} isWide */
  #turn(isWide) {
    this.#isWide = isWide;
    if (this.#settled.size === 0 || !this.#state) return;
    this.#settled = turned(this.#settled, isWide);
    keep(this.#state.master, this.#settled, isWide);
  }

  /** @param {boolean} mayGlide */
  #fit(mayGlide) {
    const { clientWidth: width, clientHeight: height } = this.#frame;
    if (width === 0 || this.#settled.size === 0) return;
    setAttribute(this.#svg, "viewBox", `0 0 ${width} ${height}`);
    const apart = Math.min(96, Math.sqrt((width * height) / this.#settled.size) * 0.62);
    this.#places = fit(this.#settled, width, height, { x: Math.min(72, width * 0.13), y: this.#settled.size <= ROOMY ? 60 : 36 }, apart);
    if (!this.#state?.nodes.some(({ name }) => name === this.#current)) this.#current = this.#state?.nodes[0]?.name ?? "";
    cancelAnimationFrame(this.#gliding);
    if (mayGlide && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.#glide(new Map(this.#shown), performance.now());
    else this.#shown = this.#places;
  }

  /** @param {Map<string, Place>} from @param {number} began */
  #glide(from, began) {
    const part = Math.min(1, (performance.now() - began) / GLIDE_MS);
    const eased = 1 - (1 - part) ** 3;
    this.#shown = new Map([...this.#places].map(([name, to]) => {
      const start = from.get(name) ?? to;
      return [name, { x: start.x + (to.x - start.x) * eased, y: start.y + (to.y - start.y) * eased }];
    }));
    if (part < 1) this.#gliding = requestAnimationFrame(() => { this.#glide(from, began); this.#render(); });
  }

  // What is drawn.

  #render() {
    const state = this.#state;
    if (!state || this.#shown.size === 0) return;
    const links = fastest(state.links.filter(({ a, b }) => this.#shown.has(a) && this.#shown.has(b)));
    setAttribute(this.#svg, "data-crowd", state.nodes.length <= ROOMY ? "few" : "many");
    setAttribute(this.#svg, "data-links", links.length <= LINKS_LABELLED ? "few" : links.length <= 120 ? "some" : "many");
    setAttribute(this.#svg, "data-lit", this.#lit ? "" : null);
    this.#links.update(links, linkKey);
    this.#nodes.update(state.nodes, ({ name }) => name);
    this.#label(state, links);
    this.#tip.refresh();
  }

  /** Names and latencies, as many as there is room for: the ill, the lit and the busy first. @param {State} state @param {Link[]} links */
  #label(state, links) {
    const radius = this.#radius;
    const discs = [...this.#shown.values()].map(({ x, y }) => ({ x, y, width: radius * 2, height: radius * 2 }));
    const nodes = [...state.nodes].sort((one, other) => this.#importance(other) - this.#importance(one));
    const lines = links.length > LINKS_LABELLED ? [] : links.map(({ a, b }) => ({ a: this.#at(a), b: this.#at(b) }));
    const names = nodes.map((node) => clearest(this.#nameBoxes(node, radius), lines));
    const wanted = this.#labelledLinks(links);
    const latencies = wanted.map((link) => this.#latencyBoxes(link));
    const chosen = placed([...names, ...latencies], discs);
    nodes.forEach((node, i) => {
      const text = this.#nodes.get(node.name)?.querySelector(".label");
      const box = names[i][chosen[i]];
      const here = this.#shown.get(node.name);
      if (!text || !here) return;
      setAttribute(text, "visibility", box ? null : "hidden");
      if (box) setAttribute(text, "transform", `translate(${round(box.x - here.x)} ${round(box.y - here.y - box.height / 2 + 11)})`);
    });
    this.#labels.update(wanted.flatMap((link, i) => {
      const box = latencies[i][chosen[nodes.length + i]];
      return box ? [{ key: linkKey(link), text: format.latency(link.latency_ms), place: box }] : [];
    }), ({ key }) => key);
  }

  /** @param {Node} node */
  #importance(node) {
    return (node.name === this.#lit ? 100 : 0) + (isIll(node) ? 30 : 0) + (isTroubled(node) ? 20 : 0) + (node.is_master ? 5 : 0) + (node.clients ?? 0) / 1e9;
  }

  /** @param {Link[]} links */
  #labelledLinks(links) {
    const known = links.filter(({ latency_ms: ms }) => ms !== null);
    if (this.#lit) return known.filter(({ a, b }) => a === this.#lit || b === this.#lit);
    return links.length <= LINKS_LABELLED ? known : [];
  }

  /** Where a node is now. @param {string} name */
  #at(name) {
    return /** @type {Place} */ (this.#shown.get(name));
  }

  get #radius() {
    const count = this.#state?.nodes.length ?? 0;
    const isNarrow = this.#frame.clientWidth < 560;
    return count <= ROOMY ? (isNarrow ? 14 : 18) : count <= 32 ? 10 : isNarrow ? 6 : 8;
  }

  /** Below, above, right or left of the node. @param {Node} node @param {number} radius @returns {Box[]} */
  #nameBoxes(node, radius) {
    const { x, y } = this.#at(node.name);
    const { name, region, second } = this.#texts(node);
    const below = [region, second].filter(Boolean).join(" · ");
    const width = Math.max(widthOf(name, 12), below ? widthOf(below, 11) : 0) + 6;
    const height = LABEL_LINE * (below ? 2 : 1);
    const away = radius + 5 + height / 2;
    const beside = radius + 5 + width / 2;
    const boxes = [{ x, y: y + away }, { x, y: y - away }, { x: x + beside, y }, { x: x - beside, y }];
    return boxes.map((box) => ({ ...box, width, height }))
      .filter((box) => box.x >= width / 2 && box.x <= this.#frame.clientWidth - width / 2 && box.y >= height / 2 && box.y <= this.#frame.clientHeight - height / 2);
  }

  /** Its name, and where there is room, where it is and what it is or ails from. @param {Node} node */
  #texts(node) {
    const name = format.shortened(format.name(node.name), NAME_MOST);
    if (this.#svg.dataset.crowd !== "few") return { name, region: "", second: "" };
    const second = isIll(node) ? CONDITION_WORDS[condition(node)].toLowerCase() : node.draining ? "draining" : node.is_master ? "master" : "";
    return { name, region: format.shortened(format.name(node.region), second ? REGION_MOST : NAME_MOST), second };
  }

  /** On the line, somewhere about its middle. @param {Link} link @returns {Box[]} */
  #latencyBoxes(link) {
    const [a, b] = [this.#at(link.a), this.#at(link.b)];
    const width = widthOf(format.latency(link.latency_ms), 11) + 8;
    return [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74].map((t) => ({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t, width, height: 16 }));
  }

  /** @param {Link} made */
  #linkPart(made) {
    const line = drawn("line", { class: "line" });
    const reach = drawn("line", { class: "reach" });
    const root = drawn("g", { class: "link" }, line, reach);
    let link = made;
    this.#tip.attach(root, () => linkTip(link));
    return {
      root,
      update: (/** @type {Link} */ now) => {
        link = now;
        const [a, b] = [this.#at(link.a), this.#at(link.b)];
        for (const part of [line, reach]) {
          setAttribute(part, "x1", round(a.x));
          setAttribute(part, "y1", round(a.y));
          setAttribute(part, "x2", round(b.x));
          setAttribute(part, "y2", round(b.y));
        }
        setAttribute(root, "data-band", band(link.latency_ms));
        setAttribute(root, "data-lit", this.#lit && (link.a === this.#lit || link.b === this.#lit) ? "" : null);
      },
    };
  }

  /** @param {string} name */
  #nodePart(name) {
    const halo = drawn("circle", { class: "halo" });
    const disc = drawn("circle", { class: "disc" });
    const figure = drawn("text", { class: "figure", y: "4" });
    const sign = drawn("use", { class: "sign" });
    const trouble = drawn("use", { class: "trouble" });
    const first = drawn("tspan", { class: "first", x: "0" });
    const region = drawn("tspan", { class: "region", x: "0", dy: "14" });
    const second = drawn("tspan", { class: "second" });
    const root = drawn("a", { class: "node", href: nodeAddress(name) }, halo, disc, figure, sign, trouble, drawn("text", { class: "label" }, first, region, second));
    this.#tip.attach(root, () => this.#whole && nodeTip(this.#whole, name), (isShown) => this.#light(isShown ? name : ""));
    root.addEventListener("focus", () => { this.#current = name; });
    return {
      root,
      update: (/** @type {Node} */ node) => {
        const { x, y } = this.#at(name);
        const radius = this.#radius;
        const kind = condition(node);
        const texts = this.#texts(node);
        setAttribute(root, "transform", `translate(${round(x)} ${round(y)})`);
        setAttribute(root, "data-condition", kind);
        setAttribute(root, "data-master", node.is_master ? "" : null);
        setAttribute(root, "data-draining", node.draining ? "" : null);
        setAttribute(root, "data-lit", this.#isLit(name) ? "" : null);
        setAttribute(root, "tabindex", name === this.#current ? "0" : "-1");
        setAttribute(root, "aria-label", spoken(node));
        setAttribute(halo, "r", String(radius + 4));
        setAttribute(disc, "r", String(radius));
        setText(figure, radius >= 14 && node.clients !== null && kind !== "lost" ? shortCount(node.clients) : "");
        setAttribute(sign, "href", isIll(node) ? `#icon-${kind}` : "#icon-none");
        placeSign(sign, radius);
        setAttribute(trouble, "href", isTroubled(node) ? "#icon-trouble" : "#icon-none");
        placeTrouble(trouble, radius);
        setText(first, texts.name);
        setText(region, texts.region + (texts.region && texts.second && " · "));
        setText(second, texts.second);
      },
    };
  }

  // What the reader does.

  /** @param {string} name */
  #light(name) {
    if (this.#lit === name) return;
    this.#lit = name;
    this.#render();
  }

  /** The lit node and its neighbours. @param {string} name */
  #isLit(name) {
    if (!this.#lit) return false;
    return name === this.#lit || Boolean(this.#state?.links.some(({ a, b }) => (a === name && b === this.#lit) || (b === name && a === this.#lit)));
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const direction = ARROWS[event.key];
    const next = direction && towards(this.#places, this.#current, direction);
    if (!direction) return;
    event.preventDefault();
    if (!next) return;
    this.#current = next;
    this.#render();
    /** @type {SVGElement} */ (this.#nodes.get(next)).focus();
  }
}

/** @param {Link[]} links */
const fastest = (links) => (links.length <= LINKS_DRAWN ? links
  : [...links].sort((one, other) => (one.latency_ms ?? Infinity) - (other.latency_ms ?? Infinity)).slice(0, LINKS_DRAWN));

/** The boxes with the fewest lines through them first. @param {Box[]} boxes @param {{ a: Place, b: Place }[]} lines */
const clearest = (boxes, lines) => boxes.map((box) => ({ box, count: crossings(box, lines) })).sort((one, other) => one.count - other.count).map(({ box }) => box);

function labelPart() {
  const root = drawn("text", { class: "latency" });
  return {
    root,
    update: (/** @type {{ text: string, place: Place }} */ { text, place }) => {
      setText(root, text);
      setAttribute(root, "x", String(round(place.x)));
      setAttribute(root, "y", String(round(place.y + 4)));
    },
  };
}

/** What a screen reader says of a node. @param {Node} node */
function spoken(node) {
  const words = [format.name(node.name), node.is_master && "master", CONDITION_WORDS[condition(node)], isIll(node) && node.reason,
    troubleOf(node), node.clients !== null && `${format.count(node.clients)} clients`];
  return words.filter(Boolean).join(", ");
}

/** At the disc's shoulder; in place of a small one. @param {Element} sign @param {number} radius */
function placeSign(sign, radius) {
  const size = radius < 12 ? 20 : 16;
  const away = radius < 12 ? 0 : radius * 0.72;
  setAttribute(sign, "width", String(size));
  setAttribute(sign, "height", String(size));
  setAttribute(sign, "x", round(away - size / 2));
  setAttribute(sign, "y", round(-away - size / 2));
}

/** At the disc's other shoulder, and beside a small one, which a sign may cover. @param {Element} trouble @param {number} radius */
function placeTrouble(trouble, radius) {
  const size = radius < 12 ? 16 : 20;
  const away = radius < 12 ? 10 : radius * 0.85;
  setAttribute(trouble, "width", String(size));
  setAttribute(trouble, "height", String(size));
  setAttribute(trouble, "x", round(-away - size / 2));
  setAttribute(trouble, "y", round(-away - size / 2));
}

/** What fits in a disc: 241, 1.2k, 18k. @param {number} value */
const shortCount = (value) => (value < 1000 ? String(Math.round(value)) : value < 9950 ? `${(value / 1000).toFixed(1)}k` : `${Math.round(value / 1000)}k`);

/** @param {number} value */
const round = (value) => String(Math.round(value * 10) / 10);
