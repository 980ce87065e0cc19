"""Shell patterns (`*`, `?`, `[a-z]`, `@(a|b)`) as linear-time regular expressions.

A pattern with `!(...)` is no regular expression of that kind; it is matched piece by piece.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

_CLASSES = frozenset(
    {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
     "space", "upper", "word", "xdigit"}
)  # fmt: skip
_REPEATS = {"?": "?", "*": "*", "+": "+", "@": ""}


def to_regex(pattern: str, *, extglob: bool = False) -> str:
    """Return the regular expression of a shell pattern, not anchored.

    >>> to_regex("pod[!a]*")
    'pod[^a](?s:.*)'
    """
    out: list[str] = []
    _translate(pattern, 0, out, extglob=extglob, inside=False)
    return "".join(out)


def _translate(pattern: str, at: int, out: list[str], *, extglob: bool, inside: bool) -> int:
    while at < len(pattern):
        char = pattern[at]
        opens = extglob and char in "?*+@!" and pattern.startswith("(", at + 1)
        if opens and _closes(pattern, at + 1):
            # What `!(...)` must not be is sorted out by `_Negations`; here it may be anything.
            if char == "!":
                out.append("(?s:.*)")
                at = _translate(pattern, at + 2, [], extglob=True, inside=True)
            else:
                out.append("(?:")
                at = _translate(pattern, at + 2, out, extglob=True, inside=True)
                out.append(")" + _REPEATS[char])
            continue
        if inside and char == ")":
            return at + 1
        if inside and char == "|":
            out.append("|")
        elif char == "*":
            if not out or out[-1] != "(?s:.*)":
                out.append("(?s:.*)")
        elif char == "?":
            out.append("(?s:.)")
        elif char == "[" and (found := _bracket(pattern, at)) is not None:
            text, at = found
            out.append(text)
            continue
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(re2.escape(pattern[at]))
        elif char == "\\":
            out.append("\\\\")
        else:
            out.append(re2.escape(char))
        at += 1
    return at


def _closes(pattern: str, at: int) -> bool:
    depth = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return True
        at += 1
    return False


def _bracket(pattern: str, start: int) -> tuple[str, int] | None:
    """Return the class that begins at *start* and where it ends, None if it is not closed."""
    at = start + 1
    out = ["["]
    if pattern[at : at + 1] in {"!", "^"}:
        out.append("^")
        at += 1
    first = at
    while at < len(pattern):
        char = pattern[at]
        if char == "]" and at > first:
            out.append("]")
            return "".join(out), at + 1
        if char == "[" and pattern[at + 1 : at + 2] in {":", ".", "="}:
            kind = pattern[at + 1]
            end = pattern.find(kind + "]", at + 2)
            if end > 0:
                name = pattern[at + 2 : end]
                if kind == ":":
                    if name not in _CLASSES:
                        return None
                    out.append(f"[:{name}:]")
                else:
                    out.append(_in_class(name))
                at = end + 2
                continue
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(_in_class(pattern[at]))
        elif char == "-" and at > first and pattern[at + 1 : at + 2] not in {"]", ""}:
            out.append("-")
        else:
            out.append(_in_class(char))
        at += 1
    return None


def _in_class(char: str) -> str:
    return "\\" + char if char in "\\[]^-" else char


@lru_cache(maxsize=1024)
def compiled(regex: str, *, longest: bool = False) -> Any | None:
    """Return *regex* compiled, or None if it is no regular expression.

    With *longest* the longest of the leftmost matches counts, as in POSIX.
    """
    options = re2.Options()
    options.longest_match = longest
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except (re2.error, UnicodeEncodeError):
        return None


class Matcher:
    """One shell pattern, ready to be asked."""

    def __init__(self, pattern: str, *, extglob: bool = False, nocase: bool = False) -> None:
        """Understand *pattern*."""
        self.pattern = pattern
        self._negated = extglob and "!(" in pattern
        self._extglob = extglob
        regex = to_regex(pattern, extglob=extglob)
        self.regex = compiled(("(?i)" if nocase else "") + regex)

    def full(self, text: str) -> bool:
        """Return whether the whole of *text* fits."""
        if self.regex is None:
            return self.pattern == text
        try:
            fits = self.regex.fullmatch(text) is not None
        except UnicodeEncodeError:
            return self.pattern == text
        if fits and self._negated:
            return _Negations(text).fits(self.pattern, 0, len(text), 0)
        return fits


class _Negations:
    """Matches a pattern with `!(...)`, trying each place where a piece may end."""

    MAX_TRIES = 20_000

    def __init__(self, text: str) -> None:
        self.text = text
        self.tries = 0

    def fits(self, pattern: str, at: int, end: int, start: int) -> bool:
        """Return whether text[start:end] fits pattern[at:]."""
        self.tries += 1
        if self.tries > self.MAX_TRIES:
            return False
        found = pattern.find("!(", at)
        while found > 0 and pattern[found - 1] == "\\":
            found = pattern.find("!(", found + 1)
        if found < 0 or not _closes(pattern, found + 1):
            return matcher(pattern[at:], extglob=True).full(self.text[start:end])
        close = _translate(pattern, found + 2, [], extglob=True, inside=True)
        head, inner = pattern[at:found], pattern[found + 1 : close]
        before, refused = matcher(head, extglob=True), matcher("@" + inner, extglob=True)
        for middle in range(start, end + 1):
            if not before.full(self.text[start:middle]):
                continue
            for after in range(end, middle - 1, -1):
                if not refused.full(self.text[middle:after]) and self.fits(
                    pattern, close, end, after
                ):
                    return True
        return False


@lru_cache(maxsize=1024)
def matcher(pattern: str, *, extglob: bool = False, nocase: bool = False) -> Matcher:
    """Return *pattern* ready to be asked."""
    return Matcher(pattern, extglob=extglob, nocase=nocase)


def matches(pattern: str, text: str, *, extglob: bool = False) -> bool:
    """Return whether the whole of *text* fits the shell pattern."""
    return matcher(pattern, extglob=extglob).full(text)
