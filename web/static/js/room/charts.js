// Charts from the same data that counts as seen: one value under the cursor, times in UTC, SLO and page marked.
import uPlot from "../../vendor/uPlot.esm.js";
import { $, $$, el, setText } from "./dom.js";
import { clock, count, value } from "./format.js";
import { Tabs } from "./tabs.js";

const EVERY_MS = 5_000;
const SERIES = 8;
const LONGEST_MS = 60 * 60_000;
const SHORTEST_MS = 30 * 60_000;
const BEFORE_MS = 20 * 60_000;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

class Chart {
  #room;
  #plot = null;
  #lines = [];
  #names = "";

  constructor(element, room) {
    this.element = element;
    this.panel = element.dataset.panel;
    this.unit = element.dataset.unit;
    this.#room = room;
    this.host = $(".plot", element);
    this.table = $(".values", element);
    this.select = $("select.split", element);
    this.select?.addEventListener("change", () => {
      this.load();
      room.looks.check();
    });
    $(".table", element).addEventListener("click", (event) => this.#asTable(event.currentTarget));
    room.looks.watch(
      element,
      () => ({ panel: this.panel, by: this.by }),
      (text) => setText(this.table, text),
    );
    new ResizeObserver(() => this.#size()).observe(this.host);
    document.addEventListener("theme", () => this.#draw(true));
  }

  get by() {
    return this.select?.value ?? $("[data-by]", this.element)?.dataset.by ?? "";
  }

  async load() {
    if (this.element.hidden || document.hidden) return;
    try {
      const { lines, by } = await this.#room.stream.ask("chart", { panel: this.panel, by: this.by });
      if (by !== this.by && this.select) return;
      this.#lines = living(lines);
      this.#draw();
      if (!this.table.hidden) this.#tabulate();
    } catch {
      // The next round asks again.
    }
  }

  #asTable(button) {
    const on = this.table.hidden;
    this.table.hidden = !on;
    this.host.hidden = on;
    $(".legend", this.element).hidden = on;
    button.setAttribute("aria-pressed", String(on));
    if (on) this.#tabulate();
    else this.#size();
  }

  async #tabulate() {
    try {
      const { text } = await this.#room.stream.ask("text", { panel: this.panel, by: this.by });
      setText(this.table, text);
    } catch {
      // Keeps what it shows.
    }
  }

  #data() {
    const end = Math.max(0, ...this.#lines.map((line) => line.points.at(-1)?.[0] ?? 0));
    const times = new Set();
    // The whole incident with some quiet time before it, or as much of it as there is.
    const paged = Number(document.body.dataset.paged);
    const begin = Math.max(end - LONGEST_MS, Math.min(paged - BEFORE_MS, end - SHORTEST_MS));
    for (const line of this.#lines) for (const [at] of line.points) if (at >= begin) times.add(at);
    const xs = [...times].sort((a, b) => a - b);
    const epoch = Number(document.body.dataset.epoch);
    const ys = this.#lines.map((line) => {
      const known = new Map(line.points);
      return xs.map((at) => known.get(at) ?? null);
    });
    return [xs.map((at) => (epoch + at) / 1000), ...ys];
  }

  #draw(anew = false) {
    const names = this.#lines.map((line) => line.name).join("\n");
    const data = this.#data();
    if (this.#plot && names === this.#names && !anew) {
      this.#plot.setData(data);
    } else {
      this.#plot?.destroy();
      this.#names = names;
      this.#plot = this.#lines.length ? new uPlot(this.#options(), data, this.host) : null;
    }
    this.#legend(null);
    const last = this.#lines.map((line, at) => `${line.name} ${value(this.unit, data[at + 1].at(-1))}`).join(", ");
    this.host.setAttribute("role", "img");
    this.host.setAttribute("aria-label", `${$("h2", this.element).textContent}, latest: ${last || "no data"}`);
  }

  #options() {
    const ink = token("muted");
    const grid = { stroke: token("grid"), width: 1 };
    const font = `11px ${token("sans")}`;
    return {
      width: Math.max(120, this.host.clientWidth),
      height: Math.max(60, this.host.clientHeight),
      padding: [6, 18, 0, 0],
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 }, sync: { key: "room", scales: ["x", null] } },
      scales: { x: { time: true }, y: { range: (_, low, high) => this.#range(low, high) } },
      series: [{}, ...this.#lines.map((_, at) => ({ stroke: stroke(at, this.#lines.length), width: 1.5, dash: dash(at), spanGaps: false, points: { show: false } }))],
      axes: [
        { stroke: ink, grid: { show: false }, ticks: { show: false }, font, size: 20, gap: 2, values: (_, at) => at.map((one) => clock(one * 1000).slice(0, 5)) },
        { stroke: ink, grid, ticks: { show: false }, font, size: 46, gap: 4, space: 26, values: (_, at) => at.map((one) => this.#mark(one)) },
      ],
      hooks: { setCursor: [(plot) => this.#legend(plot.cursor.idx)], drawAxes: [(plot) => this.#marks(plot)] },
    };
  }

  #range(low, high) {
    if (this.unit === "%") return [0, Math.min(1, Math.max(0.02, (high ?? 0) * 1.1))];
    if (!this.unit) return [0, Math.max(4, Math.ceil((high ?? 0) * 1.15))];
    return [0, Math.max(0.4, (high ?? 0) * 1.15)];
  }

  #mark(number) {
    if (this.unit === "%") return `${+(number * 100).toFixed(1)} %`;
    if (Number.isInteger(number)) return count(number);
    return this.unit ? String(+number.toFixed(1)) : "";
  }

  /** SLO and paging threshold as lines, the page as an upright one. */
  #marks(plot) {
    const { ctx, bbox } = plot;
    const { slo, threshold, paged, epoch } = document.body.dataset;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    ctx.font = `${10 * devicePixelRatio}px ${token("sans")}`;
    ctx.textBaseline = "bottom";
    ctx.textAlign = "left";
    if (this.panel === "errors") {
      const lines = [[Number(slo), "amber", `SLO ${+(slo * 100).toFixed(2)} %`]];
      if (threshold) lines.unshift([Number(threshold), "red", `pages above ${+(threshold * 100).toFixed(1)} %`]);
      let x = bbox.left + 4 * devicePixelRatio;
      let above = -Infinity;
      for (const [share, colour, words] of lines) {
        const y = plot.valToPos(share, "y", true);
        if (y < bbox.top) continue;
        this.#stroke(ctx, token(colour), [4, 4], bbox.left, y, bbox.left + bbox.width, y);
        // Where the lines are close the words stand side by side.
        const near = y - above <= 12 * devicePixelRatio;
        if (!near) x = bbox.left + 4 * devicePixelRatio;
        above = near ? above : y;
        ctx.fillText(words, x, above - 1);
        x += ctx.measureText(words).width + 10 * devicePixelRatio;
      }
    }
    const x = plot.valToPos((Number(epoch) + Number(paged)) / 1000, "x", true);
    if (x >= bbox.left && x <= bbox.left + bbox.width) {
      this.#stroke(ctx, token("muted"), [2, 3], x, bbox.top, x, bbox.top + bbox.height);
      ctx.textAlign = "right";
      ctx.textBaseline = "top";
      ctx.fillText("page", x - 3 * devicePixelRatio, bbox.top);
    }
    ctx.restore();
  }

  #stroke(ctx, colour, dash, x, y, toX, toY) {
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.setLineDash(dash.map((one) => one * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  }

  #legend(idx) {
    const list = $(".legend", this.element);
    if (list.children.length !== this.#lines.length) {
      list.replaceChildren(...this.#lines.map(() => el("li", {}, el("i"), el("span", { className: "name" }), el("b", { className: "figure" }))));
    }
    const data = this.#plot?.data;
    const at = idx ?? (data?.[0].length ?? 0) - 1;
    const time = data?.[0][at];
    setText($(".at", this.element), time ? `${clock(time * 1000)} UTC` : "no data");
    const short = shorten(this.#lines.map((line) => line.name));
    this.#lines.forEach((line, number) => {
      const [swatch, name, figure] = list.children[number].children;
      swatch.style.borderTop = `2px ${dash(number).length ? "dashed" : "solid"} ${stroke(number, this.#lines.length)}`;
      setText(name, short[number]);
      name.title = line.name;
      setText(figure, value(this.unit, data?.[number + 1]?.[at]));
    });
  }

  #size() {
    if (!this.#plot || this.host.hidden || !this.host.clientWidth) return;
    this.#plot.setSize({ width: this.host.clientWidth, height: Math.max(60, this.host.clientHeight) });
  }
}

/** Lines are told apart by hue and, from the fifth on, by dashes; never by the colours of a state. */
const stroke = (at, of) => (of === 1 ? token("series-1") : token(`series-${(at % SERIES) + 1}`));
const dash = (at) => (at >= SERIES ? [4, 3] : []);

/** Lines of what is gone (old pods) come behind those that go on. */
function living(lines) {
  const end = Math.max(0, ...lines.map((line) => line.points.at(-1)?.[0] ?? 0));
  const goesOn = (line) => line.points.at(-1)?.[0] === end && line.points.at(-1)[1] !== null;
  return [...lines.filter(goesOn), ...lines.filter((line) => !goesOn(line))];
}

/** Names without the beginning that they share: `...x2k9m`. */
function shorten(names) {
  if (names.length < 2) return names;
  let common = names[0];
  for (const name of names) while (!name.startsWith(common)) common = common.slice(0, -1);
  common = common.slice(0, common.lastIndexOf("-") + 1);
  // What is left must still be a name: `worker-3`, not `3`.
  if (names.some((name) => name.length - common.length < 5)) common = common.replace(/[^-]+-$/, "");
  return common.length > 4 ? names.map((name) => `\u2026${name.slice(common.length)}`) : names;
}

export class Charts {
  #charts;
  #tabs;

  constructor(room) {
    this.#charts = $$(".chart").map((element) => new Chart(element, room));
    this.#tabs = new Tabs($("#charts [role=tablist]"), () => this.load());
    setInterval(() => this.load(), EVERY_MS);
    document.addEventListener("visibilitychange", () => this.load());
  }

  load() {
    for (const chart of this.#charts) chart.load();
  }

  /** Show a chart, split as asked. */
  show(panel, by = "") {
    const chart = this.#charts.find((one) => one.panel === panel);
    const tab = document.getElementById(`tab-${panel}`);
    if (tab) this.#tabs.select(tab);
    if (chart.select) {
      chart.select.value = by;
      chart.select.dispatchEvent(new Event("change"));
    }
    return chart.element;
  }
}
