"""The editor's keys are nano's, and it looks as nano 7 does."""

from __future__ import annotations

import pytest

from tests.bash.keyboard import Keyboard

TEXT = "first line\nsecond\twith tab\nthird\n" + "abcdefghij" * 9 + "\n"
ESC = "\x1b"


def _nano(command: str = "nano notes.txt", text: str = TEXT) -> Keyboard:
    return Keyboard(80, 14, {"notes.txt": text}).enter(command)


def test_it_looks_like_nano() -> None:
    glass = _nano().glass
    assert glass.lines[0].split() == ["Editor", "with", "nano's", "keys", "notes.txt"]
    assert glass.lines[1:5] == [
        "first line",
        "second  with tab",
        "third",
        f"{'abcdefghij' * 8}"[:79] + ">",
    ]
    assert glass.lines[11].strip() == "[ Read 4 lines ]"
    assert glass.lines[12].startswith("^G Help      ^O Write Out ^W Where Is  ^K Cut")
    assert glass.lines[13].startswith("^X Exit      ^R Read File ^\\ Replace   ^U Paste")
    assert glass.cursor == (1, 0)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["X"], "Xone\ntwo\n"),
        (["\x1b[B", "\x1b[F", "!"], "one\ntwo!\n"),
        (["\x1b[F", "\x7f"], "on\ntwo\n"),
        (["\x04"], "ne\ntwo\n"),
        (["\x1b[F", "\x04"], "onetwo\n"),
        (["\r"], "\none\ntwo\n"),
        (["\t"], "\tone\ntwo\n"),
        (["\x0b"], "two\n"),
        (["\x0b", "\x0b", "\x15", "\x15"], "one\ntwo\none\ntwo\n"),
        ([f"{ESC}6", "\x15"], "one\none\ntwo\n"),
        (["abc", f"{ESC}u"], "one\ntwo\n"),
        (["abc", f"{ESC}u", f"{ESC}e"], "abcone\ntwo\n"),
        (["\x1f", "2\r", "X"], "one\nXtwo\n"),
        (["\x1f", "2,3\r", "X"], "one\ntwXo\n"),
        (["\x17", "tw\r", "X"], "one\nXtwo\n"),
        (["\x1c", "o\r", "0\r", "a"], "0ne\ntw0\n"),
        (["\x1c", "o\r", "0\r", "n", "y"], "one\ntw0\n"),
        ([f"{ESC}/", "end"], "one\ntwo\nend\n"),
        (["\x1b[1;5C", "\x1b[1;5C", "X"], "one\ntwo\nX\n"),
    ],
)
def test_keys_change_the_text(keys: list[str], text: str) -> None:
    keyboard = _nano(text="one\ntwo\n").press(*keys, "\x13", "\x18")
    assert (keyboard.read("notes.txt"), keyboard.codes) == (text, [0])


def test_leaving_asks_and_no_keeps_the_file() -> None:
    keyboard = _nano().press("X", "\x18")
    assert keyboard.glass.lines[11] == "Save modified buffer?"
    assert keyboard.press("\x03").glass.lines[11].strip() == "[ Cancelled ]"
    keyboard.press("\x18", "n")
    assert (keyboard.read("notes.txt"), keyboard.glass.alternate) == (TEXT, False)


def test_leaving_with_yes_asks_for_the_name() -> None:
    keyboard = _nano().press("X", "\x18", "y")
    assert keyboard.glass.lines[11] == "File Name to Write: notes.txt"
    keyboard.press("\r")
    assert keyboard.read("notes.txt") == "X" + TEXT


def test_writing_under_another_name_asks_before_it_overwrites() -> None:
    keyboard = _nano("echo old > other; nano notes.txt").press("\x0f", "\x15", "other\r")
    assert keyboard.glass.lines[11] == 'File "other" exists; OVERWRITE?'
    keyboard.press("y")
    assert keyboard.glass.lines[11].strip() == "[ Wrote 4 lines ]"
    assert keyboard.read("other") == TEXT


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["\x17", "line\r", "\x03"], "line  1/5 (20%), col  7/11 ( 63%), char   6/124 ( 4%)"),
        (["\x1b[F", "\x17", "first\r"], "Search Wrapped"),
        (["\x17", "nowhere\r"], '"nowhere" not found'),
        (["\x1c", "e\r", "Z\r", "a"], "Replaced 11 occurrences"),
        (["\x14"], "^T: not supported in this editor"),
        (["\x1f", "x\r"], "Invalid line or column number"),
    ],
)
def test_the_status_line_tells(keys: list[str], said: str) -> None:
    assert _nano().press(*keys).glass.lines[11].strip() == f"[ {said} ]"


def test_a_long_line_is_paged_where_the_cursor_is() -> None:
    glass = _nano().press("\x1b[B", "\x1b[B", "\x1b[B", "\x1b[F").glass
    assert (glass.lines[4], glass.cursor) == ("<defghijabcdefghij", (4, 18))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nano new.txt", "[ New File ]"),
        ("nano /tmp", '[ "/tmp" is a directory ]'),
        ("vi notes.txt", "[ vi is here an editor with nano's keys: ^O writes, ^X leaves ]"),
    ],
)
def test_what_is_opened_is_told(line: str, said: str) -> None:
    assert _nano(line).glass.lines[11].strip() == said


def test_view_mode_changes_nothing_and_a_line_can_be_named() -> None:
    keyboard = _nano("nano -v +3 notes.txt").press("X")
    assert keyboard.glass.cursor == (3, 0)
    assert keyboard.glass.lines[11].strip() == "[ Key is invalid in view mode ]"
    assert keyboard.press("\x18").codes == [0]


def test_what_cannot_be_edited_is_refused() -> None:
    assert _nano("echo x | nano notes.txt").printed == "Standard input is not a terminal\n"
    keyboard = _nano(text="x" * 300_000)
    assert keyboard.printed == "nano: notes.txt: too large to be edited here; use less\n"


def test_pasted_lines_are_typed() -> None:
    keyboard = _nano(text="").press("spec:\r  replicas: 4\r", "\x13", "\x18")
    assert keyboard.read("notes.txt") == "spec:\n  replicas: 4\n"


def test_help_comes_and_goes() -> None:
    keyboard = _nano().press("\x07")
    assert keyboard.glass.lines[0].strip() == "Help of this editor"
    assert keyboard.press("\x18").glass.lines[1] == "first line"
