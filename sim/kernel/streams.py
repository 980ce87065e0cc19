"""Named random streams: every draw is a hash of its purpose, so a new draw never shifts another.

A stream has no state. `Stream("seed", 0).at("pod", "web", 3).unit()` is the same number on every
machine, in any order of asking, under any PYTHONHASHSEED.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_SPAN = 1 << 64


@lru_cache(maxsize=64)
def _indices(length: int) -> tuple[bytes, ...]:
    """Return the numbers below *length* as draws are told apart by them."""
    return tuple(str(index).encode() for index in range(length))


class Stream:
    """A place in the tree of random numbers, named by its path."""

    __slots__ = ("_key",)

    def __init__(self, *path: object) -> None:
        """Name the stream by *path*; each part enters by its `str`."""
        self._key = "\x1f".join(map(str, path))

    def at(self, *path: object) -> Stream:
        """Return the stream below this one for a purpose, e.g. `.at("pod-suffix", owner, ordinal)`."""
        return Stream(self._key, *path)

    def bits(self, index: int = 0) -> int:
        """Return draw number *index* as an integer of 64 bits."""
        digest = blake2b(f"{self._key}\x1e{index}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")

    def unit(self, index: int = 0) -> float:
        """Return draw number *index* in [0, 1)."""
        return (self.bits(index) >> 11) / (1 << 53)

    def uniform(self, low: float, high: float, index: int = 0) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.unit(index)

    def integer(self, low: int, high: int, index: int = 0) -> int:
        """Return a whole number in [low, high], both ends included."""
        return low + self.bits(index) * (high - low + 1) // _SPAN

    def choice(self, options: Sequence[T], index: int = 0) -> T:
        """Return one of *options*."""
        return options[self.integer(0, len(options) - 1, index)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return *options* in a drawn order."""
        rest = list(options)
        for last in range(len(rest) - 1, 0, -1):
            other = self.integer(0, last, last)
            rest[last], rest[other] = rest[other], rest[last]
        return rest

    def text(self, alphabet: str, length: int) -> str:
        """Return *length* characters of *alphabet*: `choice` for each index, at a fifth of its cost."""
        prefix, size = f"{self._key}\x1e".encode(), len(alphabet)
        return "".join(
            [
                alphabet[
                    int.from_bytes(blake2b(prefix + one, digest_size=8).digest(), "big")
                    * size
                    // _SPAN
                ]
                for one in _indices(length)
            ]
        )

    def hex(self, length: int) -> str:
        """Return *length* hexadecimal digits."""
        return self.text("0123456789abcdef", length)

    def digest(self) -> str:
        """Return 64 hexadecimal digits at the price of one draw, for what there is much of."""
        return blake2b(self._key.encode(), digest_size=32).hexdigest()

    def uuid(self) -> str:
        """Return a version-4 UUID in its usual form."""
        raw = self.hex(32)
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{'89ab'[int(raw[16], 16) % 4]}{raw[17:20]}-{raw[20:]}"
