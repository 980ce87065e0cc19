"""Aligned columns: tab stops, custom columns and the order of rows."""

from __future__ import annotations

from typing import Any

import pytest

from sim.kubectl.errors import CommandError
from sim.kubectl.printers.customcolumns import CustomColumns
from sim.kubectl.printers.sorting import sort_by
from sim.kubectl.printers.tabwriter import TabWriter

PODS: list[Any] = [
    {"metadata": {"name": "b"}, "spec": {"cpu": "200m"}, "n": 10, "at": "2026-11-20T02:00:00Z"},
    {"metadata": {"name": "a10"}, "spec": {"cpu": "1"}, "n": 9},
    {"metadata": {"name": "a9"}, "spec": {"cpu": "50m"}, "n": 2, "at": "2026-11-20T01:00:00Z"},
]


@pytest.mark.parametrize(
    ("text", "aligned"),
    [
        ("NAME\tAGE\nlonger-name\t5s\n", "NAME          AGE\nlonger-name   5s\n"),
        ("a\tb\n", "a     b\n"),
        ("aaaaaaaaaa\tb\nlonely\ncc\td\n", "aaaaaaaaaa   b\nlonely\ncc           d\n"),
        ("a\t\tc\nbb\tx\ty\n", "a           c\nbb    x     y\n"),
        ("", ""),
    ],
)
def test_cells_are_aligned_with_three_blanks_and_at_least_six_wide(text: str, aligned: str) -> None:
    assert TabWriter().align(text) == aligned


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("{.metadata.name}", "a10 a9 b"),
        ("{.n}", "a9 a10 b"),
        ("{.spec.cpu}", "a9 b a10"),
        ("{.at}", "a10 a9 b"),
    ],
)
def test_rows_are_sorted_by_what_the_field_is(path: str, order: str) -> None:
    found = sort_by(PODS, path, lambda pod: pod)

    assert " ".join(pod["metadata"]["name"] for pod in found) == order


def test_sorting_by_a_field_that_nobody_has_is_refused() -> None:
    with pytest.raises(CommandError, match="couldn't find any field with path"):
        sort_by(PODS, "{.nope}", lambda pod: pod)


def test_custom_columns_print_none_for_what_is_missing() -> None:
    columns = CustomColumns.parse("NAME:.metadata.name,AT:.at,CPU:.spec.cpu")

    assert columns.render(PODS) == (
        "NAME   AT                     CPU\n"
        "b      2026-11-20T02:00:00Z   200m\n"
        "a10    <none>                 1\n"
        "a9     2026-11-20T01:00:00Z   50m\n"
    )


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("", "custom-columns format specified but no custom columns given"),
        (
            "NAME",
            "unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>",
        ),
    ],
)
def test_malformed_columns_are_refused(spec: str, problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        CustomColumns.parse(spec)


def test_columns_come_from_a_file_too() -> None:
    columns = CustomColumns.parse_file("NAME           N\n.metadata.name  .n\n")

    assert columns.render(PODS[:1]) == "NAME   N\nb      10\n"
