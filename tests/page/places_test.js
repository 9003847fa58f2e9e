import { keep, recall } from "/overview/places.js";
import { equal, ok, test } from "./check.js";

const KEY = "overview-places";
const names = (count) => Array.from({ length: count }, (_, i) => `n${i}`);
const places = (of) => new Map(of.map((name, i) => [name, { x: i / 3, y: -i }]));

test("a network is found again as it was kept, to the last digit", () => {
  localStorage.clear();
  keep("a", places(names(5)), false);
  equal(recall("a", names(5)), { isWide: false, places: places(names(5)) });
  equal(recall("another", names(5)), null);
});

test("some that left and some that came are no other network, many are", () => {
  localStorage.clear();
  keep("a", places(names(10)), true);
  equal([...recall("a", names(8)).places.keys()], names(8));
  equal([...recall("a", names(14)).places.keys()], names(10));
  equal([recall("a", names(5)), recall("a", names(20)), recall("a", ["x", "y"])], [null, null, null]);
});

test("the networks of four masters are kept, those that were kept last", () => {
  localStorage.clear();
  for (const master of ["a", "b", "c", "a", "d", "e"]) keep(master, places(names(3)), true);
  equal(["a", "b", "c", "d", "e"].filter((master) => recall(master, names(3))), ["a", "c", "d", "e"]);
});

test("what somebody else left there is nothing", () => {
  for (const foreign of ["", "{", "null", "7", "{}", "[null]", "[7]", '[{"master":"a"}]', '[{"master":"a","places":{}}]', '[{"master":"a","places":[null,7,["n0"],["n1","x",null]]}]']) {
    localStorage.setItem(KEY, foreign);
    equal(recall("a", names(2)), null);
    keep("a", places(names(2)), true);
    ok(recall("a", names(2)), foreign);
  }
  localStorage.clear();
});

test("a network without nodes is none", () => {
  keep("a", new Map(), true);
  equal(recall("a", []), null);
  localStorage.clear();
});
