import { merged, textOf } from "/overview/events.js";
import { Store, condition, drawable, conditions, lastWordsOf, linksOf, matches, severity, sorted, subscribersOf, wantsLook } from "/overview/state.js";
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

test("of a large network the ill, the master and the first by name are drawn, with their links", () => {
  const nodes = Array.from({ length: 500 }, (_, i) => node(`n${i}`, i === 400 ? "bad" : "good", i === 450 ? "lost" : "up"));
  nodes[499].is_master = true;
  const drawn = drawable({ nodes, links: [{ a: "n1", b: "n400" }, { a: "n1", b: "n300" }] });
  equal(drawn.nodes.length, 120);
  equal(drawn.nodes.slice(-4).map(({ name }) => name), ["n116", "n400", "n450", "n499"]);
  equal(drawn.links, [{ a: "n1", b: "n400" }]);
  const few = { nodes: nodes.slice(0, 120), links: [] };
  ok(drawable(few) === few, "a small one is drawn as it is");
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

test("a node that looks well and has trouble wants a look, before the silent and the well, after the ill", () => {
  const troubled = { ...node("t", "good"), process: { recent: { slow_clients: 1 } } };
  const all = [node("a", "good"), node("b", null), node("c", "degraded"), troubled];
  equal(sorted(all, severity, false).map(({ name }) => name), ["c", "t", "b", "a"]);
  equal(all.filter(wantsLook).map(({ name }) => name), ["c", "t"]);
});

test("a channel's nodes stand by their subscribers, those that are not told last", () => {
  const channel = { nodes: ["a", "b", "c", "d"], subscribers: [{ node: "c", clients: 9 }, { node: "b", clients: 9 }, { node: "a", clients: 0 }] };
  equal(subscribersOf(channel).map(({ node, clients }) => `${node} ${clients}`), ["b 9", "c 9", "a 0", "d null"]);
});

test("a lost node's last words are those since it joined", () => {
  const event = (at, kind, name = "a") => ({ at, kind, node: name, text: `${kind} ${at}` });
  const words = (...events) => Object.values(lastWordsOf({ events }, { name: "a" })).map((found) => found?.text ?? null);
  equal(words(event(9, "mended"), event(8, "left"), event(7, "trouble", "b"), event(6, "reloaded"), event(5, "draining"), event(4, "health"), event(3, "joined")), ["left 8", "draining 5"]);
  equal(words(event(8, "left"), event(7, "joined"), event(6, "health")), ["left 8", null]);
  equal(words(event(6, "health")), [null, "health 6"]);
  equal(words(), [null, null]);
});
