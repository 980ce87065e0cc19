"""What a criterion judges: a story, its ledger and the reference losses; plus how it quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sim.scoring.ledger import Entry, Ledger
from sim.scoring.scorecard import Exhibit, Finding
from sim.scoring.story import Deed, Known, Sight, Story

QUOTED_LINES = 6
"""Longest quote in a finding."""


@dataclass(frozen=True)
class Case:
    """Everything that criteria may look at."""

    story: Story
    ledger: Ledger
    loss_none: float
    loss_ref: float

    @property
    def loss(self) -> float:
        """Users' loss of this run."""
        return self.ledger.loss

    @cached_property
    def mitigation(self) -> Entry | None:
        """The first action that helped much, given that users were fine in the end."""
        if self.story.mitigated_at is None:
            return None
        helpful = self.ledger.helpful()
        return helpful[0] if helpful else None

    @cached_property
    def mitigated(self) -> bool:
        """Whether users were fine again, and by something that was done."""
        return self.mitigation is not None

    @cached_property
    def verified(self) -> Sight | None:
        """The first look at users' own figures after mitigation that showed them recovered."""
        since = self.story.mitigated_at
        if since is None or self.mitigation is None:
            return None
        facts = {one.id for one in self.story.scenario.facts if "recovery" in one.about}
        for sight in self.story.sights:
            if sight.at >= max(since, self.mitigation.deed.at) and facts & set(sight.facts):
                return sight
        return None

    @cached_property
    def changes_done(self) -> list[Deed]:
        """Actions that touch what serves users, i.e. not a probe of one's own."""
        return [deed for deed in self.story.deeds if not is_probe(deed)]

    @cached_property
    def looks_before_mitigation(self) -> int:
        """How many looks came before the first action that helped."""
        if self.mitigation is None:
            return len(self.story.sights)
        at = self.mitigation.deed.at
        return sum(1 for sight in self.story.sights if sight.began < at)

    @cached_property
    def recognised(self) -> bool:
        """The expert's short cut: the right mitigation within 4 looks, and its effect verified."""
        return self.mitigated and self.looks_before_mitigation <= 4 and self.verified is not None


Criterion = Callable[[Case], Finding]


def is_probe(deed: Deed) -> bool:
    """Return whether a deed only made, used and removed something of its own (a debug pod)."""
    made = {
        action.target
        for action in deed.actions
        if action.verb == "create" and action.target.startswith("pods/")
    }
    return bool(made) and all(action.target in made for action in deed.actions)


def quote_fact(known: Known) -> Exhibit:
    """Quote what first showed a fact."""
    return _exhibit(known.at, known.sight, known.quote.lines)


def quote_sight(sight: Sight) -> Exhibit:
    """Quote the first lines of a look."""
    return _exhibit(sight.at, sight, tuple(sight.look.text.splitlines()))


def _exhibit(at: int, sight: Sight, lines: tuple[str, ...]) -> Exhibit:
    shown = lines[:QUOTED_LINES]
    more = [f"... {len(lines) - QUOTED_LINES} more lines"] if len(lines) > QUOTED_LINES else []
    return Exhibit(at, sight.source, sight.line, "\n".join([*shown, *more]))


def quote_deed(deed: Deed) -> Exhibit:
    """Quote what an action changed."""
    changed = list(
        dict.fromkeys(f"{one.verb} {one.target} {one.detail}".strip() for one in deed.actions)
    )
    more = [f"... {len(changed) - QUOTED_LINES} more"] if len(changed) > QUOTED_LINES else []
    return Exhibit(deed.at, deed.source, deed.line, "\n".join([*changed[:QUOTED_LINES], *more]))


def quote_world(at: int, line: str, text: str) -> Exhibit:
    """Quote what the simulation measured, which nobody needed to look at."""
    return Exhibit(at, "world", line, text)
