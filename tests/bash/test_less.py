"""`less` shows what the real one shows, key by key; recorded from less 590 on a screen of this size."""

from __future__ import annotations

import pytest

from tests.bash.keyboard import Keyboard

HUNDRED = "".join(f"line number {number}\n" for number in range(1, 101))
LONG = (
    "a\tb\n" + "x" * 130 + "\n\x1b[31mred\x1b[0m plain\n" + "".join(f"{n}\n" for n in range(1, 21))
)


def _less(command: str = "less hundred.txt", columns: int = 60, rows: int = 10) -> Keyboard:
    files = {"hundred.txt": HUNDRED, "long.txt": LONG, "short.txt": "short\ntwo\n"}
    return Keyboard(columns, rows, files).enter(command)


@pytest.mark.parametrize(
    ("keys", "first", "last"),
    [
        ([], "line number 1", "hundred.txt"),
        ([" "], "line number 10", ":"),
        ([" ", "b"], "line number 1", ":"),
        (["j", "j", "k"], "line number 2", ":"),
        (["d"], "line number 6", ":"),
        (["\x1b[6~", "\x1b[B", "\x1b[A"], "line number 10", ":"),
        (["G"], "line number 92", "(END)"),
        (["G", "g"], "line number 1", ":"),
        (["4", "2", "g"], "line number 42", ":"),
        (["5", "0", "p"], "line number 51", ":"),
        (["=",], "line number 1", "hundred.txt lines 1-9/100 byte 126/1492 8%  (press RETURN)"),
        (["/", "3", "\r"], "line number 3", ":"),
        (["/", "9", "9", "\r"], "line number 99", "(END)"),
        (["/9[89]\r", "n"], "line number 99", "(END)"),
        (["/number 5$\r", "/5\r", "N"], "line number 5", ":"),
        (["G", "?40\r"], "line number 40", ":"),
        (["/nothing\r"], "line number 1", "Pattern not found  (press RETURN)"),
        (["/a[\r"], "line number 1", "Invalid pattern  (press RETURN)"),
        (["G", "m", "a", "g", "'", "a"], "line number 92", "(END)"),
        (["-", "N"], "      1 line number 1", "Constantly display line numbers  (press RETURN)"),
        (["/", "x", "\x7f"], "line number 1", "/"),
        (["1", "2"], "line number 1", ":12"),
    ],
)  # fmt: skip
def test_keys_move_as_in_the_real_one(keys: list[str], first: str, last: str) -> None:
    glass = _less().press(*keys).glass
    assert (glass.lines[0], glass.last) == (first, last)


def test_matches_stand_out_and_q_gives_the_screen_back() -> None:
    keyboard = _less("echo here; less hundred.txt").press("/3\r")
    assert keyboard.glass.reversed(0) == "3"
    keyboard.press("q")
    assert (keyboard.glass.text, keyboard.glass.alternate, keyboard.codes) == ("here", False, [0])


def test_long_lines_wrap_controls_stand_out_and_tabs_are_blanks() -> None:
    glass = _less("less long.txt", 50, 8).glass
    assert glass.lines[0] == "a       b"
    assert glass.lines[1:4] == ["x" * 50, "x" * 50, "x" * 30]
    assert (glass.lines[4], glass.reversed(4)) == ("ESC[31mredESC[0m plain", "ESCESC")


def test_chopped_lines_colours_and_the_long_prompt() -> None:
    keyboard = _less("less -SRM long.txt", 50, 8)
    assert keyboard.glass.lines[1:3] == ["x" * 49 + ">", "red plain"]
    assert keyboard.glass.last == "long.txt lines 1-7/23 79%"
    assert keyboard.press("G").glass.last == "long.txt lines 17-23/23 (END)"


def test_a_wrapped_line_is_printed_in_one_piece() -> None:
    assert "x" * 130 in _less("less long.txt", 50, 8).printed


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ([], "lines 1-7"),
        ([" "], "lines 8-14"),
        (["G"], "lines 24-30/30 (END)"),
        (["G", "10g"], "lines 10-16/30 48%"),
        (["G", "10g", "d"], "lines 14-20/30 63%"),
        (["15g", "/zz\r"], "Pattern not found  (press RETURN)"),
    ],
)
def test_a_pipe_tells_its_end_once_it_is_known(keys: list[str], last: str) -> None:
    assert _less("seq 1 30 | less -M", 50, 8).press(*keys).glass.last == last


def test_a_slow_pipe_is_shown_as_it_comes() -> None:
    keyboard = _less("for i in 1 2 3; do echo round $i; sleep 1; done | less", 50, 8).wait(50)
    assert keyboard.glass.lines[0] == "round 1"
    keyboard.wait(2100)
    assert keyboard.glass.lines[2] == "round 3"
    keyboard.press("q").wait(3000)
    assert keyboard.codes == [0]


def test_following_shows_what_is_written_until_ctrl_c() -> None:
    keyboard = _less("less +F short.txt")
    assert keyboard.glass.last == "Waiting for data... (interrupt to abort)"
    keyboard.files.write("/root/short.txt", "three\n", append=True)
    keyboard.wait(1000)
    assert "three" in keyboard.glass.text
    assert keyboard.interrupt().glass.last == "short.txt (END)"
    assert keyboard.press("q").codes == [0]


def test_a_short_text_is_printed_with_f_and_stands_at_the_bottom_without() -> None:
    assert _less("less -F short.txt").printed == "short\ntwo\n"
    glass = _less("less short.txt").glass
    assert glass.lines[-3:] == ["short", "two", "short.txt (END)"]


def test_several_files_are_walked_through() -> None:
    keyboard = _less("less short.txt hundred.txt")
    assert keyboard.glass.last == "short.txt (file 1 of 2) (END) - Next: hundred.txt"
    assert keyboard.press(":", "n").glass.last == "hundred.txt (file 2 of 2)"
    assert keyboard.press(":", "n").glass.last == "No next file  (press RETURN)"


def test_a_new_size_is_drawn_at_once() -> None:
    keyboard = _less().press(" ").resize(40, 6)
    assert keyboard.glass.lines == [*(f"line number {n}" for n in range(10, 15)), ":"]


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("less hundred.txt | head -1", "line number 1\n"),
        ("less nosuch", "nosuch: No such file or directory\n"),
        ("less /tmp", "/tmp is a directory\n"),
        ("less", 'Missing filename ("less --help" for help)\n'),
        ("less -9 x", 'There is no 9 option ("less --help" for help)\n'),
    ],
)
def test_without_a_screen_it_is_cat_and_problems_are_told(line: str, printed: str) -> None:
    assert _less(line).printed == printed


def test_the_help_page_comes_and_goes() -> None:
    keyboard = _less().press("h")
    assert keyboard.glass.last == "HELP -- Press RETURN for more, or q when done"
    assert keyboard.press("q").glass.lines[0] == "line number 1"
