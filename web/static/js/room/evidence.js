// What has been on the screen, rebuilt from records; a reload or a second tab reads the same.

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
      if (command && command.shown.length < 400) command.shown += record.text.slice(0, 400);
    } else if (record.kind === "exit") {
      const command = this.commands.get(record.command);
      if (command) command.code = record.code;
    } else if (record.kind === "panel") {
      this.panels.push({ at: record.at, panel: record.panel, by: record.by, text: record.text, number: this.panels.length });
    }
  }

  /** Lines entered before, oldest first: at the laptop's prompt, or elsewhere. */
  lines(elsewhere) {
    const lines = [];
    for (const command of this.commands.values()) {
      if (command.terminal && Boolean(command.place) === elsewhere && command.line.trim() && command.line !== lines.at(-1)) lines.push(command.line);
    }
    return lines;
  }
}
