"""axe-core finds nothing wrong on any page, in either theme."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import SLUG, Room, violations

pytestmark = pytest.mark.browser

THEMES = ("night", "day")


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest, page: Page) -> str:
    page.add_init_script(f"localStorage.setItem('uncordon.theme', '{request.param}')")
    return str(request.param)


@pytest.mark.parametrize("path", ["/", f"/incident/{SLUG}", "/guide", "/compare", "/nope"])
def test_page_has_no_violation(page: Page, address: str, theme: str, path: str):
    page.goto(address + path)
    assert violations(page) == []


def test_room_and_its_panels_have_no_violation(room: Room, page: Page, theme: str):
    room.take_pager()
    room.enter("kubectl get nodes")
    found = violations(page)
    for name in ("Alerts", "Changes", "Docs", "Notes"):
        room.tab(name)
        page.wait_for_timeout(300)
        found += violations(page)
    room.tab("Docs")
    page.get_by_role("button", name="Service map").click()
    expect(page.locator(".sheet")).to_contain_text("Who calls whom")
    found += violations(page)
    room.tab("Channel")
    page.get_by_role("button", name="Status update").click()
    found += violations(page)
    assert found == []


def test_dialogs_have_no_violation(room: Room, page: Page, theme: str):
    room.take_pager()
    room.enter("kubectl get nodes")
    page.get_by_role("button", name="Close…").click()
    page.locator("fieldset[data-question=scope]").get_by_role("button", name="Cite").click()
    found = violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#closing")).to_be_hidden()
    page.keyboard.press("Control+k")
    found += violations(page)
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.locator("#more-menu summary").click()
    page.locator("#keys-open").click()
    found += violations(page)
    assert found == []


def test_debrief_has_no_violation(room: Room, page: Page, theme: str):
    room.take_pager()
    room.enter("kubectl get pods -n payments -o wide")
    room.enter("kubectl cordon node-worker-3")
    page.get_by_role("button", name="Close…").click()
    page.locator("#closing-send").click()
    page.locator("#closing-send").click()
    expect(page.locator("#scrub")).to_be_visible()
    found = violations(page)
    expect(page.locator(".total")).to_contain_text("of 100")
    page.locator("#scrub").focus()
    page.keyboard.press("End")
    expect(page.locator(".node").first).to_be_visible(timeout=60_000)
    assert found + violations(page) == []
