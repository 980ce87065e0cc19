"""A terminal far away: what was typed here is not shown twice, and the whole screen is given over."""

import pytest

from sim.client.farterminal import FarTerminal


def shown(typed: str, *parts: str, echoes: bool = True) -> str:
    far = FarTerminal(echoes=echoes)
    far.typed(typed)
    return "".join(far.shown(part) for part in parts)


@pytest.mark.parametrize(
    ("typed", "parts", "text"),
    [
        ("date\n", ("date\r\nMon\r\n$ ",), "Mon\n$ "),
        ("date\n", ("da", "te\r", "\nMon\r\n"), "Mon\n"),
        ("date\n", ("late\r\ndate\r\nMon\r\n",), "late\nMon\n"),
        ("secret\n", ("\r\nfine\r\n",), "\nfine\n"),
        ("date\n", ("\x1b[?2004h$ date\r\n\x1b[?2004l\rMon\r\n",), "$ \rMon\n"),
        (
            "",
            (
                "a\r",
                "\nb",
            ),
            "a\nb",
        ),
    ],
)
def test_a_line_is_shown_once(typed: str, parts: tuple[str, ...], text: str):
    assert shown(typed, *parts) == text


def test_without_an_echo_nothing_is_taken_away():
    assert shown("hi\n", "hi\r\n", echoes=False) == "hi\n"


def test_a_program_takes_the_screen_and_gives_it_back():
    far = FarTerminal(echoes=True)
    far.shown("\x1b[?1049h\x1b[1;1Htop\r\n")
    assert far.full
    far.typed("q")
    assert far.shown("q\r\n") == "q\r\n"
    far.shown("\x1b[?1049l")
    assert not far.full
