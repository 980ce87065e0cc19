"""Go's pattern-defeating quicksort: sorted, and ties where Go leaves them."""

from __future__ import annotations

import random

import pytest

from sim.kubectl.gosort import go_sort

# fmt: off
TIES = [
    20, 5, 15, 25, 10, 0, 13, 28, 3, 18, 8, 23, 26, 21, 11, 6, 16, 1, 14, 19, 9, 24, 4, 29, 17, 12,
    22, 7, 27, 2,
]
# fmt: on


@pytest.mark.parametrize("size", [0, 1, 2, 11, 12, 13, 50, 51, 200, 1000])
@pytest.mark.parametrize("shape", ["random", "rising", "falling", "equal", "saw", "few"])
def test_everything_comes_out_in_order(size: int, shape: str) -> None:
    drawn = random.Random(size)
    items = {
        "random": [drawn.randrange(size + 1) for _ in range(size)],
        "rising": list(range(size)),
        "falling": list(range(size, 0, -1)),
        "equal": [1] * size,
        "saw": [number % 7 for number in range(size)],
        "few": [drawn.randrange(3) for _ in range(size)],
    }[shape]
    wanted = sorted(items)

    go_sort(items, lambda left, right: left < right)

    assert items == wanted


def test_ties_are_left_where_go_leaves_them() -> None:
    """The order is that of `sort.Sort` of Go 1.26 for the same input."""
    items = [(number * 7 % 5, number) for number in range(30)]

    go_sort(items, lambda left, right: left[0] < right[0])

    assert [number for _, number in items] == TIES


def test_a_comparison_that_contradicts_itself_ends_all_the_same() -> None:
    drawn = random.Random(3)
    items = list(range(300))

    go_sort(items, lambda _left, _right: drawn.random() < 0.5)

    assert sorted(items) == list(range(300))
