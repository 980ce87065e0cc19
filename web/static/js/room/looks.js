// What was on the screen is evidence: tells the run which panel came into view, and now and then that it still is.
const AGAIN_MS = 30_000;
const RETRY_MS = 10_000;
const SHARE = 0.6;

export class Looks {
  #room;
  #seen = new Map();
  #observer;
  #visible = new Set();

  constructor(room) {
    this.#room = room;
    this.#observer = new IntersectionObserver((entries) => this.#changed(entries), { threshold: [0, SHARE] });
    document.addEventListener("visibilitychange", () => this.check());
    setInterval(() => this.check(), 2_000);
  }

  /** Watch *element*; *what* returns {panel, by} as it shows now, or null; *shown* gets the panel's text. */
  watch(element, what, shown = () => {}, { again = true } = {}) {
    this.#seen.set(element, { what, shown, again, key: "", at: -Infinity, notBefore: 0 });
    this.#observer.observe(element);
  }

  visible(element) {
    return !document.hidden && this.#visible.has(element);
  }

  #changed(entries) {
    for (const entry of entries) {
      const much = entry.isIntersecting && entry.intersectionRatio >= Math.min(SHARE, this.#most(entry));
      if (much) this.#visible.add(entry.target);
      else {
        this.#visible.delete(entry.target);
        const seen = this.#seen.get(entry.target);
        if (seen) seen.key = "";
      }
    }
    this.check();
  }

  /** A panel that is taller than the window can never show 60 % of itself. */
  #most(entry) {
    const { height } = entry.boundingClientRect;
    return height ? (0.8 * (entry.rootBounds?.height ?? innerHeight)) / height : 1;
  }

  /** Send what is due; called when something may have come into view. */
  check() {
    if (document.hidden || !this.#room.live) return;
    for (const [element, seen] of this.#seen) {
      const what = this.#visible.has(element) ? seen.what() : null;
      if (!what) continue;
      const key = `${what.panel}|${what.by ?? ""}`;
      const due = key !== seen.key || (seen.again && !this.#room.paused && performance.now() - seen.at >= AGAIN_MS);
      if (!due || performance.now() < seen.notBefore) continue;
      seen.key = key;
      seen.at = performance.now();
      this.#look(seen, what);
    }
  }

  /** Time was skipped, so what is in view shows something new. */
  again() {
    for (const seen of this.#seen.values()) if (seen.again) seen.at = -Infinity;
    this.check();
  }

  async #look(seen, what) {
    try {
      const { answer } = await this.#room.stream.input("look", { panel: what.panel, by: what.by ?? "" });
      seen.shown(answer);
    } catch {
      // Not seen by the run, so it is tried again.
      seen.key = "";
      seen.notBefore = performance.now() + RETRY_MS;
    }
  }

  /** Look once, because somebody opened something. */
  open(panel) {
    return this.#room.stream.input("look", { panel, by: "" });
  }
}
