"""The keys of `sort`: which part of a line counts, and as what."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from sim.bash.tools.inputs import encoded
from sim.bash.tools.options import UsageProblem
from sim.bash.tools.versions import compare_versions
from sim.kernel import Stream

LETTERS = "bdfghiMnrRV"
Value = Any
"""What is compared: text, bytes, a number, or a tuple of them; of one kind for one key."""

_NUMBER = re.compile(r"[ \t\n]*(-?)(\d*)(?:\.(\d*))?([KkMGTPEZY]?)")
_FLOAT = re.compile(
    r"\s*([-+]?(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][-+]?\d+)?"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan))",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t]*")
_FIELD = re.compile(r"[ \t]*[^ \t]*")
_MONTHS = {name: number for number, name in enumerate(
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)}  # fmt: skip
_UNITS = {letter: power for power, letter in enumerate("KMGTPEZY", 1)} | {"k": 1}
_VERSION = cmp_to_key(compare_versions)
_LOWER = {ord(low): ord(low) - 32 for low in "abcdefghijklmnopqrstuvwxyz"}


class Key:
    """One `-k` (or the whole line) with the letters that hold for it."""

    def __init__(
        self,
        start: tuple[int, int],
        end: tuple[int, int] | None,
        letters: str,
        separator: str | None,
        stream: Stream | None,
        *,
        blanks: tuple[bool, bool] | None = None,
    ) -> None:
        """Compare from *start* (fields and characters to skip) to *end* (None: the line's)."""
        self._start, self._end, self._separator = start, end, separator
        self._blanks = ("b" in letters, "b" in letters) if blanks is None else blanks
        self._letters, self._stream = letters, stream
        self.reverse = "r" in letters

    def value(self, line: str) -> Value:
        """Return what *line* is compared by."""
        return self._meaning(self._part(line))

    def _part(self, line: str) -> str:
        begin = self._skip(line, self._start[0])
        if self._blanks[0]:
            begin = _past(_BLANKS, line, begin)
        begin = min(begin + self._start[1], len(line))
        if self._end is None:
            return line[begin:]
        fields, chars = self._end
        end = self._skip(line, fields + (chars == 0), limit=chars == 0)
        if chars:
            if self._blanks[1]:
                end = _past(_BLANKS, line, end)
            end = min(end + chars, len(line))
        return line[begin : max(begin, end)]

    def _skip(self, line: str, fields: int, *, limit: bool = False) -> int:
        """Return where *line* goes on after *fields* fields; with *limit* before the separator."""
        at = 0
        if self._separator is None:
            for _ in range(min(fields, len(line))):
                at = _past(_FIELD, line, at)
            return at
        for done in range(min(fields, len(line) + 1)):
            found = line.find(self._separator, at)
            if found < 0:
                return len(line)
            at = found + 1
            if limit and done == fields - 1:
                return found
        return at

    def _meaning(self, text: str) -> Value:
        letters = self._letters
        if "d" in letters:
            text = "".join(c for c in text if c in " \t" or (c.isascii() and c.isalnum()))
        elif "i" in letters:
            text = "".join(c for c in text if " " <= c <= "~")
        if "f" in letters:
            text = text.translate(_LOWER)
        if "n" in letters:
            return _number(text)[0]
        if "h" in letters:
            number, unit = _number(text)
            order = _UNITS.get(unit, 0) if number else 0
            return (-order if number < 0 else order, number)
        if "g" in letters:
            return _general(text)
        if "M" in letters:
            return _MONTHS.get(text.strip()[:3].upper(), 0)
        if "R" in letters and self._stream is not None:
            return self._stream.at(text).bits()
        if "V" in letters:
            return _VERSION(text)
        return encoded(text)


def _past(pattern: re.Pattern[str], line: str, at: int) -> int:
    match = pattern.match(line, at)
    return at if match is None else match.end()


def _number(text: str) -> tuple[int | Decimal, str]:
    match = _NUMBER.match(text)
    if match is None:
        return 0, ""
    sign, whole, part, unit = match.groups()
    if not part and len(whole) < 1000:
        value: int | Decimal = int(whole or 0)
    else:
        value = Decimal(f"{whole or 0}.{part or 0}")
    return (value.copy_negate() if isinstance(value, Decimal) else -value) if sign else value, unit


def _general(text: str) -> tuple[int, float]:
    match = _FLOAT.match(text)
    if match is None:
        return (0, 0.0)
    word = match[1].lower()
    try:
        value = float.fromhex(word) if "0x" in word else float(word)
    except OverflowError:
        value = -math.inf if word.startswith("-") else math.inf
    return (1, 0.0) if value != value else (2, value)  # noqa: PLR0124 - NaN


def check_together(letters: str) -> None:
    """Refuse letters that cannot hold at once; raises UsageProblem."""
    kinds = sum(letter in letters for letter in "nghM")
    if kinds + any(letter in letters for letter in "VRdi") > 1:
        shown = "".join(one for one in "dfghiMnRV" if one in letters)
        raise UsageProblem(f"options '-{shown}' are incompatible")


def read_key(text: str, general: str, separator: str | None, stream: Stream | None) -> Key:
    """Return the key that `-k` *text* means; *general* letters hold if it has none of its own.

    Raises:
        UsageProblem: if it is none.
    """
    first, comma, second = text.partition(",")
    field, char, own = _position(text, first, "at field start")
    if field == 0:
        raise UsageProblem(f"field number is zero: invalid field specification ‘{text}’")
    if char == 0:
        raise UsageProblem(f"character offset is zero: invalid field specification ‘{text}’")
    end: tuple[int, int] | None = None
    also = ""
    if comma:
        last, upto, also = _position(text, second, "after ','")
        if last == 0:
            raise UsageProblem(f"field number is zero: invalid field specification ‘{text}’")
        end = (last - 1, upto or 0)
    letters = own + also
    blanks = ("b" in own, "b" in also)
    if not letters:
        letters, blanks = general, ("b" in general, "b" in general)
    check_together(letters)
    return Key((field - 1, (char or 1) - 1), end, letters, separator, stream, blanks=blanks)


def _position(spec: str, text: str, where: str) -> tuple[int, int | None, str]:
    match = re.match(r"(\d+)(?:(\.)(\d*))?", text)
    if match is None:
        raise UsageProblem(f"invalid number {where}: invalid count at start of ‘{text}’")
    if match[2] and not match[3]:
        rest = text[match.end() :]
        raise UsageProblem(f"invalid number after '.': invalid count at start of ‘{rest}’")
    letters = text[match.end() :]
    if letters.strip(LETTERS):
        raise UsageProblem(f"stray character in field spec: invalid field specification ‘{spec}’")
    return min(int(match[1][:18]), 1 << 30), int(match[3][:9]) if match[3] else None, letters
