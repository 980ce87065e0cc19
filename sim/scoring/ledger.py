"""Harm and help of every action, by leaving it out: the same run, same seed, without that input.

The replay is handed in; its users' loss is compared with this run's over the same hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.evidence import EvidenceLog
from sim.scoring.impact import Impact
from sim.scoring.story import Deed, Story

Replay = Callable[[frozenset[int]], EvidenceLog]
"""From the inputs to leave out to the evidence of the run without them, up to the horizon."""

FREE = 0.01
"""Share of the reference loss below which an action costs nothing."""
MIN_LOSS_S = 300
"""The reference loss is at least this many seconds of loss at the paging threshold."""
HARM_COSTS = ((0.50, 8.0), (0.10, 4.0), (FREE, 2.0))
"""(share of the reference loss, points): the first that the added loss exceeds counts."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action and what it did to users."""

    deed: Deed
    saved: float
    """Requests that the action saved; negative: that it cost."""
    without: float
    """Loss of the run without it."""
    cost: float
    """Points of "no harm" that it costs."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every action of a run with its effect."""

    entries: tuple[Entry, ...]
    loss: float
    """Loss of the run itself, from the page's fault to the horizon."""
    base: float
    """What harm is measured against: max(L_none, 5 min at the paging threshold)."""

    @classmethod
    def of(cls, story: Story, loss_none: float, replay: Replay) -> Ledger:
        """Replay *story* once for each action."""
        start, end = story.run.fault_at, story.horizon
        loss = story.impact.lost(start, end)
        wanted = story.impact.wanted(start, end) * 1000 / max(1, end - start)
        base = max(loss_none, MIN_LOSS_S * paging_threshold(story) * wanted)
        entries = []
        for deed in story.deeds:
            other = Impact.of(replay(frozenset({deed.input})))
            without = other.lost(start, end)
            entries.append(Entry(deed, without - loss, without, harm_cost(loss - without, base)))
        return cls(tuple(entries), loss, base)

    def best(self) -> Entry | None:
        """Return the action that saved most, if any saved more than the free share."""
        helpful = [entry for entry in self.entries if entry.saved > FREE * self.base]
        return max(helpful, key=lambda entry: (entry.saved, -entry.deed.at), default=None)

    def helpful(self, share: float = 0.1) -> list[Entry]:
        """Return the actions that saved more than *share* of the reference loss, in order."""
        return [entry for entry in self.entries if entry.saved > share * self.base]


def harm_cost(added: float, base: float) -> float:
    """Return the points that an action costs which added *added* requests of loss."""
    return next((cost for share, cost in HARM_COSTS if added > share * base), 0.0)


def paging_threshold(story: Story) -> float:
    """Return the share of failing requests at which the scenario pages."""
    thresholds = [rule.above for rule in story.scenario.alerts if rule.page]
    return min(thresholds, default=0.05)
