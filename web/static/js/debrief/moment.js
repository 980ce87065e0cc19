// The panel below the curve: the run at one moment, as text.
const $ = (selector) => document.querySelector(selector);
const THIN = "\u202f";
export const percent = (share) => `${(share * 100).toFixed(1)}${THIN}%`;
const count = (value) => Math.round(value).toLocaleString("en").replaceAll(",", THIN);

function make(tag, words = "", kind = "") {
  const node = document.createElement(tag);
  node.textContent = words;
  if (kind) node.className = kind;
  return node;
}

let chosen = "";

/** Show how the run stood at *at*; *clock* is that time of day. */
export function show(reel, at, clock) {
  $("#moment").hidden = false;
  $("#moment-time").textContent = `${clock} UTC`;
  const share = reel.share("this run", at) ?? 0;
  $("#moment-share").textContent = percent(share);
  $("#moment-lost").textContent = count(reel.lost(at));
  terminal(reel, at);
  known(reel, at);
  panels(reel, at);
  cluster(reel, at);
}

function terminal(reel, at) {
  const name = reel.terminals.includes(chosen) ? chosen : reel.terminal(at);
  const tabs = reel.terminals.map((one) => {
    const tab = make("button", one, "flat");
    tab.type = "button";
    tab.setAttribute("aria-pressed", String(one === name));
    tab.onclick = () => {
      chosen = one;
      terminal(reel, at);
    };
    return tab;
  });
  $("#moment-tabs").replaceChildren(...(tabs.length > 1 ? tabs : []));
  const screen = $("#moment-screen");
  const text = name ? reel.screen(name, at) : "";
  if (screen.textContent !== text) screen.textContent = text;
  screen.classList.toggle("empty", !text);
  if (!text) screen.textContent = "Nothing had been typed yet.";
  screen.scrollTop = screen.scrollHeight;
}

function known(reel, at) {
  const facts = reel.facts(at);
  $("#moment-facts").replaceChildren(...(facts.length ? facts.slice(-5).reverse() : ["nothing yet"]).map((text) => make("li", text)));
  const odds = reel.belief(at);
  const bars = $("#moment-belief");
  bars.replaceChildren();
  if (!odds) return;
  const names = [...document.querySelectorAll(".legend li span")].map((one) => one.textContent);
  odds.forEach((share, index) => {
    if (share < 0.02) return;
    const row = make("p", "", "small");
    const bar = make("i", "", `block series-${index + 1}`);
    bar.style.width = `${Math.max(4, 60 * share)}px`;
    row.append(bar, make("span", percent(share), "figure"), make("span", names[index]));
    bars.append(row);
  });
}

function panels(reel, at) {
  const seen = reel.panels(at);
  const rows = seen.slice(0, 6).flatMap(([, panel, by, text]) => [
    make("h4", by ? `${panel} by ${by}` : panel),
    make("pre", text.trimEnd()),
  ]);
  $("#moment-panels").replaceChildren(...(rows.length ? rows : [make("p", "none yet", "muted small")]));
}

const well = (pod) => pod.status === "Running" && pod.ready.split("/")[0] === pod.ready.split("/")[1];

/** Namespaces in which something went wrong or moved; the others are counted only. */
function telling(reel) {
  if (reel.namespaces) return reel.namespaces;
  const found = new Set();
  reel.frames.forEach((frame, index) => {
    const changed = index ? Object.keys(reel.given.frames[index].pods) : [];
    for (const name of changed) found.add(name.split("/")[0]);
    for (const pod of Object.values(frame.pods)) if (!well(pod)) found.add(pod.namespace);
  });
  if (!found.size && reel.frames.length) found.add(Object.values(reel.frames[0].pods)[0]?.namespace);
  reel.namespaces = found;
  return found;
}

function cluster(reel, at) {
  const frame = reel.cluster(at);
  $("#moment-filmed").textContent = frame ? "" : "is being played again; it comes in some seconds";
  const place = $("#moment-cluster");
  if (!frame || place.dataset.at === String(frame.at)) return;
  place.dataset.at = String(frame.at);
  const shown = telling(reel);
  place.replaceChildren(...frame.nodes.map((node) => nodeCard(node, Object.values(frame.pods), shown)));
}

function nodeCard(node, pods, shown) {
  const card = make("section", "", "node");
  const head = make("h4", node.name);
  if (!node.ready) head.append(make("span", "NotReady", "state red"));
  if (!node.schedulable) head.append(make("span", "cordoned", "state blue"));
  card.append(head, make("p", node.zone, "muted small"));
  const here = pods.filter((pod) => pod.node === node.name);
  const list = make("ul");
  for (const pod of here.filter((one) => shown.has(one.namespace))) {
    const row = make("li");
    row.title = `${pod.namespace}/${pod.name} ${pod.version}`;
    row.append(make("code", pod.name), make("span", `${pod.ready} ${pod.status}`, well(pod) ? "muted small" : "small state red"));
    if (pod.restarts) row.append(make("span", `${pod.restarts} restart${pod.restarts === 1 ? "" : "s"}`, "muted small"));
    list.append(row);
  }
  card.append(list);
  const rest = {};
  for (const pod of here) if (!shown.has(pod.namespace)) rest[pod.namespace] = (rest[pod.namespace] ?? 0) + 1;
  const words = Object.entries(rest).map(([name, number]) => `${number} ${name}`);
  if (words.length) card.append(make("p", `well: ${words.join(", ")}`, "muted small"));
  return card;
}

export function hide() {
  $("#moment").hidden = true;
  chosen = "";
}
