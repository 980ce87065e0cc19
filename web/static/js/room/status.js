// The status bar: are users hurting, which stage, what time is it; one next step.
import { $, setText } from "./dom.js";
import { clock, count, elapsed, share } from "./format.js";

const STAGES = {
  paged: { word: "Paged", shape: "\u25b2", colour: "red" },
  acknowledged: { word: "Acknowledged", shape: "\u25c6", colour: "amber" },
  mitigated: { word: "Mitigated", shape: "\u25d0", colour: "blue" },
  resolved: { word: "Resolved", shape: "\u2713", colour: "green" },
  closed: { word: "Closed", shape: "\u25a0", colour: "blue" },
};

export class Status {
  #room;
  #state = null;
  #heard = 0;

  constructor(room) {
    this.#room = room;
    $("#ack").addEventListener("click", () => this.acknowledge());
    $("#pause").addEventListener("click", () => this.pause());
    $("#resume").addEventListener("click", () => this.pause());
    for (const button of document.querySelectorAll("[data-skip]")) {
      button.addEventListener("click", () => this.skip(Number(button.dataset.skip)));
    }
    for (const menu of document.querySelectorAll("details.menu")) this.#menu(menu);
    setInterval(() => this.#tick(), 250);
  }

  #menu(menu) {
    const close = () => (menu.open = false);
    menu.addEventListener("click", (event) => event.target.closest(".menu-list button, .menu-list a") && close());
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      close();
      $("summary", menu).focus();
    });
    document.addEventListener("click", (event) => menu.contains(event.target) || close());
    menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || event.relatedTarget === null || close());
  }

  acknowledge() {
    if (!$("#ack").hidden) this.#room.input("acknowledge");
  }

  pause() {
    this.#room.input(this.#state?.paused ? "resume" : "pause");
  }

  async skip(ms) {
    if (!(await this.#room.input("skip", { amount_ms: ms }))) return;
    this.#room.charts.load();
    this.#room.looks.again();
  }

  update(state) {
    const before = this.#state;
    this.#state = state;
    this.#heard = performance.now();
    if (state.page) {
      setText($("#page-title"), state.page);
      $("#page-title").title = state.page;
    }
    this.#stage(state, before);
    if (state.stopped && !state.closed && !before?.stopped) {
      this.#room.toast("The clock has stopped, half an hour after the end of the night. What waits in a terminal waits for ever; only closing is left.");
    }
    const rate = $("#rate");
    setText(rate, share(state.error_rate));
    const threshold = state.threshold ?? 0.05;
    const slo = Number(document.body.dataset.slo);
    rate.dataset.state = state.error_rate >= threshold ? "red" : state.error_rate >= slo ? "amber" : "green";
    setText($("#lost"), count(state.lost ?? 0));
    $("#ack").hidden = state.acknowledged_at !== null;
    // A real cluster that was let go: all that is left is on the page that comes now.
    if (state.over && !state.closed) location.reload();
    $("#resume").hidden = !state.paused || state.backend !== "simulated";
    document.body.classList.toggle("paused", state.paused);
    $("#pause").firstChild.textContent = state.paused ? "Go on " : "Pause ";
    this.#tick();
  }

  #stage(state, before) {
    const stage = STAGES[state.stage] ?? STAGES.paged;
    const chip = $("#stage");
    chip.className = `state ${stage.colour}`;
    chip.dataset.stage = state.stage;
    setText($("#stage-word"), stage.word);
    setText($("#stage-shape"), stage.shape);
    if (before && before.stage !== state.stage) {
      chip.classList.remove("news");
      void chip.offsetWidth;
      chip.classList.add("news");
      this.#room.say(`${stage.word}. Error rate ${share(state.error_rate)}.`);
    }
  }

  /** Between two states the clock goes on by itself. */
  #tick() {
    const state = this.#state;
    if (!state) return;
    const passed = state.paused || state.stopped || !this.#room.live ? 0 : Math.min(2_000, (performance.now() - this.#heard) * state.speed);
    const now = state.now + passed;
    setText($("#clock"), clock(state.epoch + now));
    setText($("#elapsed"), elapsed(now - state.paged_at));
    const firing = state.firing_since === null || state.firing_since === undefined ? "" : `firing ${Math.floor((now - state.firing_since) / 60_000)} min`;
    setText($("#stage-since"), state.stopped ? "clock stopped" : state.paused ? "paused" : firing);
  }
}
