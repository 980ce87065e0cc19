"""Go's `sort.Sort`: pattern-defeating quicksort, so that equal elements end up where Go puts them.

`kubectl get events --sort-by=.lastTimestamp` has ties in nearly every second, and the order among
them is this algorithm's (https://pkg.go.dev/sort, https://arxiv.org/abs/2106.05123). It must not
know what is sorted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

_INSERTION = 12
_NINTHER = 50
_MAX_STEPS = 5
_SHORTEST_SHIFTING = 50
_MASK = (1 << 64) - 1


def go_sort(items: list[T], less: Callable[[T, T], bool]) -> None:
    """Sort *items* in place; *less* need not be consistent for ties."""
    _Sorter(items, less).sort(0, len(items), len(items).bit_length())


class _Sorter(Generic[T]):
    def __init__(self, items: list[T], less: Callable[[T, T], bool]) -> None:
        self._items = items
        self._less_than = less

    def _less(self, left: int, right: int) -> bool:
        return self._less_than(self._items[left], self._items[right])

    def _swap(self, left: int, right: int) -> None:
        items = self._items
        items[left], items[right] = items[right], items[left]

    def sort(self, low: int, high: int, limit: int) -> None:
        """Sort [low, high); after *limit* bad pivots, by heap."""
        balanced = partitioned = True
        while True:
            length = high - low
            if length <= _INSERTION:
                self._insertion(low, high)
                return
            if limit == 0:
                self._heap(low, high)
                return
            if not balanced:
                self._break_patterns(low, high)
                limit -= 1
            pivot, hint = self._choose_pivot(low, high)
            if hint == "decreasing":
                self._reverse(low, high)
                pivot = high - 1 - (pivot - low)
                hint = "increasing"
            likely = balanced and partitioned and hint == "increasing"
            if likely and self._partial_insertion(low, high):
                return
            if low > 0 and not self._less(low - 1, pivot):
                low = self._partition_equal(low, high, pivot)
                continue
            middle, partitioned = self._partition(low, high, pivot)
            left, right = middle - low, high - middle
            if left < right:
                balanced = left >= length // 8
                self.sort(low, middle, limit)
                low = middle + 1
            else:
                balanced = right >= length // 8
                self.sort(middle + 1, high, limit)
                high = middle

    def _insertion(self, low: int, high: int) -> None:
        for index in range(low + 1, high):
            place = index
            while place > low and self._less(place, place - 1):
                self._swap(place, place - 1)
                place -= 1

    def _sift_down(self, root: int, high: int, first: int) -> None:
        while (child := 2 * root + 1) < high:
            if child + 1 < high and self._less(first + child, first + child + 1):
                child += 1
            if not self._less(first + root, first + child):
                return
            self._swap(first + root, first + child)
            root = child

    def _heap(self, low: int, high: int) -> None:
        length = high - low
        for root in range((length - 1) // 2, -1, -1):
            self._sift_down(root, length, low)
        for last in range(length - 1, -1, -1):
            self._swap(low, low + last)
            self._sift_down(0, last, low)

    def _partition(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        self._swap(low, pivot)
        left, right = low + 1, high - 1
        while left <= right and self._less(left, low):
            left += 1
        while left <= right and not self._less(right, low):
            right -= 1
        if left > right:
            self._swap(right, low)
            return right, True
        self._swap(left, right)
        left += 1
        right -= 1
        while True:
            while left <= right and self._less(left, low):
                left += 1
            while left <= right and not self._less(right, low):
                right -= 1
            if left > right:
                break
            self._swap(left, right)
            left += 1
            right -= 1
        self._swap(right, low)
        return right, False

    def _partition_equal(self, low: int, high: int, pivot: int) -> int:
        self._swap(low, pivot)
        left, right = low + 1, high - 1
        while True:
            while left <= right and not self._less(low, left):
                left += 1
            while left <= right and self._less(low, right):
                right -= 1
            if left > right:
                return left
            self._swap(left, right)
            left += 1
            right -= 1

    def _partial_insertion(self, low: int, high: int) -> bool:
        index = low + 1
        for _ in range(_MAX_STEPS):
            while index < high and not self._less(index, index - 1):
                index += 1
            if index == high:
                return True
            if high - low < _SHORTEST_SHIFTING:
                return False
            self._swap(index, index - 1)
            if index - low >= 2:
                for place in range(index - 1, 0, -1):
                    if not self._less(place, place - 1):
                        break
                    self._swap(place, place - 1)
            if high - index >= 2:
                for place in range(index + 1, high):
                    if not self._less(place, place - 1):
                        break
                    self._swap(place, place - 1)
        return False

    def _break_patterns(self, low: int, high: int) -> None:
        length = high - low
        if length < 8:
            return
        state = length
        modulus = 1 << length.bit_length()
        index = low + (length // 4) * 2 - 1
        for step in range(3):
            state ^= (state << 13) & _MASK
            state ^= state >> 7
            state ^= (state << 17) & _MASK
            other = state & (modulus - 1)
            if other >= length:
                other -= length
            self._swap(index + step, low + other)

    def _choose_pivot(self, low: int, high: int) -> tuple[int, str]:
        length = high - low
        swaps = [0]
        left, middle, right = (low + length // 4 * part for part in (1, 2, 3))
        if length >= 8:
            if length >= _NINTHER:
                left = self._median(left - 1, left, left + 1, swaps)
                middle = self._median(middle - 1, middle, middle + 1, swaps)
                right = self._median(right - 1, right, right + 1, swaps)
            middle = self._median(left, middle, right, swaps)
        hint = {0: "increasing", 12: "decreasing"}.get(swaps[0], "unknown")
        return middle, hint

    def _median(self, one: int, two: int, three: int, swaps: list[int]) -> int:
        one, two = self._order(one, two, swaps)
        two, three = self._order(two, three, swaps)
        one, two = self._order(one, two, swaps)
        return two

    def _order(self, left: int, right: int, swaps: list[int]) -> tuple[int, int]:
        if self._less(right, left):
            swaps[0] += 1
            return right, left
        return left, right

    def _reverse(self, low: int, high: int) -> None:
        self._items[low:high] = self._items[low:high][::-1]
