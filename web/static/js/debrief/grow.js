// While the ledger is being worked out: its rows as they come, then every part of the page that waited for it.
const base = document.body.dataset.base;

export async function grow(whole) {
  if (document.body.dataset.pending === undefined) return;
  let next = Number(document.body.dataset.pending);
  for (;;) {
    const answer = await fetch(`${base}/rows?since=${next}`).catch(() => null);
    if (!answer?.ok) {
      await new Promise((later) => setTimeout(later, 5_000));
      continue;
    }
    const found = await answer.json();
    document.querySelector("#rows")?.insertAdjacentHTML("beforeend", found.html.join(""));
    next = found.next;
    if (found.done || found.failed) break;
  }
  const page = await fetch(base);
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    document.querySelector(`[data-part="${part.dataset.part}"]`)?.replaceWith(document.adoptNode(part));
  }
  delete document.body.dataset.pending;
  whole();
}
