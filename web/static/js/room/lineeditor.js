// Editing of one line, as readline does it; it knows neither the screen nor the network.
import { Search } from "./search.js";

const WORD = /[\p{L}\p{N}]/u;
const TOKEN = /\x1b\[200~[\s\S]*?\x1b\[201~|\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|\x1b[\s\S]|[\s\S]/gu;
const PASTE = /^\x1b\[200~([\s\S]*)\x1b\[201~$/;
const MOST_UNDONE = 200;

/** What keys mean that only wish something of the terminal. */
const WISHES = {
  "\r": "enter",
  "\n": "enter",
  "\t": "complete",
  "\x03": "interrupt",
  "\x1a": "suspend",
  "\x1c": "quit",
  "\x0c": "clear",
};

export class LineEditor {
  text = "";
  cursor = 0;
  /** The search in history while it goes on. */
  search = null;
  #ring = [];
  /** What the last key did: kills grow, `M-y` turns a yank, `M-.` goes further back, typing is one step. */
  #last = "";
  #yanked = 0;
  #place = -1;
  /** Lines of the history as they were changed on the way, by place; the new line too. */
  #edits = new Map();
  #undo = [];
  #arguments = { step: 0, length: 0 };
  #prefix = "";

  /** *history* returns earlier lines, oldest first. */
  constructor(history) {
    this.history = history;
  }

  /** Take what xterm.js hands over; yields what the terminal is to do (see WISHES), `eof` and `bell`. */
  *take(data) {
    for (const token of data.match(TOKEN) ?? []) {
      const pasted = PASTE.exec(token);
      if (pasted) {
        if (this.search) this.#accept();
        this.#change("paste", () => this.insert(tidy(pasted[1])));
      } else if (this.search) {
        yield* this.#searching(token);
      } else {
        yield* this.#key(token);
      }
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
    this.#edits.clear();
    this.#undo = [];
    this.#last = "";
    this.search = null;
    return text;
  }

  *#key(token) {
    const wish = WISHES[token];
    const key = this.#prefix + token;
    this.#prefix = "";
    if (wish) {
      this.#last = "";
      yield wish;
    } else if (key === "\x18") {
      this.#prefix = "\x18";
    } else if (token === "\x04" && !this.text) {
      yield "eof";
    } else if (token === "\x12" || token === "\x13") {
      this.search = new Search(this, token === "\x12");
    } else if (token >= " " && token !== "\x7f" && !token.startsWith("\x1b") && key === token) {
      this.#change("type", () => this.insert(token));
    } else if (key in MOVES) {
      this.cursor = MOVES[key](this);
      this.#last = "";
    } else if (key in KILLS) {
      this.#kill(...KILLS[key](this));
    } else if (key in CHANGES) {
      this.#change(key, () => CHANGES[key](this));
    } else {
      yield* this.#special(key);
    }
  }

  *#special(key) {
    switch (key) {
      case "\x19":
        this.#yanked = 0;
        this.#change("yank", () => this.insert(this.#ring.at(-1) ?? ""));
        break;
      case "\x1by":
        if (this.#last === "yank") this.#turn();
        break;
      case "\x1f":
      case "\x18\x15":
        if (!this.#undone()) yield "bell";
        break;
      case "\x1br":
        while (this.#undone());
        break;
      case "\x10":
      case "\x1b[A":
      case "\x1bOA":
        yield* this.#walk(-1);
        break;
      case "\x0e":
      case "\x1b[B":
      case "\x1bOB":
        yield* this.#walk(1);
        break;
      case "\x1b<":
      case "\x1b[5~":
        yield* this.#walk(-Infinity);
        break;
      case "\x1b>":
      case "\x1b[6~":
        yield* this.#walk(Infinity);
        break;
      case "\x1b.":
      case "\x1b_":
        yield* this.#argument();
        break;
      case "\x1b#":
        this.set(`#${this.text}`);
        yield "enter";
        break;
      case "\x07":
        yield "bell";
        break;
      default:
        this.#last = "";
    }
  }

  /** Do something that can be undone; keys of one kind in a row are one step if they type. */
  #change(kind, act) {
    const { text, cursor } = this;
    act();
    if (this.text !== text && !(kind === "type" && this.#last === "type")) this.#remember(text, cursor);
    this.#last = kind;
  }

  #remember(text, cursor) {
    this.#undo.push({ text, cursor });
    if (this.#undo.length > MOST_UNDONE) this.#undo.shift();
  }

  #undone() {
    const before = this.#undo.pop();
    this.#last = "";
    if (!before) return false;
    this.set(before.text, before.cursor);
    return true;
  }

  /** Cut; what is cut in a row is one piece, in the order of the line. */
  #kill(from, to) {
    const cut = this.text.slice(from, to);
    if (!cut) return;
    if (this.#last === "kill") {
      const piece = this.#ring.pop() ?? "";
      this.#ring.push(from < this.cursor ? cut + piece : piece + cut);
    } else {
      this.#ring.push(cut);
    }
    this.#change("kill", () => this.set(this.text.slice(0, from) + this.text.slice(to), from));
  }

  /** Put the piece that was cut before in the place of the one just put back. */
  #turn() {
    const shown = this.#ring.at(-1 - this.#yanked) ?? "";
    this.#yanked = (this.#yanked + 1) % this.#ring.length;
    const next = this.#ring.at(-1 - this.#yanked) ?? "";
    const from = this.cursor - shown.length;
    this.#change("yank", () => this.set(this.text.slice(0, from) + next + this.text.slice(this.cursor), from + next.length));
  }

  /** Insert the last word of the line before, of the one before that when pressed again. */
  *#argument() {
    const lines = this.history();
    const again = this.#last === "argument";
    const step = again ? this.#arguments.step + 1 : 1;
    const line = lines.at(-step);
    if (line === undefined) {
      yield "bell";
      return;
    }
    const word = line.trim().match(/(?:"[^"]*"|'[^']*'|\\.|[^\s])+$/)?.[0] ?? "";
    const from = this.cursor - (again ? this.#arguments.length : 0);
    this.#change("argument", () => this.set(this.text.slice(0, from) + word + this.text.slice(this.cursor), from + word.length));
    this.#arguments = { step, length: word.length };
  }

  *#walk(step) {
    const lines = this.history();
    if (this.#place < 0 || this.#place > lines.length) this.#place = lines.length;
    const next = Math.max(0, Math.min(lines.length, this.#place + step));
    if (next === this.#place) {
      yield "bell";
      return;
    }
    this.#edits.set(this.#place, this.text);
    this.go(next, lines);
  }

  /** Show line *place* of the history, as it was left if it was changed. */
  go(place, lines = this.history()) {
    this.#place = place;
    this.#undo = [];
    this.#last = "";
    this.set(this.#edits.get(place) ?? lines[place] ?? "");
  }

  *#searching(token) {
    const { search } = this;
    if (token === "\x07" || token === "\x03") {
      search.drop();
      this.search = null;
    } else if (search.takes(token)) {
      if (!search.take(token)) yield "bell";
    } else {
      this.#accept();
      // Escape ends a search and does nothing more.
      if (token !== "\x1b") yield* this.#key(token);
    }
  }

  #accept() {
    const { search } = this;
    this.search = null;
    if (search.at >= 0) this.#place = search.at;
  }
}

const left = ({ text, cursor }) => cursor - ([...text.slice(0, cursor)].at(-1)?.length ?? 0);
const right = ({ text, cursor }) => cursor + ([...text.slice(cursor)][0]?.length ?? 0);

function wordLeft({ text, cursor }) {
  let at = cursor;
  while (at > 0 && !WORD.test(text[at - 1])) at -= 1;
  while (at > 0 && WORD.test(text[at - 1])) at -= 1;
  return at;
}

function wordRight({ text, cursor }) {
  let at = cursor;
  while (at < text.length && !WORD.test(text[at])) at += 1;
  while (at < text.length && WORD.test(text[at])) at += 1;
  return at;
}

const start = () => 0;
const end = ({ text }) => text.length;

const MOVES = {
  "\x01": start, "\x1b[H": start, "\x1b[1~": start, "\x1bOH": start,
  "\x05": end, "\x1b[F": end, "\x1b[4~": end, "\x1bOF": end,
  "\x02": left, "\x1b[D": left, "\x1bOD": left,
  "\x06": right, "\x1b[C": right, "\x1bOC": right,
  "\x1bb": wordLeft, "\x1b[1;5D": wordLeft, "\x1b[1;3D": wordLeft,
  "\x1bf": wordRight, "\x1b[1;5C": wordRight, "\x1b[1;3C": wordRight,
};

const KILLS = {
  "\x15": ({ cursor }) => [0, cursor],
  "\x18\x7f": ({ cursor }) => [0, cursor],
  "\x0b": ({ text, cursor }) => [cursor, text.length],
  "\x17": ({ text, cursor }) => [text.slice(0, cursor).search(/\S*\s*$/), cursor],
  "\x1b\x7f": (line) => [wordLeft(line), line.cursor],
  "\x1b\b": (line) => [wordLeft(line), line.cursor],
  "\x1bd": (line) => [line.cursor, wordRight(line)],
  "\x1b[3;5~": (line) => [line.cursor, wordRight(line)],
};

const erase = (line, from, to) => line.set(line.text.slice(0, from) + line.text.slice(to), from);
const back = (line) => erase(line, left(line), line.cursor);
const away = (line) => erase(line, line.cursor, right(line));

/** Change the case of the word ahead. */
const recase = (change) => (line) => {
  const to = wordRight(line);
  line.set(line.text.slice(0, line.cursor) + change(line.text.slice(line.cursor, to)) + line.text.slice(to), to);
};

const capital = (word) => word.toLowerCase().replace(/[\p{L}]/u, (letter) => letter.toUpperCase());

/** Exchange the characters around the cursor; at the end the last two. */
function swapCharacters(line) {
  const { text } = line;
  const at = line.cursor === text.length ? line.cursor - 1 : line.cursor;
  if (at < 1) return;
  line.set(text.slice(0, at - 1) + text[at] + text[at - 1] + text.slice(at + 1), at + 1);
}

/** Exchange the word before the cursor with the one at it. */
function swapWords(line) {
  const { text } = line;
  const secondEnd = wordRight(line);
  const second = wordLeft({ text, cursor: secondEnd });
  const first = wordLeft({ text, cursor: second });
  const firstEnd = wordRight({ text, cursor: first });
  if (first === second || firstEnd > second) return;
  const swapped = text.slice(second, secondEnd) + text.slice(firstEnd, second) + text.slice(first, firstEnd);
  line.set(text.slice(0, first) + swapped + text.slice(secondEnd), secondEnd);
}

const CHANGES = {
  "\x7f": back, "\b": back,
  "\x04": away, "\x1b[3~": away,
  "\x14": swapCharacters,
  "\x1bt": swapWords,
  "\x1bu": recase((word) => word.toUpperCase()),
  "\x1bl": recase((word) => word.toLowerCase()),
  "\x1bc": recase(capital),
  "\x1b\\": (line) => {
    const before = line.text.slice(0, line.cursor).trimEnd();
    line.set(before + line.text.slice(line.cursor).trimStart(), before.length);
  },
};

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
