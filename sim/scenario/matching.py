"""Does an output show a fact? Pure pattern matching on what was on the screen.

It works on text that somebody already saw and on the world's names; what earns credit is decided
elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.scenario.facts import Fact, Rows, Shown
from sim.scenario.fields import fill, fill_pattern
from sim.scenario.patterns import Found, Page, fits, fits_all


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
    for way in fact.shown:
        quote = _holds(way, look, roles)
        if quote is not None:
            return quote
    return None


def _holds(way: Shown, look: Look, roles: dict[str, Any]) -> Quote | None:
    if way.on not in (look.on, "any"):
        return None
    on_panel = look.on == "panel"
    if on_panel and way.panel and not fits_all(fill_pattern(way.panel, roles), look.panel):
        return None
    if on_panel and way.by and not fits_all(fill_pattern(way.by, roles), look.by):
        return None
    if way.command and not fits(fill_pattern(way.command, roles), look.command):
        return None
    if way.node and not _ran_on(roles.get(way.node), look):
        return None
    page = _page(look.text)
    quoted: list[str] = []
    for pattern in way.absent:
        if page.search(fill_pattern(pattern, roles)) is not None:
            return None
    for pattern in way.text:
        found = page.search(fill_pattern(pattern, roles))
        if found is None:
            return None
        quoted += found.lines
    for rows in way.rows:
        matched = _rows(rows, page, roles)
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


def _rows(rows: Rows, page: Page, roles: dict[str, Any]) -> list[str] | None:
    """Return the matching lines, or None if there are too few or too many."""
    matched: list[str] = []
    values: set[str] = set()
    for line, found in page.rows(fill_pattern(rows.match, roles)):
        if not _numbers_fit(rows, found, roles):
            continue
        matched.append(line)
        values.add(found[rows.distinct] if rows.distinct else str(len(matched)))
    if len(values) < rows.min or (rows.max is not None and len(values) > rows.max):
        return None
    return matched


def _numbers_fit(rows: Rows, found: Found, roles: dict[str, Any]) -> bool:
    try:
        return all(
            float(found[group]) >= float(fill(bound, roles))
            for group, bound in rows.at_least.items()
        ) and all(
            float(found[group]) <= float(fill(bound, roles))
            for group, bound in rows.at_most.items()
        )
    except ValueError:
        # The group took no part in the match, or no number stood there.
        return False


@lru_cache(maxsize=16)
def _page(text: str) -> Page:
    """Return *text* for searching; every fact asks for the same one in turn."""
    return Page(text)
