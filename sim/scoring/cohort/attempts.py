"""Which runs count: of one person's runs on one night the first, of a run and its copies one.

Whoever has played a night knows it, so a second attempt says little about the first. Who a person is,
and when a run began, is told by whoever has the runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.scoring.cohort.sample import Sample


@dataclass(frozen=True, slots=True)
class Entrant:
    """A run that was named for a comparison."""

    sample: Sample
    person: str = ""
    """Whoever has the same text is the same person; empty: it is not known who it was."""
    began_ms: int = 0
    """By which attempts are ordered; those of the same instant as they were named."""


@dataclass(slots=True)
class Counted:
    """The runs that count, by group, and why the others do not."""

    groups: dict[str, list[Sample]]
    left_out: list[tuple[str, str]]


def counted(groups: Mapping[str, Sequence[Entrant]], *, every: bool = False) -> Counted:
    """Return what counts of *groups*; with *every* later attempts as well, numbered as such.

    A run counts once in the whole comparison, however often it or a copy of it was named; a script
    does the same in each group. Attempts are those within one group: somebody's run in a group
    "before" and the other in a group "after" were put there to be compared.
    """
    found = Counted({}, [])
    seen: dict[tuple[str, str], str] = {}
    for name, group in groups.items():
        attempts: dict[tuple[str, str, int], list[Entrant]] = {}
        kept: list[Entrant] = []
        for entrant in group:
            one = entrant.sample
            within = name if one.player else ""
            key = (within, one.digest or f"run {one.run}")
            if key in seen:
                same = "named twice" if seen[key] == one.run else f"the same run as {seen[key]}"
                found.left_out.append((one.run, f"{same}; it counts once"))
                continue
            seen[key] = one.run
            kept.append(entrant)
            if entrant.person and not one.player:
                attempts.setdefault((entrant.person, one.slug, one.seed), []).append(entrant)
        numbers = {
            id(entrant): number
            for tries in attempts.values()
            for number, entrant in enumerate(sorted(tries, key=lambda one: one.began_ms), 1)
        }
        for entrant in kept:
            number = numbers.get(id(entrant), 1)
            if number == 1 or every:
                found.groups.setdefault(name, []).append(replace(entrant.sample, attempt=number))
            else:
                why = f"attempt {number} of the same person at the same night; the first counts"
                found.left_out.append((entrant.sample.run, why))
    return found
