"""The order of file names with versions in them: `sort -V`, `ls -v`; as gnulib's filevercmp has it."""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"(?:\.[A-Za-z~][A-Za-z0-9~]*)*")


def compare_versions(left: str, right: str) -> int:
    """Return a number below, equal to or above 0 as *left* comes before, with or after *right*."""
    if not left or not right:
        return bool(left) - bool(right)
    if left[0] == "." or right[0] == ".":
        if right[0] != ".":
            return -1
        if left[0] != ".":
            return 1
        for special in (".", ".."):
            if special in {left, right}:
                return (left != special) - (right != special)
    short_left, short_right = _without_suffix(left), _without_suffix(right)
    found = _compare(short_left, short_right)
    if found or (short_left == left and short_right == right):
        return found
    return _compare(left, right)


def _without_suffix(text: str) -> str:
    """Return *text* without what looks like extensions; at least one character is left."""
    for at in range(1, len(text)):
        if text[at] == ".":
            match = _SUFFIX.match(text, at)
            if match is not None and match.end() == len(text):
                return text[:at]
    return text


def _order(text: str, at: int) -> int:
    if at >= len(text):
        return -1
    char = text[at]
    if char.isascii() and char.isdecimal():
        return 0
    if char.isascii() and char.isalpha():
        return ord(char)
    return -2 if char == "~" else ord(char) + 256


def _compare(left: str, right: str) -> int:
    i = j = 0
    while i < len(left) or j < len(right):
        while (i < len(left) and _order(left, i)) or (j < len(right) and _order(right, j)):
            a, b = _order(left, i), _order(right, j)
            if a != b:
                return a - b
            i, j = i + 1, j + 1
        first, i = _digits(left, i)
        second, j = _digits(right, j)
        if len(first) != len(second):
            return len(first) - len(second)
        if first != second:
            return -1 if first < second else 1
    return 0


def _digits(text: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(text) and _order(text, end) == 0:
        end += 1
    return text[at:end].lstrip("0"), end
