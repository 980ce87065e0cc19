"""Does an output show a fact? Pure pattern matching on what was on the screen.

It works on text that somebody already saw and on the world's names; what earns credit is decided
elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sim.scenario.facts import Fact, Rows, Shown
from sim.scenario.fields import fill, fill_pattern

LONGEST_LOOK = 24_000
"""Characters of a look that are searched, some 200 lines; a pattern must not hold a server up."""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was on the screen."""

    text: str
    """What it showed."""
    on: str = "terminal"
    """`terminal` or `panel`."""
    panel: str = ""
    by: str = ""
    command: str = ""
    """The command line, if one was typed."""
    nodes: tuple[str, ...] = ()
    """Nodes on which programs of that command ran (NodeCommandRecord), in order."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What of a look shows the fact: the lines to quote in the debrief."""

    lines: tuple[str, ...]


def shows(fact: Fact, look: Look, roles: dict[str, Any]) -> Quote | None:
    """Return what of *look* shows *fact*, or None.

    The caller checks `since`, and that the output came from a command which asked the cluster.
    """
    if len(look.text) > LONGEST_LOOK:
        look = replace(look, text=look.text[:LONGEST_LOOK])
    for way in fact.shown:
        quote = _holds(way, look, roles)
        if quote is not None:
            return quote
    return None


def _holds(way: Shown, look: Look, roles: dict[str, Any]) -> Quote | None:
    if way.on not in (look.on, "any"):
        return None
    on_panel = look.on == "panel"
    if on_panel and way.panel and not re.fullmatch(fill_pattern(way.panel, roles), look.panel):
        return None
    if on_panel and way.by and not re.fullmatch(fill_pattern(way.by, roles), look.by):
        return None
    if way.command and not _compiled(fill_pattern(way.command, roles)).search(look.command):
        return None
    if way.node and not _ran_on(roles.get(way.node), look):
        return None
    lines = look.text.splitlines()
    quoted: list[str] = []
    for pattern in way.absent:
        if _compiled(fill_pattern(pattern, roles)).search(look.text):
            return None
    for pattern in way.text:
        found = _compiled(fill_pattern(pattern, roles)).search(look.text)
        if found is None:
            return None
        quoted += _around(look.text, found)
    for rows in way.rows:
        matched = _rows(rows, lines, roles)
        if matched is None:
            return None
        quoted += matched
    return Quote(tuple(dict.fromkeys(quoted)))


def _ran_on(names: Any, look: Look) -> bool:
    """Return whether the command ran on one of *names*, by record or by its own words."""
    wanted = [names] if isinstance(names, str) else list(names or ())
    if look.nodes:
        return any(node in wanted for node in look.nodes)
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", look.command) for name in wanted)


def _rows(rows: Rows, lines: list[str], roles: dict[str, Any]) -> list[str] | None:
    """Return the matching lines, or None if there are too few or too many."""
    pattern = _compiled(fill_pattern(rows.match, roles))
    matched: list[str] = []
    values: set[str] = set()
    for line in lines:
        found = pattern.search(line)
        if found is None or not _numbers_fit(rows, found, roles):
            continue
        matched.append(line)
        values.add(found[rows.distinct] if rows.distinct else str(len(matched)))
    if len(values) < rows.min or (rows.max is not None and len(values) > rows.max):
        return None
    return matched


def _numbers_fit(rows: Rows, found: re.Match[str], roles: dict[str, Any]) -> bool:
    return all(
        float(found[group]) >= float(fill(bound, roles)) for group, bound in rows.at_least.items()
    ) and all(
        float(found[group]) <= float(fill(bound, roles)) for group, bound in rows.at_most.items()
    )


def _around(text: str, found: re.Match[str]) -> list[str]:
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", max(found.end() - 1, found.start()))
    return text[start : end if end >= 0 else len(text)].splitlines()


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
