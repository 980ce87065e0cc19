// Up to four terminals over one run. The line is edited here; what stays on the screen comes as records.
import { $, setText } from "./dom.js";
import { Keys } from "./keys.js";
import { LineEditor, complete } from "./lineeditor.js";
import { Screen } from "./screen.js";
import { Tabs } from "./tabs.js";

const LAPTOP = "oncall@laptop:~$ ";
/** A line that made no record this long after the server took it went to a program's standard input. */
const UNRECORDED_MS = 1_500;
const FLOOD = 400;
/** Asks for the rest of a command. */
const SECOND = "> ";
/** Escape twice in this time leaves a program that has the keys. */
const TWICE_MS = 400;

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
  /** Where lines are read: empty for the laptop, else e.g. `ssh node-worker-3`. */
  #place = "";
  /** Jobs that are stopped or run behind the prompt. */
  #jobs = 0;
  /** Lines of an unfinished command that are on the screen already. */
  #begun = [];
  /** The laptop's prompt as it was last. */
  #home = LAPTOP;
  #escaped = 0;

  constructor(name, host, room) {
    this.name = name;
    this.#room = room;
    this.editor = new LineEditor(() => room.evidence.lines(this.#remote ? this.#place : ""));
    this.screen = new Screen(host, (data) => this.#typed(data), () => this.#sized());
    this.keys = new Keys(name, room, (data) => this.#typed(data));
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
    if (event.key === "Escape" && !this.editor.search && !this.#forProgram(event)) {
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
    // xterm.js knows no Ctrl-/, and Ctrl-_ only on some keyboards: both undo, and go to a line in nano.
    if (event.ctrlKey && !event.altKey && ["_", "/"].includes(event.key)) {
      event.preventDefault();
      this.#typed("\x1f");
      return false;
    }
    // The browser pastes by itself; xterm.js hands the text over as a paste.
    return !(event.ctrlKey && event.shiftKey && event.code === "KeyV");
  }

  /** Whether a program that has the keys gets this Escape: the first of two. */
  #forProgram(event) {
    if (!this.keys.on) return false;
    const twice = event.timeStamp - this.#escaped < TWICE_MS;
    this.#escaped = twice ? 0 : event.timeStamp;
    return !twice;
  }

  #sized() {
    this.keys.size(this.screen.cols, this.screen.rows);
  }

  #typed(data) {
    if (this.keys.on) {
      this.keys.take(data);
      return;
    }
    for (const wish of this.editor.take(data)) {
      if (wish !== "complete") this.#tabs = 0;
      if (wish === "enter") this.#enter();
      else if (wish === "complete") this.#complete();
      else if (wish === "interrupt") this.#interrupt();
      else if (wish === "suspend" || wish === "quit") this.#signal(wish);
      else if (wish === "eof") this.#eof();
      else if (wish === "clear") this.screen.clear();
    }
    this.#draw();
  }

  #draw() {
    const { editor } = this;
    if (this.#sent.length) {
      this.screen.edit(this.#prompt ?? "", this.#sent[0].line, this.#sent[0].line.length);
    } else if (editor.search) {
      this.screen.edit(editor.search.prompt, editor.text, editor.cursor);
    } else {
      this.screen.edit(this.#prompt, editor.text, editor.cursor);
    }
  }

  #enter() {
    const line = this.editor.text;
    if (!line.trim() && !this.#busy && !this.#begun.length) {
      this.editor.give();
      this.screen.keep(this.#prompt ?? "", "");
      // Jobs that have ended meanwhile are told of at the next prompt.
      if (this.#jobs) this.#say("command", { line: "" });
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
      const { answer } = await this.#room.stream.input("command", { terminal: this.name, line: entry.line });
      if (answer.endsWith(SECOND)) this.#begin(entry);
      else setTimeout(() => this.#unrecorded(entry), UNRECORDED_MS);
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

  /** A command goes on in the next line: keep what there is of it on the screen. */
  #begin(entry) {
    if (!this.#forget(entry)) return;
    const lines = entry.line.split("\n");
    lines.forEach((line, at) => this.screen.keep(at ? SECOND : (this.#prompt ?? ""), line));
    this.#begun.push(...lines);
    if (!this.#busy) this.#prompt = SECOND;
    this.#draw();
  }

  #interrupt() {
    const line = this.editor.give();
    this.screen.keep(this.#prompt ?? "", `${line}^C`);
    if (this.#begun.length) this.#prompt = this.#home;
    if (this.#busy || this.#begun.length) this.#room.input("interrupt", { terminal: this.name });
    this.#begun = [];
  }

  /** Ctrl-Z and Ctrl-\ go to what runs; at the laptop's prompt they do nothing. */
  #signal(wish) {
    if (!this.#busy) return;
    this.screen.print(wish === "quit" ? "^\\" : "^Z");
    if (wish === "quit") this.#room.input("interrupt", { terminal: this.name, signal: "SIGQUIT" });
    else this.#room.input("suspend", { terminal: this.name });
  }

  #eof() {
    if (this.#busy) {
      this.#room.input("eof", { terminal: this.name });
      return;
    }
    this.screen.keep(this.#prompt ?? "", "");
    if (this.#begun.length) this.#prompt = this.#home;
    this.#begun = [];
    this.#say("eof", {});
  }

  /** Send what may be answered with words for the screen alone. */
  async #say(kind, payload) {
    try {
      const { answer } = await this.#room.stream.input(kind, { terminal: this.name, ...payload });
      if (answer) this.screen.print(answer);
      this.#draw();
    } catch {
      // Without a connection nothing is told.
    }
  }

  async #complete() {
    const { editor } = this;
    // A program that reads lines has nothing to offer; a far shell at its prompt has.
    if ((this.#busy && this.#prompt === null) || editor.text.includes("\n")) return;
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
    const recalled = this.#settle(record);
    const known = this.#prompt !== null && Boolean(record.place) === this.#remote ? this.#prompt : null;
    this.screen.freshLine();
    const prompt = known === SECOND ? this.#home : (known ?? promptOf(record.place));
    if (recalled) {
      this.screen.keep(prompt, recalled);
      this.screen.print(`${record.line}\n`);
    } else {
      this.#show(prompt, record.line);
    }
    this.#busy = true;
    this.#prompt = null;
    this.#draw();
  }

  /** Forget the entered line that *record* shows; returns it if it was recorded as what it stands for. */
  #settle(record) {
    const sent = this.#sent[0];
    if (!sent) return "";
    const typed = [...this.#begun, sent.line].join("\n");
    if (typed.startsWith(`${record.line}\n`)) {
      // Of several commands that were pasted this is the first.
      sent.line = typed.slice(record.line.length).replace(/^\n+/, "");
      if (!sent.line) this.#sent.shift();
      return "";
    }
    const same = typed.trim() === record.line.trim();
    const recalled = !same && !record.place && /[!^]/.test(typed);
    if (same || recalled) this.#sent.shift();
    return recalled ? sent.line : "";
  }

  /** Show the lines of a command that are not on the screen yet, each behind its prompt. */
  #show(prompt, text) {
    const lines = text.split("\n");
    const begun = this.#begun.splice(0);
    const known = begun.length && begun.every((line, at) => line === lines[at]) ? begun.length : 0;
    lines.forEach((line, at) => {
      if (at >= known) this.screen.keep(at ? SECOND : prompt, line);
    });
  }

  ended() {
    this.#echoed = [];
    this.screen.freshLine();
  }

  update(busy, prompt, { mode = "lines", place = "", jobs = 0 } = {}) {
    this.#place = place;
    this.#jobs = jobs;
    this.#sized();
    if (mode !== this.keys.mode) this.#switch(mode);
    const next = busy ? prompt || null : prompt || LAPTOP;
    if (!busy && next !== SECOND) this.#home = next;
    if (busy === this.#busy && next === this.#prompt) return;
    this.#busy = busy;
    this.#prompt = next;
    this.#draw();
  }

  /** A program takes the keys, or lines are edited again. */
  #switch(mode) {
    const before = this.keys.on;
    this.keys.mode = mode;
    if (this.keys.on === before) return;
    this.screen.raw(this.keys.on);
    if (this.keys.on) {
      // What was typed ahead is the program's.
      this.keys.take(this.editor.give());
      this.#draw();
    } else {
      this.keys.end();
    }
  }

  get jobs() {
    return this.#jobs;
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
      if (!$(`#tab-${name}`)) continue;
      const more = { mode: state.modes[name], place: state.places[name], jobs: state.jobs[name] };
      this.#view(name).update(Boolean(state.busy[name]), prompt, more);
    }
    setText($("#leave-key"), this.current?.keys.on ? "Esc Esc" : "Esc");
    for (const [name, view] of this.#views) {
      if (!(name in state.prompts)) view.update(false, "");
      const tab = $(`#tab-${name}`);
      $(".running", tab).hidden = !view.busy && !view.jobs;
      setText($(".running", tab), view.busy ? " runs" : ` ${view.jobs} behind`);
    }
  }
}
