// The dialog that hands out the kubeconfig: opened from the terminal's bar or the palette, copies what it shows.
import { $, $$ } from "./dom.js";

export class Outside {
  #room;

  constructor(room) {
    this.#room = room;
    $("#outside-open").addEventListener("click", () => this.open());
    for (const button of $$("#outside [data-copy]")) {
      button.addEventListener("click", () => this.#copy(document.getElementById(button.dataset.copy), button));
    }
  }

  open() {
    $("#outside").showModal();
  }

  /** Copy a text; where the browser forbids it (http from another machine), select it instead. */
  async #copy(element, button) {
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(element.textContent);
      button.textContent = "Copied";
    } catch {
      const details = element.closest("details");
      if (details) details.open = true;
      getSelection().selectAllChildren(element);
      button.textContent = "Selected: press Ctrl C";
    }
    this.#room.say(button.textContent);
    setTimeout(() => (button.textContent = words), 2_000);
  }
}
