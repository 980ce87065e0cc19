// The pager's sound: two soft tones, again every half minute until somebody acknowledges.
import { remember, remembered } from "../settings.js";

const AGAIN_MS = 30_000;

export class Sound {
  #context = null;
  #timer = 0;
  on = remembered("sound", "on") === "on";

  switch() {
    this.on = !this.on;
    remember("sound", this.on ? "on" : "off");
    if (!this.on) this.#stop();
    return this.on;
  }

  /** Ring while *ringing* holds. */
  ring(ringing) {
    if (!ringing || !this.on) {
      this.#stop();
    } else if (!this.#timer) {
      this.#beep();
      this.#timer = setInterval(() => this.#beep(), AGAIN_MS);
    }
  }

  #late = () => {
    for (const gesture of ["keydown", "pointerdown"]) removeEventListener(gesture, this.#late);
    setTimeout(() => this.#timer && this.#beep(), 50);
  };

  #stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  #beep() {
    // Browsers play nothing before the first key or click on a page: then that one is when it rings.
    if (navigator.userActivation && !navigator.userActivation.hasBeenActive) {
      for (const gesture of ["keydown", "pointerdown"]) addEventListener(gesture, this.#late, { once: true });
      return;
    }
    this.#context ??= new AudioContext();
    const context = this.#context;
    for (const [after, pitch] of [[0, 660], [0.22, 880], [0.8, 660], [1.02, 880]]) {
      const at = context.currentTime + after;
      const tone = new OscillatorNode(context, { frequency: pitch });
      const loud = new GainNode(context, { gain: 0 });
      loud.gain.linearRampToValueAtTime(0.08, at + 0.02);
      loud.gain.setValueAtTime(0.08, at + 0.14);
      loud.gain.linearRampToValueAtTime(0, at + 0.18);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    }
  }
}
