"""The debrief as it comes, the slider that moves everything, a link for others, and two sheets of paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Room

pytestmark = pytest.mark.browser


@pytest.fixture
def debrief(room: Room, page: Page) -> Page:
    """The whole debrief of a short run."""
    room.take_pager()
    room.enter("kubectl get pods -n payments -o wide", shows="CrashLoopBackOff")
    room.enter("kubectl cordon node-worker-3", shows="cordoned")
    room.skip(5)
    page.get_by_role("button", name="Close…").click()
    page.locator("#closing-send").click()
    page.locator("#closing-send").click()
    page.wait_for_url(re.compile(r"/debrief"))
    # Whatever is still being worked out comes without a reload.
    expect(page.locator(".total")).to_contain_text("of 100")
    expect(page.locator(".ledger tbody tr")).to_have_count(1)
    return page


def test_debrief_is_moved_through_kept_and_printed(debrief: Page, address: str):
    page = debrief
    slider = page.get_by_role("slider", name="Time in the run")
    expect(page.locator("#moment")).to_be_hidden()

    # Keys, and everything follows.
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#moment-screen")).to_contain_text("Nothing had been typed yet")
    page.keyboard.press("End")
    expect(page.locator("#moment-screen")).to_contain_text("$ kubectl cordon node-worker-3")
    expect(page.locator("#moment-facts")).to_contain_text("node-worker-3")
    expect(page.locator(".node", has_text="cordoned")).to_contain_text("node-worker-3")
    page.keyboard.press("Home")
    expect(page.locator(".node", has_text="cordoned")).to_have_count(0)
    begin = int(slider.input_value())
    for key, step in (("ArrowRight", 15_000), ("PageUp", 120_000), ("ArrowLeft", -15_000)):
        page.keyboard.press(key)
        begin += step
        assert int(slider.input_value()) == begin
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d UTC, [\d.]+\s% failing", slider.get_attribute("aria-valuetext") or ""
    )
    expect(page).to_have_url(re.compile(r"#t=\d\d:\d\d:\d\d$"))

    # An address names a moment.
    page.goto(page.url.split("#")[0] + "#t=02:47:30")
    expect(page.locator("#moment-time")).to_have_text("02:47:30 UTC")
    expect(page.locator(".lanes tr.here th")).to_have_text("02:47")

    # What if, and who was hit.
    page.get_by_role("checkbox", name="curve without it").check()
    expect(page.locator(".curve .line.without")).to_have_count(1)
    page.get_by_label("by route").check()
    expect(page.locator(".curve svg .split.by-route")).to_be_visible()
    expect(page.locator(".key.split.by-route")).to_contain_text("POST /v1/payments")

    # On a narrow screen nothing is cut, an action's line can be read, and paper takes two sheets.
    for width in (820, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        shown = page.locator(".ledger code").first.bounding_box()
        assert shown is not None
        assert shown["width"] > 200
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert len(sheets) <= 2

    # Somebody else reads it by its link.
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to this debrief").input_value()
    browser = page.context.browser
    assert browser is not None
    other = browser.new_page()
    other.goto(link)
    expect(other.locator(".total")).to_contain_text("of 100")
    expect(other.locator("form")).to_have_count(0)
    other.close()

    # And the run is played on.
    page.get_by_role("button", name=re.compile("before this action")).click()
    page.wait_for_url(re.compile(r"/run/[\w-]+/$"))


def test_debrief_reads_without_script(debrief: Page):
    context = debrief.context
    plain = context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    plain.add_cookies(context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(debrief.url)
    expect(page.locator(".total")).to_contain_text("of 100")
    expect(page.locator(".ledger")).to_contain_text("kubectl cordon node-worker-3")
    expect(page.locator("#moment")).to_be_hidden()
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_label("by client").check()
    expect(page.locator(".key.split.by-class")).to_contain_text("shop")
    plain.close()
