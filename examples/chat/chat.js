// chat.js: the page. A line of chat is the JSON value {"name": …, "text": …}; coming and going is
// {"name": …, "event": "joined" | "left"}. Whatever else arrives is shown as the text that it is.
// What others send reaches the page through textContent alone.
"use strict";

const LINES_MAX = 500;
const COLOURS = 6;
const GROUP_MS = 5 * 60 * 1000; // lines of one author within it share a head

const REASONS = {
  "invalid password": "That is not the password of this channel.",
  "invalid topic": "A channel's name has 1 to 256 bytes and no control characters.",
  "not allowed": "The relay does not allow that.",
  "not subscribed": "The relay took you out of the channel.",
  "too many channels": "You are in too many channels.",
  "rate limited": "That was too fast. Wait a moment.",
  "busy": "The relay is busy. Try again in a moment.",
  "no answer": "The connection broke before the relay answered.",
  "not connected": "There is no connection to the relay.",
};

const CLOSES = {
  1001: "The relay is going away.",
  1006: "The relay cannot be reached.",
  1008: "The relay ended the connection: too much, too fast.",
  1009: "The relay ended the connection: that message was too big.",
  1012: "The relay restarts.",
  1013: "The relay ended the connection: this device reads too slowly.",
};

const $ = (id) => document.getElementById(id);

let session = null; // { relay, name, channel, password, isJoined, wasJoined }
let last = null; // the line shown last: { name, at }
let unread = 0;

function words(error) {
  return REASONS[error.message] ?? error.message;
}

// The head: state, title.

let ticking = 0;

function showState(state, text) {
  clearInterval(ticking);
  $("state").dataset.state = state;
  $("state-text").textContent = text;
  $("countdown").textContent = "";
  $("send").disabled = state !== "on";
}

// The seconds stand beside the state's text, so that a screen reader hears the reason once.
function showRetry(why, retryMs) {
  const until = Date.now() + retryMs;
  const tick = () => {
    const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
    $("countdown").textContent = `Next try in ${seconds} s`;
  };
  showState("wait", why);
  tick();
  ticking = setInterval(tick, 1000);
}

function showTitle() {
  const room = session?.wasJoined ? `#${session.channel}` : "Relay chat";
  $("title").textContent = room;
  document.title = unread > 0 ? `(${unread}) ${room}` : room;
}

function showView(view) {
  document.body.dataset.view = view;
  showTitle();
}

function showProblem(text) {
  $("problem").hidden = text === "";
  $("problem").textContent = text;
}

function showJoining(isJoining) {
  $("join").disabled = isJoining;
  $("join").textContent = isJoining ? "Joining…" : "Join";
  $("cancel").hidden = !isJoining;
}

// The lines.

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function colourOf(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % COLOURS;
}

function addItem(item) {
  const list = $("messages");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.append(item);
  if (list.childElementCount > LINES_MAX) list.firstElementChild.remove();
  if (isAtEnd || item.classList.contains("mine")) list.scrollTop = list.scrollHeight;
}

function addNote(text) {
  last = null;
  addItem(element("li", "note", text));
}

function addLine(name, text, isMine) {
  const now = new Date();
  const isSame = last && last.name === name && last.isMine === isMine && now - last.at < GROUP_MS;
  const item = element("li", isMine ? "line mine" : "line", "");
  if (!isSame) {
    const head = element("p", "head", "");
    const author = element("strong", "author", isMine ? "You" : name);
    if (!isMine) author.dataset.colour = colourOf(name);
    const time = element("time", "time", now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
    time.dateTime = now.toISOString();
    head.append(author, time);
    item.append(head);
  }
  item.append(element("p", "text", text));
  last = { name, isMine, at: now };
  addItem(item);
  return item;
}

function receive({ channel, message }) {
  if (channel !== session.channel) return;
  const isObject = typeof message === "object" && message !== null;
  const name = isObject && typeof message.name === "string" ? message.name.slice(0, 40) : "somebody";
  if (isObject && typeof message.text === "string") addLine(name, message.text, false);
  else if (isObject && message.event === "joined") addNote(`${name} joined`);
  else if (isObject && message.event === "left") addNote(`${name} left`);
  else addLine(name, typeof message === "string" ? message : JSON.stringify(message), false);
  if (document.hidden) unread++;
  showTitle();
}

function say(value) {
  return session.relay.request("send", { channel: session.channel, message: value });
}

async function sendLine(text) {
  const item = addLine(session.name, text, true);
  item.classList.add("pending");
  try {
    await say({ name: session.name, text });
  } catch (error) {
    item.classList.add("failed");
    item.append(element("p", "why", `Not sent. ${words(error)}`));
    item.scrollIntoView({ block: "nearest" });
  }
  item.classList.remove("pending");
}

// Joining, leaving, losing the connection.

async function subscribe() {
  const mine = session;
  showState("wait", "Joining…");
  try {
    const data = { topic: mine.channel };
    if (mine.password !== "") data.password = mine.password;
    await mine.relay.request("subscribe", data);
  } catch (error) {
    if (session !== mine || !mine.relay.isOpen) return;
    backToDoor(words(error), error.message === "invalid password" ? "password" : "channel");
    return;
  }
  if (session !== mine) return;
  mine.isJoined = true;
  showState("on", "Connected");
  if (mine.wasJoined) {
    addNote("You are back. What was written meanwhile is not here.");
    return;
  }
  mine.wasJoined = true;
  showJoining(false);
  showView("room");
  addNote(`You joined #${mine.channel}`);
  $("text").focus();
  say({ name: mine.name, event: "joined" }).catch(() => {});
}

function lost({ code, reason, retryMs }) {
  const why = CLOSES[code] ?? (reason || "The connection was lost.");
  if (session.isJoined) addNote(why);
  session.isJoined = false;
  showRetry(why, retryMs);
}

function takenOut({ channel, reason }) {
  if (channel === session.channel) backToDoor(`The relay took you out of #${channel}: ${reason}`);
}

function backToDoor(problem, focus = "channel") {
  session?.relay.close();
  session = null;
  unread = 0;
  showState("off", "Not connected");
  showJoining(false);
  showProblem(problem);
  showView("door");
  $(focus).focus();
}

function join() {
  const relay = new Relay($("url").value.trim());
  session = {
    relay,
    name: $("name").value.trim(),
    channel: $("channel").value.trim(),
    password: $("password").value,
    isJoined: false,
    wasJoined: false,
  };
  $("messages").replaceChildren();
  last = null;
  showProblem("");
  showJoining(true);
  showState("wait", "Connecting…");
  relay.addEventListener("open", subscribe);
  relay.addEventListener("down", (event) => lost(event.detail));
  relay.addEventListener("message", (event) => receive(event.detail));
  relay.addEventListener("unsubscribed", (event) => takenOut(event.detail));
  try {
    relay.open();
  } catch {
    session = null;
    $("advanced").open = true;
    backToDoor("That address cannot be dialled: it is no ws:// or wss:// address, or the browser forbids it.", "url");
  }
}

function sayGoodbye() {
  if (session?.isJoined) say({ name: session.name, event: "left" }).catch(() => {});
}

function leave() {
  sayGoodbye();
  backToDoor("");
}

// The wires.

function onDoor(event) {
  event.preventDefault();
  join();
}

function onComposer(event) {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text === "" || !session?.isJoined) return;
  $("text").value = "";
  $("text").focus();
  sendLine(text);
}

function onKey(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
}

function onSeen() {
  if (document.hidden) return;
  unread = 0;
  showTitle();
}

function takeParameters() {
  const parameters = new URLSearchParams(location.search);
  for (const id of ["url", "channel", "name"]) {
    if (parameters.has(id)) $(id).value = parameters.get(id);
  }
  $("advanced").open = parameters.has("url");
}

$("door").addEventListener("submit", onDoor);
$("cancel").addEventListener("click", () => backToDoor(""));
$("leave").addEventListener("click", leave);
$("composer").addEventListener("submit", onComposer);
$("text").addEventListener("keydown", onKey);
document.addEventListener("visibilitychange", onSeen);
window.addEventListener("pagehide", sayGoodbye);
window.addEventListener("online", () => session?.relay.hurry());
takeParameters();
showState("off", "Not connected");
