// While something is being worked out: asks for the page again and shows what is new of it, so that nothing
// typed or opened meanwhile is lost; loads it as a whole when it is there and nobody is typing.
const wait = Number(document.body.dataset.again) * 1_000;

async function ask() {
  const typing = document.activeElement?.closest("input, select, textarea");
  const answer = typing ? null : await fetch(location.href).catch(() => null);
  if (answer) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || fresh.body.dataset.again === undefined) return location.reload();
    for (const part of fresh.querySelectorAll("[data-news]")) {
      const shown = document.getElementById(part.id);
      if (shown && shown.innerHTML !== part.innerHTML) shown.replaceChildren(...part.childNodes);
    }
  }
  setTimeout(ask, wait);
}

if (wait) setTimeout(ask, wait);
