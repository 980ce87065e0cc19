"""Practice mode, thinking aloud, and a night that is drawn: what is there beside the terminal."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import SLUG, Room, violations

pytestmark = pytest.mark.browser

NIGHTS = re.compile(r"Heron|Kestrel|Swift|Wren|payments-(?:0247|heron|swift|wren)", re.IGNORECASE)


def test_decision_point_is_ranked_by_keys_and_the_expert_answers(room: Room, page: Page):
    page.goto(f"{room.address}/incident/{SLUG}")
    page.get_by_label("Practice mode").check()
    page.get_by_text("Choose the night").click()
    page.get_by_role("button", name="Take seed 0").click()
    room.ready()
    room.skip(1)
    point = page.get_by_role("dialog")
    expect(point).to_contain_text("What do you look at first?")
    options = point.locator(".option")
    expect(options.first).to_be_focused()
    assert violations(page) == []
    first, second = options.nth(0).inner_text(), options.nth(1).inner_text()
    page.keyboard.press("3")
    expect(options.nth(2)).to_have_text(first)
    expect(options.nth(2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    assert [options.nth(0).inner_text(), options.nth(1).inner_text()] == [second, first]
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(point).to_be_visible()
    page.reload()
    room.ready()
    expect(options.first).to_be_focused()
    point.get_by_role("button", name="Rank").press("Enter")
    expect(point.get_by_role("listitem")).to_have_count(5)
    expect(point).to_contain_text("you: 1")
    assert violations(page) == []
    expect(point.get_by_role("button", name="Go on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(point).to_be_hidden()
    expect(page.locator("#screen-t1 textarea")).to_be_focused()
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()

    # The next one comes with what is on the screen, not with the clock.
    page.keyboard.type("kubectl get pods -n payments -o wide\n")
    expect(point).to_contain_text("what comes next?")


def test_thought_and_bet_are_taken_and_a_bet_that_is_none_stays(room: Room, page: Page):
    room.take_pager()
    page.keyboard.press("Escape")
    page.keyboard.type("gh")
    line = page.get_by_label("Think aloud")
    expect(line).to_be_focused()
    for text, answer in (
        ("it smells of a node", "kept for the debrief"),
        ("errors < 1% in 2m, 80% sure", "bet taken: errors < 1.0 % in 2m, 80 % sure"),
    ):
        page.keyboard.type(f"{text}\n")
        expect(page.locator("#toast")).to_contain_text(answer)
        expect(line).to_have_value("")
    page.keyboard.type("bet that it rains\n")
    expect(page.locator("#toast")).to_contain_text("cannot read the bet")
    expect(line).to_have_value("bet that it rains")
    page.keyboard.press("Escape")
    expect(page.locator("#screen-t1 textarea")).to_be_focused()


def test_drawn_night_tells_which_it_was_in_the_debrief_only(room: Room, page: Page):
    page.goto(room.address)
    page.get_by_role("link", name="The 02:47 page", exact=True).click()
    page.get_by_text("Choose the night").click()
    page.get_by_role("button", name="Take seed 0").click()
    room.ready()
    room.enter("incident status")
    assert NIGHTS.findall(page.content()) == []
    page.goto(room.address)
    row = page.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text("The 02:47 page")
    row.get_by_role("link", name="Go on").click()
    room.ready()
    page.get_by_role("button", name="Close…").click()
    page.locator("#closing-send").click()
    page.locator("#closing-send").click()
    expect(page.locator(".total")).to_contain_text("of 100")
    expect(page.get_by_role("heading", level=1)).to_have_text(NIGHTS)
