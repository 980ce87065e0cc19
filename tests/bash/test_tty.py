"""A terminal takes lines or keys, tells its size, and gets its screen back."""

from __future__ import annotations

import pytest

from sim.bash import Proc, Running
from sim.bash.screen import Screen, fit, key_name, width
from sim.bash.tty import Tty
from sim.kernel import Environment
from tests.bash.keyboard import Keyboard


def _draws(proc: Proc) -> Running:
    """Show each key it is given; `q` ends it."""
    with Screen(proc) as screen:
        key: str | None = ""
        while key != "q":
            screen.draw([f"key {key}", f"{screen.columns}x{screen.rows}"], cursor=(0, 4))
            key = yield from screen.read_key(1000)
    return 7


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard(20, 4, programs={"draws": _draws})


def test_a_program_has_the_keys_and_the_screen_for_its_time(keyboard: Keyboard) -> None:
    keyboard.enter("echo before; draws; echo $?")
    assert (keyboard.tty.raw, keyboard.tty.signals, keyboard.glass.alternate) == (True, False, True)
    keyboard.press("a")
    assert keyboard.glass.lines[:2] == ["key a", "20x4"]
    assert keyboard.glass.cursor == (0, 4)
    keyboard.press("q")
    assert (keyboard.tty.raw, keyboard.tty.signals, keyboard.glass.alternate) == (
        False,
        True,
        False,
    )
    assert keyboard.glass.text == "before\n7"


def test_no_key_for_a_while_is_none_and_a_new_size_is_told(keyboard: Keyboard) -> None:
    keyboard.enter("draws").wait(1000)
    assert keyboard.glass.lines[0] == "key None"
    keyboard.resize(30, 5)
    assert keyboard.glass.lines[:2] == ["key RESIZE", "30x5"]


def test_only_what_changes_is_sent(keyboard: Keyboard) -> None:
    keyboard.enter("draws").press("a")
    before = len(keyboard.printed)
    keyboard.press("b")
    sent = keyboard.printed[before:]
    assert "key b" in sent
    assert "20x4" not in sent


def test_ctrl_c_ends_a_program_that_leaves_signals_alone() -> None:
    keyboard = Keyboard(40, 6).enter("watch -n 1 echo on; echo $?")
    assert keyboard.tty.signals
    keyboard.interrupt()
    assert not keyboard.tty.raw
    assert not keyboard.glass.alternate


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a", "a"), ("ä", "ä"), ("\x18", "^X"), ("\r", "ENTER"), ("\x7f", "BACKSPACE"),
        ("\x1b", "ESC"), ("\x1b[A", "UP"), ("\x1bOD", "LEFT"), ("\x1b[6~", "PGDN"),
        ("\x1b[1;5C", "^RIGHT"), ("\x1bu", "M-u"), ("\x1f", "^_"), ("\x1b[9;9R", "UNKNOWN"),
    ],
)  # fmt: skip
def test_keys_have_names(sent: str, name: str) -> None:
    assert key_name(sent) == name


def test_sizes_are_bounded() -> None:
    tty = Tty(Environment())
    assert (tty.columns, tty.rows) == (80, 24)
    tty.resize(10**9, 0)
    assert (tty.columns, tty.rows) == (500, 1)


def test_a_stopped_program_gives_the_screen_back_and_draws_it_anew(keyboard: Keyboard) -> None:
    keyboard.enter("draws").press("a")
    claims = keyboard.tty.stop()
    assert (keyboard.tty.raw, keyboard.glass.alternate) == (False, False)
    keyboard.tty.resume(claims)
    assert (keyboard.tty.raw, keyboard.glass.alternate) == (True, True)
    assert keyboard.glass.lines[0] == "key a"


def test_a_line_is_cut_by_columns_not_by_bytes() -> None:
    red = "\x1b[31mpayment\x1b[m-service"
    assert (width(red), fit(red, 9)) == (15, "\x1b[31mpayment\x1b[m-s")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("stty size", "6 40"),
        ("tput cols; tput lines", "40\n6"),
        ("echo x | stty size", "stty: 'standard input': Inappropriate ioctl for device"),
        ("tput nosuch", "tput: unknown terminfo capability 'nosuch'"),
        ("stty cols 100 rows 30; stty size", "30 100"),
    ],
)
def test_programs_tell_the_size(line: str, shown: str) -> None:
    assert Keyboard(60, 6).resize(40, 6).enter(line).printed.rstrip("\n") == shown
