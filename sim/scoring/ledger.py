"""Harm and help of every action, as they were measured: the same run, same seed, without that input.

How the replays are made and in which order is `accounting`'s business; nothing here gives points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.scoring.story import Deed, Story

FREE = 0.01
"""Share of the reference loss below which an action costs nothing."""
HELPFUL = 0.02
"""Share of the reference loss above which an action counts as a mitigation."""
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
    unmeasured: str = ""
    """Why its effect on users is not known; empty: it is. What is not known costs nothing."""

    @property
    def points(self) -> float:
        """All the points of "no harm" that it costs."""
        return self.cost + (LASTING_COST if self.lasting else 0.0)


@dataclass(frozen=True, slots=True)
class Joint:
    """An effect that shows only when several actions are left out together: each hides the other's."""

    deeds: tuple[Deed, ...]
    added: float
    """Requests that they cost together; negative: that they saved."""
    cost: float
    """Points beyond those that the actions cost one by one."""


Tie = Literal["needs", "made", "undoes"]
"""`needs`: without the first the second does nothing of the kind, by replay; `made`: it acts on what the
first made; `undoes`: it takes the first back."""


@dataclass(frozen=True, slots=True)
class Bond:
    """An action that only makes sense after another one."""

    first: Deed
    then: Deed
    tie: Tie
    saved: float
    """Requests that both together saved."""

    @property
    def words(self) -> str:
        """Say it in one sentence."""
        why = {
            "needs": f"`{self.then.line}` works only after `{self.first.line}`",
            "made": f"`{self.then.line}` acts on what `{self.first.line}` made",
            "undoes": f"`{self.then.line}` takes `{self.first.line}` back",
        }
        return why[self.tie]


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
    """Harm that actions did together."""
    shared: Joint | None = None
    """Help of which each of several actions would have been enough alone."""
    bonds: tuple[Bond, ...] = ()
    source: str = ""
    """Where the effects come from, if not from the run's own figures: `from the simulator`."""

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

    def groups(self) -> list[list[Entry]]:
        """Return the entries with those that only make sense together side by side, in order."""
        found: list[list[Entry]] = []
        for entry in self.entries:
            mates = {bond.first.input for bond in self.bonds if bond.then.input == entry.deed.input}
            home = [group for group in found if any(one.deed.input in mates for one in group)]
            if home:
                home[0].append(entry)
                for other in home[1:]:
                    home[0].extend(other)
                    found.remove(other)
            else:
                found.append([entry])
        return [sorted(group, key=lambda one: one.deed.input) for group in found]

    def partners(self, entry: Entry) -> list[Entry]:
        """Return the other actions without which *entry* would not have helped, in order."""
        tied: set[int] = {entry.deed.input}
        grown = 0
        while grown != len(tied):
            grown = len(tied)
            for bond in self.bonds:
                pair = {bond.first.input, bond.then.input}
                if bond.tie == "needs" and pair & tied:
                    tied |= pair
        return [
            one
            for one in self.entries
            if one is not entry and one.deed.input in tied and one in self.helpful()
        ]


def harm_cost(added: float, base: float) -> float:
    """Return the points that an action costs which added *added* requests of loss."""
    return next((cost for share, cost in HARM_COSTS if added > share * base), 0.0)


def paging_threshold(story: Story) -> float:
    """Return the share of failing requests at which the scenario pages."""
    thresholds = [rule.above for rule in story.scenario.alerts if rule.page]
    return min(thresholds, default=0.05)
