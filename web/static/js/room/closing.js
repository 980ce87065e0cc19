// Closing: picks, each with what showed it, chosen from what was on the screen.
import { $, $$, el, setText, setTicked } from "./dom.js";
import { clock } from "./format.js";

const TOGETHER_MS = 2 * 60_000;

export class Closing {
  #room;
  #dialog = $("#closing");
  #finder = $("#finder");
  #question = "";
  /** question -> Map of citation id -> label */
  #cited = new Map();

  constructor(room) {
    this.#room = room;
    $("#close-open").addEventListener("click", () => this.open());
    for (const field of $$("[data-question]", this.#dialog)) {
      const name = field.dataset.question;
      this.#cited.set(name, new Map());
      $(`#pick-${name}`).addEventListener("change", () => this.#save());
      $(".cite", field).addEventListener("click", () => this.#find(name, field));
    }
    $("#finder-text").addEventListener("input", () => this.#list());
    $("#finder-text").addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    $("#finder-close").addEventListener("click", () => this.#done());
    $("#handover").addEventListener("input", () => this.#save());
    $("#closing-send").addEventListener("click", () => this.#send());
    this.#finder.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.#done();
    });
    this.#restore();
  }

  open() {
    $("#closing-wrong").hidden = true;
    this.#dialog.showModal();
    $("#pick-component").focus();
  }

  /** Everything that was on the screen, newest first: [{id, at, title, shown}]. */
  #exhibits() {
    const { commands, panels } = this.#room.evidence;
    const found = [];
    for (const command of commands.values()) {
      found.push({ id: `command:${command.number}`, at: command.at, title: command.line, shown: command.shown, place: command.place });
    }
    const last = new Map();
    for (const panel of panels) {
      const key = `${panel.panel}|${panel.by}`;
      const before = last.get(key);
      // The same panel stays on the screen and is noted again and again: one entry for two minutes.
      if (before && panel.at - before.at < TOGETHER_MS) continue;
      const exhibit = { id: `panel:${panel.number}`, at: panel.at, title: `${this.#panelName(panel.panel)}${panel.by ? ` by ${panel.by}` : ""}`, shown: panel.text, place: "panel" };
      last.set(key, exhibit);
      found.push(exhibit);
    }
    return found.sort((a, b) => b.at - a.at);
  }

  #panelName(panel) {
    const chart = $(`.chart[data-panel="${CSS.escape(panel)}"] h2`);
    if (chart) return chart.textContent;
    const [kind, id] = panel.split(":");
    if (kind === "document") return $(`[data-document="${CSS.escape(id)}"]`)?.textContent ?? panel;
    if (kind === "change") return `Change ${id}`;
    return { alerts: "Alerts", changes: "Change feed", page: "Page", people: "People" }[panel] ?? panel;
  }

  #find(name, field) {
    this.#question = name;
    field.append(this.#finder);
    this.#finder.hidden = false;
    this.#list();
    $("#finder-text").focus();
    this.#finder.scrollIntoView({ block: "nearest" });
  }

  #done() {
    this.#finder.hidden = true;
    $(`[data-question="${this.#question}"] .cite`)?.focus();
    this.#question = "";
  }

  #list() {
    const wanted = $("#finder-text").value.trim().toLowerCase();
    const cited = this.#cited.get(this.#question);
    if (!cited) return;
    const found = this.#exhibits().filter((one) => `${one.title}\n${one.shown}`.toLowerCase().includes(wanted));
    $("#finder-list").replaceChildren(
      ...found.slice(0, 80).map((one) => {
        const id = `cite-${one.id.replace(":", "-")}`;
        const box = el("input", { type: "checkbox", id, checked: cited.has(one.id), onchange: () => this.#toggle(one, box.checked) });
        const lines = one.shown.split("\n").filter((line) => line.trim());
        return el(
          "li",
          {},
          box,
          el(
            "label",
            { htmlFor: id },
            el("span", { className: "figure small muted" }, clock(this.#room.epoch + one.at)),
            el("code", {}, one.title),
            one.place && one.place !== "panel" ? el("span", { className: "small muted" }, `on ${one.place}`) : null,
            el("span", { className: "small muted first" }, lines.slice(0, 2).join(" / ").slice(0, 160)),
          ),
        );
      }),
    );
    if (!found.length) $("#finder-list").append(el("li", { className: "muted" }, "Nothing like that was on the screen."));
  }

  #toggle(exhibit, on) {
    const cited = this.#cited.get(this.#question);
    if (on) cited.set(exhibit.id, exhibit.title);
    else cited.delete(exhibit.id);
    this.#chips(this.#question);
    this.#save();
  }

  #chips(name) {
    const cited = this.#cited.get(name);
    const host = $(`[data-question="${name}"] .cited`);
    host.replaceChildren(
      ...[...cited].map(([id, title]) =>
        el(
          "li",
          {},
          el("code", {}, title),
          el("button", {
            type: "button",
            className: "flat",
            "aria-label": `Do not cite ${title}`,
            onclick: () => {
              cited.delete(id);
              this.#chips(name);
              this.#save();
              if (!this.#finder.hidden) this.#list();
            },
          }, "\u00d7"),
        ),
      ),
    );
  }

  get #key() {
    return `uncordon.closing.${this.#room.run}`;
  }

  #save() {
    try {
      const cited = Object.fromEntries([...this.#cited].map(([name, map]) => [name, [...map]]));
      const picks = Object.fromEntries([...this.#cited.keys()].map((name) => [name, $(`#pick-${name}`).value]));
      sessionStorage.setItem(this.#key, JSON.stringify({ cited, picks, handover: $("#handover").value }));
    } catch {
      // A draft that cannot be kept is lost with a reload, nothing else.
    }
  }

  #restore() {
    try {
      const draft = JSON.parse(sessionStorage.getItem(this.#key) ?? "{}");
      for (const [name, pairs] of Object.entries(draft.cited ?? {})) {
        if (!this.#cited.has(name)) continue;
        this.#cited.set(name, new Map(pairs));
        this.#chips(name);
      }
      for (const name of this.#cited.keys()) $(`#pick-${name}`).value = draft.picks?.[name] ?? "";
      $("#handover").value = draft.handover ?? "";
    } catch {
      // As above.
    }
  }

  /** A refusal with what was cited called as the form calls it. */
  #named(text) {
    const titles = new Map([...this.#cited.values()].flatMap((cited) => [...cited]));
    return text.replace(/\b(?:command|panel):\d+/g, (id) => (titles.has(id) ? `\`${titles.get(id).replaceAll("`", "'")}\`` : id));
  }

  async #send() {
    const picks = {};
    const citations = {};
    const bare = [];
    for (const [name, cited] of this.#cited) {
      const picked = $(`#pick-${name}`).value;
      if (picked) picks[name] = picked;
      if (cited.size) citations[name] = [...cited.keys()];
      if (picked && !cited.size) bare.push(name);
    }
    const wrong = $("#closing-wrong");
    const button = $("#closing-send");
    const missing = this.#cited.size - Object.keys(picks).length;
    // Asked once, not forbidden: "not known" is an answer, an uncited pick is worth nothing.
    if ((missing || bare.length) && wrong.hidden) {
      const parts = [];
      if (missing) parts.push(`${missing} not picked`);
      if (bare.length) parts.push(`${bare.join(", ")}: nothing is cited, so it cannot count`);
      setText(wrong, `${parts.join("; ")}. Press again to close it like that.`);
      wrong.hidden = false;
      return;
    }
    button.disabled = true;
    try {
      await this.#room.stream.input("close", { picks, citations, handover: $("#handover").value });
      this.#room.leave();
    } catch (error) {
      setTicked(wrong, this.#named(error.message));
      wrong.hidden = false;
      button.disabled = false;
    }
  }
}
