// Incremental search in the history: Ctrl-R backwards, Ctrl-S forwards, as readline does it.

export class Search {
  query = "";
  failed = false;
  /** Place in the history of what is shown, -1 for the line as it was. */
  at = -1;
  #line;
  #before;
  #backwards;
  static #last = "";

  constructor(line, backwards) {
    this.#line = line;
    this.#before = { text: line.text, cursor: line.cursor };
    this.#backwards = backwards;
  }

  /** What stands before the line while it goes on. */
  get prompt() {
    return `(${this.failed ? "failed " : ""}${this.#backwards ? "reverse-i-search" : "i-search"})\`${this.query}': `;
  }

  /** Whether *token* goes on with the search instead of ending it. */
  takes(token) {
    return ["\x12", "\x13", "\x7f", "\b"].includes(token) || (token >= " " && !token.startsWith("\x1b"));
  }

  /** Take a key; false if nothing fits. */
  take(token) {
    const lines = this.#line.history();
    if (token === "\x12" || token === "\x13") {
      this.#backwards = token === "\x12";
      if (!this.query) this.query = Search.#last;
      const next = this.#backwards ? -1 : 1;
      return this.#find(lines, this.at < 0 ? this.#first(lines) : this.at + next);
    }
    if (token === "\x7f" || token === "\b") {
      this.query = this.query.slice(0, -1);
      this.at = -1;
      if (!this.query) {
        this.failed = false;
        this.#line.set(this.#before.text, this.#before.cursor);
        return true;
      }
      return this.#find(lines, this.#first(lines));
    }
    this.query += token;
    Search.#last = this.query;
    return this.#find(lines, this.at < 0 ? this.#first(lines) : this.at);
  }

  /** End it with the line as it was. */
  drop() {
    this.at = -1;
    this.#line.set(this.#before.text, this.#before.cursor);
  }

  #first(lines) {
    return this.#backwards ? lines.length - 1 : 0;
  }

  #find(lines, from) {
    const step = this.#backwards ? -1 : 1;
    for (let at = from; at >= 0 && at < lines.length && this.query; at += step) {
      const cursor = this.#backwards ? lines[at].lastIndexOf(this.query) : lines[at].indexOf(this.query);
      if (cursor >= 0) {
        this.at = at;
        this.failed = false;
        this.#line.set(lines[at], cursor);
        return true;
      }
    }
    this.failed = Boolean(this.query);
    return !this.failed;
  }
}
