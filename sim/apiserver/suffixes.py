"""The random ends of generated names (`web-x2k9m`), five letters from one draw."""

from __future__ import annotations

from sim.kernel import Stream

SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels, nothing that looks alike (apimachinery util/rand)."""
SUFFIX_LENGTH = 5


def draw_suffix(draw: Stream) -> str:
    """Return the five letters that *draw* stands for."""
    bits = draw.bits()
    letters = ""
    for _ in range(SUFFIX_LENGTH):
        bits, letter = divmod(bits, len(SUFFIX_ALPHABET))
        letters += SUFFIX_ALPHABET[letter]
    return letters
