// A tab list as WAI-ARIA has it: arrows move, the selected tab's panel shows.
import { $$ } from "./dom.js";

export class Tabs {
  #list;
  #onShow;

  constructor(list, onShow = () => {}) {
    this.#list = list;
    this.#onShow = onShow;
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) this.select(tab);
    });
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  get tabs() {
    return $$("[role=tab]", this.#list);
  }

  get selected() {
    return this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true");
  }

  select(chosen) {
    for (const tab of this.tabs) {
      const is = tab === chosen;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !is;
    }
    this.#onShow(chosen);
  }

  #key(event) {
    const tabs = this.tabs.filter((tab) => !tab.hidden);
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    this.select(tab);
    tab.focus();
  }
}
