// Curves that are worked out when somebody asks for them: the run without one of its actions.
const base = document.body.dataset.base;
const number = (figure, name) => Number(figure.dataset[name]);

export function placeOf(figure) {
  const [left, right, width, start, end] = ["left", "right", "width", "start", "end"].map((name) => number(figure, name));
  return {
    start,
    end,
    x: (at) => left + ((width - left - right) * (at - start)) / (end - start),
    at: (x) => Math.max(start, Math.min(end, start + ((x * width - left) / (width - left - right)) * (end - start))),
  };
}

function path(figure, line) {
  const [top, bottom, height, highest] = ["top", "bottom", "height", "highest"].map((name) => number(figure, name));
  const { x } = placeOf(figure);
  const y = (share) => top + (height - top - bottom) * (1 - Math.min(1, share / highest));
  return `M${line.map(([at, share]) => `${x(at).toFixed(1)} ${y(share).toFixed(1)}`).join("L")}`;
}

async function curve(input) {
  for (;;) {
    const answer = await fetch(`${base}/without?input=${input}`).catch(() => null);
    if (!answer?.ok) return null;
    if (answer.status !== 202) return (await answer.json()).curve;
    await new Promise((later) => setTimeout(later, 1_000));
  }
}

export function drawing() {
  const drawn = document.querySelector(".curve .drawn");
  for (const box of document.querySelectorAll("[data-without]")) {
    box.onchange = async () => {
      const input = box.dataset.without;
      drawn.querySelector(`[data-input="${input}"]`)?.remove();
      if (!box.checked) return;
      const label = box.closest("label");
      label.classList.add("waiting");
      const line = await curve(input);
      label.classList.remove("waiting");
      if (!line) {
        box.checked = false;
        label.lastChild.textContent = " this curve could not be worked out";
      }
      if (!line || !box.checked) return;
      const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
      made.setAttribute("class", "line without");
      made.dataset.input = input;
      made.setAttribute("d", path(document.querySelector(".curve"), line));
      drawn.append(made);
      document.querySelector(".fold").scrollIntoView({ block: "nearest" });
    };
  }
}
