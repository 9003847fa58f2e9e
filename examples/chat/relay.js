// relay.js: a client of one relay node. Requests are promises, and a connection that is lost comes back.
//
//     const relay = new Relay("ws://127.0.0.1:8080/connect");
//     relay.addEventListener("open", () => relay.request("subscribe", { topic: "lobby" }));
//     relay.addEventListener("message", (event) => console.log(event.detail.message));
//     relay.open();
//
// Events: "open"; "message" { channel, message, nonce }; "unsubscribed" { channel, reason };
// "down" { reason, retryMs } when a connection ended or could not be made and the next try is retryMs away.
// A node forgets a client with its connection: subscribe again on every "open".
"use strict";

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30000;
const STEADY_MS = 5000; // a connection that stood so long starts the back-off anew

class Relay extends EventTarget {
  #url;
  #socket = null;
  #waiting = new Map(); // nonce → { resolve, reject }
  #lastNonce = 0;
  #failures = 0;
  #openedAt = 0;
  #timer = 0;

  constructor(url) {
    super();
    this.#url = url;
  }

  // Throws a SyntaxError when the address is none.
  open() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = Date.now();
      this.#emit("open");
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => this.#down(event);
  }

  // For good: no further try, and no event.
  close() {
    clearTimeout(this.#timer);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(1000);
    this.#failWaiting();
  }

  // Tries again now, when it waits to.
  hurry() {
    if (this.#socket.readyState === WebSocket.CLOSED) this.open();
  }

  get isOpen() {
    return this.#socket !== null && this.#socket.readyState === WebSocket.OPEN;
  }

  // Resolves to the answer's data; rejects with an Error whose message is the node's reason.
  request(command, data) {
    if (!this.isOpen) return Promise.reject(new Error("not connected"));
    const nonce = String(++this.#lastNonce);
    this.#socket.send(JSON.stringify({ command, data, nonce }));
    return new Promise((resolve, reject) => this.#waiting.set(nonce, { resolve, reject }));
  }

  #receive({ type, data, nonce }) {
    if (type === "response") this.#answer(data, nonce);
    else this.#emit(type, { ...data, nonce });
  }

  #answer(data, nonce) {
    const waiting = this.#waiting.get(nonce);
    if (!waiting) return;
    this.#waiting.delete(nonce);
    if (data.ok === false) waiting.reject(new Error(data.reason));
    else waiting.resolve(data);
  }

  #down(event) {
    const wasSteady = this.#openedAt > 0 && Date.now() - this.#openedAt >= STEADY_MS;
    this.#failures = wasSteady ? 0 : this.#failures + 1;
    this.#openedAt = 0;
    this.#failWaiting();
    const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    const retryMs = most * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.open(), retryMs);
    this.#emit("down", { reason: event.reason, code: event.code, retryMs });
  }

  #failWaiting() {
    for (const { reject } of this.#waiting.values()) reject(new Error("no answer"));
    this.#waiting.clear();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
