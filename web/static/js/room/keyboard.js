// Keys outside the terminal: / g ? Ctrl-K; the palette lists what they reach, and more.
import { $, el, isTyping } from "./dom.js";

const GO_MS = 1_200;

export class Keyboard {
  #room;
  #going = -Infinity;
  #palette = $("#palette");
  #found = [];
  #at = 0;

  /** *actions*: [{name, key, run, hidden}]; *key* is the letter after g. */
  constructor(room, actions) {
    this.#room = room;
    this.actions = actions;
    document.addEventListener("keydown", (event) => this.#key(event));
    $("#palette-open").addEventListener("click", () => this.open());
    $("#keys-open").addEventListener("click", () => $("#keys").showModal());
    const text = $("#palette-text");
    text.addEventListener("input", () => this.#search());
    text.addEventListener("keydown", (event) => this.#walk(event));
    this.#palette.addEventListener("click", (event) => event.target === this.#palette && this.#palette.close());
  }

  #key(event) {
    if (event.defaultPrevented) return;
    const inTerminal = event.target.closest?.(".xterm");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey && !(inTerminal && event.ctrlKey)) {
      event.preventDefault();
      this.open();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (performance.now() - this.#going < GO_MS) {
      this.#going = -Infinity;
      const action = this.actions.find((one) => one.key === event.key.toLowerCase());
      if (action) {
        event.preventDefault();
        action.run();
      }
    } else if (event.key === "g") this.#going = performance.now();
    else if (event.key === "/") {
      event.preventDefault();
      this.#room.enterTerminal();
    } else if (event.key === "?") $("#keys").showModal();
  }

  open() {
    if (document.querySelector("dialog[open]")) return;
    $("#palette-text").value = "";
    this.#palette.showModal();
    this.#search();
  }

  #search() {
    const words = $("#palette-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    this.#found = this.actions.filter((action) => !action.hidden?.() && words.every((word) => action.name.toLowerCase().includes(word))).slice(0, 12);
    this.#at = 0;
    $("#palette-list").replaceChildren(
      ...this.#found.map((action, number) =>
        el(
          "li",
          { id: `found-${number}`, role: "option", "aria-selected": "false", onclick: () => this.#run(action) },
          el("span", {}, action.name),
          action.key ? el("span", {}, el("kbd", {}, "g"), " ", el("kbd", {}, action.key)) : null,
        ),
      ),
    );
    this.#mark();
  }

  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#mark();
    } else if (event.key === "Enter" && this.#found[this.#at]) {
      event.preventDefault();
      this.#run(this.#found[this.#at]);
    }
  }

  #mark() {
    [...$("#palette-list").children].forEach((item, number) => item.setAttribute("aria-selected", String(number === this.#at)));
    const text = $("#palette-text");
    if (this.#found.length) text.setAttribute("aria-activedescendant", `found-${this.#at}`);
    else text.removeAttribute("aria-activedescendant");
  }

  #run(action) {
    this.#palette.close();
    action.run();
  }
}
