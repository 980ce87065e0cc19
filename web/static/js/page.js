// Pages outside the room: the theme switch.
import { switchTheme, theme } from "./settings.js";

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const name = () => (button.textContent = theme() === "day" ? "Night shift" : "Day");
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    switchTheme();
    name();
  });
}
