"""Where lines break: cases of mitchellh/go-wordwrap's own tests."""

from __future__ import annotations

import pytest

from sim.kubectl.wordwrap import wrap


@pytest.mark.parametrize(
    ("text", "limit", "lines"),
    [
        ("foo", 4, "foo"),
        ("foobarbaz", 4, "foobarbaz"),
        ("foo bar baz", 4, "foo\nbar\nbaz"),
        ("foo bar baz", 5, "foo\nbar\nbaz"),
        ("foo bars bazzes", 4, "foo\nbars\nbazzes"),
        ("foo bar\n\nbaz", 9, "foo bar\n\nbaz"),
        ("  x", 9, "  x"),
        ("word  " * 3, 12, "word  word\nword  "),
        ("one\u00a0two three", 8, "one\u00a0two\nthree"),
        ("", 9, ""),
    ],
)
def test_lines_break_at_spaces(text, limit, lines):
    assert wrap(text, limit) == lines
