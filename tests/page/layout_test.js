import { crossings, fit, meets, placed, settle, towards, turned } from "/overview/layout.js";
import { equal, ok, test } from "./check.js";

const names = (count) => Array.from({ length: count }, (_, i) => `node-${i}`);
const link = (a, b, latency_ms = 5) => ({ a, b, latency_ms });
const ring = (of) => of.map((name, i) => link(name, of[(i + 1) % of.length]));
const far = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

test("the same network is drawn the same, in whatever order it is told", () => {
  const all = names(12);
  equal([...settle([...all].reverse(), ring(all).reverse())].sort(), [...settle(all, ring(all))].sort());
});

test("a slow link is longer than a fast one", () => {
  const places = settle(["a", "b", "c"], [link("a", "b", 0.5), link("b", "c", 200), link("a", "c", 200)]);
  ok(far(places.get("b"), places.get("c")) > 2 * far(places.get("a"), places.get("b")), "slow is not longer");
});

test("nodes that stand keep their places when one joins", () => {
  const all = names(12);
  const before = settle(all, ring(all));
  const after = settle([...all, "new"], [...ring(all), link("new", "node-3")], before);
  const moved = Math.max(...all.map((name) => far(before.get(name), after.get(name))));
  ok(moved < 1.2, `moved by ${moved}`);
  ok(far(after.get("new"), after.get("node-3")) < 3, "the new one is not beside its neighbour");
});

test("a settled network does not move when it is settled again", () => {
  const all = names(8);
  const once = settle(all, ring(all), settle(all, ring(all)));
  const again = settle(all, ring(all), once);
  ok(all.every((name) => far(once.get(name), again.get(name)) < 0.05), "it moved");
});

test("no node, one, and two that know nothing of each other have places", () => {
  equal(settle([], []).size, 0);
  for (const few of [["a"], ["a", "b"]]) {
    const places = fit(turned(settle(few, []), true), 400, 300, { x: 20, y: 20 }, 50);
    ok([...places.values()].every(({ x, y }) => x >= 20 && x <= 380 && y >= 20 && y <= 280), JSON.stringify([...places]));
  }
});

test("links to nodes that are not told are left out", () => {
  equal(settle(["a"], [link("a", "ghost")]).size, 1);
});

test("everything fits into its box, apart from each other", () => {
  const all = names(60);
  const links = all.flatMap((a, i) => all.slice(i + 1).map((b) => link(a, b, (i * 7) % 40)));
  const places = [...fit(turned(settle(all, links), true), 900, 420, { x: 60, y: 40 }, 50).values()];
  ok(places.every(({ x, y }) => x >= 60 && x <= 840 && y >= 40 && y <= 380), "outside");
  const nearest = Math.min(...places.flatMap((one, i) => places.slice(i + 1).map((other) => far(one, other))));
  ok(nearest > 30, `two are ${nearest} apart`);
});

test("the longer side of a network lies along the box's", () => {
  const line = new Map([["a", { x: 0, y: 0 }], ["b", { x: 1, y: 2 }], ["c", { x: 2, y: 4 }]]);
  const spread = (places, axis) => Math.max(...[...places.values()].map((p) => p[axis])) - Math.min(...[...places.values()].map((p) => p[axis]));
  ok(spread(turned(line, true), "x") > 4 && spread(turned(line, true), "y") < 0.01, "wide");
  ok(spread(turned(line, false), "y") > 4 && spread(turned(line, false), "x") < 0.01, "tall");
});

test("a label takes the first of its places that is free, the first label first", () => {
  const box = (x) => ({ x, y: 0, width: 10, height: 10 });
  equal(placed([[box(0)], [box(5), box(20)], [box(21)]], []), [0, 1, -1]);
  equal(placed([[box(0), box(50)]], [box(0)]), [1]);
});

test("boxes that touch do not meet", () => {
  const box = (x) => ({ x, y: 0, width: 10, height: 10 });
  equal([meets(box(0), box(10)), meets(box(0), box(9))], [false, true]);
});

test("lines through a box are counted, lines beside it are not", () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  const line = (ax, ay, bx, by) => ({ a: { x: ax, y: ay }, b: { x: bx, y: by } });
  equal(crossings(box, [line(-20, 0, 20, 0), line(0, -20, 0, 20), line(-20, -20, 20, 20)]), 3);
  equal(crossings(box, [line(-20, 9, 20, 9), line(9, -20, 9, 20), line(6, 0, 20, 0), line(0, -20, 20, 0)]), 0);
  equal(crossings(box, [line(0, 0, 20, 0)]), 1);
});

test("an arrow leads to the nearest node in its direction, or nowhere", () => {
  const places = new Map([["a", { x: 0, y: 0 }], ["b", { x: 50, y: 5 }], ["c", { x: 20, y: 60 }], ["d", { x: 300, y: 0 }]]);
  equal([towards(places, "a", { x: 1, y: 0 }), towards(places, "a", { x: 0, y: 1 }), towards(places, "a", { x: -1, y: 0 }), towards(places, "ghost", { x: 1, y: 0 })], ["b", "c", null, null]);
});
