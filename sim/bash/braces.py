"""Brace expansion: the words that `{a,b}` and `{1..9..2}` make of one, before anything else.

Works on source text; what the words mean is read afterwards.
"""

from __future__ import annotations

import re

from sim.bash.syntax import ShellSyntaxError

MAX_WORDS = 100_000
_INTEGERS = re.compile(r"([-+]?\d{1,18})\.\.([-+]?\d{1,18})(?:\.\.([-+]?\d{1,18}))?")
_LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])(?:\.\.([-+]?\d{1,9}))?")


def expand_braces(text: str) -> list[str]:
    """Return the words that *text* stands for; usually just *text*.

    >>> expand_braces("a{1..3}{x,y}")
    ['a1x', 'a1y', 'a2x', 'a2y', 'a3x', 'a3y']

    Raises:
        ShellSyntaxError: if there would be more than `MAX_WORDS`.
    """
    found = _first(text)
    if found is None:
        return [text]
    before, options, after = found
    tails = expand_braces(after) if "{" in after else [after]
    words: list[str] = []
    for option in options:
        for middle in expand_braces(option) if "{" in option else (option,):
            if len(words) + len(tails) > MAX_WORDS:
                raise _too_many(len(options) * len(tails))
            words.extend(before + middle + tail for tail in tails)
    return words


def _too_many(count: int) -> ShellSyntaxError:
    return ShellSyntaxError(f"brace expansion: failed to allocate memory for {count} elements")


def _skip(text: str, at: int) -> int:
    """Return the index behind the character, quoted text or `$` form at *at*."""
    char = text[at]
    if char == "\\":
        return min(at + 2, len(text))
    if char in "'\"`":
        at += 1
        while at < len(text) and text[at] != char:
            at += 2 if text[at] == "\\" and char != "'" else 1
        return min(at + 1, len(text))
    if text.startswith(("$(", "${"), at):
        opening, closing = text[at + 1], ")" if text[at + 1] == "(" else "}"
        depth, at = 1, at + 2
        while at < len(text) and depth:
            if text[at] in "\\'\"`":
                at = _skip(text, at)
                continue
            depth += (text[at] == opening) - (text[at] == closing)
            at += 1
        return at
    return at + 1


def _first(text: str) -> tuple[str, list[str], str] | None:
    at = 0
    while at < len(text):
        if text[at] == "{":
            found = _options(text, at)
            if found is not None:
                options, end = found
                return text[:at], options, text[end:]
            at += 1
        else:
            at = _skip(text, at)
    return None


def _options(text: str, start: int) -> tuple[list[str], int] | None:
    depth, at = 1, start + 1
    options: list[str] = []
    begin = at
    while at < len(text):
        char = text[at]
        if char == "{":
            depth += 1
            at += 1
        elif char == "}":
            depth -= 1
            at += 1
            if depth == 0:
                options.append(text[begin : at - 1])
                break
        elif char == "," and depth == 1:
            options.append(text[begin:at])
            at += 1
            begin = at
        else:
            at = _skip(text, at)
    if depth:
        return None
    if len(options) > 1:
        return options, at
    sequence = _sequence(options[0])
    return None if sequence is None else (sequence, at)


def _sequence(text: str) -> list[str] | None:
    match = _INTEGERS.fullmatch(text)
    letters = None if match else _LETTERS.fullmatch(text)
    found = match or letters
    if found is None:
        return None
    first, last = (int(found[i]) if match else ord(found[i]) for i in (1, 2))
    step = abs(int(found[3] or 1)) or 1
    count = abs(last - first) // step + 1
    if count > MAX_WORDS:
        raise _too_many(count)
    numbers = range(first, last + (1 if last >= first else -1), step if last >= first else -step)
    if letters:
        return [chr(number) for number in numbers]
    ends = [found[i].lstrip("+") for i in (1, 2)]
    padded = any(re.match(r"-?0\d", end) for end in ends)
    width = max(map(len, ends)) if padded else 0
    return [f"{number:0{width}d}" if width else str(number) for number in numbers]
