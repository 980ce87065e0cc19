// Editing of one line, as readline does it; it knows neither the screen nor the network.
const WORD = /[\p{L}\p{N}_]/u;
const TOKEN = /\x1b\[200~[\s\S]*?\x1b\[201~|\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|\x1b[\s\S]|[\s\S]/gu;
const PASTE = /^\x1b\[200~([\s\S]*)\x1b\[201~$/;

export class LineEditor {
  text = "";
  cursor = 0;
  /** Reverse search: {query, at, failed, before} while it goes on. */
  search = null;
  #cut = "";
  #place = -1;
  #draft = "";

  /** *history* returns earlier lines, oldest first. */
  constructor(history) {
    this.history = history;
  }

  /** Take what xterm.js hands over; yields `enter`, `complete`, `interrupt`, `eof`, `clear`, `bell`. */
  *take(data) {
    for (const token of data.match(TOKEN) ?? []) {
      const pasted = PASTE.exec(token);
      if (pasted) this.insert(tidy(pasted[1]));
      else if (this.search) yield* this.#searching(token);
      else yield* this.#key(token);
    }
  }

  set(text, cursor = text.length) {
    this.text = text;
    this.cursor = cursor;
  }

  insert(text) {
    this.set(this.text.slice(0, this.cursor) + text + this.text.slice(this.cursor), this.cursor + text.length);
  }

  /** Empty the line and return what stood there. */
  give() {
    const text = this.text;
    this.set("");
    this.#place = -1;
    this.search = null;
    return text;
  }

  *#key(token) {
    switch (token) {
      case "\r":
        yield "enter";
        break;
      case "\t":
        yield "complete";
        break;
      case "\x03":
        yield "interrupt";
        break;
      case "\x04":
        if (this.text) this.#delete(this.cursor, this.#right());
        else yield "eof";
        break;
      case "\x0c":
        yield "clear";
        break;
      case "\x12":
        this.search = { query: "", at: -1, failed: false, before: this.text };
        break;
      case "\x7f":
      case "\b":
        this.#delete(this.#left(), this.cursor);
        break;
      case "\x1b[3~":
        this.#delete(this.cursor, this.#right());
        break;
      case "\x01":
      case "\x1b[H":
      case "\x1b[1~":
        this.cursor = 0;
        break;
      case "\x05":
      case "\x1b[F":
      case "\x1b[4~":
        this.cursor = this.text.length;
        break;
      case "\x02":
      case "\x1b[D":
        this.cursor = this.#left();
        break;
      case "\x06":
      case "\x1b[C":
        this.cursor = this.#right();
        break;
      case "\x1bb":
      case "\x1b[1;5D":
      case "\x1b[1;3D":
        this.cursor = this.#wordLeft();
        break;
      case "\x1bf":
      case "\x1b[1;5C":
      case "\x1b[1;3C":
        this.cursor = this.#wordRight();
        break;
      case "\x15":
        this.#kill(0, this.cursor);
        break;
      case "\x0b":
        this.#kill(this.cursor, this.text.length);
        break;
      case "\x17":
        this.#kill(this.text.slice(0, this.cursor).search(/\S*\s*$/), this.cursor);
        break;
      case "\x1b\x7f":
      case "\x1b\b":
        this.#kill(this.#wordLeft(), this.cursor);
        break;
      case "\x1bd":
        this.#kill(this.cursor, this.#wordRight());
        break;
      case "\x19":
        this.insert(this.#cut);
        break;
      case "\x10":
      case "\x1b[A":
        yield* this.#walk(-1);
        break;
      case "\x0e":
      case "\x1b[B":
        yield* this.#walk(1);
        break;
      default:
        if (token >= " " && !token.startsWith("\x1b")) this.insert(token);
    }
  }

  *#walk(step) {
    const lines = this.history();
    if (this.#place < 0 || this.#place > lines.length) {
      this.#place = lines.length;
      this.#draft = this.text;
    }
    const next = this.#place + step;
    if (next < 0 || next > lines.length) {
      yield "bell";
      return;
    }
    this.#place = next;
    this.set(next === lines.length ? this.#draft : lines[next]);
  }

  *#searching(token) {
    const { search } = this;
    if (token === "\x12") yield* this.#find(search.at - 1);
    else if (token === "\x7f" || token === "\b") {
      search.query = search.query.slice(0, -1);
      yield* this.#find(this.history().length - 1);
    } else if (token === "\x07" || token === "\x03" || token === "\x1b") {
      this.set(search.before);
      this.search = null;
    } else if (token >= " " && !token.startsWith("\x1b")) {
      search.query += token;
      yield* this.#find(search.at < 0 ? this.history().length - 1 : search.at);
    } else {
      this.search = null;
      yield* this.#key(token);
    }
  }

  *#find(from) {
    const lines = this.history();
    const { search } = this;
    for (let at = Math.min(from, lines.length - 1); at >= 0 && search.query; at -= 1) {
      const cursor = lines[at].indexOf(search.query);
      if (cursor >= 0) {
        search.at = at;
        search.failed = false;
        this.set(lines[at], cursor);
        return;
      }
    }
    search.failed = Boolean(search.query);
    if (search.failed) yield "bell";
  }

  #delete(from, to) {
    this.set(this.text.slice(0, from) + this.text.slice(to), from);
  }

  #kill(from, to) {
    if (to > from) this.#cut = this.text.slice(from, to);
    this.#delete(from, to);
  }

  #left() {
    return this.cursor - ([...this.text.slice(0, this.cursor)].at(-1)?.length ?? 0);
  }

  #right() {
    return this.cursor + ([...this.text.slice(this.cursor)][0]?.length ?? 0);
  }

  #wordLeft() {
    let at = this.cursor;
    while (at > 0 && !WORD.test(this.text[at - 1])) at -= 1;
    while (at > 0 && WORD.test(this.text[at - 1])) at -= 1;
    return at;
  }

  #wordRight() {
    let at = this.cursor;
    while (at < this.text.length && !WORD.test(this.text[at])) at += 1;
    while (at < this.text.length && WORD.test(this.text[at])) at += 1;
    return at;
  }
}

/** Pasted text as it is edited: line ends as \n, no control characters, nothing after the last line. */
function tidy(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "").replace(/\n+$/, "");
}

/** Put a completion in the place of the last word before the cursor; returns what to list, if anything. */
export function complete(editor, candidates) {
  const before = editor.text.slice(0, editor.cursor);
  const word = /\S*$/.exec(before)[0];
  if (!candidates.length) return [];
  let common = candidates[0];
  for (const one of candidates) {
    while (!one.startsWith(common)) common = common.slice(0, -1);
  }
  const single = candidates.length === 1;
  if (common.length > word.length || (single && common === word)) {
    const end = single && !/[/=:]$/.test(common) ? " " : "";
    const rest = editor.text.slice(editor.cursor);
    editor.set(before.slice(0, before.length - word.length) + common + end + rest, before.length - word.length + common.length + end.length);
    return [];
  }
  return single ? [] : candidates;
}
