// A run held ready to be looked at at any moment: everything in order of time, found by halving.
const LONGEST = 16_000;

/** Return how many of *rows* had happened at *at*. */
function upTo(rows, at, time = (row) => row[0]) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time(rows[middle]) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Reel {
  constructor(given) {
    this.given = given;
    this.filmed = given.filmed;
    this.terminals = [...new Set(given.typed.map(([, name]) => name))].sort();
    // Frames share what did not change, so that a run of an hour is some hundred objects.
    let nodes = [];
    let pods = {};
    this.frames = given.frames.map((change) => {
      nodes = change.nodes ?? nodes;
      pods = { ...pods, ...change.pods };
      for (const [name, pod] of Object.entries(change.pods)) if (!pod) delete pods[name];
      return { at: change.at, nodes, pods };
    });
  }

  screen(name, at) {
    let text = "";
    for (let index = upTo(this.given.typed, at) - 1; index >= 0 && text.length < LONGEST; index--) {
      const [, terminal, part] = this.given.typed[index];
      if (terminal === name) text = part + text;
    }
    return text;
  }

  /** Return the terminal in which something was last done. */
  terminal(at) {
    return this.given.typed[upTo(this.given.typed, at) - 1]?.[1] ?? this.terminals[0];
  }

  /** Return the panels that had been looked at, the newest first, each as it was seen last. */
  panels(at) {
    const seen = new Map();
    for (const panel of this.given.panels.slice(0, upTo(this.given.panels, at)).reverse()) {
      const key = `${panel[1]} ${panel[2]}`;
      if (!seen.has(key)) seen.set(key, panel);
    }
    return [...seen.values()];
  }

  facts(at) {
    return this.given.facts.slice(0, upTo(this.given.facts, at)).map(([, sentence]) => sentence);
  }

  belief(at) {
    return this.given.belief[upTo(this.given.belief, at) - 1]?.[1] ?? null;
  }

  /** Before the page the cluster stood as it did when the page came. */
  cluster(at) {
    return this.frames[Math.max(0, upTo(this.frames, at, (frame) => frame.at) - 1)] ?? null;
  }

  lost(at) {
    return this.given.lost[upTo(this.given.lost, at) - 1]?.[1] ?? 0;
  }

  share(name, at) {
    const line = this.given.curves[name] ?? [];
    return line[Math.min(line.length - 1, upTo(line, at - 1))]?.[1] ?? null;
  }
}
