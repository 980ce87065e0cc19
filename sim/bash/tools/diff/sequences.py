"""The shortest way from one sequence of numbers to another: Myers' search from both ends.

Where several are equally short, the one that GNU diff takes is found: hunks are the same as its own.
It follows E. Myers, "An O(ND) Difference Algorithm and its Variations" (1986), section 4b.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_PATIENCE = 4096
"""Steps of one search after which any good split will do."""
_FAR = 1 << 60


class Comparison:
    """Marks what is deleted from *left* and inserted from *right*."""

    def __init__(
        self,
        left: Sequence[int],
        right: Sequence[int],
        *,
        minimal: bool,
        charge: Callable[[int], None],
    ) -> None:
        """Compare; *charge* is told of the work."""
        self.left = left
        self.right = right
        self.deleted = [False] * len(left)
        self.inserted = [False] * len(right)
        self._charge = charge
        size = len(left) + len(right) + 3
        patience = 1
        while size:
            patience <<= 1
            size >>= 2
        self._patience = max(_PATIENCE, patience)
        self._offset = len(right) + 1
        self._forward = [0] * (len(left) + len(right) + 3)
        self._backward = list(self._forward)
        self._compare(minimal)

    def _compare(self, minimal: bool) -> None:
        left, right = self.left, self.right
        waiting = [(0, len(left), 0, len(right), minimal)]
        while waiting:
            x, x_end, y, y_end, exact = waiting.pop()
            while x < x_end and y < y_end and left[x] == right[y]:
                x, y = x + 1, y + 1
            while x < x_end and y < y_end and left[x_end - 1] == right[y_end - 1]:
                x_end, y_end = x_end - 1, y_end - 1
            if x == x_end:
                self.inserted[y:y_end] = [True] * (y_end - y)
            elif y == y_end:
                self.deleted[x:x_end] = [True] * (x_end - x)
            else:
                x_mid, y_mid, low, high = self._split(x, x_end, y, y_end, exact)
                waiting.append((x_mid, x_end, y_mid, y_end, high))
                waiting.append((x, x_mid, y, y_mid, low))

    def _split(
        self, x_begin: int, x_end: int, y_begin: int, y_end: int, exact: bool
    ) -> tuple[int, int, bool, bool]:
        """Return a point on a shortest way, and whether each half has to be exact."""
        left, right, offset = self.left, self.right, self._offset
        forward, backward = self._forward, self._backward
        lowest, highest = x_begin - y_end, x_end - y_begin
        first_mid, last_mid = x_begin - y_begin, x_end - y_end
        f_low = f_high = first_mid
        b_low = b_high = last_mid
        odd = (first_mid - last_mid) & 1
        forward[first_mid + offset] = x_begin
        backward[last_mid + offset] = x_end
        steps = 0
        while True:
            steps += 1
            self._charge(8 + 3 * (f_high - f_low + b_high - b_low))
            if f_low > lowest:
                f_low -= 1
                forward[f_low - 1 + offset] = -1
            else:
                f_low += 1
            if f_high < highest:
                f_high += 1
                forward[f_high + 1 + offset] = -1
            else:
                f_high -= 1
            for diagonal in range(f_high, f_low - 1, -2):
                below, above = forward[diagonal - 1 + offset], forward[diagonal + 1 + offset]
                x = above if below < above else below + 1
                y = x - diagonal
                while x < x_end and y < y_end and left[x] == right[y]:
                    x, y = x + 1, y + 1
                forward[diagonal + offset] = x
                if odd and b_low <= diagonal <= b_high and backward[diagonal + offset] <= x:
                    return x, y, True, True
            if b_low > lowest:
                b_low -= 1
                backward[b_low - 1 + offset] = _FAR
            else:
                b_low += 1
            if b_high < highest:
                b_high += 1
                backward[b_high + 1 + offset] = _FAR
            else:
                b_high -= 1
            for diagonal in range(b_high, b_low - 1, -2):
                below, above = backward[diagonal - 1 + offset], backward[diagonal + 1 + offset]
                x = below if below < above else above - 1
                y = x - diagonal
                while x > x_begin and y > y_begin and left[x - 1] == right[y - 1]:
                    x, y = x - 1, y - 1
                backward[diagonal + offset] = x
                if not odd and f_low <= diagonal <= f_high and x <= forward[diagonal + offset]:
                    return x, y, True, True
            if not exact and steps >= self._patience:
                return self._farthest(
                    (x_begin, x_end, y_begin, y_end), (f_low, f_high), (b_low, b_high)
                )

    def _farthest(
        self, box: tuple[int, int, int, int], ahead: tuple[int, int], back: tuple[int, int]
    ) -> tuple[int, int, bool, bool]:
        """Return the farthest point that either search has reached."""
        x_begin, x_end, y_begin, y_end = box
        best, best_x = -1, 0
        for diagonal in range(ahead[1], ahead[0] - 1, -2):
            x = min(self._forward[diagonal + self._offset], x_end)
            x = min(x, y_end + diagonal)
            if best < 2 * x - diagonal:
                best, best_x = 2 * x - diagonal, x
        least, least_x = _FAR, 0
        for diagonal in range(back[1], back[0] - 1, -2):
            x = max(self._backward[diagonal + self._offset], x_begin)
            x = max(x, y_begin + diagonal)
            if 2 * x - diagonal < least:
                least, least_x = 2 * x - diagonal, x
        if (x_end + y_end) - least < best - (x_begin + y_begin):
            return best_x, best - best_x, True, False
        return least_x, least - least_x, False, True
