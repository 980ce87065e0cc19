"""A scenario laid over what its family shares."""

from __future__ import annotations

from typing import Any

import pytest

from sim.scenario.merging import Merged


def _merged(own: Any, shared: Any) -> Merged:
    return Merged(own, shared, below=("shared",))


@pytest.mark.parametrize(
    ("own", "shared", "whole"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
        ({"a": {"x": 1}}, {"a": {"x": 2, "y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": ("own",)}, {"a": ("theirs", "too")}, {"a": ("own",)}),
        ({"a": ()}, {"a": ({"id": "x"},)}, {"a": ()}),
        ({"a": "text"}, {"a": {"x": 1}}, {"a": "text"}),
        ({0: {"x": 1}}, {0: {"y": 2}}, {0: {"y": 2, "x": 1}}),
    ],
)
def test_mappings_merge_and_all_else_is_replaced(own: Any, shared: Any, whole: Any) -> None:
    assert _merged(own, shared).tree == whole


@pytest.mark.parametrize("name", ["id", "name", "offset"])
def test_lists_of_named_things_merge_by_name_and_new_ones_come_last(name: str) -> None:
    shared = ({name: "a", "v": 1}, {name: "b", "v": 2}, {name: "c", "v": 3})
    own = ({name: "d", "v": 4}, {name: "b", "w": 5}, {name: "a", "drop": True})

    assert _merged({"l": own}, {"l": shared}).tree["l"] == (
        {name: "b", "v": 2, "w": 5},
        {name: "c", "v": 3},
        {name: "d", "v": 4},
    )


def test_a_name_that_stands_twice_tells_nothing_apart() -> None:
    shared = ({"name": "a", "ago": 1}, {"name": "a", "ago": 2})

    assert _merged({"l": ({"name": "a", "ago": 3},)}, {"l": shared}).tree["l"] == (
        {"name": "a", "ago": 3},
    )


def test_nothing_is_changed_in_place() -> None:
    own = {"l": ({"id": "a", "deep": {"x": 1}},)}
    shared = {"l": ({"id": "a", "deep": {"y": 2}},)}

    _merged(own, shared)

    assert own == {"l": ({"id": "a", "deep": {"x": 1}},)}
    assert shared == {"l": ({"id": "a", "deep": {"y": 2}},)}


def test_every_place_remembers_its_file() -> None:
    own = {"l": ({"id": "b", "w": 5}, {"id": "new"}, {"id": "a", "drop": True}), "o": 1}
    shared = {"l": ({"id": "a"}, {"id": "b", "v": (7, 8)}, {"id": "c"}), "s": {"t": 1}}

    whence = _merged(own, shared).whence

    assert whence(()) == (0, ())
    assert whence(("o",)) == (0, ("o",))
    assert whence(("s", "t")) == (1, ("shared", "s", "t"))
    assert whence(("l", 0, "w")) == (0, ("l", 0, "w"))
    assert whence(("l", 0, "v", 1)) == (1, ("shared", "l", 1, "v", 1))
    assert whence(("l", 1, "id")) == (1, ("shared", "l", 2, "id"))
    assert whence(("l", 2)) == (0, ("l", 1))
    assert whence(("nowhere",)) == (0, ("nowhere",))


def test_what_cannot_be_dropped_is_told() -> None:
    shared = {"l": ({"id": "apple"}, {"id": "pear"})}

    missing = _merged({"l": ({"id": "aple", "drop": True},)}, shared)
    more = _merged({"l": ({"id": "pear", "drop": True, "v": 1},)}, shared)

    assert missing.problems == [(0, ("l", 0, "drop"), 'no id to drop "aple"; nearest: apple')]
    assert more.problems == [(0, ("l", 0), "what is dropped has nothing but its name and `drop`")]
