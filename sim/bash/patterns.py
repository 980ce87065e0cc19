"""File-name patterns (`*`, `?`, `[a-z]`) as linear-time regular expressions."""

from __future__ import annotations

from typing import Any

import re2


def to_regex(pattern: str) -> str:
    """Return the regular expression of a shell pattern, not anchored.

    >>> to_regex("pod[!a]*")
    'pod[^a](?s:.*)'
    """
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            out.append("(?s:.*)")
        elif char == "?":
            out.append("(?s:.)")
        elif char == "[" and (end := pattern.find("]", at + 2)) > 0:
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append("[" + ("^" + inner[1:] if inner[0] in "!^" else inner) + "]")
            at = end
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(re2.escape(pattern[at]))
        else:
            out.append(re2.escape(char))
        at += 1
    return "".join(out)


def compiled(regex: str) -> Any | None:
    """Return *regex* compiled, or None if it is no regular expression."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error:
        return None


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole of *text* fits the shell pattern."""
    regex = compiled(to_regex(pattern))
    return pattern == text if regex is None else regex.fullmatch(text) is not None
