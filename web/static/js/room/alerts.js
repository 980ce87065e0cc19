// Alerts and their history; a silence is one click further away than a look.
import { $, el } from "./dom.js";
import { ago, elapsed, stamp } from "./format.js";

const STATES = { firing: ["red", "\u25b2"], pending: ["amber", "\u25c6"], resolved: ["green", "\u2713"] };
const LENGTHS = [10, 30, 60];

export class Alerts {
  #room;
  #host = $("#alerts");
  #shown = "";

  constructor(room) {
    this.#room = room;
    room.looks.watch(this.#host, () => (this.#shown ? { panel: "alerts" } : null));
    room.evidence.listen((record) => record.kind === "alert" && room.fresh && this.load());
  }

  async load() {
    if (!this.#room.desk.isShown("alerts")) return;
    try {
      const { alerts } = await this.#room.stream.ask("alerts");
      this.#draw(alerts);
    } catch {
      // Keeps what it shows.
    }
    this.#room.looks.check();
  }

  #draw(alerts) {
    const now = JSON.stringify(alerts);
    if (now === this.#shown) return;
    this.#shown = now;
    const current = alerts.filter((alert) => alert.state !== "resolved");
    const past = alerts.filter((alert) => alert.state === "resolved");
    this.#host.replaceChildren(
      el("h3", {}, "Now"),
      current.length ? el("ul", { className: "alerts" }, ...current.map((alert) => this.#alert(alert))) : el("p", { className: "muted" }, "Nothing is firing."),
      el("h3", {}, "History"),
      el("ul", { className: "alerts" }, ...past.map((alert) => this.#alert(alert))),
    );
  }

  #alert(alert) {
    const [colour, shape] = STATES[alert.state] ?? STATES.firing;
    const { epoch } = this.#room;
    const lasted = alert.ended === null ? "" : `, lasted ${elapsed(alert.ended - alert.since)}`;
    return el(
      "li",
      {},
      el("p", {}, el("span", { className: `state ${colour}` }, el("span", { "aria-hidden": "true" }, `${shape} `), alert.state), el("b", {}, alert.name)),
      el("p", { className: "small muted" }, el("span", { className: "figure" }, stamp(epoch + alert.since)), ` UTC, ${ago(this.#room.now() - epoch - alert.since)}${lasted}, ${alert.severity}`),
      alert.summary ? el("p", { className: "small" }, alert.summary) : null,
      alert.state === "resolved" ? null : this.#silence(alert),
    );
  }

  #silence(alert) {
    const buttons = LENGTHS.map((minutes) =>
      el("button", { type: "button", className: "flat", onclick: () => this.#room.input("silence", { alert: alert.name, duration_ms: minutes * 60_000 }, { told: true }) }, `${minutes} min`),
    );
    return el("details", { className: "small" }, el("summary", {}, "Silence\u2026"), el("p", { className: "muted" }, "Stops the alarm, not the trouble."), ...buttons);
  }
}
