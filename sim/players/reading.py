"""What a player reads off its screen: rows of charts and lists, and which of them look unwell.

Text in, names out; what to do about it is the player's own idea.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sim.players.moves import Pause, Play, Shown, Type

FAILING = 3.0
"""Per cent of errors from which on somebody is hurt."""
_LAST = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|/s|/min)?\s*$")


def lines_of(shown: Shown | None) -> list[str]:
    """Return the lines that came to stdout."""
    return shown.stdout.splitlines() if shown is not None else []


def typing(pause: int, *lines: str) -> Play:
    """Type *lines*, each after a pause."""
    for line in lines:
        yield Pause(pause)
        yield Type(line)


def chart_rows(shown: Shown | None) -> dict[str, float]:
    r"""Return a chart's rows: name -> the latest figure.

    >>> chart_rows(Shown(0, "Error rate\n 02:46 02:47\nGET /v1/x 0.1% 97%\nweb 2% 1.5%\n", "", 0))
    {'GET /v1/x': 97.0, 'web': 1.5}
    """
    found: dict[str, float] = {}
    for line in lines_of(shown)[1:]:
        figures = re.search(r"(?:\s+(?:-|\d+(?:\.\d+)?(?:%|/s|/min|ms|s)?))+\s*$", line)
        latest = _LAST.search(line)
        name = line[: figures.start()].strip() if figures else ""
        if name and latest and not re.fullmatch(r"\d\d:\d\d(?:\s.*)?", name):
            found[name] = float(latest[1])
    return found


def failing(rows: dict[str, float]) -> list[str]:
    """Return the rows of an error chart that are hurt, and leave out the sum."""
    return [name for name, value in rows.items() if name != "all" and value >= FAILING]


def worst_node(rows: Iterable[str]) -> list[str]:
    """Return the node with most pods that are not well, in rows of `get pods -o wide`, if any is."""
    counts: dict[str, int] = {}
    for row in rows:
        if found := re.search(r"\b(?:Error|CrashLoopBackOff)\b.*?(\S*node\S*)", row):
            counts[found[1]] = counts.get(found[1], 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:1]
