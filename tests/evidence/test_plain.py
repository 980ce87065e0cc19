"""Evidence is read without what moves a cursor or chooses colours."""

from __future__ import annotations

import pytest

from sim.evidence import plain_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("web-1   0/1\n", "web-1   0/1\n"),
        ("\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[m", "red green"),
        ("\x1b[?1049h\x1b[H\x1b[2J\x1b[1;1Hone\x1b[K\x1b[2;1Htwo\x1b[?1049l", "\n\none\ntwo\n"),
        ("\x1b[?25l\x1b[5;1Hlast\x1b[24;2H\x1b[?25h", "\nlast\n"),
        ("\x1b]0;title\x07text\x1b(B", "text"),
        ("\x1b[A\x1b[Kagain", "\nagain"),
        ("bell\x1b[m\x07", "bell"),
    ],
)
def test_sequences_are_left_out_and_places_begin_lines(text: str, plain: str) -> None:
    assert plain_text(text) == plain
