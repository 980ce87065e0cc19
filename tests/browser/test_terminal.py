"""The terminal in a real browser: pager, editor, jobs, search, sizes, paste; nothing drawn twice."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Room

pytestmark = pytest.mark.browser


def _has(room: Room, text: str) -> None:
    expect(room.screen()).to_contain_text(re.compile(re.escape(text).replace(r"\ ", r"[ \u00a0]")))


def _edits(room: Room, line: str) -> None:
    """Wait until *line* stands behind the last prompt."""
    words = re.escape(line).replace(r"\ ", r"[ \u00a0]")
    expect(room.screen()).to_contain_text(re.compile(rf"\$[ \u00a0]{words}\s*$"))


def _lines(room: Room) -> list[str]:
    return [line.rstrip() for line in room.text().split("\n")]


def _paste(page: Page, text: str) -> None:
    page.locator("#screen-t1 textarea").evaluate(
        """(node, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const paste = {clipboardData: data, bubbles: true, cancelable: true};
            node.dispatchEvent(new ClipboardEvent("paste", paste));
        }""",
        text,
    )


def test_less_has_the_screen_and_gives_it_back(room: Room, page: Page):
    room.take_pager()
    room.enter("echo before", shows="before")
    room.type("seq 1 500 | less")
    page.keyboard.press("Enter")
    expect(page.locator("#leave-key")).to_have_text("Esc Esc")
    assert "before" not in room.text()
    page.keyboard.type("/^250\n")
    expect(page.locator("#screen-t1 .xterm-rows > div").first).to_contain_text("250")
    page.keyboard.press("Space")
    expect(page.locator("#screen-t1 .xterm-rows > div").first).not_to_contain_text("250")
    page.keyboard.press("Escape")
    page.keyboard.type("q")
    room.idle()
    _has(room, "before")
    assert room.text().count("seq 1 500 | less") == 1
    room.enter("echo after", shows="after")


def test_nano_writes_a_file_and_survives_a_reload(room: Room, page: Page):
    room.take_pager()
    room.type("nano note.md")
    page.keyboard.press("Enter")
    _has(room, "New File")
    page.keyboard.type("first\nsecond")
    _has(room, "second")
    page.reload()
    room.ready()
    _has(room, "second")
    page.locator("#screen-t1").click()
    page.keyboard.type(" line")
    page.keyboard.press("Control+s")
    _has(room, "[ Wrote 2 lines ]")
    page.keyboard.press("Control+x")
    room.idle()
    room.enter("cat note.md", shows="second line")


def test_ctrl_z_stops_fg_goes_on_and_the_tab_tells(room: Room, page: Page):
    room.take_pager()
    room.type("kubectl get pods -n payments -w")
    page.keyboard.press("Enter")
    _has(room, "payment-service")
    page.keyboard.press("Control+z")
    _has(room, "[1]+  Stopped                 kubectl get pods -n payments -w")
    expect(page.locator("#tab-t1 .running")).to_contain_text("1 behind")
    page.keyboard.type("fg\n")
    expect(page.locator("#tab-t1 .running")).to_contain_text("runs")
    page.keyboard.press("Control+c")
    room.idle()
    room.enter("echo $?", shows="130")


def test_what_runs_behind_prints_above_the_line_being_edited(room: Room, page: Page):
    room.take_pager()
    room.type("(sleep 1; echo from behind) &")
    page.keyboard.press("Enter")
    page.keyboard.type("echo half a li")
    _has(room, "from behind")
    _edits(room, "echo half a li")
    assert room.text().count("half a li") == 1
    page.keyboard.type("ne\n")
    _has(room, "half a line")


def test_search_in_history_forwards_backwards_and_given_up(room: Room, page: Page):
    room.take_pager()
    for line in ("echo alpha one", "echo beta", "echo alpha two"):
        room.enter(line)
    page.keyboard.type("kept")
    page.keyboard.press("Control+r")
    page.keyboard.type("alpha")
    _has(room, "(reverse-i-search)`alpha': echo alpha two")
    page.keyboard.press("Control+r")
    _has(room, "(reverse-i-search)`alpha': echo alpha one")
    page.keyboard.press("Control+s")
    _has(room, "(i-search)`alpha': echo alpha two")
    page.keyboard.press("Control+g")
    _edits(room, "kept")
    page.keyboard.press("Control+u")
    page.keyboard.press("Control+r")
    page.keyboard.type("beta")
    _has(room, "(reverse-i-search)`beta': echo beta")
    page.keyboard.press("Enter")
    room.idle()
    assert room.text().count("echo beta") == 2


EDITED = [
    (["Control+a", "Alt+d", "Control+y"], "one two three"),
    (["Control+w", "Control+w", "Control+y"], "one two three"),
    (["Alt+b", "Alt+u"], "one two THREE"),
    (["Control+b", "Control+b", "Control+t"], "one two there"),
    (["Alt+Backspace", "Control+_"], "one two three"),
    (["Home", "Control+k", "Control+/"], "one two three"),
    (["Control+ArrowLeft", "Alt+t"], "one three two"),
    (["Control+d", "Home", "Delete", "End", "Control+h"], "ne two thre"),
]


def test_keys_of_readline(room: Room, page: Page):
    room.take_pager()
    page.locator("#screen-t1").click()
    for keys, line in EDITED:
        page.keyboard.press("Control+e")
        page.keyboard.press("Control+u")
        page.keyboard.type("one two three")
        for key in keys:
            page.keyboard.press(key)
        _edits(room, line)


def test_the_last_argument_and_changed_history_lines(room: Room, page: Page):
    room.take_pager()
    room.enter("echo first payments")
    room.enter("true second")
    page.keyboard.type("ls ")
    page.keyboard.press("Alt+.")
    page.keyboard.press("Alt+.")
    _edits(room, "ls payments")
    page.keyboard.press("Control+u")
    page.keyboard.type("draft")
    page.keyboard.press("ArrowUp")
    page.keyboard.type(" changed")
    page.keyboard.press("ArrowDown")
    _edits(room, "draft")
    page.keyboard.press("ArrowUp")
    _edits(room, "true second changed")


def test_an_unfinished_command_asks_for_more_and_is_one_line_afterwards(room: Room, page: Page):
    room.take_pager()
    room.type("for i in 1 2; do\n")
    page.keyboard.type("echo round $i\ndone\n")
    _has(room, "round 2")
    room.idle()
    text = "\n".join(_lines(room))
    assert "$ for i in 1 2; do\n> echo round $i\n> done\nround 1\nround 2\n" in text
    page.wait_for_timeout(2000)
    text = "\n".join(_lines(room))
    assert (text.count("echo round"), text.count("done")) == (1, 1)
    page.keyboard.press("ArrowUp")
    # Each key is waited for: what comes before its answer is drawn is another story.
    expect(room.screen()).to_contain_text(
        re.compile(r"round.*done.*round 2.*\$[ \u00a0]for i", re.DOTALL)
    )
    page.keyboard.press("Control+c")
    room.idle()
    page.keyboard.type("echo 'open\n")
    expect(room.screen()).to_contain_text(re.compile(r"echo[ \u00a0]'open\s*>\s*$"))
    page.keyboard.press("Control+c")
    room.idle()
    room.enter("echo closed", shows="closed")


def test_several_pasted_commands_run_in_turn(room: Room, page: Page):
    room.take_pager()
    page.locator("#screen-t1").click()
    _paste(page, "echo one\nfor i in 2 3; do\n  echo $i\ndone\necho four\n")
    _has(room, "echo four")
    page.keyboard.press("Enter")
    room.idle()
    _has(room, "four")
    outputs = [line for line in _lines(room) if line in {"one", "2", "3", "four"}]
    assert outputs == ["one", "2", "3", "four"]
    # Longer than it takes to give a line up that no record has shown.
    page.wait_for_timeout(2000)
    assert "\n".join(_lines(room)).rstrip() == (
        "oncall@laptop:~$ echo one\none\n"
        "oncall@laptop:~$ for i in 2 3; do\n>   echo $i\n> done\n2\n3\n"
        "oncall@laptop:~$ echo four\nfour\noncall@laptop:~$"
    )


def test_a_new_size_reaches_the_program(room: Room, page: Page):
    room.take_pager()
    room.type("watch -n 60 seq 1 100")
    page.keyboard.press("Enter")
    _has(room, "Every 60.0s: seq 1 100")
    rows = len(_lines(room))
    page.set_viewport_size({"width": 1280, "height": 560})
    page.wait_for_function(
        "rows => document.querySelectorAll('#screen-t1 .xterm-rows > div').length < rows", arg=rows
    )
    page.keyboard.press("Control+c")
    room.idle()
    now = len(_lines(room))
    room.enter("stty size", shows=f"{now} ")


def test_a_recalled_line_is_shown_as_what_it_stands_for(room: Room, page: Page):
    room.take_pager()
    room.enter("echo once")
    room.enter("!!")
    page.wait_for_timeout(2000)
    assert "\n".join(_lines(room)).rstrip() == (
        "oncall@laptop:~$ echo once\nonce\noncall@laptop:~$ !!\necho once\nonce\noncall@laptop:~$"
    )
