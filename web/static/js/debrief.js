// The debrief comes from the server and reads without script; this adds rows as they come, the scrubber, what-ifs.
import { drawing } from "./debrief/drawing.js";
import { grow } from "./debrief/grow.js";
import { scrubbing } from "./debrief/scrubbing.js";

const $ = (selector) => document.querySelector(selector);

function equip() {
  const mattered = $("#mattered");
  mattered.hidden = false;
  mattered.setAttribute("aria-pressed", String(document.body.classList.contains("mattered")));
  mattered.onclick = () => mattered.setAttribute("aria-pressed", String(document.body.classList.toggle("mattered")));
  for (const node of document.querySelectorAll(".js")) node.hidden = false;
  drawing();
}

$("#print").hidden = false;
$("#print").addEventListener("click", () => print());
const copy = $("#copy");
if (copy) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    $("#share-link").select();
    await navigator.clipboard?.writeText($("#share-link").value);
    copy.textContent = "Copied";
  });
}

equip();
const scrubber = scrubbing();
grow(() => {
  equip();
  scrubber.again();
});
