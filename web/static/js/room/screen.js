// A terminal's screen: output that stays, and behind it the prompt with the line being edited.
import { FitAddon } from "../../vendor/addon-fit.mjs";
import { Terminal } from "../../vendor/xterm.mjs";

// eslint-disable-next-line no-control-regex
const CONTROL = /\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[78=>]|\x07/g;
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** A program takes the whole screen, and gives it back. */
const WHOLE = /(\x1b\[\?1049[hl])/;
const [ENTER, LEAVE] = ["\x1b[?1049h", "\x1b[?1049l"];
/** A window that is being dragged larger tells its size when it rests. */
const REST_MS = 120;

export class Screen {
  #fit = new FitAddon();
  /** Where output that stays has ended. */
  #column = 0;
  /** Row of the cursor below the row in which output ended, while the line is drawn. */
  #row = 0;
  #drawn = false;
  #resizing = false;
  #line = { prompt: "", text: "", cursor: 0 };
  /** A program has the whole screen: nothing of ours is drawn. */
  #whole = false;
  /** A program reads keys: it draws where it wants. */
  #raw = false;
  #rest = 0;

  /** *onData* takes keys, *onSize* the new size once it rests. */
  constructor(host, onData, onSize) {
    this.host = host;
    this.onSize = onSize;
    this.term = new Terminal({
      cursorBlink: false,
      cursorInactiveStyle: "outline",
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: fontSize(),
      lineHeight: 1.2,
      minimumContrastRatio: 4.5,
      scrollback: 20_000,
      theme: palette(),
    });
    this.term.loadAddon(this.#fit);
    this.term.open(host);
    this.term.onData(onData);
    this.term.write("\x1b[?2004h");
    new ResizeObserver(() => this.fit()).observe(host);
    document.addEventListener("theme", () => (this.term.options.theme = palette()));
  }

  /** Fit rows and columns to the room there is; the edited line is drawn anew. */
  fit() {
    if (!this.host.offsetParent) return;
    if (this.term.options.fontSize !== fontSize()) this.term.options.fontSize = fontSize();
    const size = this.#fit.proposeDimensions();
    if (this.#resizing || !size || (size.cols === this.term.cols && size.rows === this.term.rows)) return;
    this.#hide();
    // Resizing acts at once, writing does not: wait for what is under way.
    this.#resizing = true;
    this.term.write("", () => {
      const { cols, rows } = this.#fit.proposeDimensions() ?? size;
      this.#resizing = false;
      this.term.resize(Math.max(20, cols), Math.max(3, rows));
      this.#show();
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.onSize(), REST_MS);
    });
  }

  /** Write text that stays, or what a program draws on the whole screen. */
  print(text) {
    for (const part of text.split(WHOLE)) {
      if (part === ENTER) this.#enter();
      else if (part === LEAVE) this.#leave();
      else if (part && this.#whole) this.term.write(part.replace(/\r?\n/g, "\r\n"));
      else if (part) this.#stay(part);
    }
  }

  #stay(text) {
    this.#hide();
    const lines = text.replace(/\r?\n/g, "\r\n");
    this.term.write(lines);
    this.#column = this.#end(lines);
    this.#show();
  }

  #enter() {
    if (this.#whole) return;
    this.#hide();
    this.#whole = true;
    this.term.write(ENTER);
  }

  #leave() {
    if (!this.#whole) return;
    this.#whole = false;
    this.term.write(`${LEAVE}\x1b[m`);
    this.#show();
  }

  /** A program reads keys from here on, or lines are edited again. */
  raw(on) {
    if (on === this.#raw) return;
    if (on) this.#hide();
    this.#raw = on;
    if (on || this.#whole) return;
    // Where a program has left the cursor is known once everything is written.
    this.#resizing = true;
    this.term.write("", () => {
      this.#resizing = false;
      this.#column = this.term.buffer.active.cursorX;
      this.#show();
    });
  }

  /** Go to a new line unless output ended at the beginning of one. */
  freshLine() {
    if (this.#column) this.print("\n");
  }

  /** Show *prompt* and the line being edited behind the output; a null prompt and no text show nothing. */
  edit(prompt, text, cursor) {
    this.#hide();
    this.#line = { prompt, text, cursor };
    this.#show();
  }

  /** Make the edited line part of the output. */
  keep(prompt, text) {
    this.edit(null, "", 0);
    this.print(`${muted(prompt)}${text}\n`);
  }

  clear() {
    if (this.#whole) return;
    this.#hide();
    this.term.write("\x1b[2J\x1b[3J\x1b[H");
    this.#column = 0;
    this.#show();
  }

  get cols() {
    return this.term.cols;
  }

  get rows() {
    return this.term.rows;
  }

  #hide() {
    if (!this.#drawn) return;
    this.#drawn = false;
    const up = this.#row ? `\x1b[${this.#row}A` : "";
    const right = this.#column ? `\x1b[${this.#column}C` : "";
    this.term.write(`\x1b[?25l${up}\r${right}\x1b[J`);
  }

  #show() {
    if (this.#resizing || this.#whole || this.#raw) return;
    const { prompt, text, cursor } = this.#line;
    if (prompt === null && !text) {
      this.term.write("\x1b[?25l");
      return;
    }
    if (this.#column >= this.cols) {
      this.term.write("\r\n");
      this.#column = 0;
    }
    const before = prompt ?? "";
    const end = this.#place(before + text);
    const here = this.#place(before + text.slice(0, cursor));
    const wrapped = end.column === 0 && end.row > 0 && !text.endsWith("\n") ? " \r" : "";
    const up = end.row - here.row;
    this.term.write(
      muted(before) + text.replace(/\n/g, "\r\n") + wrapped + (up ? `\x1b[${up}A` : "") + "\r" + (here.column ? `\x1b[${here.column}C` : "") + "\x1b[?25h",
    );
    this.#row = here.row;
    this.#drawn = true;
  }

  /** Where the cursor stands after *text*, counted from the row in which output ended. */
  #place(text) {
    let row = 0;
    let column = this.#column;
    for (const char of text.replace(CONTROL, "")) {
      if (char === "\n") {
        row += 1;
        column = 0;
        continue;
      }
      const wide = width(char);
      if (column + wide > this.cols) {
        row += 1;
        column = 0;
      }
      column += wide;
    }
    return column >= this.cols ? { row: row + 1, column: 0 } : { row, column };
  }

  #end(text) {
    const home = Math.max(text.lastIndexOf("\x1b[H"), text.lastIndexOf("\x1b[1;1H"));
    const newline = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
    let column = home > newline ? 0 : newline >= 0 ? 0 : this.#column;
    const tail = text.slice(Math.max(home, newline + 1, 0)).replace(CONTROL, "");
    for (const char of tail) {
      const wide = char === "\t" ? 8 - (column % 8) : width(char);
      column = column + wide > this.cols ? wide : column + wide;
    }
    return column;
  }
}

/** A window that is not large gets a smaller type, so that `-o wide` has a chance. */
const fontSize = () => (innerWidth < 1600 ? 13 : 14);

function width(char) {
  return WIDE.test(char) ? 2 : char < " " || ZERO.test(char) ? 0 : 1;
}

const muted = (prompt) => (prompt ? `\x1b[90m${prompt}\x1b[0m` : "");

/** xterm's colours from the page's tokens. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: token("ground"),
    foreground: token("text"),
    cursor: token("text"),
    cursorAccent: token("ground"),
    selectionBackground: token("selection"),
    black: token("raised"),
    brightBlack: token("muted"),
    red: token("red"),
    brightRed: token("red"),
    green: token("green"),
    brightGreen: token("green"),
    yellow: token("amber"),
    brightYellow: token("amber"),
    blue: token("blue"),
    brightBlue: token("blue"),
    magenta: token("series-2"),
    brightMagenta: token("series-2"),
    cyan: token("series-3"),
    brightCyan: token("series-3"),
    white: token("text"),
    brightWhite: token("text"),
  };
}
