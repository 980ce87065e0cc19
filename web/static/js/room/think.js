// Thinking aloud: one line for a hypothesis or a bet; nobody in the incident reads it.
import { $ } from "./dom.js";

/** What a refusal shows as an example is written as this line takes it. */
const EXAMPLE = /incident bet "([^"]*)" --sure (\d+)|--sure (\d+)(?=$)/g;
const words = (text) => text.replace(EXAMPLE, (_, bet, sure, alone) => `\`${bet ?? "errors < 1% in 2m"}, ${sure ?? alone}% sure\``);

const BET = /^\s*(bet\b|expect\b|[a-z][a-z0-9_]*(\s+by\s+[a-z]+)?\s*(\d[\d.,]*\s*%?\s*->\s*)?(<|>|under\b|below\b|over\b|above\b)\s*\d)/i;

export class Think {
  #room;
  #text = $("#think-text");

  constructor(room) {
    this.#room = room;
    $("#think").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") room.enterTerminal();
    });
  }

  async #send() {
    const text = this.#text.value.trim();
    if (!text) return;
    const kind = BET.test(text) ? "bet" : "think";
    if (await this.#room.input(kind, { text }, { told: true, words })) this.#text.value = "";
  }
}
