// Pages outside the room: the theme switch, and pages that are not whole yet.
import "./again.js";
import { switchTheme, theme } from "./settings.js";

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const name = () => (button.textContent = theme() === "day" ? "Night" : "Day");
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    switchTheme();
    name();
  });
}
