"""How long a debrief takes to show another moment of its run: measured in the page, from the slider to the layout."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browsing import browsing

STEP_MS = 120_000
PATIENCE_MS = 120_000
_MOVED = """(step) => {
    const slider = document.querySelector("#scrub");
    const spans = [];
    for (let at = +slider.min; at < +slider.max; at += step) {
        const begin = performance.now();
        slider.value = at;
        slider.dispatchEvent(new Event("input"));
        document.body.getBoundingClientRect();
        spans.push(performance.now() - begin);
    }
    return Math.max(...spans);
}"""


def measure() -> float:
    """Return the slowest of a night's moments in ms, in a real Chromium at a real server."""
    with browsing() as (page, address):
        page.set_default_timeout(PATIENCE_MS)
        _close_a_night(page, address)
        worst: float = page.evaluate(_MOVED, STEP_MS)
        return worst


def _close_a_night(page: Page, address: str) -> None:
    page.goto(f"{address}/incident/payments-0247")
    page.get_by_text("Choose the night").click()
    page.get_by_role("button", name="Take seed 0").click()
    page.wait_for_selector("body.ready")
    page.get_by_role("button", name="Close…").click()
    page.locator("#closing-send").click()
    page.locator("#closing-send").click()
    page.wait_for_url(re.compile(r"/debrief"))
    expect(page.locator(".total")).to_contain_text("of 100", timeout=PATIENCE_MS)
    page.get_by_role("slider", name="Time in the run").press("End")
    # The cluster is filmed while one waits.
    expect(page.locator(".node").first).to_be_visible(timeout=PATIENCE_MS)
