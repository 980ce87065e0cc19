"""`watch` looks as procps' does: header, host and time to the right, what fits below."""

from __future__ import annotations

import pytest

from tests.bash.keyboard import Keyboard


def _watch(line: str, columns: int = 80, rows: int = 8) -> Keyboard:
    return Keyboard(columns, rows).enter(line)


def test_header_and_what_fits() -> None:
    glass = _watch('watch -n 1 "echo hello; seq 1 10"').glass
    assert glass.lines == [
        "Every 1.0s: echo hello; seq 1 10                laptop: Fri Nov 20 02:47:00 2026",
        "",
        *("hello", "1", "2", "3", "4", "5"),
    ]


def test_a_long_command_is_cut_and_long_lines_wrap() -> None:
    line = 'watch -n 0.5 "echo a very long command line that does not fit at all; printf %0100d 1"'
    lines = _watch(line, 70, 6).glass.lines
    assert lines[0] == "Every 0.5s: echo a very long comm...  laptop: Fri Nov 20 02:47:00 2026"
    assert lines[3:5] == ["0" * 70, "0" * 29 + "1"]


def test_it_goes_on_until_ctrl_c_which_is_no_failure() -> None:
    keyboard = _watch("watch date +%H; echo $?").wait(4000)
    assert "02:47:04" in keyboard.glass.lines[0]
    keyboard.interrupt()
    assert keyboard.glass.text == "0"


def test_differences_stand_out() -> None:
    keyboard = _watch("watch -d -n 1 cat n")
    keyboard.files.write("/root/n", "5\n")
    keyboard.wait(1000)
    keyboard.files.write("/root/n", "6\n")
    keyboard.wait(1000)
    assert keyboard.glass.reversed(2) == "6"


@pytest.mark.parametrize(
    ("options", "rest", "shown"),
    [
        ("-g -n 1", "cat n", "rc=0"),
        ("-e -n 1", "false", "command exit with a non-zero status, press a key to exit"),
    ],
)
def test_it_ends_by_itself_if_asked(options: str, rest: str, shown: str) -> None:
    keyboard = _watch(f"echo 1 > n; watch {options} {rest}; echo rc=$?")
    keyboard.files.write("/root/n", "2\n")
    keyboard.wait(2000)
    assert shown in keyboard.glass.text


def test_a_failure_ends_it_with_8_after_a_key() -> None:
    assert _watch("watch -e false; echo rc=$?").press("x").glass.text == "rc=8"


def test_without_title_the_output_has_the_whole_screen() -> None:
    assert _watch("watch -t seq 1 20", 20, 5).glass.lines == ["1", "2", "3", "4", "5"]


def test_a_small_screen_has_no_header() -> None:
    assert _watch("watch -n 1 seq 1 3", 10, 4).glass.lines == ["", "", "1", "2"]
