// The debrief comes whole from the server; this adds the moving cursor, the filter and the print button.
const $ = (selector) => document.querySelector(selector);
const figure = $(".curve");
const svg = $(".curve svg");
const scrub = $("#scrub");
const THIN = "\u202f";

$("#print").hidden = false;
$("#print").addEventListener("click", () => print());

const mattered = $("#mattered");
mattered.hidden = false;
mattered.addEventListener("click", () => {
  const on = document.body.classList.toggle("mattered");
  mattered.setAttribute("aria-pressed", String(on));
});

const { left, right, width, start, end } = Object.fromEntries(
  ["left", "right", "width", "start", "end"].map((name) => [name, Number(figure.dataset[name])]),
);
const values = [...document.querySelectorAll("[data-value]")].map((node) => ({ node, name: node.dataset.value, rest: node.textContent }));
const rows = [...document.querySelectorAll(".lanes tr[data-at]")].map((row) => ({ row, at: Number(row.dataset.at) }));

async function follow() {
  const answer = await fetch(`/api/run/${figure.dataset.run}/debrief`);
  if (!answer.ok) return;
  const { curves, epoch } = await answer.json();
  const began = Date.parse(epoch);
  $(".scrub").hidden = false;

  const show = (at) => {
    const x = left + ((width - left - right) * (at - start)) / (end - start);
    $(".cursor").setAttribute("visibility", "visible");
    for (const name of ["x1", "x2"]) $(".cursor").setAttribute(name, x.toFixed(1));
    $("#scrub-time").textContent = `${new Date(began + at).toISOString().slice(11, 19)} UTC`;
    for (const { node, name } of values) {
      const line = curves[name] ?? [];
      const point = line[Math.round((at - start) / 15_000)] ?? line.at(-1);
      node.textContent = point ? `${(point[1] * 100).toFixed(1)}${THIN}%` : "-";
    }
    const here = rows.filter((one) => one.at <= at).at(-1);
    for (const one of rows) one.row.classList.toggle("here", one === here);
    return here;
  };
  const rest = () => {
    $(".cursor").setAttribute("visibility", "hidden");
    for (const { node, rest: text } of values) node.textContent = text;
    for (const one of rows) one.row.classList.remove("here");
    $("#scrub-time").textContent = "time";
  };
  const instant = (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    return Math.max(start, Math.min(end, start + ((x - left) / (width - left - right)) * (end - start)));
  };
  svg.addEventListener("pointermove", (event) => {
    scrub.value = String(instant(event));
    show(instant(event));
  });
  svg.addEventListener("pointerleave", rest);
  svg.addEventListener("click", (event) => show(instant(event))?.row.scrollIntoView({ block: "center" }));
  scrub.addEventListener("input", () => show(Number(scrub.value)));
  scrub.addEventListener("blur", rest);
}

follow();
