// Making elements: text goes in as text, never as markup.

/** Return a new element; `on...` are listeners, `data` a mapping, everything else properties or attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name in node && name !== "list" && name !== "role") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Set an element's text only when it differs, so that screen readers and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set a sentence in which `words in backticks` are code. */
export function setTicked(node, text) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) parts.push(parts.splice(-2).join("`"));
  node.replaceChildren(...parts.map((part, at) => (at % 2 ? el("code", {}, part) : part)));
}

/** Whether keys typed now are somebody's text. */
export function isTyping(target) {
  return Boolean(target?.closest?.("input, textarea, select, [contenteditable], .xterm"));
}
