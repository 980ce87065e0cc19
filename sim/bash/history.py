"""History expansion: what `!!`, `!$`, `!5`, `!kubectl` and `^old^new` stand for, HISTORY EXPANSION of bash(1).

It knows the lines entered before and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_EVENT = re.compile(
    r"!(?:(!)|(-?\d{1,6})|([$*^])|\?([^?\n]{1,200})\??|([A-Za-z_./~][^\s:!;|&<>()\"'$]*))"
)
_DESIGNATOR = re.compile(r":?([$^*])|:(\d{1,4})(?:-(\d{1,4}|\$))?")
_SUBSTITUTION = re.compile(r"\^([^^\n]+)\^([^^\n]*)\^?(.*)", re.DOTALL)
_WORD = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|(?:\\.|[^\s\\\"'|&;<>()])+|[|&;<>()]+")

_HERE_DOCUMENT = re.compile(r"<<(?!<)-?[ \t]*[\\\"']?([\w.-]+)[\"']?")
_COMMENT_AFTER = " \t\n;&()|<>"
"""Behind what a `#` begins a comment."""


class RecallProblem(Exception):  # noqa: N818 - the text that the shell prints
    """Nothing in the history fits; `str()` is bash's complaint."""


def expand(line: str, history: Sequence[str]) -> str:
    """Return *line* with references to *history* (oldest first) replaced.

    >>> expand("sudo !!", ["crictl ps"])
    'sudo crictl ps'
    >>> expand("kubectl describe pod !$", ["kubectl delete pod web-1"])
    'kubectl describe pod web-1'

    Raises:
        RecallProblem: if a reference leads nowhere.
    """
    quick = _SUBSTITUTION.fullmatch(line)
    if quick is not None:
        last = history[-1] if history else ""
        if quick[1] not in last:
            raise RecallProblem(f":s{line}: substitution failed")
        return last.replace(quick[1], quick[2], 1) + quick[3]
    if "!" not in line:
        return line
    out: list[str] = []
    position = 0
    quote = ""
    ends: list[str] = []
    while position < len(line):
        char = line[position]
        if char == "\n" and ends and not quote:
            text = _bodies(line[position + 1 :], ends)
            out.append(char + text)
            position += 1 + len(text)
            ends.clear()
            continue
        here = _HERE_DOCUMENT.match(line, position) if char == "<" and not quote else None
        if here is not None:
            ends.append(here[1])
            out.append(here[0])
            position = here.end()
            continue
        if char == "\\" and quote != "'":
            out.append(line[position : position + 2])
            position += 2
            continue
        if char == "'" and quote != '"':
            quote = "" if quote else "'"
        elif char == '"' and quote != "'":
            quote = "" if quote else '"'
        elif char == "#" and not quote and (not position or line[position - 1] in _COMMENT_AFTER):
            # A comment, and with it what is typed as a script's first line.
            end = line.find("\n", position)
            end = len(line) if end < 0 else end
            out.append(line[position:end])
            position = end
            continue
        expands = char == "!" and quote != "'" and not _inhibited(line, position)
        found = _EVENT.match(line, position) if expands else None
        if found is None:
            out.append(char)
            position += 1
            continue
        text = _event(found, history)
        position = found.end()
        designator = _DESIGNATOR.match(line, position) if not found[3] else None
        if found[3]:
            text = _words(text, found[3], "", "", found[0])
        elif designator is not None:
            letter, first, last = (part or "" for part in designator.groups())
            text = _words(text, letter, first, last, found[0])
            position = designator.end()
        out.append(text)
    return "".join(out)


def _bodies(text: str, ends: Sequence[str]) -> str:
    """Return what *text* begins with of here-documents that end with lines of *ends*, as it is."""
    lines = text.split("\n")
    at = 0
    for end in ends:
        while at < len(lines) and lines[at].lstrip("\t") != end:
            at += 1
        at += 1
    return "\n".join(lines[:at])


def _inhibited(line: str, at: int) -> bool:
    """Return whether the `!` is one of `[!a]`, `${!x}` and `$!`, as bashhist.c has it."""
    before, after = line[:at], line[at + 1 :]
    return (
        (before.endswith("[") and "]" in after)
        or (before.endswith("${") and "}" in after)
        or before.endswith("$")
    )


def _event(found: re.Match[str], history: Sequence[str]) -> str:
    last, number, of_last, containing, prefix = found.groups()
    if (last or of_last) and history:
        return history[-1]
    if number:
        index = int(number) - 1 if int(number) > 0 else len(history) + int(number)
        if 0 <= index < len(history):
            return history[index]
    elif containing or prefix:
        for old in reversed(history):
            if (containing and containing in old) or (prefix and old.startswith(prefix)):
                return old
    raise RecallProblem(f"{found[0]}: event not found")


def _words(line: str, letter: str, first: str, last: str, event: str) -> str:
    """Return some words of *line*: `$` the last, `^` the first argument, `*` all, or by number."""
    words = _WORD.findall(line)
    end = len(words) - 1
    if letter == "$":
        return words[-1] if words else ""
    if letter == "*":
        return " ".join(words[1:])
    low = 1 if letter == "^" else int(first)
    high = low if not last else end if last == "$" else int(last)
    if low > end or high > end or low > high:
        raise RecallProblem(f"{event}:{letter or first}: bad word specifier")
    return " ".join(words[low : high + 1])
