// The team's wiki; opening a page is a look.
import { $, $$, el } from "./dom.js";
import { markdown } from "./markdown.js";

export class Documents {
  #room;
  #host = $("#documents");
  #list = $("#documents .list");
  #sheet = $("#documents .sheet");
  #text = $("#documents .sheet .text");

  constructor(room) {
    this.#room = room;
    for (const button of $$("[data-document]", this.#list)) {
      button.addEventListener("click", () => this.open(button.dataset.document));
    }
    $("[data-briefing]", this.#list).addEventListener("click", () => this.#show($("#briefing").content.cloneNode(true)));
    $(".back", this.#sheet).addEventListener("click", () => this.#back());
  }

  async open(id) {
    this.#room.desk.show("documents");
    const button = $(`[data-document="${CSS.escape(id)}"]`, this.#list);
    try {
      const { answer } = await this.#room.looks.open(`document:${id}`);
      const text = answer.replace(/^# (.*)\n\n(?=# )/, "");
      this.#show(...(button?.dataset.kind === "source" ? source(text) : markdown(text)));
    } catch (error) {
      this.#room.toast(error.message);
    }
  }

  #show(...content) {
    this.#text.replaceChildren(...content);
    this.#list.hidden = true;
    this.#sheet.hidden = false;
    this.#host.scrollTop = 0;
    this.#sheet.focus();
  }

  #back() {
    this.#sheet.hidden = true;
    this.#list.hidden = false;
    $("button", this.#list).focus();
  }
}

function source(text) {
  const [, title, code] = /^# (.*)\n\n([\s\S]*)$/.exec(text) ?? [null, "", text];
  return [el("h3", {}, title), el("pre", { className: "small", tabIndex: 0 }, code)];
}
