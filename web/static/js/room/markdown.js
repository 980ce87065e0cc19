// The little of Markdown that the team's wiki uses, as elements; text is never taken for markup.
import { el } from "./dom.js";

/** Return the elements of a document. */
export function markdown(text) {
  const lines = text.replace(/\r\n/g, "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,4})\s+(.*)/.exec(line);
    if (!line.trim()) at += 1;
    else if (heading) {
      blocks.push(el(`h${Math.min(5, heading[1].length + 2)}`, {}, ...inline(heading[2])));
      at += 1;
    } else if (line.startsWith("```")) {
      const end = lines.findIndex((one, number) => number > at && one.startsWith("```"));
      const last = end < 0 ? lines.length : end;
      blocks.push(el("pre", {}, lines.slice(at + 1, last).join("\n")));
      at = last + 1;
    } else if (line.startsWith("|")) {
      const end = until(lines, at, (one) => one.startsWith("|"));
      blocks.push(table(lines.slice(at, end)));
      at = end;
    } else if (/^(-|\*|\d+\.)\s/.test(line)) {
      const end = until(lines, at, (one) => /^(-|\*|\d+\.)\s|^\s+\S/.test(one));
      blocks.push(list(lines.slice(at, end)));
      at = end;
    } else {
      const end = until(lines, at, (one) => one.trim() && !/^(#{1,4}\s|```|\||(-|\*|\d+\.)\s)/.test(one));
      blocks.push(el("p", {}, ...inline(lines.slice(at, end).join(" "))));
      at = end;
    }
  }
  return blocks;
}

function until(lines, from, holds) {
  let at = from + 1;
  while (at < lines.length && holds(lines[at])) at += 1;
  return at;
}

function list(lines) {
  const items = [];
  for (const line of lines) {
    const found = /^(?:-|\*|\d+\.)\s+(.*)/.exec(line);
    if (found) items.push(found[1]);
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return el(/^\d/.test(lines[0]) ? "ol" : "ul", {}, ...items.map((item) => el("li", {}, ...inline(item))));
}

function table(lines) {
  const rows = lines.filter((line) => !/^\|[\s:|-]+$/.test(line)).map((line) => line.replace(/^\||\|\s*$/g, "").split("|"));
  const [head, ...body] = rows;
  const cells = (row, tag) => el("tr", {}, ...row.map((cell) => el(tag, {}, ...inline(cell.trim()))));
  return el("table", {}, el("thead", {}, cells(head, "th")), el("tbody", {}, ...body.map((row) => cells(row, "td"))));
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (part.length > 2 && part.startsWith("`") && part.endsWith("`")) return el("code", {}, part.slice(1, -1));
    if (part.length > 4 && part.startsWith("**") && part.endsWith("**")) return el("b", {}, part.slice(2, -2));
    if (part.length > 2 && part.startsWith("*") && part.endsWith("*")) return el("em", {}, part.slice(1, -1));
    return part;
  });
}
