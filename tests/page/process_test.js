import { PROCESS_FIGURES, isTroubled, troubleOf } from "/overview/process.js";
import { equal, test } from "./check.js";

const calm = { messages_dropped: 0, slow_clients: 0, connections_refused: 0, policy_failures: 0, handler_failures: 0 };
const node = (counters, recent) => ({ process: {
  resident_bytes: 50331648, cpu: 0.124, queued_bytes: 2048, links: 11, reloads_refused: 1, ...calm, ...counters, recent: { ...calm, ...recent } } });
const lines = (of) => Object.fromEntries(PROCESS_FIGURES.map(({ title, text }) => [title, text(of)]));
const marked = (of) => PROCESS_FIGURES.filter(({ isRecent }) => isRecent(of)).map(({ title }) => title);

test("what went wrong long ago is told, and is no trouble", () => {
  const one = node({ messages_dropped: 1204 });
  equal([isTroubled(one), troubleOf(one), lines(one)["Messages dropped"], marked(one)], [false, "", "1,204", []]);
});

test("what went wrong lately is trouble, in words and beside its count", () => {
  const one = node({ messages_dropped: 1204, slow_clients: 3 }, { messages_dropped: 27, slow_clients: 1 });
  equal([isTroubled(one), troubleOf(one)], [true, "27 messages dropped, 1 slow client closed"]);
  equal(lines(one)["Messages dropped"], "1,204 (27 in the last 5 min)");
  equal(marked(one), ["Messages dropped", "Slow clients closed"]);
});

test("the process' share is one of a core, its memory its own", () => {
  const told = lines(node());
  equal([told.CPU, told["Resident memory"], told.Queued, told.Links, told["Reloads refused"]], ["12 % of a core", "48.0 MiB", "2.00 KiB", "11", "1"]);
});

test("a node that tells nothing has no trouble, and dashes", () => {
  for (const silent of [{}, { process: null }]) {
    equal([isTroubled(silent), troubleOf(silent), new Set(Object.values(lines(silent))).size], [false, "", 1]);
  }
});

test("a process of another version lacks counters", () => {
  const one = { process: { resident_bytes: 1024, links: 2 } };
  equal([isTroubled(one), lines(one)["Policy failures"], lines(one).CPU], [false, "–", "–"]);
});
