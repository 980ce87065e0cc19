"""What `${name%pattern}`, `/`, `^` and `@Q` make of a text."""

from __future__ import annotations

from sim.bash import quoting
from sim.bash.control import ExpansionProblem
from sim.bash.patterns import compiled, matcher, to_regex
from sim.bash.variables import MAX_CHARACTERS
from sim.bash.words import ansi_text

MAX_NEGATED = 4096
"""Up to what length a pattern with `!(...)` tries every end."""


def trimmed(value: str, pattern: str, operator: str, *, extglob: bool = False) -> str:
    """Return *value* without the beginning (`#`) or end (`%`) that fits; doubled: the longest.

    >>> trimmed("a.tar.gz", "*.", "##")
    'gz'
    """
    if not pattern:
        return value
    if extglob and "!(" in pattern:
        return _tried(value, pattern, operator)
    inner = to_regex(pattern, extglob=extglob)
    if operator == "##":
        regex = compiled(f"({inner})", longest=True)
        found = None if regex is None else regex.match(value)
        return value[found.end(1) :] if found else value
    if operator == "#":
        regex = compiled(f"({inner.replace('(?s:.*)', '(?s:.*?)')})")
        found = None if regex is None else regex.match(value)
        return value[found.end(1) :] if found else value
    before = "(?s:.*)" if operator == "%" else "(?s:.*?)"
    regex = compiled(f"{before}({inner})")
    found = None if regex is None else regex.fullmatch(value)
    return value[: found.start(1)] if found else value


def _tried(value: str, pattern: str, operator: str) -> str:
    fits = matcher(pattern, extglob=True)
    if len(value) > MAX_NEGATED:
        return value
    sizes = range(len(value) + 1)
    for size in sizes if len(operator) == 1 else reversed(sizes):
        if operator[0] == "#" and fits.full(value[:size]):
            return value[size:]
        if operator[0] == "%" and fits.full(value[len(value) - size :]):
            return value[: len(value) - size]
    return value


def replaced(
    value: str,
    pattern: str,
    pieces: list[tuple[str, bool]],
    operator: str,
    *,
    extglob: bool = False,
    nocase: bool = False,
) -> str:
    """Return *value* with what fits replaced by *pieces* of (text, quoted)."""
    anchored = operator[1:] if operator in {"/#", "/%"} else ""
    if not pattern and not anchored:
        return value
    inner = ("(?i)" if nocase else "") + to_regex(pattern, extglob=extglob)
    if not pattern:
        text = _filled(pieces, "")
        return text + value if anchored == "#" else value + text
    regex = compiled(f"({inner})", longest=True)
    if regex is None:
        return value
    if anchored == "#":
        found = regex.match(value)
        return _filled(pieces, found[1]) + value[found.end(1) :] if found else value
    if anchored == "%":
        whole = compiled(f"(?s:.*?)({inner})")
        found = None if whole is None else whole.fullmatch(value)
        return value[: found.start(1)] + _filled(pieces, found[1]) if found else value
    out: list[str] = []
    at = size = 0
    for found in regex.finditer(value):
        start, end = found.span(1)
        if start == end:
            continue  # bash replaces no empty matches
        text = _filled(pieces, value[start:end])
        size += len(text)
        if size > MAX_CHARACTERS:
            raise ExpansionProblem("no room for so much in a word")
        out.append(value[at:start])
        out.append(text)
        at = end
        if operator == "/":
            break
    out.append(value[at:])
    return "".join(out)


def _filled(pieces: list[tuple[str, bool]], match: str) -> str:
    """Return the replacement; an unquoted `&` in it is what was matched."""
    return "".join(text if quoted else text.replace("&", match) for text, quoted in pieces)


def cased(value: str, pattern: str, operator: str, *, extglob: bool = False) -> str:
    """Return *value* with its first (or doubled: every) character in the other case if it fits."""
    fits = matcher(pattern or "?", extglob=extglob)
    change = {"^": str.upper, ",": str.lower, "~": str.swapcase}[operator[0]]
    if len(operator) == 1:
        return change(value[:1]) + value[1:] if value and fits.full(value[0]) else value
    if not pattern or pattern == "?":
        return "".join(change(char) if len(change(char)) == 1 else char for char in value)
    return "".join(change(char) if fits.full(char) else char for char in value)


def transformed(value: str, letter: str) -> str:
    """Return `${value@letter}`."""
    if letter == "U":
        return value.upper()
    if letter == "L":
        return value.lower()
    if letter == "u":
        return value[:1].upper() + value[1:]
    if letter == "E":
        return ansi_text(value)
    return quoting.single(value)
