import { gaps, series, sparkline, summary, ticks } from "/overview/history.js";
import { equal, test } from "./check.js";

const history = (rows, columns = ["at", "clients"]) => ({ span: "hour", step_seconds: 15, from: 0, to: 150, columns, rows });

test("a column becomes points, by its name and not by its place", () => {
  equal(series(history([[5, 15], [6, 30]], ["clients", "at"]), "clients"), [{ x: 15, y: 5 }, { x: 30, y: 6 }]);
});

test("a missing step cuts the line with one point of no value", () => {
  equal(series(history([[15, 5], [60, 6], [75, 7]]), "clients"), [{ x: 15, y: 5 }, { x: 30, y: null }, { x: 60, y: 6 }, { x: 75, y: 7 }]);
});

test("a row without the value is a gap too", () => {
  equal(series(history([[15, 5], [30, null], [45, 6]]), "clients"), [{ x: 15, y: 5 }, { x: 30, y: null }, { x: 45, y: 6 }]);
});

test("a column that is not there, or holds nothing, is empty", () => {
  equal([series(history([[15, 5]]), "load"), series(history([[15, null]]), "clients"), series(history([]), "clients")], [[], [], []]);
});

test("gaps are found inside, before and after, and the newest step may be late", () => {
  const whole = history([[60, 5], [75, 6], [105, 6]]);
  equal(gaps(series(whole, "clients"), whole), [{ from: 0, to: 60 }, { from: 75, to: 105 }, { from: 105, to: 150 }]);
  const fresh = history(Array.from({ length: 9 }, (_, i) => [i * 15, 1]));
  equal(gaps(series(fresh, "clients"), fresh), []);
});

test("average, peak and last count what is known alone", () => {
  equal(summary([{ x: 0, y: 2 }, { x: 1, y: null }, { x: 2, y: 4 }]), { average: 3, peak: 4, last: 4 });
  equal(summary([]), { average: null, peak: null, last: null });
});

test("the peak comes from the steps' maxima where the history has them", () => {
  equal(summary([{ x: 0, y: 2 }], [{ x: 0, y: 9 }]).peak, 9);
});

test("an axis has round moments, as many as there is room for", () => {
  equal(ticks(100, 3700, 4, 0), [900, 1800, 2700, 3600]);
  equal(ticks(100, 3700, 2, 0), [1800, 3600]);
  equal(ticks(0, 86400, 3, 3600), [-3600 + 43200, -3600 + 86400]);
});

test("a sparkline is broken at a gap, and needs two points", () => {
  const path = sparkline([{ x: 0, y: 1 }, { x: 1, y: 2 }, { x: 2, y: null }, { x: 3, y: 2 }, { x: 4, y: 1 }], 100, 10);
  equal(path.replace(/[\d. ]+/g, ""), "MLML");
  equal([sparkline([{ x: 0, y: 1 }], 100, 10), sparkline([], 100, 10)], ["", ""]);
});

test("a sparkline of one unchanging figure is a line, and of zero too", () => {
  equal(sparkline([{ x: 0, y: 0 }, { x: 9, y: 0 }], 100, 10), "M0 10L100 10");
});
