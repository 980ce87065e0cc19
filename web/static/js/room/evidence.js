// What has been on the screen, rebuilt from records; a reload or a second tab reads the same.

// eslint-disable-next-line no-control-regex
const PLACED = /\x1b\[\d*(?:;\d*)?[Hf]|\x1b\[\?1049[hl]/g;
// eslint-disable-next-line no-control-regex
const SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** Printed text as it is read: without what moves the cursor or chooses colours. */
export const plain = (text) => (text.includes("\x1b") ? text.replace(PLACED, "\n").replace(SEQUENCE, "") : text);

export class Evidence {
  #listeners = [];
  /** number -> {at, terminal, line, place, number, shown, code} */
  commands = new Map();
  /** In order; the n-th is cited as `panel:n`. */
  panels = [];

  /** Call *listener* with each record as it comes. */
  listen(listener) {
    this.#listeners.push(listener);
  }

  add(records) {
    for (const record of records) {
      this.#keep(record);
      for (const listener of this.#listeners) listener(record);
    }
  }

  #keep(record) {
    if (record.kind === "command") {
      const { at, terminal, line, place, command } = record;
      this.commands.set(command, { at, terminal, line, place, number: command, shown: "", code: null });
    } else if (record.kind === "output") {
      const command = this.commands.get(record.command);
      if (command && command.shown.length < 400) command.shown += plain(record.text).slice(0, 400);
    } else if (record.kind === "exit") {
      const command = this.commands.get(record.command);
      if (command) command.code = record.code;
    } else if (record.kind === "panel") {
      this.panels.push({ at: record.at, panel: record.panel, by: record.by, text: record.text, number: this.panels.length });
    }
  }

  /** Lines entered before at *place*, oldest first; an empty place is the laptop. */
  lines(place) {
    const lines = [];
    for (const command of this.commands.values()) {
      if (command.terminal && (command.place ?? "") === place && command.line.trim() && command.line !== lines.at(-1)) lines.push(command.line);
    }
    return lines;
  }
}
