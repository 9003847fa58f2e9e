// charts.js: one figure over time, drawn by Chart.js, which the master serves from Debian's libjs-chart.js.
import * as format from "./format.js";
import { gaps, ticks } from "./history.js";

/** @typedef {import("./history.js").History} History */
/** @typedef {import("./history.js").Point} Point */

/** @type {Promise<any> | null} */
let loading = null;

/** The library, once. Rejects when the master has none. @returns {Promise<any>} */
export function chartLibrary() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/overview/chart.min.js";
    script.onload = () => resolve(/** @type {any} */ (globalThis).Chart);
    script.onerror = () => {
      script.remove();
      loading = null; // the next page tries again
      reject(new Error("Charts need Chart.js on the master's host: Debian's package libjs-chart.js."));
    };
    document.head.append(script);
  });
  return loading;
}

/** @param {string} name of a custom property */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Where nothing is known, the ground says so. */
const gapBands = {
  id: "gapBands",
  /** @param {any} chart */
  beforeDatasetsDraw(chart) {
    const { ctx, chartArea: { top, bottom }, scales: { x } } = chart;
    ctx.save();
    ctx.fillStyle = colour("--gap");
    for (const { from, to } of chart.options.gaps ?? []) {
      const [left, right] = [x.getPixelForValue(from), x.getPixelForValue(to)];
      ctx.fillRect(left, top, right - left, bottom - top);
    }
    ctx.restore();
  },
};

/** A thin line under the pointer. */
const crosshair = {
  id: "crosshair",
  /** @param {any} chart */
  afterDatasetsDraw(chart) {
    const [active] = chart.getActiveElements();
    if (!active) return;
    const { ctx, chartArea: { top, bottom } } = chart;
    ctx.save();
    ctx.strokeStyle = colour("--soft");
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    ctx.moveTo(active.element.x, top);
    ctx.lineTo(active.element.x, bottom);
    ctx.stroke();
    ctx.restore();
  },
};

/** A chart on a canvas. destroy() it with its page: Chart.js keeps what it drew. */
export class LineChart {
  #chart;
  #words;
  #isWhole;
  /** @type {History["span"]} */
  #span = "hour";

  /**
   * @param {any} library from chartLibrary() @param {HTMLCanvasElement} canvas
   * @param {(value: number | null) => string} words a value, in words @param {boolean} isWhole there is no half of it
   */
  constructor(library, canvas, words, isWhole = false) {
    this.#words = words;
    this.#isWhole = isWhole;
    this.#chart = new library(canvas, { type: "line", data: { datasets: [this.#dataset()] }, options: this.#options(), plugins: [gapBands, crosshair] });
  }

  /** @param {History} history @param {Point[]} points @param {number | null} most the value that is full, when there is one */
  show(history, points, most = null) {
    this.#span = history.span;
    const { options, data } = this.#chart;
    data.datasets[0].data = points;
    options.gaps = gaps(points, history);
    options.scales.x.min = history.from;
    options.scales.x.max = history.to;
    options.scales.y.max = most ?? undefined;
    options.scales.y.ticks.stepSize = most ? most / 2 : undefined;
    this.#chart.update("none");
  }

  /** Takes the colours of another theme. */
  repaint() {
    Object.assign(this.#chart.data.datasets[0], this.#dataset(), { data: this.#chart.data.datasets[0].data });
    const { gaps: found, scales: { x: { min, max }, y } } = this.#chart.options;
    this.#chart.options = this.#options();
    Object.assign(this.#chart.options, { gaps: found });
    Object.assign(this.#chart.options.scales.x, { min, max });
    this.#chart.options.scales.y.max = y.max;
    this.#chart.options.scales.y.ticks.stepSize = y.ticks.stepSize;
    this.#chart.update("none");
  }

  destroy() {
    this.#chart.destroy();
  }

  /** Nothing, where it would read as the one below it. @param {number} value @param {number | undefined} below */
  #tick(value, below) {
    const words = onAxis(this.#words(value));
    return below !== undefined && onAxis(this.#words(below)) === words ? "" : words;
  }

  #dataset() {
    return {
      data: /** @type {Point[]} */ ([]), parsing: false, spanGaps: false, normalized: true, borderColor: colour("--accent"),
      backgroundColor: colour("--accent-faint"), fill: "origin", borderWidth: 1.5, borderJoinStyle: "round", tension: 0,
      pointRadius: (/** @type {any} */ context) => (isAlone(context) ? 1.5 : 0), pointBackgroundColor: colour("--accent"), pointHoverRadius: 3,
    };
  }

  #options() {
    const font = { family: getComputedStyle(document.body).fontFamily, size: 11 };
    const labels = { color: colour("--soft"), font };
    return {
      animation: false, responsive: true, maintainAspectRatio: false, normalized: true, gaps: /** @type {any[]} */ ([]),
      interaction: { mode: "nearest", axis: "x", intersect: false },
      layout: { padding: 0 },
      scales: {
        x: {
          type: "linear", grid: { display: false, drawBorder: false },
          ticks: { ...labels, maxRotation: 0, autoSkip: false, callback: (/** @type {number} */ at) => format.tick(at, this.#span) },
          afterBuildTicks: (/** @type {any} */ axis) => {
            axis.ticks = ticks(axis.min, axis.max, Math.max(2, Math.floor(axis.maxWidth / 64))).map((value) => ({ value }));
          },
        },
        y: {
          beginAtZero: true, grid: { color: colour("--line"), drawBorder: false, drawTicks: false },
          ticks: { ...labels, maxTicksLimit: 4, padding: 8, precision: this.#isWhole ? 0 : undefined, callback: (/** @type {number} */ value, /** @type {number} */ i, /** @type {{ value: number }[]} */ all) => this.#tick(value, all[i - 1]?.value) },
          afterFit: (/** @type {any} */ axis) => { axis.width = Math.max(axis.width, 70); }, // one left edge for all charts
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          displayColors: false, backgroundColor: colour("--raised"), titleColor: colour("--soft"), bodyColor: colour("--ink"),
          borderColor: colour("--line"), borderWidth: 1, padding: 8, caretSize: 0, cornerRadius: 6, titleFont: { ...font, weight: "normal" }, bodyFont: { ...font, size: 12, weight: "600" },
          callbacks: {
            title: (/** @type {any[]} */ [item]) => format.moment(item?.parsed.x),
            label: (/** @type {any} */ item) => this.#words(item.parsed.y),
          },
        },
      },
    };
  }
}

/** Without what an axis has no room for: 0 kbit/s is 0, 4.00 Mbit/s is 4 Mbit/s. @param {string} words */
const onAxis = (words) => (/^0\b(?!\.)/.test(words) ? "0" : words.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, ""));

/** A point between two gaps has no line: it is drawn as a dot. @param {{ dataIndex: number, dataset: { data: Point[] } }} context */
function isAlone({ dataIndex: i, dataset: { data } }) {
  return data[i]?.y !== null && (data[i - 1]?.y ?? null) === null && (data[i + 1]?.y ?? null) === null;
}
