"""Matching in linear time: a pattern over text, with positions in characters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import re2

from sim.bash.regex.brackets import RegexProblem

_MAX_PROGRAM = 20_000
"""Instructions of the largest pattern: what a line costs grows with it at worst."""
MATCH_UNITS, _BATCH = 100, 64
"""Work of one match, and how many are counted together."""


class Match:
    """Where a pattern and its groups fit."""

    __slots__ = ("spans", "text")

    def __init__(self, text: str, spans: list[tuple[int, int]]) -> None:
        """Remember *spans*, of the whole and of each group; (-1, -1) for one that took no part."""
        self.text = text
        self.spans = spans

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.spans[0][1]

    def group(self, number: int) -> str:
        """Return the text of a group; empty if it took no part."""
        start, end = self.spans[number]
        return self.text[start:end] if start >= 0 else ""


class Regex:
    """A compiled pattern.

    The engine works on bytes; offsets are turned into characters only where text is not ASCII.
    """

    __slots__ = ("_bytes", "_is_ascii", "_regex", "_text", "groups", "source", "weight")

    def __init__(self, source: str, *, ignore_case: bool, multiline: bool, longest: bool) -> None:
        """Compile *source*; raises RegexProblem."""
        options = re2.Options()
        options.log_errors = False
        options.longest_match = longest
        options.case_sensitive = not ignore_case
        try:
            text = f"(?m:{source})" if multiline else source
            self._regex: Any = re2.compile(text.encode("utf-8", "surrogateescape"), options)
        except re2.error as error:
            raise RegexProblem(_told(error)) from None
        if self._regex.programsize > _MAX_PROGRAM:
            raise RegexProblem("Regular expression too big")
        self.source = source
        self.groups: int = self._regex.groups
        self.weight: int = 1 + self._regex.programsize // 100
        """How much dearer than a short pattern it is at worst."""
        self._text = ""
        self._bytes = b""
        self._is_ascii = True

    def _load(self, text: str) -> None:
        if text is not self._text:
            self._text = text
            self._is_ascii = text.isascii()
            self._bytes = text.encode("utf-8", "surrogateescape")

    def search(self, text: str, at: int = 0) -> Match | None:
        """Return the leftmost match at or after character *at*."""
        return next(self.finditer(text, at), None)

    def fits(self, text: str) -> bool:
        """Return whether it fits anywhere in *text*."""
        self._load(text)
        return self._regex.search(self._bytes) is not None

    def finditer(
        self, text: str, at: int = 0, charge: Callable[[int], None] | None = None
    ) -> Iterator[Match]:
        """Yield matches from left to right; an empty one never touches the match before it.

        *charge* is told of the work, in units of about 50 ns, while it goes on.
        """
        self._load(text)
        data, is_ascii = self._bytes, self._is_ascii
        pos = at if is_ascii else len(text[:at].encode("utf-8", "surrogateescape"))
        chars, octets = at, pos
        last, count = -1, 0
        while pos <= len(data):
            found = self._regex.search(data, pos)
            if found is None:
                return
            spans: list[tuple[int, int]] = [found.span()]
            if self.groups:
                spans += [found.span(number) for number in range(1, self.groups + 1)]
            start, end = spans[0]
            if start == end == last:
                pos = end + _width(data, end)
                continue
            last = end
            count += 1
            if charge is not None and count % _BATCH == 0:
                charge(_BATCH * MATCH_UNITS)
            pos = end if end > start else end + _width(data, end)
            if is_ascii:
                yield Match(text, spans)
                continue
            chars += _length(data[octets:start])
            octets = start
            yield Match(text, [_shifted(data, span, octets, chars) for span in spans])


def _width(data: bytes, at: int) -> int:
    """Return how many bytes the character at *at* has."""
    end = at + 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return end - at


def _length(data: bytes) -> int:
    return len(data.decode("utf-8", "surrogateescape"))


def _shifted(data: bytes, span: tuple[int, int], octets: int, chars: int) -> tuple[int, int]:
    start, end = span
    if start < 0:
        return span
    first = chars + _length(data[octets:start])
    return first, first + _length(data[start:end])


def _told(error: re2.error) -> str:
    text = error.args[0] if error.args else ""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if "too large" in text or "bad repetition" in text or "repetition size" in text:
        return "Regular expression too big"
    return f"Invalid regular expression: {text}" if text else "Invalid regular expression"


@lru_cache(maxsize=256)
def compile_regex(
    source: str, *, ignore_case: bool = False, multiline: bool = False, longest: bool = True
) -> Regex:
    """Return the compiled *source*, which is in the engine's syntax.

    With *longest* the longest of the leftmost matches counts, as POSIX has it, else Perl's first.

    Raises:
        RegexProblem: if the engine cannot.
    """
    return Regex(source, ignore_case=ignore_case, multiline=multiline, longest=longest)
