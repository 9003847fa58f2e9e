import { merged, textOf } from "/overview/events.js";
import { Store, condition, conditions, linksOf, matches, severity, sorted } from "/overview/state.js";
import { equal, ok, test } from "./check.js";

const node = (name, health, state = "up") => ({ name, health, state });

test("a lost node is lost whatever it told before, a silent one is unknown", () => {
  equal([condition(node("a", "good", "lost")), condition(node("a", null)), condition(node("a", "bad"))], ["lost", "unknown", "bad"]);
  equal(condition(node("a", "a word of another version")), "unknown");
});

test("the worst come first", () => {
  const all = [node("a", "good"), node("b", null), node("c", "degraded"), node("d", "bad"), node("e", "good", "lost")];
  equal(sorted(all, severity, false).map(({ name }) => name), ["e", "d", "c", "b", "a"]);
  equal(conditions(all).map(({ kind, count }) => `${count} ${kind}`), ["1 lost", "1 bad", "1 degraded", "1 unknown", "1 good"]);
});

test("what has no value is last, up and down; equals stand by name, numbers in it by size", () => {
  const all = [{ name: "n10", v: 1 }, { name: "n2", v: 1 }, { name: "x", v: null }, { name: "y" }, { name: "z", v: 5 }];
  equal(sorted(all, ({ v }) => v, false).map(({ name }) => name), ["n2", "n10", "z", "x", "y"]);
  equal(sorted(all, ({ v }) => v, true).map(({ name }) => name), ["z", "n2", "n10", "x", "y"]);
});

test("a filter wants every word, anywhere, in any case", () => {
  ok(matches("node-a EU healthy", "eu node"), "both words are there");
  ok(!matches("node-a EU healthy", "eu lost"), "one word is not");
});

test("a node's links are seen from it, the nearest first, those not measured last", () => {
  const state = { links: [{ a: "a", b: "b", latency_ms: null }, { a: "b", b: "c", latency_ms: 9 }, { a: "b", b: "d", latency_ms: 2 }, { a: "c", b: "d", latency_ms: 1 }] };
  equal(linksOf(state, "b").map(({ peer }) => peer), ["d", "c", "a"]);
});

test("a list that came as an empty object is an empty list", () => {
  const store = new Store();
  store.receive({ at: 5, nodes: {}, links: {}, events: {}, channels: [{ name: "a", nodes: {} }] });
  equal([store.state.nodes, store.state.links, store.state.events, store.state.channels[0].nodes], [[], [], [], []]);
});

test("now goes on by the master's clock", () => {
  const store = new Store();
  store.receive({ at: 1000, nodes: [], links: [], events: [], channels: [] });
  ok(store.now >= 1000 && store.now < 1005, `now is ${store.now}`);
});

test("older events join newer ones, each once", () => {
  const event = (at) => ({ at, kind: "joined", node: "a", text: "joined" });
  equal(merged([event(3), event(2)], [event(2), event(1)]).map(({ at }) => at), [3, 2, 1]);
});

test("an event's text does not say the node's name twice", () => {
  equal([textOf({ node: "a", text: "a joined" }), textOf({ node: "a", text: "joined" }), textOf({ node: null, text: "a joined" })], ["joined", "joined", "a joined"]);
});
