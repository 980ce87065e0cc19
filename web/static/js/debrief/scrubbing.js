// The slider under the curve and the address: both name a moment, and everything on the page follows it.
import { placeOf } from "./drawing.js";
import { hide, percent, show } from "./moment.js";
import { Reel } from "./reel.js";

const $ = (selector) => document.querySelector(selector);
const STEP = 15_000;
const PAGE = 120_000;
const DAY = 86_400_000;
const { base, epoch } = document.body.dataset;
const began = Date.parse(epoch);
const clock = (at) => new Date(began + at).toISOString().slice(11, 19);

/** Return the simulated instant of `#t=02:51:30`, or null. */
function named(hash, start) {
  const found = /^#t=(\d\d):(\d\d):(\d\d)$/.exec(hash);
  if (!found) return null;
  const [hours, minutes, seconds] = found.slice(1).map(Number);
  const day = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return start + ((((day - began - start) % DAY) + DAY) % DAY);
}

export function scrubbing() {
  let reel = null;
  let loading = null;
  let at = null;
  let writing = 0;

  async function load() {
    const answer = await fetch(`${base}/reel`).catch(() => null);
    loading = null;
    if (answer?.ok) reel = new Reel(await answer.json());
    if (reel && at !== null) move(at);
    // The cluster is played again apart; until it is there the rest can be looked at.
    if (!reel?.filmed) loading = setTimeout(load, reel ? 1_500 : 5_000);
  }
  const prefetch = () => (loading ??= reel ? null : load());

  function cursor(moment) {
    const figure = $(".curve");
    const line = $(".curve .cursor");
    const x = placeOf(figure).x(moment).toFixed(1);
    line.setAttribute("visibility", "visible");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    if (!reel) return;
    for (const node of document.querySelectorAll("[data-value]")) {
      node.dataset.rest ??= node.textContent;
      const share = reel.share(node.dataset.value, moment);
      node.textContent = share === null ? "-" : percent(share);
    }
  }
  function still() {
    $(".curve .cursor").setAttribute("visibility", "hidden");
    for (const node of document.querySelectorAll("[data-value]")) node.textContent = node.dataset.rest ?? node.textContent;
  }

  function row(moment) {
    const rows = [...document.querySelectorAll(".lanes tr[data-at]")];
    const here = rows.filter((one) => Number(one.dataset.at) <= moment).at(-1);
    for (const one of rows) one.classList.toggle("here", one === here);
  }

  function move(moment) {
    const { start, end } = placeOf($(".curve"));
    at = Math.round(Math.max(start, Math.min(end, moment)));
    const slider = $("#scrub");
    slider.value = String(at);
    cursor(at);
    row(at);
    const share = reel?.share("this run", at);
    slider.setAttribute("aria-valuetext", `${clock(at)} UTC${share == null ? "" : `, ${percent(share)} failing`}`);
    if (reel) show(reel, at, clock(at));
    else prefetch();
    clearTimeout(writing);
    // Browsers limit how often an address may be written.
    writing = setTimeout(() => history.replaceState(null, "", `#t=${clock(at)}`), 150);
  }
  function leave() {
    clearTimeout(writing);
    at = null;
    hide();
    still();
    for (const one of document.querySelectorAll(".lanes tr.here")) one.classList.remove("here");
    $("#scrub").removeAttribute("aria-valuetext");
    history.replaceState(null, "", location.pathname);
  }
  function reveal() {
    const box = $("#moment").getBoundingClientRect();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (box.bottom > innerHeight) $(".scrub").scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }

  function keys(event) {
    const { start, end } = placeOf($(".curve"));
    const now = Number($("#scrub").value);
    const to = {
      ArrowLeft: now - STEP,
      ArrowDown: now - STEP,
      ArrowRight: now + STEP,
      ArrowUp: now + STEP,
      PageUp: now + PAGE,
      PageDown: now - PAGE,
      Home: start,
      End: end,
    }[event.key];
    if (event.key === "Escape" && at !== null) leave();
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(to);
  }

  function equip() {
    const slider = $("#scrub");
    const svg = $(".curve svg");
    $(".scrub").hidden = false;
    slider.setAttribute("aria-valuetext", `${clock(Number(slider.value))} UTC`);
    slider.addEventListener("focus", prefetch);
    slider.addEventListener("pointerenter", prefetch);
    slider.addEventListener("keydown", keys);
    slider.addEventListener("input", () => move(Number(slider.value)));
    slider.addEventListener("change", reveal);
    const instant = (event) => {
      const box = svg.getBoundingClientRect();
      return placeOf($(".curve")).at((event.clientX - box.left) / box.width);
    };
    svg.addEventListener("pointermove", (event) => {
      prefetch();
      if (at === null) cursor(instant(event));
    });
    svg.addEventListener("pointerleave", () => at === null && still());
    svg.addEventListener("click", (event) => move(instant(event)));
  }

  function follow() {
    const moment = named(location.hash, placeOf($(".curve")).start);
    if (moment === null) return;
    move(moment);
    $(".fold").scrollIntoView({ block: "start" });
  }

  equip();
  $("#moment-close").addEventListener("click", () => {
    leave();
    $("#scrub").focus();
  });
  addEventListener("hashchange", follow);
  follow();
  return {
    /** The page was renewed around the slider. */
    again() {
      equip();
      if (reel) loading = load();
      if (at !== null) move(at);
    },
  };
}
