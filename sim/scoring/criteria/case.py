"""What a criterion judges: a story, its ledger and the reference losses; plus how it quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sim.scoring.ledger import HELPFUL, Entry, Ledger
from sim.scoring.scorecard import Exhibit, Finding
from sim.scoring.sights import Sight
from sim.scoring.story import Deed, Known, Story

QUOTED_LINES = 6
"""Longest quote in a finding."""
RECOGNISED_LOOKS = 4
"""An expert who knows the picture needs no more looks than this."""


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
        """The action with which users became fine, given that the run as a whole helped them.

        Of actions that only help together it is the last one. Where one action hides another's
        effect, so that leaving out either changes little, it is the last one before users were fine.
        """
        fine = self.story.mitigated_at
        if fine is None or self.ledger.saved <= HELPFUL * self.ledger.base:
            return None
        helpful = self.ledger.helpful()
        done = [entry for entry in helpful if entry.deed.at <= fine]
        if done:
            return done[-1]
        real = {deed.input for deed in self.story.changes}
        before = [
            entry
            for entry in self.ledger.entries
            if entry.deed.at <= fine and entry.deed.input in real and not entry.cost
        ]
        return before[-1] if before else next(iter(helpful), None)

    @cached_property
    def begun(self) -> Entry | None:
        """The first action that the mitigation is made of."""
        if self.mitigation is None:
            return None
        parts = [self.mitigation, *self.ledger.partners(self.mitigation)]
        return min(parts, key=lambda entry: entry.deed.at)

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
        return self.seen_recovered(max(since, self.mitigation.deed.at))

    def seen_recovered(self, since: int) -> Sight | None:
        """Return the first look from *since* on that showed users being served again."""
        facts = {one.id for one in self.story.scenario.facts if "recovery" in one.about}
        for sight in self.story.sights:
            if sight.at >= since and facts & set(sight.facts):
                return sight
        return None

    @cached_property
    def looks_before_mitigation(self) -> int:
        """How many looks came before the first action that the mitigation is made of."""
        if self.begun is None:
            return sum(glance.weight for glance in self.story.looks)
        return self.story.looks_before(self.begun.deed.at)

    @cached_property
    def recognised(self) -> bool:
        """The expert's short cut: the right mitigation within 4 looks, and its effect verified."""
        if self.begun is None or not any(
            known.at <= self.begun.deed.at for known in self.story.about("real", "users", "scope")
        ):
            # Who has seen nothing of it has recognised nothing.
            return False
        return (
            self.mitigated
            and self.looks_before_mitigation <= RECOGNISED_LOOKS
            and self.verified is not None
        )

    @cached_property
    def separating(self) -> Known | None:
        """The first look, before closing, in which the true dimension separates."""
        found = self.story.shown(*self.story.scenario.rubric.separates)
        close = self.story.close
        return found[0] if found and (close is None or found[0].at <= close.at) else None


Criterion = Callable[[Case], Finding]


def quote_fact(known: Known) -> Exhibit:
    """Quote what first showed a fact."""
    return exhibit(known.at, known.sight, known.quote.lines)


def quote_sight(sight: Sight) -> Exhibit:
    """Quote the first lines of a look."""
    return exhibit(sight.at, sight, tuple(sight.look.text.splitlines()))


def exhibit(at: int, sight: Sight, lines: tuple[str, ...]) -> Exhibit:
    """Quote *lines* of a look."""
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
