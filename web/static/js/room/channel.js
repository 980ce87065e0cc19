// The incident channel: what people say, what you say, and the four lines of a status update.
import { $, el, isTyping } from "./dom.js";
import { clock } from "./format.js";

const FIELDS = ["impact", "scope", "action", "next"];

export class Channel {
  #room;
  #form = $("#update");
  #talk = $("#talk");
  #unread = 0;

  constructor(room) {
    this.#room = room;
    room.evidence.listen((record) => this.#take(record));
    this.#form.addEventListener("submit", (event) => this.#send(event));
    const text = $("#update-text");
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#form.requestSubmit();
      }
    });
    text.addEventListener("input", () => this.#grow());
    $("#update-form").addEventListener("click", () => this.#template());
    for (const button of this.#form.querySelectorAll("[data-headline]")) {
      button.addEventListener("click", () => {
        text.value = button.dataset.headline;
        $("#update-impact").focus();
      });
    }
    for (const button of this.#form.querySelectorAll("[data-next]")) {
      button.addEventListener("click", () => {
        const at = room.now() + Number(button.dataset.next) * 60_000;
        $("#update-next").value = `${clock(at).slice(0, 5)} ${document.body.dataset.zone}`;
      });
    }
  }

  /** Open the status update's fields. */
  compose() {
    this.#template(true);
    $("#update-impact").focus();
  }

  /** The channel came into view. */
  seen() {
    this.#unread = 0;
    this.#badge();
    this.#talk.scrollTop = this.#talk.scrollHeight;
  }

  #template(open = $("#update-fields").hidden) {
    $("#update-fields").hidden = !open;
    $("#update-form").setAttribute("aria-pressed", String(open));
    this.#talk.scrollTop = this.#talk.scrollHeight;
  }

  #grow() {
    const text = $("#update-text");
    text.style.height = "auto";
    text.style.height = `${Math.min(120, text.scrollHeight + 2)}px`;
  }

  async #send(event) {
    event.preventDefault();
    const open = !$("#update-fields").hidden;
    const fields = {};
    for (const name of open ? FIELDS : []) {
      const given = $(`#update-${name}`).value.trim();
      if (given) fields[name] = given;
    }
    const text = $("#update-text").value.trim();
    if (!text && !Object.keys(fields).length) return;
    const to = $("#update-to").value;
    // Empty at once: what is typed while this one is on its way belongs to the next.
    this.#form.reset();
    this.#grow();
    this.#template(false);
    if (await this.#room.input("update", { text, to, fields }, { told: true })) return;
    $("#update-to").value = to;
    $("#update-text").value = text;
    for (const [name, given] of Object.entries(fields)) $(`#update-${name}`).value = given;
    this.#template(open);
  }

  #take(record) {
    if (record.kind === "message") this.#add(record, record.who, record.text);
    else if (record.kind === "update") {
      const name = record.to ? $(`#update-to option[value="${CSS.escape(record.to)}"]`)?.textContent.split(",")[0] : "";
      this.#add(record, name ? `You to ${name}` : "You", record.text, record.fields);
    } else if (record.kind === "alert" && record.state !== "pending") {
      this.#line(record.at, record.state === "paged" ? `Page sent to you: ${record.alert}` : `${record.alert}: ${record.state}`);
    } else if (record.kind === "acknowledge") this.#line(record.at, "You acknowledged the page.");
  }

  #time(at) {
    return el("time", { className: "figure small muted" }, clock(this.#room.epoch + at).slice(0, 5));
  }

  #line(at, text) {
    this.#append(el("li", { className: "world" }, this.#time(at), el("p", { className: "small muted" }, text)));
  }

  #add(record, who, text, fields = {}) {
    const own = record.kind === "update";
    const rows = FIELDS.filter((name) => fields[name]).map((name) => el("div", {}, el("dt", {}, name), el("dd", {}, fields[name])));
    this.#append(
      el(
        "li",
        { className: own ? "own" : "" },
        this.#time(record.at),
        el("div", {}, el("b", {}, who), text ? el("p", {}, text) : null, rows.length ? el("dl", {}, ...rows) : null),
      ),
    );
    if (own) return;
    if (this.#room.fresh && !this.#room.desk.isShown("channel")) {
      this.#unread += 1;
      this.#badge();
    }
    if (this.#room.fresh) this.#room.say(`${who}: ${text}`);
  }

  #append(item) {
    const talk = this.#talk;
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40;
    talk.append(item);
    if (atEnd || !isTyping(document.activeElement)) talk.scrollTop = talk.scrollHeight;
  }

  #badge() {
    for (const badge of document.querySelectorAll("#tab-channel .badge, nav.narrow [data-narrow=desk] .badge")) {
      badge.hidden = !this.#unread;
      badge.textContent = String(this.#unread);
      badge.setAttribute("aria-label", `${this.#unread} new`);
    }
  }
}
