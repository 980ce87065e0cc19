"""The room keeps what was on the screen, comes back by itself, and is run by keys."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.serving import free_port, serving

from .conftest import Room

pytestmark = pytest.mark.browser


def test_terminal_completes_walks_history_and_interrupts(room: Room, page: Page):
    room.take_pager()
    room.type("kubectl cor")
    page.keyboard.press("Tab")
    expect(room.screen()).to_contain_text("cordon")
    page.keyboard.press("Control+u")
    room.enter("echo first")
    page.keyboard.press("ArrowUp")
    page.keyboard.type(" again")
    page.keyboard.press("Enter")
    expect(room.screen()).to_contain_text("first again")
    room.idle()
    room.type("kubectl get pods -n payments -w")
    page.keyboard.press("Enter")
    expect(page.locator("#tab-t1 .running")).to_be_visible()
    page.keyboard.press("Control+c")
    room.idle()
    room.enter("echo $?", shows="130")


def test_line_that_wraps_is_drawn_once_and_edited_in_its_middle(room: Room, page: Page):
    room.take_pager()
    words = " ".join(f"w{number:03}" for number in range(60))
    room.type(f"echo {words}")
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    page.keyboard.type("E")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    page.keyboard.type("e")
    assert room.text().replace("\n", "").count("w000") == 1
    page.keyboard.press("Enter")
    room.idle()
    assert room.text().replace("\n", "").count("w059") == 2


def test_pasted_lines_wait_for_enter_and_run_as_one(room: Room, page: Page):
    room.take_pager()
    page.locator("#screen-t1 textarea").evaluate(
        """node => {
            const data = new DataTransfer();
            data.setData("text/plain", "for n in 1 2; do\\n  echo round $n\\ndone\\n");
            const paste = {clipboardData: data, bubbles: true, cancelable: true};
            node.dispatchEvent(new ClipboardEvent("paste", paste));
        }"""
    )
    expect(room.screen()).to_contain_text("done")
    assert "round 1" not in room.text()
    page.keyboard.press("Enter")
    expect(room.screen()).to_contain_text("round 2")


def test_ssh_shows_the_far_prompt_and_ctrl_d_comes_back(room: Room, page: Page):
    room.take_pager()
    room.type("ssh node-worker-1")
    page.keyboard.press("Enter")
    expect(room.screen()).to_contain_text("oncall@node-worker-1")
    page.keyboard.type("hostname")
    page.keyboard.press("Enter")
    expect(room.screen()).to_contain_text(re.compile(r"hostname\s*node-worker-1"))
    page.keyboard.press("Control+d")
    room.idle()


def test_reload_brings_back_the_screen_and_the_history(room: Room, page: Page):
    room.take_pager()
    room.enter("echo before the reload")
    page.reload()
    room.ready()
    assert room.text().count("before the reload") == 2
    page.locator("#screen-t1").click()
    page.keyboard.press("ArrowUp")
    expect(room.screen()).to_contain_text(re.compile(r"(before.the.reload.*){3}", re.DOTALL))
    page.keyboard.press("Enter")
    room.idle()
    assert room.text().count("before the reload") == 4


def test_second_tab_follows_the_first(room: Room, page: Page, context: BrowserContext):
    room.take_pager()
    other = context.new_page()
    other.goto(page.url)
    second = Room(other, room.address)
    second.ready()
    page.bring_to_front()
    room.enter("echo seen in both")
    for one in (room, second):
        expect(one.screen()).to_contain_text(re.compile(r"(seen.in.both.*){2}", re.DOTALL))
        assert one.text().count("seen in both") == 2


def test_room_says_that_it_reconnects_and_goes_on_where_it_was(page: Page, tmp_path: Path):
    port = free_port()
    with serving(tmp_path, port) as address:
        room = Room(page, address)
        room.take_pager()
        room.enter("echo before the crash")
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    room.type("echo typed while away")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Not connected")
    with serving(tmp_path, port):
        expect(page.locator("#link")).to_be_hidden()
        page.locator("#screen-t1").click()
        page.keyboard.press("Enter")
        room.idle()
        assert room.text().count("typed while away") == 2
        assert room.text().count("before the crash") == 2
        page.goto("about:blank")


def test_keys_reach_every_panel(room: Room, page: Page):
    room.take_pager()
    page.keyboard.press("Escape")
    expect(page.locator("#tab-t1")).to_be_focused()
    for key, panel in (("a", "alerts"), ("w", "changes"), ("d", "documents"), ("n", "notes")):
        page.keyboard.press("Escape")
        page.locator("#tab-t1").focus()
        page.keyboard.type(f"g{key}")
        expect(page.locator(f"#{panel}")).to_be_visible()
    page.locator("#tab-t1").focus()
    page.keyboard.press("/")
    expect(page.locator("#screen-t1 textarea")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("ready node")
    page.keyboard.press("Enter")
    expect(page.locator("#chart-ready select")).to_have_value("node")
    expect(page.locator("#chart-ready .legend")).to_contain_text("worker-3")


def test_what_is_on_the_screen_becomes_evidence_once(room: Room, page: Page):
    room.take_pager()
    room.tab("Alerts")
    expect(page.locator("#alerts")).to_contain_text("INC-311")
    page.wait_for_timeout(1_000)
    news = page.evaluate(
        "() => fetch(location.pathname.replace('/run', '/api/run') + 'news').then(r => r.json())"
    )
    shown = [one["panel"] for one in news["records"] if one["kind"] == "panel"]
    assert sorted(shown) == ["alerts", "errors", "requests"]


def test_clock_stands_while_paused_and_a_skip_moves_it(room: Room, page: Page):
    room.take_pager()
    page.locator("#time-menu summary").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    before = page.locator("#clock").inner_text()
    page.wait_for_timeout(1_500)
    assert page.locator("#clock").inner_text() == before
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()
    room.skip(10)
    expect(page.locator("#elapsed")).to_have_text(re.compile(r"^10:"))


def test_text_of_a_trainee_is_never_markup(room: Room, page: Page):
    room.take_pager()
    room.tab("Notes")
    page.get_by_label("Note in the timeline").fill("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Note", exact=True).click()
    expect(page.locator("#written")).to_contain_text("<img src=x")
    assert page.locator("#written img").count() == 0


def test_narrow_window_shows_one_panel_at_a_time(room: Room, page: Page):
    page.set_viewport_size({"width": 820, "height": 1180})
    room.take_pager()
    panels = page.get_by_role("navigation", name="Panels")
    expect(page.locator("#terminal")).to_be_visible()
    expect(page.locator("#charts")).to_be_hidden()
    panels.get_by_role("button", name="Charts").click()
    expect(page.locator("#charts")).to_be_visible()
    expect(page.locator("#terminal")).to_be_hidden()
    panels.get_by_role("button", name="Desk").click()
    expect(page.locator("#talk")).to_be_visible()


def test_theme_and_sound_are_remembered(room: Room, page: Page):
    room.take_pager()
    for name in ("Day theme", "Sound on"):
        page.locator("#more-menu summary").click()
        page.get_by_role("button", name=name).click()
    page.reload()
    room.ready()
    assert page.evaluate("document.documentElement.dataset.theme") == "day"
    page.locator("#more-menu summary").click()
    expect(page.get_by_role("button", name="Sound off")).to_be_visible()
