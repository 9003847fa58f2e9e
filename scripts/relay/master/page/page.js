// page.js: puts the parts together: which view is shown, when it is painted, and how fresh what it shows is.
import { channelTable } from "./channels.js";
import { Detail } from "./detail.js";
import { byId, setAttribute, setText } from "./dom.js";
import { Drawing } from "./drawing.js";
import { EventList } from "./events.js";
import * as format from "./format.js";
import { Live } from "./live.js";
import { setUpLogin } from "./login.js";
import { nodeTable } from "./nodes.js";
import { drawable, Store, wantsLook } from "./state.js";
import { Totals } from "./totals.js";

const STALE_S = 3; // a connection that breaks and comes back within is not worth a word

const store = new Store();
const live = new Live(store);
const overview = {
  totals: new Totals(byId("totals")),
  drawing: new Drawing(byId("drawing")),
  nodes: nodeTable(byId("nodes")),
  channels: channelTable(byId("channels")),
  events: new EventList(byId("events"), store),
};
/** @type {Detail | null} */
let detail = null;

// Which view.

/** @returns {{ kind: "overview" | "node" | "channel" | "network", name: string }} what the address asks for */
function route() {
  const [, kind, name] = location.hash.match(/^#\/(node|channel)\/(.*)$/s) ?? [];
  if (location.hash === "#/network") return { kind: "network", name: "" };
  if (kind !== "node" && kind !== "channel") return { kind: "overview", name: "" };
  try {
    return { kind, name: decodeURIComponent(name) };
  } catch {
    return { kind: "overview", name: "" }; // no address of ours
  }
}

function navigate() {
  const { kind, name } = route();
  detail?.close();
  detail = kind === "overview" ? null : new Detail(byId("detail"), store, kind, name);
  byId("overview").hidden = detail !== null;
  byId("detail").hidden = detail === null;
  if (detail) overview.totals.stop();
  else if (store.state) overview.totals.start();
  paint();
  scrollTo(0, 0);
  if (detail) byId("subject").focus({ preventScroll: true });
}

// What is painted: at most once a frame, and not at all while nobody looks.

let isDue = false;

function schedule() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    paint();
  });
}

function paint() {
  paintConnection();
  const { state } = store;
  const view = store.connection.kind === "login" ? "login" : state ? "network" : "loading";
  const before = document.body.dataset.view;
  const hasChanged = before !== view;
  document.body.dataset.view = view;
  if (hasChanged && view === "login") byId("token").focus();
  if (hasChanged && view === "network" && !detail) overview.totals.start();
  if (before === "login" && view === "network") detail?.reload(); // what it asked for without a token was refused
  if (!state || view === "login") return;
  paintHead(state);
  if (detail) detail.update();
  else paintOverview(state);
}

/** @param {import("./state.js").State} state */
function paintHead(state) {
  setText(byId("master"), format.name(state.master));
  setText(byId("version"), `version ${state.version}`);
  const count = state.nodes.filter(wantsLook).length;
  document.title = `${count > 0 ? `(${count}) ` : ""}Network Overview · ${format.name(state.master)}`;
}

/** @param {import("./state.js").State} state */
function paintOverview(state) {
  overview.totals.update(state);
  const drawn = drawable(state);
  overview.drawing.update(drawn, state);
  setText(byId("drawn"), drawn === state ? "" : `${drawn.nodes.length} of ${format.count(state.nodes.length)}: the ill, the master and the first by name`);
  overview.nodes.update(state.nodes);
  overview.channels.update(state.channels);
  overview.events.update();
  const left = state.channels_left_out;
  byId("left-out").hidden = !left;
  setText(byId("left-out"), left ? `The ${state.channels.length} busiest are shown; ${format.count(left)} more are open.` : "");
}

// How fresh it is.

const CONNECTION_WORDS = { connecting: "Connecting", live: "Live", lost: "Reconnecting", paused: "Paused", login: "" };

function paintConnection() {
  const { kind, reason } = store.connection;
  const isStale = store.state !== null && kind !== "live" && store.age > STALE_S;
  setAttribute(byId("connection"), "data-kind", kind);
  setText(byId("connection-word"), CONNECTION_WORDS[kind]);
  document.body.toggleAttribute("data-stale", isStale);
  byId("stale").hidden = !isStale && !(kind === "lost" && store.state === null);
  setText(byId("stale-text"), staleText(kind, reason));
  paintCountdown();
}

/** @param {string} kind @param {string} reason */
function staleText(kind, reason) {
  if (kind === "paused") return "Paused while nobody looked.";
  const why = reason ? `${reason[0].toUpperCase()}${reason.slice(1)}.` : "";
  return store.state ? `${why} What you see is from ${format.clock(store.state.at)}.` : why;
}

function paintCountdown() {
  const { kind, retryAt } = store.connection;
  const seconds = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
  setText(byId("countdown"), kind === "lost" && seconds > 0 ? `Next try in ${seconds} s.` : "");
  setText(byId("connection-age"), store.state && kind !== "live" && store.age > STALE_S ? format.duration(store.age) : "");
}

// The beginning.

setUpLogin(() => live.start());
store.addEventListener("change", schedule);
addEventListener("hashchange", navigate);
document.documentElement.addEventListener("themechange", () => detail?.repaint());
byId("retry").addEventListener("click", () => live.hurry());
setInterval(schedule, 1000); // ages and countdowns go on without news
setText(byId("zone"), `Times are local: ${format.timeZone()}.`);
navigate();
live.start();
