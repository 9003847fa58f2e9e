// live.js: keeps the store fed. Asks for the whole state, then listens; what breaks is tried again, ever more slowly.
import { Store } from "./state.js";

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15000;
const STEADY_MS = 5000; // a connection that stood so long starts the back-off anew
const QUIET_MS = 32000; // the master sends every few seconds: after so long the connection is dead and does not know it
const ANSWER_MS = 10000;
const HIDDEN_MS = 5 * 60 * 1000; // a page that nobody looked at for so long lets go

export class Live {
  #store;
  /** @type {WebSocket | null} */
  #socket = null;
  #attempts = 0; // what an older one than the last finds out does not count
  #failures = 0;
  #openedAt = 0;
  #retryTimer = 0;
  #quietTimer = 0;
  #hiddenTimer = 0;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
  }

  start() {
    clearTimeout(this.#retryTimer);
    this.#attempt();
  }

  /** Tries again now, when it waits to. */
  hurry() {
    const { kind } = this.#store.connection;
    if (kind === "paused" || kind === "lost") this.start();
  }

  async #attempt() {
    this.#drop();
    const attempt = this.#attempts;
    const answer = await this.#ask();
    if (attempt !== this.#attempts) return undefined;
    if (typeof answer === "string") return this.#lost(answer);
    if (answer.status === 401) return this.#store.connect("login");
    if (!answer.ok) return this.#lost(`the node answers HTTP ${answer.status}`);
    const state = await answer.json().catch(() => null);
    if (attempt !== this.#attempts) return undefined;
    if (state === null) return this.#lost("the node's answer cannot be read");
    this.#store.receive(state);
    return this.#listen();
  }

  /** @returns {Promise<Response | string>} */
  #ask() {
    return fetch("/overview/state", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) })
      .catch(() => "the node cannot be reached");
  }

  #listen() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/overview/live`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = performance.now();
      this.#store.connect("live");
      this.#heard();
    };
    socket.onmessage = ({ data }) => {
      this.#heard();
      const state = parsed(data);
      if (state) this.#store.receive(state);
      else this.#lost("the node sent what cannot be read");
    };
    socket.onclose = () => this.#lost("the connection broke");
  }

  #heard() {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#lost("nothing was heard any more"), QUIET_MS);
  }

  /** Lets go of the socket, and of an attempt that is under way, without a word to the store. */
  #drop() {
    this.#attempts += 1;
    clearTimeout(this.#quietTimer);
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  /** @param {string} reason */
  #lost(reason) {
    this.#drop();
    const wasSteady = this.#openedAt > 0 && performance.now() - this.#openedAt >= STEADY_MS;
    this.#failures = wasSteady ? 0 : this.#failures + 1;
    this.#openedAt = 0;
    const retryMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.start(), retryMs);
    this.#store.connect("lost", reason, performance.now() + retryMs);
  }

  #visibilityChanged() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) this.#hiddenTimer = setTimeout(() => this.#pause(), HIDDEN_MS);
    else this.hurry();
  }

  #pause() {
    if (this.#store.connection.kind === "login") return;
    this.#drop();
    clearTimeout(this.#retryTimer);
    this.#store.connect("paused");
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
