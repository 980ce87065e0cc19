// Up to four terminals over one run. The line is edited here; what stays on the screen comes as records.
import { $, setText } from "./dom.js";
import { LineEditor, complete } from "./lineeditor.js";
import { Screen } from "./screen.js";
import { Tabs } from "./tabs.js";

const LAPTOP = "oncall@laptop:~$ ";
/** A line that made no record this long after the server took it went to a program's standard input. */
const UNRECORDED_MS = 1_500;
const FLOOD = 400;

class TerminalView {
  #room;
  #busy = false;
  /** What stands before the cursor; null while a command runs and nothing prompts. */
  #prompt = LAPTOP;
  /** Entered lines that no record has shown yet. */
  #sent = [];
  /** Lines that were shown as typed while a program ran; their records are not shown again. */
  #echoed = [];
  #tabs = 0;

  constructor(name, host, room) {
    this.name = name;
    this.#room = room;
    this.editor = new LineEditor(() => room.evidence.lines(this.#remote));
    this.screen = new Screen(host, (data) => this.#typed(data));
    this.screen.term.textarea?.setAttribute("aria-label", `Terminal ${name}`);
    this.screen.term.attachCustomKeyEventHandler((event) => this.#key(event));
    this.#draw();
  }

  get #remote() {
    return this.#busy && this.#prompt !== null;
  }

  get busy() {
    return this.#busy;
  }

  get typing() {
    return Boolean(this.editor.text);
  }

  focus() {
    this.screen.fit();
    this.screen.term.focus();
  }

  /** Keys that never reach the line: Escape leaves, copying copies. */
  #key(event) {
    if (event.type !== "keydown") return true;
    if (event.key === "Escape" && !this.editor.search) {
      event.preventDefault();
      this.#room.leaveTerminal();
      return false;
    }
    if (event.ctrlKey && event.shiftKey && event.code === "KeyC") {
      event.preventDefault();
      const text = this.screen.term.getSelection();
      if (text) navigator.clipboard?.writeText(text);
      return false;
    }
    // The browser pastes by itself; xterm.js hands the text over as a paste.
    return !(event.ctrlKey && event.shiftKey && event.code === "KeyV");
  }

  #typed(data) {
    for (const wish of this.editor.take(data)) {
      if (wish !== "complete") this.#tabs = 0;
      if (wish === "enter") this.#enter();
      else if (wish === "complete") this.#complete();
      else if (wish === "interrupt") this.#interrupt();
      else if (wish === "eof") this.#room.input("eof", { terminal: this.name }, { quiet: !this.#busy });
      else if (wish === "clear") this.screen.clear();
    }
    this.#draw();
  }

  #draw() {
    const { editor } = this;
    if (this.#sent.length) {
      this.screen.edit(this.#prompt ?? "", this.#sent[0].line, this.#sent[0].line.length);
    } else if (editor.search) {
      const failed = editor.search.failed ? "failed " : "";
      this.screen.edit(`(${failed}reverse-i-search)\`${editor.search.query}': `, editor.text, editor.cursor);
    } else {
      this.screen.edit(this.#prompt, editor.text, editor.cursor);
    }
  }

  #enter() {
    const line = this.editor.text;
    if (!line.trim() && !this.#busy) {
      this.editor.give();
      this.screen.keep(this.#prompt ?? "", "");
      return;
    }
    if (!this.#room.stream.open) {
      this.#room.toast("Not connected. The line stays here until the server is back.");
      return;
    }
    this.editor.give();
    const asStdin = this.#busy && this.#prompt === null;
    for (const one of this.#busy ? line.split("\n") : [line]) {
      const entry = { line: one };
      if (asStdin && !this.#sent.length) {
        this.screen.keep("", one);
        this.#echoed.push(one);
        this.#room.input("command", { terminal: this.name, line: one });
      } else {
        this.#sent.push(entry);
        this.#send(entry);
      }
    }
  }

  async #send(entry) {
    try {
      await this.#room.stream.input("command", { terminal: this.name, line: entry.line });
      setTimeout(() => this.#unrecorded(entry), UNRECORDED_MS);
    } catch (error) {
      if (!this.#forget(entry)) return;
      this.screen.keep(this.#prompt ?? "", entry.line);
      this.screen.print(`${error.message}\n`);
      if (!this.editor.text) this.editor.set(entry.line);
      this.#draw();
    }
  }

  #unrecorded(entry) {
    if (!this.#forget(entry)) return;
    this.screen.keep("", entry.line);
    this.#draw();
  }

  #forget(entry) {
    const at = this.#sent.indexOf(entry);
    if (at >= 0) this.#sent.splice(at, 1);
    return at >= 0;
  }

  #interrupt() {
    const line = this.editor.give();
    if (this.#busy) {
      this.screen.keep(this.#prompt ?? "", `${line}^C`);
      this.#room.input("interrupt", { terminal: this.name });
    } else {
      this.screen.keep(this.#prompt ?? "", `${line}^C`);
    }
  }

  async #complete() {
    const { editor } = this;
    if (this.#busy || editor.text.includes("\n")) return;
    this.#tabs += 1;
    const tabs = this.#tabs;
    const before = editor.text.slice(0, editor.cursor);
    try {
      const { candidates } = await this.#room.stream.ask("complete", { line: before, terminal: this.name });
      if (editor.text.slice(0, editor.cursor) !== before) return;
      const list = complete(editor, candidates);
      if (list.length && tabs > 1) this.#list(list);
      this.#draw();
    } catch {
      // Without a connection Tab does nothing.
    }
  }

  #list(candidates) {
    const shown = candidates.slice(0, FLOOD);
    const wide = Math.max(...shown.map((one) => one.length)) + 2;
    const columns = Math.max(1, Math.floor(this.screen.cols / wide));
    const rows = Math.ceil(shown.length / columns);
    const lines = [];
    for (let row = 0; row < rows; row += 1) {
      const cells = [];
      for (let at = row; at < shown.length; at += rows) cells.push(shown[at].padEnd(wide));
      lines.push(cells.join("").trimEnd());
    }
    if (shown.length < candidates.length) lines.push(`... and ${candidates.length - shown.length} more`);
    this.screen.keep(this.#prompt ?? "", this.editor.text);
    this.screen.print(`${lines.join("\n")}\n`);
  }

  /** Show a line that was entered, here or in another tab. */
  entered(record) {
    const at = this.#echoed.indexOf(record.line);
    if (record.place && at >= 0) {
      this.#echoed.splice(at, 1);
      return;
    }
    if (this.#sent.length && this.#sent[0].line.trim() === record.line.trim()) this.#sent.shift();
    const known = this.#prompt !== null && Boolean(record.place) === this.#remote ? this.#prompt : null;
    this.screen.freshLine();
    this.screen.keep(known ?? promptOf(record.place), record.line);
    this.#busy = true;
    this.#prompt = null;
    this.#draw();
  }

  ended() {
    this.#echoed = [];
    this.screen.freshLine();
  }

  update(busy, prompt) {
    const next = busy ? prompt || null : prompt || LAPTOP;
    if (busy === this.#busy && next === this.#prompt) return;
    this.#busy = busy;
    this.#prompt = next;
    this.#draw();
  }
}

/** What stood before a line of which only the place is recorded. */
function promptOf(place) {
  if (!place) return LAPTOP;
  const node = /^ssh (.*)/.exec(place);
  return node ? `oncall@${node[1]}:~$ ` : "# ";
}

export class Terminals {
  #views = new Map();
  #of = new Map();
  #room;
  #tabs;

  constructor(room) {
    this.#room = room;
    const section = $("#terminal");
    this.#tabs = new Tabs($("[role=tablist]", section), (tab) => this.#shown(tab.dataset.terminal));
    $("#new-terminal").addEventListener("click", () => this.openNext());
    room.evidence.listen((record) => this.#take(record));
    this.#view("t1");
  }

  #view(name) {
    let view = this.#views.get(name);
    if (!view) {
      $(`#tab-${name}`).hidden = false;
      const host = $(`#screen-${name}`);
      view = new TerminalView(name, host, this.#room);
      this.#views.set(name, view);
      $("#new-terminal").hidden = $(".terminal [role=tab][hidden]") === null;
    }
    return view;
  }

  #shown(name) {
    this.#view(name).focus();
  }

  get current() {
    return this.#views.get(this.#tabs.selected.dataset.terminal);
  }

  get typing() {
    return [...this.#views.values()].some((view) => view.typing);
  }

  focus() {
    this.current.focus();
  }

  /** Show terminal *name*, opened if it was not. */
  open(name) {
    const tab = $(`#tab-${name}`);
    if (!tab) return;
    tab.hidden = false;
    this.#view(name);
    this.#tabs.select(tab);
  }

  openNext() {
    const tab = $(".terminal [role=tab][hidden]");
    if (tab) this.open(tab.dataset.terminal);
  }

  readAloud(on) {
    for (const view of this.#views.values()) view.screen.term.options.screenReaderMode = on;
  }

  #take(record) {
    if (record.kind === "command") {
      // What a client outside asked has been on its own screen.
      if (!record.terminal) return;
      this.#of.set(record.command, record.terminal);
      this.#view(record.terminal).entered(record);
    } else if (record.kind === "output") {
      this.#views.get(this.#of.get(record.command))?.screen.print(record.text);
    } else if (record.kind === "exit") {
      this.#views.get(this.#of.get(record.command))?.ended();
    }
  }

  update(state) {
    for (const [name, prompt] of Object.entries(state.prompts)) {
      if ($(`#tab-${name}`)) this.#view(name).update(Boolean(state.busy[name]), prompt);
    }
    for (const [name, view] of this.#views) {
      if (!(name in state.prompts)) view.update(false, "");
      const tab = $(`#tab-${name}`);
      $(".running", tab).hidden = !view.busy;
      setText($(".running", tab), " runs");
    }
  }
}
