"""Which lines changed between two files: confusing lines set aside, runs moved to where GNU has them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import NamedTuple

from sim.bash.tools.diff.sequences import Comparison

_KEPT, _ALONE, _COMMON = 0, 1, 2
"""A line takes part; it is in one file only; it is in the other so often that it may be left out."""


class Change(NamedTuple):
    """Lines taken away and put in, with the numbers (from 0) of where that is."""

    left: int
    deleted: int
    right: int
    inserted: int


def changes(
    left: Sequence[Hashable],
    right: Sequence[Hashable],
    *,
    horizon: int,
    minimal: bool,
    charge: Callable[[int], None],
) -> list[Change]:
    """Return the changes that lead from *left* to *right*.

    Equal lines at both ends are left out of the comparison but for *horizon* of them.
    """
    begin = 0
    shortest = min(len(left), len(right))
    while begin < shortest and left[begin] == right[begin]:
        begin += 1
    end = 0
    while end < shortest - begin and left[len(left) - 1 - end] == right[len(right) - 1 - end]:
        end += 1
    charge(len(left) + len(right))
    if begin == len(left) == len(right):
        return []
    begin, end = max(begin - horizon, 0), max(end - horizon, 0)
    numbers: dict[Hashable, int] = {}
    files = [
        [numbers.setdefault(line, len(numbers)) for line in lines[begin : len(lines) - end]]
        for lines in (left, right)
    ]
    marks = _compared(files, minimal, charge)
    _shift(marks[0], marks[1], files[0], charge)
    _shift(marks[1], marks[0], files[1], charge)
    return _script(marks, begin)


def _compared(
    files: list[list[int]], minimal: bool, charge: Callable[[int], None]
) -> list[list[bool]]:
    """Return for each line of each file whether it changed."""
    counts: list[dict[int, int]] = [{}, {}]
    for lines, count in zip(files, counts, strict=True):
        for line in lines:
            count[line] = count.get(line, 0) + 1
    kept: list[list[int]] = []
    marks: list[list[bool]] = []
    for lines, other in ((files[0], counts[1]), (files[1], counts[0])):
        kinds = [_KEPT] * len(lines) if minimal else _kinds(lines, other)
        kept.append([index for index, kind in enumerate(kinds) if kind == _KEPT])
        marks.append([kind != _KEPT for kind in kinds])
    found = Comparison(
        [files[0][index] for index in kept[0]],
        [files[1][index] for index in kept[1]],
        minimal=minimal,
        charge=charge,
    )
    for side, changed in enumerate((found.deleted, found.inserted)):
        for index, one in zip(kept[side], changed, strict=True):
            if one:
                marks[side][index] = True
    return marks


def _kinds(lines: list[int], other: dict[int, int]) -> list[int]:
    """Return which lines take part in the comparison."""
    many = 5
    rest = len(lines) // 64 >> 2
    while rest > 0:
        many *= 2
        rest >>= 2
    kinds: list[int] = []
    for line in lines:
        count = other.get(line, 0)
        kinds.append(_ALONE if count == 0 else _COMMON if count > many else _KEPT)
    at = 0
    while at < len(kinds):
        if kinds[at] != _ALONE:
            kinds[at] = _KEPT
            at += 1
            continue
        end = at
        while end < len(kinds) and kinds[end] != _KEPT:
            end += 1
        # Common lines count only between lines of one file alone.
        while kinds[end - 1] == _COMMON:
            end -= 1
            kinds[end] = _KEPT
        kinds[at:end] = _settled(kinds[at:end])
        at = end
    return kinds


def _settled(run: list[int]) -> list[int]:
    """Return *run*, which lines of one file alone begin and end, with few common lines in it."""
    if run.count(_COMMON) * 4 > len(run):
        return [_KEPT if kind == _COMMON else kind for kind in run]
    least = 1
    rest = len(run) >> 4
    while rest > 0:
        least <<= 1
        rest >>= 2
    out: list[int] = []
    for kind, same in groupby(run):
        size = sum(1 for _ in same)
        out += [_KEPT if kind == _COMMON and size > least else kind] * size
    _clear_beginning(out)
    out.reverse()
    _clear_beginning(out)
    out.reverse()
    return out


def _clear_beginning(run: list[int]) -> None:
    """Keep the common lines up to three lines alone in a row, or the first alone from the eighth."""
    together = 0
    for index, kind in enumerate(run):
        if index >= 8 and kind == _ALONE:
            return
        if kind == _ALONE:
            together += 1
        else:
            together = 0
            run[index] = _KEPT
        if together == 3:
            return


def _shift(
    changed: list[bool], other: list[bool], lines: list[int], charge: Callable[[int], None]
) -> None:
    """Move runs of changes to where they merge with others, or else as far down as they go.

    A run that can stand beside a run of the other file goes there.
    """
    count = len(lines)
    changed.append(False)
    other.append(False)
    at = beside = 0
    while True:
        while at < count and not changed[at]:
            while other[beside]:
                beside += 1
            beside += 1
            at += 1
        if at == count:
            break
        start = at
        while changed[at]:
            at += 1
        while other[beside]:
            beside += 1
        while True:
            size = at - start
            while start and lines[start - 1] == lines[at - 1]:
                charge(4)
                start, at = start - 1, at - 1
                changed[start], changed[at] = True, False
                while start and changed[start - 1]:
                    start -= 1
                beside -= 1
                while beside and other[beside]:
                    beside -= 1
            matching = at if beside and other[beside - 1] else count
            while at != count and lines[start] == lines[at]:
                charge(4)
                changed[start], changed[at] = False, True
                start, at = start + 1, at + 1
                while changed[at]:
                    at += 1
                beside += 1
                while other[beside]:
                    matching = at
                    beside += 1
            if size == at - start:
                break
        while matching < at:
            start, at = start - 1, at - 1
            changed[start], changed[at] = True, False
            beside -= 1
            while beside and other[beside]:
                beside -= 1
    changed.pop()
    other.pop()


def _script(marks: list[list[bool]], begin: int) -> list[Change]:
    """Return the marked lines as changes."""
    deleted, inserted = marks
    out: list[Change] = []
    x = y = 0
    while x < len(deleted) or y < len(inserted):
        x_start, y_start = x, y
        while x < len(deleted) and deleted[x]:
            x += 1
        while y < len(inserted) and inserted[y]:
            y += 1
        if x > x_start or y > y_start:
            out.append(Change(begin + x_start, x - x_start, begin + y_start, y - y_start))
        x, y = x + 1, y + 1
    return out
