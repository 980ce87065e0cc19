"""Stories: command lines and what must come of each, as written in `stories/*.txt`.

== NAME            a story with a namespace of its own; `== NAME (shop)` reads the prepared one
$ COMMAND          a line for bash
> PATTERN          is found in standard output (a regular expression, ^ and $ at lines)
>! PATTERN         is not
! PATTERN          is found in standard error
? CODE             the exit code, if it is not 0
~ 1.36             for this kubectl and newer
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

STORIES = Path(__file__).with_name("stories")


@dataclass
class Line:
    """One command line and its expectation."""

    command: str
    at: str
    """File and line number."""
    out: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    code: int = 0
    since: tuple[int, ...] = ()


@dataclass
class Story:
    """Lines that run one after another."""

    name: str
    shared: bool
    """It only reads, in the prepared namespace."""
    lines: list[Line] = field(default_factory=list)


def read() -> list[Story]:
    """Return all stories, in the order of their files."""
    stories: list[Story] = []
    for path in sorted(STORIES.glob("*.txt")):
        for number, text in enumerate(path.read_text().splitlines(), 1):
            mark, _, rest = text.partition(" ")
            if mark == "==":
                name, _, shared = rest.partition(" (")
                stories.append(Story(name, shared=bool(shared)))
            elif mark == "$":
                stories[-1].lines.append(Line(rest, f"{path.name}:{number}"))
            elif text.strip():
                _expect(stories[-1].lines[-1], mark, rest)
    return stories


def _expect(line: Line, mark: str, rest: str) -> None:
    if mark == "?":
        line.code = int(rest)
    elif mark == "~":
        line.since = tuple(int(part) for part in rest.split("."))
    else:
        {">": line.out, ">!": line.without, "!": line.err}[mark].append(rest)
