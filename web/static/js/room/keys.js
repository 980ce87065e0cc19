// Keys on their way to a program that reads them one by one, and the size of its terminal.

/** Pasted text comes between these while lines are edited; a program gets it as if it were typed. */
const WRAPPED = /\x1b\[200~([\s\S]*?)\x1b\[201~/g;
const SIGNALS = { "\x03": ["interrupt", {}], "\x1c": ["interrupt", { signal: "SIGQUIT" }], "\x1a": ["suspend", {}] };

export class Keys {
  /** `lines`, `keys`, or `signals`: keys, while Ctrl-C, Ctrl-Z and Ctrl-\ stay signals. */
  mode = "lines";
  #name;
  #room;
  #give;
  #waiting = "";
  #sending = false;
  #size = "";

  /** *give* takes keys back that came too late for the program. */
  constructor(name, room, give) {
    this.#name = name;
    this.#room = room;
    this.#give = give;
  }

  get on() {
    return this.mode !== "lines";
  }

  take(data) {
    if (!data) return;
    const plain = data.replace(WRAPPED, (_, text) => text.replace(/\r?\n/g, "\r"));
    const signal = this.mode === "signals" ? SIGNALS[plain] : undefined;
    if (signal) {
      this.#waiting = "";
      this.#room.input(signal[0], { terminal: this.#name, ...signal[1] }, { quiet: true });
      return;
    }
    this.#waiting += plain;
    this.#send();
  }

  /** The program has ended: what it did not get is edited as a line. */
  end() {
    const left = this.#waiting;
    this.#waiting = "";
    if (left) this.#give(left);
  }

  /** One message at a time: what is pressed while it is on its way goes with the next. */
  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#waiting && this.on) {
        const data = this.#waiting;
        this.#waiting = "";
        const { answer } = await this.#room.stream.input("keys", { terminal: this.#name, data });
        if (answer === "late") {
          this.#waiting = data + this.#waiting;
          break;
        }
      }
    } catch {
      // Without a connection keys are lost, as on a real line.
      this.#waiting = "";
    } finally {
      this.#sending = false;
    }
    if (!this.on) this.end();
  }

  /** Tell the terminal's size if it is not known yet. */
  size(columns, rows) {
    const size = `${columns}x${rows}`;
    if (size === this.#size || !this.#room.stream?.open) return;
    this.#size = size;
    this.#room.input("resize", { terminal: this.#name, columns, rows }, { quiet: true });
  }
}
