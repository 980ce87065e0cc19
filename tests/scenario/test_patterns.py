"""Patterns of strangers: linear in time, line by line, and told about when they are not taken."""

from __future__ import annotations

import time

import pytest

from sim.scenario.patterns import (
    LARGEST,
    LONGEST_TEXT,
    Page,
    PatternError,
    check_pattern,
    firsts,
    fits,
    fits_all,
    groups,
)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("a(?!b)", r"it has no look-around"),
        (r"(a)\1", r"RE2"),
        ("a)", r"RE2"),
        ("(?:abcdefghij){1000}", rf"{LARGEST} are taken"),
    ],
)
def test_what_the_engine_does_not_take_is_told(pattern: str, told: str) -> None:
    with pytest.raises(PatternError, match=told):
        check_pattern(pattern)


def test_a_pattern_that_would_hang_a_backtracker_takes_no_time() -> None:
    page = Page("a" * 30 + "!\n" + "a" * 100_000)
    began = time.process_time()

    assert page.search(r"^(?:a+)+$") is not None
    assert list(page.rows(r"^(?:a|aa)+!!$")) == []
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("pattern", "lines"),
    [
        (r"^b\s*$", ["b"]),
        (r"a\s+b", []),
        (r"\w+\s*$", ["a", "b", "b c"]),
        (r"^(?P<x>b) ", ["b c"]),
        (r"", ["a", "b", "", "b c"]),
    ],
)
def test_rows_never_reach_beyond_their_line(pattern: str, lines: list[str]) -> None:
    assert [line for line, _ in Page("a\nb\n\nb c\n").rows(pattern)] == lines


def test_a_text_pattern_quotes_every_line_that_it_touches() -> None:
    found = Page("x\nState: Terminated\n  Reason: Error\ny").search(r"State:\s+\w+\s+Reason")

    assert found is not None
    assert found.lines == ["State: Terminated", "  Reason: Error"]


def test_groups_are_text_and_empty_where_they_took_no_part() -> None:
    found = Page("größe 12").search(r"größe (?P<n>\d+)(?P<unit>Mi)?")

    assert found is not None
    assert (found["n"], found["unit"]) == ("12", "")
    assert groups(r"(?P<n>\d+)(x)") == {"n"}


def test_what_is_no_text_can_be_searched() -> None:
    assert fits("b", "a\udcffb")
    assert not fits("^b", "a\udcffb")


def test_whole_and_case_and_first_groups() -> None:
    assert fits_all("node|zone", "zone")
    assert not fits_all("node|zone", "zones")
    assert fits("WHO", "who", ignore_case=True)
    assert firsts(r"^(\S+)\s+1/1", "a 1/1\nb 0/1\nc 1/1") == ["a", "c"]
    assert firsts("b", "abba") == ["b", "b"]


def test_only_so_much_is_searched() -> None:
    assert not fits("end", "x" * LONGEST_TEXT + "end")
    assert Page("x" * LONGEST_TEXT + "end").search("end") is None
