// Decision points of practice mode: rank the options, see the expert's ranking, go on.
import { $, el, setText } from "./dom.js";

export class Freeze {
  #room;
  #dialog = $("#freeze");
  #shown = "";
  #open = false;
  #order = [];

  constructor(room) {
    this.#room = room;
    $("#freeze-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("#freeze-on").addEventListener("click", () => this.#goOn());
    // Time stands still until an answer is given, so the dialog stays.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    // A browser closes it all the same when Escape is pressed again and again.
    this.#dialog.addEventListener("close", () => this.#open && this.#dialog.showModal());
    $("#freeze-options").addEventListener("keydown", (event) => this.#key(event));
  }

  /** Show what the state says of a decision point, if it says anything. */
  update(point) {
    const key = point ? `${point.id}/${point.ranking !== null}` : "";
    if (key === this.#shown) return;
    this.#shown = key;
    this.#open = Boolean(point);
    if (!point) {
      if (this.#dialog.open) this.#leave();
      return;
    }
    setText($("#freeze-question"), point.question);
    const answered = point.ranking !== null;
    this.#order = [...(answered ? point.ranking : point.options.map((one) => one.id))];
    this.#texts = Object.fromEntries(point.options.map((one) => [one.id, one.text]));
    $("#freeze-options").hidden = answered;
    $("#freeze-help").hidden = answered;
    $("#freeze-send").hidden = answered;
    $("#freeze-on").hidden = !answered;
    $("#freeze-expert").hidden = !answered;
    if (answered) this.#expert(point);
    else this.#list(0);
    if (!this.#dialog.open) this.#dialog.showModal();
    (answered ? $("#freeze-on") : $("#freeze-options button")).focus();
  }

  #texts = {};

  #list(focused) {
    $("#freeze-options").replaceChildren(
      ...this.#order.map((id, place) =>
        el(
          "li",
          {},
          el("span", { className: "figure muted", "aria-hidden": "true" }, String(place + 1)),
          el("button", { type: "button", className: "flat option", data: { place: String(place) }, "aria-label": `${place + 1}: ${this.#texts[id]}` }, this.#texts[id]),
          this.#step(place, place - 1, "\u2191", `Move up: ${this.#texts[id]}`),
          this.#step(place, place + 1, "\u2193", `Move down: ${this.#texts[id]}`),
        ),
      ),
    );
    $(`#freeze-options [data-place="${focused}"]`)?.focus();
  }

  #step(from, to, arrow, name) {
    const disabled = to < 0 || to >= this.#order.length;
    return el("button", { type: "button", className: "flat step", tabIndex: -1, "aria-label": name, disabled, onclick: () => this.#move(from, to) }, arrow);
  }

  #move(from, to) {
    if (to < 0 || to >= this.#order.length) return;
    const [id] = this.#order.splice(from, 1);
    this.#order.splice(to, 0, id);
    this.#list(to);
  }

  #key(event) {
    const place = Number(event.target.dataset?.place ?? NaN);
    if (Number.isNaN(place) || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const to = step ? place + step : Number(event.key) - 1;
    if (!step && !/^[1-9]$/.test(event.key)) return;
    event.preventDefault();
    this.#move(place, Math.min(to, this.#order.length - 1));
  }

  #expert(point) {
    $("#freeze-expert").replaceChildren(
      el("p", { className: "small muted" }, "How an expert ranks them, and where you put each:"),
      el(
        "ol",
        {},
        ...point.expert.map(({ id, reason }, place) =>
          el(
            "li",
            {},
            el("span", { className: "figure muted", "aria-hidden": "true" }, String(place + 1)),
            el("b", {}, this.#texts[id]),
            el("span", { className: "yours small muted figure" }, `you: ${point.ranking.indexOf(id) + 1}`),
            reason ? el("p", {}, reason) : null,
          ),
        ),
      ),
    );
  }

  #send() {
    this.#room.input("freeze", { ranking: this.#order });
  }

  #goOn() {
    this.#room.input("resume");
  }

  /** Close; the browser gives the focus back to where it was, unless that is gone. */
  #leave() {
    this.#dialog.close();
    const at = document.activeElement;
    if (at === document.body || this.#dialog.contains(at)) this.#room.enterTerminal();
  }
}
