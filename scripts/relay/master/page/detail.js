// detail.js: the page of a node, a channel or the whole network: what it is now, and its charts over an hour, a day, a month.
import { LineChart, chartLibrary } from "./charts.js";
import { element, setAttribute, setText } from "./dom.js";
import * as format from "./format.js";
import { gaps, read, series, summary } from "./history.js";
import { subjectOf } from "./subjects.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./history.js").Span} Span */
/** @typedef {import("./subjects.js").Subject} Subject */

const SPANS = /** @type {[Span, string, number][]} */ ([["hour", "Hour", 15000], ["day", "Day", 60000], ["month", "Month", 300000]]);

export class Detail {
  #root;
  #store;
  /** @type {Subject} */
  #subject;
  #plots;
  #notice;
  #buttons;
  /** @type {Span} */
  #span = "hour";
  #reading = new AbortController();
  #timer = 0;
  /** @type {any} */
  #library = null;

  /** @param {HTMLElement} root @param {import("./state.js").Store} store @param {"node" | "channel" | "network"} kind @param {string} name */
  constructor(root, store, kind, name) {
    this.#root = root;
    this.#store = store;
    this.#subject = subjectOf(kind, name, store);
    const groups = this.#subject.groups.map(({ figures, side }) => ({ plots: figures.map((figure) => new Plot(figure)), side }));
    this.#plots = groups.flatMap(({ plots }) => plots);
    this.#notice = element("p", { class: "notice", role: "status", hidden: "" });
    this.#buttons = SPANS.map(([span, word]) => this.#spanButton(span, word));
    root.replaceChildren(
      element("nav", { class: "crumbs", "aria-label": "Back" }, element("a", { href: "#/" }, element("span", { "aria-hidden": "true" }, "← "), "Network")),
      this.#subject.head,
      element("div", { class: "charts-head" }, element("h2", {}, "Over time"), element("div", { class: "segments", role: "group", "aria-label": "How far back" }, ...this.#buttons)),
      this.#notice,
      ...groups.map(({ plots, side }) => element("div", { class: "group" }, ...(side ? [side] : []),
        element("div", { class: "charts", "data-count": String(plots.length) }, ...plots.map(({ root: plot }) => plot)))),
      this.#subject.body,
    );
    this.#choose("hour");
    chartLibrary().then((library) => {
      this.#library = library;
      this.#read();
    }, (error) => this.#tell(error.message));
  }

  update() {
    if (!this.#store.state) return;
    this.#subject.update(this.#store.state);
    for (const plot of this.#plots) plot.update(this.#store.state);
  }

  repaint() {
    for (const plot of this.#plots) plot.repaint();
  }

  /** Reads the history now, not at its next time. */
  reload() {
    this.#read();
  }

  /** Nothing of it stays: no timer, no request, no chart. */
  close() {
    clearInterval(this.#timer);
    this.#reading.abort();
    for (const plot of this.#plots) plot.destroy();
    this.#root.replaceChildren();
  }

  /** @param {Span} span @param {string} word */
  #spanButton(span, word) {
    const button = element("button", { type: "button", "data-span": span }, word);
    button.addEventListener("click", () => {
      this.#choose(span);
      this.#read();
    });
    return button;
  }

  /** @param {Span} span */
  #choose(span) {
    this.#span = span;
    this.#buttons.forEach((button, i) => setAttribute(button, "aria-pressed", String(SPANS[i][0] === span)));
    clearInterval(this.#timer);
    const [, , everyMs] = SPANS.find(([name]) => name === span) ?? SPANS[0];
    this.#timer = setInterval(() => !document.hidden && this.#read(), everyMs);
  }

  /** The last one asked for is the one that is shown. */
  async #read() {
    if (!this.#library) return;
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    try {
      const history = await read(this.#subject.query, this.#span, signal);
      if (signal.aborted) return;
      this.#tell("");
      for (const plot of this.#plots) plot.show(this.#library, history);
    } catch (error) {
      if (!signal.aborted) this.#tell(error instanceof TypeError ? "" : String(/** @type {Error} */ (error).message));
    }
  }

  /** @param {string} text */
  #tell(text) {
    setText(this.#notice, text);
    this.#notice.hidden = text === "";
    setAttribute(this.#root, "data-charts", text === "" ? "some" : "none");
  }
}

/** One figure: now, average, peak, and its chart. */
class Plot {
  #figure;
  #now = element("span", { class: "value" }, format.NONE);
  #average = element("dd", {}, format.NONE);
  #peak = element("dd", {}, format.NONE);
  #canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { role: "img" }));
  #empty = element("p", { class: "empty", hidden: "" }, "Nothing is known of this time.");
  /** @type {LineChart | null} */
  #chart = null;

  /** @param {import("./subjects.js").Figure} figure */
  constructor(figure) {
    this.#figure = figure;
    setAttribute(this.#canvas, "aria-label", figure.title);
    this.root = element("section", { class: "card plot", "aria-label": figure.title, "data-column": figure.column },
      element("h3", {}, figure.title, ...(figure.note ? [element("small", {}, ` ${figure.note}`)] : [])),
      element("div", { class: "plot-head" }, this.#now,
        element("dl", {}, element("div", {}, element("dt", {}, "avg"), this.#average), element("div", {}, element("dt", {}, "peak"), this.#peak))),
      element("div", { class: "canvas" }, this.#canvas, this.#empty));
  }

  /** @param {State} state */
  update(state) {
    setText(this.#now, this.#figure.words(this.#figure.now(state)));
  }

  /** @param {any} library @param {import("./history.js").History} history */
  show(library, history) {
    const { column, words, title, most, isWhole } = this.#figure;
    const points = series(history, column);
    const { average, peak } = summary(points, series(history, `${column}_max`));
    setText(this.#average, words(average));
    setText(this.#peak, words(peak));
    this.#empty.hidden = points.length > 0;
    this.#canvas.hidden = points.length === 0;
    const holes = gaps(points, history).length;
    setAttribute(this.#canvas, "aria-label", `${title} over the last ${history.span}: average ${words(average)}, peak ${words(peak)}${holes ? `, ${holes} gaps` : ""}`);
    if (points.length === 0) return;
    this.#chart ??= new LineChart(library, this.#canvas, words, isWhole);
    this.#chart.show(history, points, most ? summary(series(history, most)).last : null);
  }

  repaint() {
    this.#chart?.repaint();
  }

  destroy() {
    this.#chart?.destroy();
    this.#chart = null;
  }
}
