// tables.js: a table that sorts, filters and stays still. On a phone its rows are cards (tables.css).
import { Keyed, element, icon, setAttribute, setText } from "./dom.js";
import { matches, sorted } from "./state.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {string} title
 * @property {(item: T) => string | number | boolean | null | undefined} key what it is sorted by
 * @property {() => { root: Element, update: (item: T) => void }} cell
 * @property {boolean} [isNumeric]
 * @property {boolean} [isDescending] when it is chosen first
 * @property {string} [hint]
 */

/**
 * A cell that holds a text.
 * @template T
 * @param {(item: T) => string} text @param {(item: T) => string | null} title what a pointer that rests on it reads
 * @returns {() => { root: Element, update: (item: T) => void }}
 */
export const textCell = (text, title = () => null) => () => {
  const root = element("span");
  return {
    root,
    update: (item) => {
      setText(root, text(item));
      setAttribute(root, "title", title(item));
    },
  };
};

/** @template {{ name: string }} T */
export class Table {
  #columns;
  #haystack;
  #noun;
  #sort;
  #most;
  #query = "";
  /** @type {T[]} */
  #items = [];
  /** @type {Map<string, number>} */
  #order = new Map();
  #heads;
  #select;
  #count;
  #empty;
  #all;
  #body;
  #rows;
  #isPointedAt = false;

  /**
   * @param {HTMLElement} root gets the tools and the table
   * @param {{ noun: string, nouns: string, columns: Column<T>[], sort: { column: number, isDescending: boolean },
   *   haystack: (item: T) => string, most: number }} options `haystack`: the text that a filter looks through; `most`: rows
   *   that are shown before the reader asks for all
   */
  constructor(root, { noun, nouns, columns, sort, haystack, most }) {
    this.#columns = columns;
    this.#haystack = haystack;
    this.#noun = [noun, nouns];
    this.#sort = sort;
    this.#most = most;
    const filter = element("input", { type: "search", placeholder: `Filter ${nouns}`, "aria-label": `Filter ${nouns}`, spellcheck: "false", autocapitalize: "none" });
    filter.addEventListener("input", () => {
      this.#query = /** @type {HTMLInputElement} */ (filter).value.trim();
      this.#show();
    });
    this.#select = this.#sortSelect();
    this.#count = element("span", { class: "count", role: "status" });
    this.#heads = columns.map((column, i) => this.#head(column, i));
    this.#body = element("tbody", { role: "rowgroup" });
    this.#body.addEventListener("pointerenter", ({ pointerType }) => { this.#isPointedAt = pointerType !== "touch"; });
    this.#body.addEventListener("pointerleave", () => { this.#isPointedAt = false; });
    this.#rows = new Keyed(this.#body, () => this.#row());
    this.#empty = element("p", { class: "empty", hidden: "" });
    this.#all = element("button", { type: "button", class: "all", hidden: "" });
    this.#all.addEventListener("click", () => {
      this.#most = Infinity;
      this.#show();
    });
    root.append(
      element("div", { class: "tools" }, filter, element("label", { class: "sort-choice" }, element("span", {}, "Sort by"), this.#select), this.#count),
      element("div", { class: "table-frame", role: "region", "aria-label": `Table of ${nouns}`, tabindex: "0" },
        element("table", { role: "table" },
          element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...this.#heads)), this.#body), this.#empty, this.#all),
    );
    this.#markSort();
  }

  /** @param {T[]} items */
  update(items) {
    this.#items = items;
    this.#show();
  }

  /** @param {Column<T>} column @param {number} i */
  #head(column, i) {
    const button = element("button", { type: "button" }, element("span", {}, column.title), icon("sort"));
    if (column.hint) button.setAttribute("title", column.hint);
    button.addEventListener("click", () => this.#sortBy(i));
    return element("th", { scope: "col", role: "columnheader", ...(column.isNumeric ? { class: "figure" } : {}) }, button);
  }

  /** A phone shows no heads. */
  #sortSelect() {
    const select = /** @type {HTMLSelectElement} */ (element("select", {},
      ...this.#columns.map(({ title }, i) => element("option", { value: String(i) }, title))));
    select.addEventListener("change", () => this.#sortBy(Number(select.value)));
    return select;
  }

  /** @param {number} column */
  #sortBy(column) {
    const isSame = this.#sort.column === column;
    this.#sort = { column, isDescending: isSame ? !this.#sort.isDescending : (this.#columns[column].isDescending ?? false) };
    this.#order.clear();
    this.#markSort();
    this.#show();
  }

  #markSort() {
    this.#heads.forEach((head, i) => {
      const isThis = i === this.#sort.column;
      setAttribute(head, "aria-sort", isThis ? (this.#sort.isDescending ? "descending" : "ascending") : null);
    });
    this.#select.value = String(this.#sort.column);
  }

  #row() {
    const cells = this.#columns.map((column) => column.cell());
    const root = element("tr", { role: "row" }, ...cells.map((cell, i) =>
      element("td", { role: "cell", "data-label": this.#columns[i].title, ...(this.#columns[i].isNumeric ? { class: "figure" } : {}) }, cell.root)));
    return { root, update: (/** @type {T} */ item) => cells.forEach((cell) => cell.update(item)) };
  }

  #show() {
    const shown = this.#query ? this.#items.filter((item) => matches(this.#haystack(item), this.#query)) : this.#items;
    this.#rows.update(this.#ordered(shown).slice(0, this.#most), (item) => item.name);
    this.#all.hidden = shown.length <= this.#most;
    setText(this.#all, `Show all ${shown.length}`);
    const total = this.#items.length;
    setText(this.#count, shown.length === total ? `${total} ${this.#noun[total === 1 ? 0 : 1]}` : `${shown.length} of ${total}`);
    setText(this.#empty, total === 0 ? `No ${this.#noun[1]}.` : `No ${this.#noun[0]} matches “${this.#query}”.`);
    this.#empty.hidden = shown.length > 0;
  }

  /** Rows keep their order under a pointer or a focus: nothing moves away from who is about to press it. @param {T[]} items */
  #ordered(items) {
    const { column, isDescending } = this.#sort;
    const isHeld = this.#isPointedAt || this.#body.matches(":focus-within");
    const list = sorted(items, this.#columns[column].key, isDescending);
    if (isHeld) list.sort((one, other) => (this.#order.get(one.name) ?? Infinity) - (this.#order.get(other.name) ?? Infinity) || 0);
    this.#order = new Map(list.map(({ name }, i) => [name, i]));
    return list;
  }
}
