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
        return self.story.loss

    @cached_property
    def mitigation(self) -> Entry | None:
        """The action with which users became fine, given that the run as a whole helped them.

        Of actions that only help together it is the last one. Where one action hides another's
        effect, so that leaving out either changes little, it is the last one before users were fine.
        """
        fine = self.story.mitigated_at
        # What was measured counts where the replays tell another story.
        saved = max(self.ledger.saved, self.loss_none - self.loss)
        if fine is None or saved <= HELPFUL * self.ledger.base:
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
        return self.parts[0] if self.parts else None

    @cached_property
    def parts(self) -> list[Entry]:
        """The actions that the mitigation is made of, in order."""
        if self.mitigation is None:
            return []
        parts = [self.mitigation, *self.ledger.partners(self.mitigation)]
        return sorted(
            (one for one in parts if one.deed.at <= self.mitigation.deed.at),
            key=lambda entry: entry.deed.input,
        )

    @cached_property
    def mitigated(self) -> bool:
        """Whether users were fine again, and by something that was done."""
        return self.mitigation is not None

    @cached_property
    def settled(self) -> bool:
        """Whether the night was handled: mitigated, or a false alarm left alone for a reason."""
        if not self.story.false_alarm:
            return self.mitigated
        unhurt = not any(entry.cost for entry in self.ledger.entries)
        return unhurt and all(self.grounds)

    @cached_property
    def grounds(self) -> tuple[Known | None, Known | None]:
        """Users' own figures and an independent source, as seen before anything was done.

        In a false alarm that is before anything was done or closed, and the two must not be one
        look at one thing.
        """
        story = self.story
        first = min((deed.at for deed in story.changes), default=None)
        if not story.false_alarm:
            if first is None:
                return None, None
            users, real = (
                next((known for known in story.about(topic) if known.at <= first), None)
                for topic in ("users", "real")
            )
            return users, real
        if story.passive:
            return None, None
        until = min(
            story.horizon if first is None else first,
            story.close.at if story.close is not None else story.horizon,
        )
        users_seen, real_seen = (
            [known for known in self._seen(topic) if known.at <= until]
            for topic in ("users", "real")
        )
        for one in users_seen:
            for other in real_seen:
                if one.sight.source != other.sight.source and (
                    not one.sight.panel or one.sight.panel != other.sight.panel
                ):
                    return one, other
        # Two topics of one look are one source.
        return (users_seen[0], None) if users_seen else (None, next(iter(real_seen), None))

    def _seen(self, topic: str) -> list[Known]:
        """Return every look that showed a fact about *topic*, not only the first."""
        wanted = {fact.id for fact in self.story.scenario.facts if topic in fact.about}
        return [
            Known(sight.at, sight, quote)
            for sight in self.story.sights
            for fact, quote in sight.facts.items()
            if fact in wanted
        ]

    @cached_property
    def user_sights(self) -> list[Sight]:
        """The looks at users' own figures."""
        return list(
            {
                id(known.sight): known.sight
                for topic in ("users", "recovery")
                for known in self._seen(topic)
            }.values()
        )

    @cached_property
    def verified(self) -> Sight | None:
        """The first look at users' own figures after mitigation that showed them recovered.

        In a false alarm: the first that came after the two sources on which nothing was done.
        """
        if self.story.false_alarm:
            seen = [known.sight for known in self.grounds if known is not None]
            if len(seen) < 2:
                return None
            since = max(sight.at for sight in seen)
            return next((one for one in self.user_sights if one.at > since), None)
        fine = self.story.mitigated_at
        if fine is None or self.mitigation is None:
            return None
        return self.seen_recovered(max(fine, self.mitigation.deed.at))

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


def here(case: Case, *facts: str) -> str:
    """Say what these facts are tonight, as the end of an expert's advice; at most two."""
    known = {fact.id for fact in case.story.scenario.facts}
    told = [case.story.sentence(fact) for fact in dict.fromkeys(facts) if fact in known]
    return f" Tonight: {' '.join(told[:2])}" if told else ""


def first_about(case: Case, *topics: str) -> list[str]:
    """Return the first fact of the scenario for each of *topics*."""
    facts = case.story.scenario.facts
    found = [next((one.id for one in facts if topic in one.about), "") for topic in topics]
    return [fact for fact in found if fact]


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
