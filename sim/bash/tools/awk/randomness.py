"""The numbers of `rand`: additive feedback over 63 words, as random(3) has it; a seed, a sequence."""

from __future__ import annotations

from sim.bash.tools.awk.values import whole

_WORDS, _APART = 63, 1
_MODULUS = 0x7FFFFFFF


class Randomness:
    """A seeded sequence."""

    def __init__(self, seed: int = 1) -> None:
        """Begin with *seed*; gawk's is 1 until `srand` is called."""
        self.seed = float(seed)
        self._start(seed)

    def reseed(self, seed: float) -> float:
        """Begin anew; return the seed before."""
        before, self.seed = self.seed, seed
        self._start(whole(seed) & 0xFFFFFFFF)
        return before

    def _start(self, seed: int) -> None:
        state = [seed & 0xFFFFFFFF]
        for _ in range(1, _WORDS):
            state.append(_good(state[-1]))
        self._state = state
        self._front, self._rear = _APART, 0
        for _ in range(10 * _WORDS):
            self._word()

    def _word(self) -> int:
        state = self._state
        value = state[self._front] = (state[self._front] + state[self._rear]) & 0xFFFFFFFF
        self._front = (self._front + 1) % _WORDS
        self._rear = (self._rear + 1) % _WORDS
        return value >> 1

    def next(self) -> float:
        """Return a number from 0 up to 1."""
        divisor = 2147483648.0
        while True:
            low, high = self._word(), self._word()
            value = 0.5 + (low / divisor + high) / divisor
            value -= 0.5
            if value != 1.0:
                return value


def _good(value: int) -> int:
    """Return the word after *value* in the sequence that fills the state (16807 times it)."""
    value = value % _MODULUS if value else 123459876
    high, low = divmod(value, 127773)
    result = 16807 * low - 2836 * high
    return result + _MODULUS if result < 0 else result
