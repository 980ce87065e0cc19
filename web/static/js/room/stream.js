// The one WebSocket of a tab. It comes back by itself, with the number of the next record it needs.
const FIRST_MS = 400;
const LONGEST_MS = 8_000;
const PATIENCE_MS = 15_000;

export class Stream {
  #socket = null;
  #waiting = new Map();
  #number = 0;
  #next = 0;
  #tries = 0;
  #timer = 0;
  #ended = false;

  constructor(run, handlers) {
    this.run = run;
    this.handlers = handlers;
    addEventListener("online", () => this.#now());
    document.addEventListener("visibilitychange", () => document.hidden || this.#now());
    addEventListener("pagehide", () => this.#socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.#now());
    this.#connect();
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a message and return what comes back for it; rejects with what is wrong. */
  ask(type, fields = {}) {
    if (!this.open) return Promise.reject(new Error("not connected; trying again"));
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, null, "no answer from the server"), PATIENCE_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...fields, type, id }));
    });
  }

  input(kind, payload = {}) {
    return this.ask("input", { kind, payload });
  }

  /** Stop for good. */
  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #now() {
    if (this.#ended || this.#socket?.readyState < WebSocket.CLOSING) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/run/${this.run}/stream?since=${this.#next}`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#tries = 0;
      this.handlers.link("open");
    });
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost(socket));
  }

  #take(message) {
    if (message.type === "records") {
      this.#next = message.next;
      this.handlers.records(message.records);
    } else if (message.type === "state") {
      this.handlers.state(message);
    } else {
      this.#settle(message.id, message, message.type === "error" ? message.error : "");
    }
  }

  #settle(id, message, error) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new Error(error));
    else waiting.resolve(message);
  }

  #lost(socket) {
    if (socket !== this.#socket || this.#ended) return;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, null, "the connection was lost");
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    this.handlers.link("lost", this.#tries);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), pause);
    if (this.#tries % 3 === 0) this.#ask_why();
  }

  /** A handshake that is refused says nothing in a browser; plain HTTP says why. */
  async #ask_why() {
    try {
      const answer = await fetch(`/api/run/${this.run}/state`);
      if (answer.status === 404) {
        this.end();
        this.handlers.link("gone");
      } else if (answer.status === 503) {
        this.handlers.link("elsewhere");
      }
    } catch {
      // Nobody answers: the back-off goes on.
    }
  }
}
