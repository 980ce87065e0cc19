// The change feed of all teams; an entry opens its diff, which counts as seen.
import { $, el } from "./dom.js";
import { ago, stamp } from "./format.js";

export class Changes {
  #room;
  #host = $("#changes");
  #feed = [];
  #shown = "";
  #kind = "";

  constructor(room) {
    this.#room = room;
    room.looks.watch(this.#host, () => (this.#feed.length ? { panel: "changes" } : null), () => {}, { again: false });
    setInterval(() => this.load(), 15_000);
  }

  async load() {
    if (!this.#room.desk.isShown("changes")) return;
    try {
      const { changes } = await this.#room.stream.ask("changes");
      this.#feed = changes;
      this.#draw();
    } catch {
      // Keeps what it shows.
    }
    this.#room.looks.check();
  }

  #draw() {
    const key = `${this.#kind}|${this.#feed.map((change) => change.id).join()}`;
    if (key === this.#shown) return;
    this.#shown = key;
    const kinds = [...new Set(this.#feed.map((change) => change.category))].sort();
    const select = el("select", { onchange: (event) => this.#filter(event.target.value) }, el("option", { value: "" }, "all kinds"), ...kinds.map((kind) => el("option", { value: kind, selected: kind === this.#kind }, kind)));
    const shown = this.#feed.filter((change) => !this.#kind || change.category === this.#kind);
    this.#host.replaceChildren(
      el("div", { className: "row filter" }, el("label", { className: "inline" }, "Show ", select), el("span", { className: "small muted" }, "newest first, UTC")),
      el("ul", { className: "changes" }, ...shown.map((change) => this.#entry(change))),
    );
  }

  #filter(kind) {
    this.#kind = kind;
    this.#draw();
    $("select", this.#host).focus();
  }

  #entry(change) {
    const { epoch } = this.#room;
    const body = el("div", { className: "diff" });
    const details = el(
      "details",
      { ontoggle: () => details.open && this.#open(change, body) },
      el(
        "summary",
        {},
        el("span", { className: "figure small muted when", title: ago(this.#room.now() - epoch - change.at) }, stamp(epoch + change.at)),
        el("span", { className: "kind small" }, change.category),
        el("span", { className: "title" }, change.title),
        el("span", { className: "small muted by" }, `${change.target}, by ${change.author}`),
      ),
      body,
    );
    return el("li", {}, details);
  }

  #open(change, body) {
    if (!body.childElementCount) {
      const lines = (change.detail || "No diff.").trimEnd().split("\n");
      const diff = lines.map((line) => el("span", { className: /^\+(?!\+\+)/.test(line) ? "plus" : /^-(?!--)/.test(line) ? "minus" : "" }, `${line}\n`));
      body.append(el("p", { className: "small muted figure" }, change.id), el("pre", { className: "small", tabIndex: 0 }, ...diff));
      if (change.source) {
        body.append(el("p", {}, el("button", { type: "button", className: "flat", onclick: () => this.#room.documents.open(change.source) }, "Open the source page")));
      }
    }
    this.#room.looks.open(`change:${change.id}`).catch((error) => this.#room.toast(error.message));
  }
}
