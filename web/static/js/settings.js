// What a visitor has chosen, remembered in this browser; storage that is refused costs only the memory.
const PREFIX = "uncordon.";

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows may refuse; the choice then lasts for this page.
  }
}

export function remembered(name, otherwise = "") {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function theme() {
  return document.documentElement.dataset.theme;
}

/** Change between night and day; whoever paints on a canvas listens to the event `theme`. */
export function switchTheme() {
  const next = theme() === "day" ? "night" : "day";
  document.documentElement.dataset.theme = next;
  remember("theme", next);
  document.dispatchEvent(new Event("theme"));
  return next;
}
