// dom.js: the few things that the page does to its document. What comes from the network gets in as text alone.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children a string becomes text
 */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** @param {string} tag @param {Record<string, string>} attributes @param {(Node | string)[]} children */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** @template {Element} T @param {T} made @param {Record<string, string>} attributes @param {(Node | string)[]} children */
function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @param {string} id @returns {HTMLElement} which is in index.html */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/** Touches the document only when something changed, so that nothing flickers and a selection stays. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} node @param {string} name @param {string | null} value null takes it away */
export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** One of index.html's symbols. @param {string} name */
export function icon(name) {
  const made = drawn("svg", { class: "icon", "aria-hidden": "true" }, drawn("use", { href: `#icon-${name}` }));
  return made;
}

/** @param {Element} made by icon() @param {string} name */
export const setIcon = (made, name) => setAttribute(/** @type {Element} */ (made.firstChild), "href", `#icon-${name}`);

/**
 * Keeps one child for each key, in order; a child that is there already is updated and stays.
 * @template T
 */
export class Keyed {
  #parent;
  #create;
  /** @type {Map<string, { root: Element, update: (item: T) => void }>} */
  #made = new Map();

  /** @param {Element} parent @param {(item: T) => { root: Element, update: (item: T) => void }} create */
  constructor(parent, create) {
    this.#parent = parent;
    this.#create = create;
  }

  /** @param {T[]} items @param {(item: T) => string} key */
  update(items, key) {
    const wanted = new Set(items.map(key));
    for (const [name, { root }] of this.#made) {
      if (wanted.has(name)) continue;
      root.remove();
      this.#made.delete(name);
    }
    let next = this.#parent.firstElementChild;
    for (const item of items) {
      const name = key(item);
      const made = this.#made.get(name) ?? this.#create(item);
      this.#made.set(name, made);
      made.update(item);
      if (made.root === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(made.root, next);
    }
  }

  /** @param {string} key */
  get(key) {
    return this.#made.get(key)?.root ?? null;
  }
}
