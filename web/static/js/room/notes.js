// What is left behind: notes in the timeline, a ticket, a reminder.
import { $, el } from "./dom.js";
import { clock } from "./format.js";

/** An instant as the room writes times; a day as it was said. */
const dueText = (due) => (/^\d{4}-.*T/.test(due) ? `${due.slice(0, 10)} ${due.slice(11, 16)} UTC` : /^\d/.test(due) ? due : due.replaceAll("-", " "));

export class Notes {
  #room;

  constructor(room) {
    this.#room = room;
    room.evidence.listen((record) => this.#take(record));
    for (const kind of ["note", "ticket", "remind"]) {
      $(`#${kind}`).addEventListener("submit", (event) => this.#send(event, kind));
    }
    $("#note-text").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("#note").requestSubmit();
    });
  }

  async #send(event, kind) {
    event.preventDefault();
    const form = event.target;
    if (await this.#room.input(kind, Object.fromEntries(new FormData(form)), { told: true })) {
      form.reset();
      const part = form.closest("details");
      if (part) part.open = false;
    }
  }

  #take(record) {
    const picked = (name) => $(`#ticket-${name} option[value="${CSS.escape(record[name])}"]`)?.textContent ?? record[name];
    if (record.kind === "note") this.#add(record, "note", record.text);
    else if (record.kind === "reminder") this.#add(record, "reminder", `${dueText(record.due)}${record.text ? `: ${record.text}` : ""}`);
    else if (record.kind === "ticket") {
      this.#add(record, "ticket", `${picked("origin")}. ${picked("fix")}. ${picked("owner")}.${record.text ? ` ${record.text}` : ""}`);
    }
  }

  #add(record, kind, text) {
    const time = el("time", { className: "figure small muted" }, clock(this.#room.epoch + record.at).slice(0, 5));
    $("#written").append(el("li", {}, time, el("span", { className: "small muted" }, kind), el("p", {}, text)));
  }
}
