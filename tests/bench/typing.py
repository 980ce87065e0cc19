"""How long a key takes to be seen in the room: measured in the page, from keydown to the changed row."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Page

from tests.browsing import browsing

KEYS = 120
_STOPWATCH = """() => {
    window.spans = [];
    let pressed = 0;
    let before = "";
    const rows = document.querySelector("#screen-t1 .xterm-rows");
    addEventListener("keydown", (event) => {
        if (event.key.length > 1 && event.key !== "Tab") return;
        before = rows.textContent;
        pressed = performance.now();
    }, true);
    new MutationObserver(() => {
        if (!pressed || rows.textContent === before) return;
        window.spans.push(performance.now() - pressed);
        pressed = 0;
    }).observe(rows, { childList: true, subtree: true, characterData: true });
}"""


class Typing(NamedTuple):
    """95th percentiles in ms."""

    echo: float
    """A letter at the prompt."""
    completion: float
    """Tab behind the beginning of a name of one of 400 services."""
    program: float
    """A key for less, over the server and back."""


def measure() -> Typing:
    """Type in a real Chromium at a real server."""
    with browsing() as (page, address):
        page.goto(f"{address}/incident/payments-0247")
        page.get_by_text("Choose the night").click()
        page.get_by_role("button", name="Take seed 0").click()
        page.wait_for_selector("body.ready")
        page.locator("#screen-t1").click()
        page.evaluate(_STOPWATCH)
        return Typing(_echo(page), _completion(page), _program(page))


def _echo(page: Page) -> float:
    page.keyboard.type("kubectl get pods -n payments -o wide | grep web "[:48] * 3, delay=30)
    page.keyboard.press("Control+c")
    return _p95(page)


def _completion(page: Page) -> float:
    for _ in range(KEYS):
        page.keyboard.insert_text("kubectl describe service -n payments payment-se")
        page.wait_for_timeout(30)
        page.keyboard.press("Tab")
        page.wait_for_timeout(60)
        page.keyboard.press("Control+u")
    page.keyboard.press("Control+c")
    return _p95(page)


def _program(page: Page) -> float:
    page.keyboard.insert_text("kubectl get pods -A | less")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    page.evaluate("() => { window.spans = []; }")
    for _ in range(KEYS):
        page.keyboard.press("j")
        page.wait_for_timeout(60)
    page.keyboard.press("q")
    return _p95(page)


def _p95(page: Page) -> float:
    """Return the 95th percentile of what the stopwatch has, which starts anew."""
    page.wait_for_timeout(200)
    spans: list[float] = sorted(page.evaluate("() => window.spans.splice(0)"))
    if len(spans) < 100:
        msg = f"only {len(spans)} keys were seen"
        raise RuntimeError(msg)
    return spans[int(len(spans) * 0.95)]
