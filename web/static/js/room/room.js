// The incident room: puts the parts together; each part knows the room and none of the others.
import { remember, remembered, switchTheme, theme } from "../settings.js";
import { Alerts } from "./alerts.js";
import { Changes } from "./changes.js";
import { Channel } from "./channel.js";
import { Charts } from "./charts.js";
import { Closing } from "./closing.js";
import { Documents } from "./documents.js";
import { $, $$, setText, setTicked } from "./dom.js";
import { Evidence } from "./evidence.js";
import { Freeze } from "./freeze.js";
import { Keyboard } from "./keyboard.js";
import { Looks } from "./looks.js";
import { Notes } from "./notes.js";
import { Outside } from "./outside.js";
import { Sound } from "./sound.js";
import { Status } from "./status.js";
import { Stream } from "./stream.js";
import { Tabs } from "./tabs.js";
import { Terminals } from "./terminals.js";
import { Think } from "./think.js";

const TOAST_MS = 6_000;
/** For a sentence that takes longer to read. */
const LETTER_MS = 70;

class Room {
  run = document.body.dataset.run;
  epoch = Number(document.body.dataset.epoch);
  /** Whether the connection stands and the first records are in. */
  live = false;
  /** Whether what comes in is news, not the past being read again. */
  fresh = false;
  paused = false;
  evidence = new Evidence();
  #state = null;
  #heard = 0;
  #toast = 0;

  start() {
    this.looks = new Looks(this);
    this.sound = new Sound();
    this.status = new Status(this);
    this.desk = new Desk(this);
    this.terminals = new Terminals(this);
    this.channel = new Channel(this);
    this.alerts = new Alerts(this);
    this.changes = new Changes(this);
    this.documents = new Documents(this);
    this.notes = new Notes(this);
    this.closing = new Closing(this);
    this.outside = new Outside(this);
    this.think = new Think(this);
    this.freeze = $("#freeze") ? new Freeze(this) : null;
    this.charts = new Charts(this);
    this.keyboard = new Keyboard(this, actions(this));
    this.stream = new Stream(this.run, {
      records: (records) => this.#records(records),
      state: (state) => this.#update(state),
      link: (what, tries) => this.#link(what, tries),
    });
    settings(this);
    addEventListener("beforeunload", (event) => this.terminals.typing && !this.#left && event.preventDefault());
    this.enterTerminal();
  }

  #left = false;

  #records(records) {
    this.evidence.add(records);
  }

  #update(state) {
    this.#state = state;
    this.#heard = performance.now();
    this.paused = state.paused;
    this.status.update(state);
    this.terminals.update(state);
    this.freeze?.update(state.freeze);
    this.sound.ring(state.acknowledged_at === null && !state.closed);
    if (state.closed) this.leave();
    if (!this.fresh) {
      this.fresh = true;
      document.body.classList.add("ready");
    }
    if (!this.live) {
      this.live = true;
      this.charts.load();
      this.desk.load();
      this.looks.check();
    }
  }

  /** Unix ms of the incident's night. */
  now() {
    const state = this.#state;
    if (!state) return this.epoch + Number(document.body.dataset.paged);
    const passed = state.paused || state.stopped ? 0 : (performance.now() - this.#heard) * state.speed;
    return this.epoch + state.now + passed;
  }

  #link(what, tries) {
    this.live = false;
    const line = $("#link");
    line.hidden = what === "open";
    document.body.classList.toggle("offline", what !== "open");
    const words = {
      open: "",
      lost: tries > 1 ? `Reconnecting (try ${tries}). Nothing is lost; the run goes on for half a minute, then stands still.` : "Reconnecting\u2026",
      gone: "This run is not here any more.",
      elsewhere: "This run is open in another server process. Trying again.",
    };
    setText(line, words[what]);
  }

  /** Send an input; a refusal is shown in *words*, and false comes back. */
  async input(kind, payload = {}, { quiet = false, told = false, words = (text) => text } = {}) {
    try {
      const { answer } = await this.stream.input(kind, payload);
      if (told && answer) this.toast(answer);
      return true;
    } catch (error) {
      if (!quiet) this.toast(words(error.message));
      return false;
    }
  }

  /** Show a line for a moment. */
  toast(text) {
    const toast = $("#toast");
    setTicked(toast, text);
    toast.hidden = false;
    clearTimeout(this.#toast);
    this.#toast = setTimeout(() => (toast.hidden = true), Math.max(TOAST_MS, LETTER_MS * text.length));
  }

  /** Tell a screen reader. */
  say(text) {
    setText($("#say"), text);
  }

  enterTerminal() {
    this.narrow("terminal");
    this.terminals.focus();
  }

  leaveTerminal() {
    this.terminals.current.screen.term.blur();
    $(".terminal [role=tab][aria-selected=true]").focus();
  }

  /** The terminal over the whole width, or beside the panels. */
  widen(on) {
    document.body.classList.toggle("wide-terminal", on);
    $("#wide").setAttribute("aria-pressed", String(on));
    if (on) this.enterTerminal();
    else this.desk.load();
  }

  /** Below 900 px one panel shows at a time. */
  narrow(name) {
    if (name !== "terminal" && document.body.classList.contains("wide-terminal")) this.widen(false);
    document.body.dataset.narrow = name;
    for (const button of $$("nav.narrow button")) button.setAttribute("aria-pressed", String(button.dataset.narrow === name));
    if (name === "desk") this.desk.load();
    if (name === "charts") this.charts.load();
    if (name === "terminal") this.terminals.current?.screen.fit();
  }

  /** The incident is closed: on to the debrief. */
  leave() {
    if (this.#left) return;
    this.#left = true;
    this.stream.end();
    location.assign(`/run/${this.run}/debrief`);
  }
}

/** The tabbed panel at the lower right. */
class Desk {
  #room;
  #tabs;

  constructor(room) {
    this.#room = room;
    this.#tabs = new Tabs($("#desk [role=tablist]"), () => this.load());
  }

  /** Load what the panel in front shows. */
  load() {
    const name = this.#tabs.selected.dataset.tab;
    if (name === "channel") this.#room.channel.seen();
    if (name === "alerts") this.#room.alerts.load();
    if (name === "changes") this.#room.changes.load();
  }

  show(name) {
    this.#room.narrow("desk");
    this.#tabs.select($(`#tab-${name}`));
  }

  isShown(name) {
    const panel = document.getElementById(name);
    return !panel.hidden && panel.offsetParent !== null;
  }
}

function actions(room) {
  const desk = (name, within) => () => {
    room.desk.show(name);
    $(within ?? `#${name}`).focus();
  };
  const chart = (panel, by) => () => {
    room.narrow("charts");
    const element = room.charts.show(panel, by);
    ($("select", element) ?? $(".table", element)).focus();
  };
  const found = [
    { name: "Terminal", key: "t", run: () => room.enterTerminal() },
    { name: "Terminal over the whole width", key: "z", run: () => $("#wide").click() },
    { name: "New terminal", run: () => room.terminals.openNext() },
    ...[1, 2, 3, 4].map((n) => ({ name: `Terminal ${n}`, key: String(n), run: () => room.terminals.open(`t${n}`) })),
    { name: "Channel", key: "c", run: desk("channel", "#update-text") },
    { name: "Status update", key: "u", run: () => (room.desk.show("channel"), room.channel.compose()) },
    { name: "Alerts and history", key: "a", run: desk("alerts") },
    { name: "What changed", key: "w", run: desk("changes") },
    { name: "Documents", key: "d", run: desk("documents", "#documents button") },
    { name: "Note", key: "n", run: desk("notes", "#note-text") },
    { name: "Ticket", run: () => (room.desk.show("notes"), ($("#ticket-part").open = true), $("#ticket-origin").focus()) },
    { name: "Reminder", run: () => (room.desk.show("notes"), ($("#remind-part").open = true), $("#remind-due").focus()) },
    { name: "Think aloud: a hypothesis or a bet", key: "h", run: () => (room.narrow("terminal"), $("#think-text").focus()) },
    { name: "Acknowledge the page", key: "k", run: () => room.status.acknowledge(), hidden: () => $("#ack").hidden },
    { name: "Pause or go on", key: "p", run: () => room.status.pause() },
    ...[1, 5, 10].map((n) => ({ name: `Skip ${n} min`, run: () => room.status.skip(n * 60_000) })),
    { name: "Close the incident", key: "x", run: () => room.closing.open() },
    { name: "Use your own kubectl", run: () => room.outside.open() },
    { name: "Switch theme", run: () => $("#theme").click() },
    { name: "Switch sound", run: () => $("#sound").click() },
    { name: "Keys", run: () => $("#keys").showModal() },
  ];
  for (const element of $$(".chart")) {
    const title = $("h2", element).textContent;
    const key = element.dataset.panel === "errors" ? "e" : undefined;
    found.push({ name: `Chart: ${title}`, key, run: chart(element.dataset.panel, "") });
    for (const option of $$("select.split option", element)) {
      if (option.value) found.push({ name: `Chart: ${title} by ${option.value}`, run: chart(element.dataset.panel, option.value) });
    }
  }
  for (const button of $$("[data-document]")) {
    found.push({ name: `Document: ${button.textContent}`, run: () => room.documents.open(button.dataset.document) });
  }
  return found;
}

function settings(room) {
  const themeButton = $("#theme");
  const themeName = () => setText(themeButton, theme() === "day" ? "Night theme" : "Day theme");
  themeButton.addEventListener("click", () => (switchTheme(), themeName()));
  themeName();
  const soundButton = $("#sound");
  const soundName = () => {
    setText(soundButton, room.sound.on ? "Sound on" : "Sound off");
    soundButton.setAttribute("aria-pressed", String(room.sound.on));
  };
  soundButton.addEventListener("click", () => (room.sound.switch(), soundName()));
  soundName();
  const readerButton = $("#reader");
  const read = (on) => {
    remember("reader", on ? "on" : "off");
    setText(readerButton, `Screen reader support ${on ? "on" : "off"}`);
    readerButton.setAttribute("aria-pressed", String(on));
    room.terminals.readAloud(on);
  };
  readerButton.addEventListener("click", () => read(readerButton.getAttribute("aria-pressed") !== "true"));
  read(remembered("reader") === "on");
  $("#wide").addEventListener("click", (event) => room.widen(event.currentTarget.getAttribute("aria-pressed") !== "true"));
  for (const button of $$("nav.narrow button")) {
    button.addEventListener("click", () => {
      room.narrow(button.dataset.narrow);
      if (button.dataset.narrow === "terminal") room.terminals.focus();
    });
  }
}

new Room().start();
