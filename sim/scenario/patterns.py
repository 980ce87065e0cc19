"""Patterns that a scenario's texts bring along, in an engine whose time is linear in the text.

The author may be a stranger, so no pattern can hold a process up (RE2,
https://github.com/google/re2/wiki/Syntax). What a pattern is for is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

LONGEST_TEXT = 200_000
"""Characters that are searched; more than anybody reads."""
LARGEST = 2_000
"""Instructions of the largest pattern; what a text costs grows with them at worst."""
_NEVER = r"[^\x{0}-\x{10FFFF}]"


class PatternError(ValueError):
    """A pattern that the engine does not take."""


class Found:
    """Where a pattern fits."""

    __slots__ = ("_match", "_page")

    def __init__(self, page: Page, match: Any) -> None:
        """Remember *match*, which lies in *page*."""
        self._page = page
        self._match = match

    def __getitem__(self, group: str | int) -> str:
        """Return the text of a group; empty if it took no part."""
        name = group.encode() if isinstance(group, str) else group
        return _text(self._match.group(name) or b"")

    @property
    def lines(self) -> list[str]:
        """The whole lines that the match touches."""
        data, (start, end) = self._page.data, self._match.span()
        first = data.rfind(b"\n", 0, start) + 1
        last = data.find(b"\n", max(end - 1, start))
        return _text(data[first : last if last >= 0 else len(data)]).splitlines()


class Page:
    """A text to search, encoded once."""

    __slots__ = ("data",)

    def __init__(self, text: str) -> None:
        """Take *text* line by line, the first `LONGEST_TEXT` characters of it."""
        lines = text[:LONGEST_TEXT].splitlines()
        self.data = "\n".join(lines).encode("utf-8", "surrogateescape")

    def search(self, pattern: str) -> Found | None:
        """Return where *pattern* fits first; `^` and `$` match at line ends."""
        found = _compiled(pattern).search(self.data)
        return None if found is None else Found(self, found)

    def rows(self, pattern: str) -> Iterator[tuple[str, Found]]:
        """Yield each line in which *pattern* fits, and where; it never reaches beyond a line."""
        data, regex, at = self.data, _compiled(pattern), 0
        # One search over all that is left finds the next line; mostly there is none.
        while at <= len(data) and (found := regex.search(data, at)) is not None:
            first = data.rfind(b"\n", 0, found.start()) + 1
            last = data.find(b"\n", found.start())
            last = len(data) if last < 0 else last
            if found.end() > last:
                found = regex.search(data[first:last])
            if found is not None:
                yield _text(data[first:last]), Found(self, found)
            at = last + 1


def check_pattern(pattern: str) -> None:
    """Raise PatternError unless *pattern* can be used."""
    try:
        re2.compile(_bytes(pattern), _options())
        size = _compile(pattern, ignore_case=False).programsize
    except re2.error as error:
        told = _text(error.args[0]) if error.args and isinstance(error.args[0], bytes) else error
        msg = f"not a regular expression that RE2 takes: {told}"
        if any(sign in pattern for sign in ("(?=", "(?!", "(?<=", "(?<!")):
            msg += " (it has no look-around)"
        raise PatternError(msg) from None
    if size > LARGEST:
        msg = f"too large a regular expression: {size} steps, and {LARGEST} are taken"
        raise PatternError(msg)


def fits(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether *pattern* fits anywhere in *text*."""
    return _compiled(pattern, ignore_case=ignore_case).search(_bytes(text)) is not None


def fits_all(pattern: str, text: str) -> bool:
    """Return whether *pattern* fits the whole of *text*."""
    return _compiled(pattern).fullmatch(_bytes(text)) is not None


def firsts(pattern: str, text: str) -> list[str]:
    """Return the first group of each match in *text* from left to right, or without groups all of it."""
    regex = _compiled(pattern)
    group = min(1, regex.groups)
    return [_text(found.group(group) or b"") for found in regex.finditer(Page(text).data)]


def groups(pattern: str) -> set[str]:
    """Return the names of the groups of *pattern*."""
    return {_text(name) for name in _compiled(pattern).groupindex}


@lru_cache(maxsize=4096)
def _compiled(pattern: str, *, ignore_case: bool = False) -> Any:
    try:
        return _compile(pattern, ignore_case=ignore_case)
    except re2.error:
        # It was checked with a short name in place of each role; with tonight's it has grown too large.
        return _compile(_NEVER, ignore_case=False)


def _compile(pattern: str, *, ignore_case: bool) -> Any:
    return re2.compile(_bytes(f"(?m:{pattern})"), _options(ignore_case=ignore_case))


def _options(*, ignore_case: bool = False) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return options


def _bytes(text: str) -> bytes:
    return text[:LONGEST_TEXT].encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
