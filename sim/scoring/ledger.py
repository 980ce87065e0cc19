"""Harm and help of every action, by leaving it out: the same run, same seed, without that input.

The replay is handed in; its users' loss is compared with this run's over the same hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.evidence import EvidenceLog
from sim.scoring.impact import Impact
from sim.scoring.lasting import lasting_damage
from sim.scoring.story import Deed, Story

Replay = Callable[[frozenset[int]], EvidenceLog]
"""From the inputs to leave out to the evidence of the run without them, up to the horizon."""

FREE = 0.01
"""Share of the reference loss below which an action costs nothing."""
HELPFUL = 0.02
"""Share of the reference loss above which an action counts as a mitigation."""
MIN_LOSS_S = 300
"""The reference loss is at least this many seconds of loss at the paging threshold."""
HARM_COSTS = ((0.50, 8.0), (0.10, 4.0), (FREE, 2.0))
"""(share of the reference loss, points): the first that the added loss exceeds counts."""
LASTING_COST = 5.0
"""Points for what nothing in the cluster restores."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action and what it did to users."""

    deed: Deed
    saved: float
    """Requests that the action saved; negative: that it cost."""
    without: float
    """Loss of the run without it."""
    cost: float
    """Points of "no harm" that its effect on users costs."""
    lasting: tuple[str, ...] = ()
    """What it did that nothing restores, in words; costs points by itself."""

    @property
    def points(self) -> float:
        """All the points of "no harm" that it costs."""
        return self.cost + (LASTING_COST if self.lasting else 0.0)


@dataclass(frozen=True, slots=True)
class Joint:
    """Harm that shows only when several actions are left out together: each hides the other's."""

    deeds: tuple[Deed, ...]
    added: float
    cost: float
    """Points beyond those that the actions cost one by one."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every action of a run with its effect."""

    entries: tuple[Entry, ...]
    loss: float
    """Loss of the run itself, from the page's fault to the horizon."""
    base: float
    """What harm is measured against: max(L_none, 5 min at the paging threshold)."""
    untouched: float = 0.0
    """L_none: loss of the same night with nobody there."""
    joint: Joint | None = None

    @classmethod
    def of(cls, story: Story, loss_none: float, replay: Replay) -> Ledger:
        """Replay *story* once for each action, and once without all that did not help."""
        start, end = story.run.fault_at, story.horizon
        loss = story.impact.lost(start, end)
        wanted = story.impact.wanted(start, end) * 1000 / max(1, end - start)
        base = max(loss_none, MIN_LOSS_S * paging_threshold(story) * wanted)
        damage = lasting_damage(story.deeds)

        def without(inputs: frozenset[int]) -> float:
            return Impact.of(replay(inputs)).lost(start, end)

        entries = []
        for deed in story.deeds:
            other = without(frozenset({deed.input})) if deed.at < end else loss
            cost = harm_cost(loss - other, base)
            lasting = tuple(damage.get(deed.input, ()))
            entries.append(Entry(deed, other - loss, other, cost, lasting))
        joint = _joint(entries, loss, base, without)
        return cls(tuple(entries), loss, base, loss_none, joint)

    def free(self, requests: float) -> bool:
        """Return whether an effect of so many requests is too small to speak of."""
        return abs(requests) <= FREE * self.base

    def helpful(self) -> list[Entry]:
        """Return the actions without which clearly more would have been lost, in order."""
        return [entry for entry in self.entries if entry.saved > HELPFUL * self.base]

    @property
    def saved(self) -> float:
        """What the run saved against the untouched night, all actions together."""
        return self.untouched - self.loss

    def partners(self, entry: Entry) -> list[Entry]:
        """Return the other actions without which *entry* would not have helped, in order.

        Where each of several actions shows the whole saving, none of them had it alone.
        """
        helpful = self.helpful()
        if entry not in helpful:
            return []
        hurt = sum(-one.saved for one in self.entries if one.saved < 0)
        most = (self.saved + hurt) * 1.02
        return [one for one in helpful if one is not entry and entry.saved + one.saved > most]


def _joint(
    entries: list[Entry], loss: float, base: float, without: Callable[[frozenset[int]], float]
) -> Joint | None:
    rest = [entry for entry in entries if entry.saved <= HELPFUL * base and not entry.deed.probe]
    # One action alone has been left out already.
    if len(rest) < 2:
        return None
    added = loss - without(frozenset(entry.deed.input for entry in rest))
    extra = harm_cost(added, base) - sum(entry.cost for entry in rest)
    if extra <= 0:
        return None
    return Joint(tuple(entry.deed for entry in rest), added, extra)


def harm_cost(added: float, base: float) -> float:
    """Return the points that an action costs which added *added* requests of loss."""
    return next((cost for share, cost in HARM_COSTS if added > share * base), 0.0)


def paging_threshold(story: Story) -> float:
    """Return the share of failing requests at which the scenario pages."""
    thresholds = [rule.above for rule in story.scenario.alerts if rule.page]
    return min(thresholds, default=0.05)
