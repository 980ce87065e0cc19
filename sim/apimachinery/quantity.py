"""Resource quantities (`250m`, `128Mi`): parsed exactly, printed in Kubernetes' canonical form.

Values are fractions, so nothing is lost on the way. This file must not know what is measured.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_ONES = DECIMAL.index("")
_NUMBER = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(.*)", re.ASCII)
_EXPONENT = re.compile(r"[eE][+-]?\d+", re.ASCII)
_NANO = Fraction(1, 10**9)

_FORMAT_ERROR = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)


def _scale(suffix: str) -> tuple[Fraction, str] | None:
    if suffix in DECIMAL:
        return Fraction(1000) ** (DECIMAL.index(suffix) - _ONES), "decimal"
    if suffix in BINARY:
        return Fraction(1024) ** BINARY.index(suffix), "binary"
    if _EXPONENT.fullmatch(suffix):
        return Fraction(10) ** int(suffix[1:]), "exponent"
    return None


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[Fraction, str]:
    match = _NUMBER.fullmatch(text)
    scale = _scale(match[3]) if match else None
    if match is None or scale is None:
        raise ValueError(_FORMAT_ERROR)
    value = Fraction(match[2].rstrip(".") or "0") * scale[0]
    if value % _NANO:  # nothing finer than a billionth; rounded away from zero
        value = (value // _NANO + 1) * _NANO
    return (-value if match[1] == "-" else value), scale[1]


def parse_quantity(text: str | float) -> Fraction:
    """Return the exact value of *text* in the unit itself (cores, bytes).

    >>> parse_quantity("250m")
    Fraction(1, 4)

    Raises:
        ValueError: with Kubernetes' text if *text* is not a quantity.
    """
    return _split(str(text))[0]


def millis(text: str | float) -> int:
    """Return *text* in thousandths, rounded up: the millicores of `250m` are 250."""
    return -int(-parse_quantity(text) * 1000 // 1)


def units(text: str | float) -> int:
    """Return *text* in whole units, rounded up: the bytes of `128Mi` are 134217728."""
    return -int(-parse_quantity(text) // 1)


@lru_cache(maxsize=4096)
def canonical(text: str | float) -> str:
    """Return *text* as the API server stores it: no fraction, the largest suffix that fits.

    >>> canonical("0.5"), canonical("1024Mi"), canonical("1500m")
    ('500m', '1Gi', '1500m')
    """
    value, form = _split(str(text))
    return format_quantity(value, binary=form == "binary")


def format_quantity(value: Fraction | int, *, binary: bool = False) -> str:
    """Return *value* in canonical form, with `Ki`, `Mi` ... if *binary* and whole."""
    value = Fraction(value)
    if value == 0:
        return "0"
    if binary and value.denominator == 1 and abs(value) >= 1024:
        return _largest(int(value), 1024, BINARY)
    nanos = value / _NANO
    return _largest(int(nanos), 1000, DECIMAL)


def _largest(number: int, step: int, suffixes: tuple[str, ...]) -> str:
    place = 0
    while number % step == 0 and place < len(suffixes) - 1:
        number //= step
        place += 1
    return f"{number}{suffixes[place]}"
