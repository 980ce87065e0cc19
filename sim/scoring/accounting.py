"""Works a ledger out by replays, row by row, so that a page can show rows while more are computed.

The replays are handed in; their users' loss is compared with this run's over the same hour. What a row
is worth in points stands in `ledger`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Protocol

from sim.evidence import EvidenceLog
from sim.scoring.criteria.temporary import taken
from sim.scoring.impact import Impact
from sim.scoring.lasting import lasting_damage
from sim.scoring.ledger import (
    FREE,
    HELPFUL,
    Bond,
    Entry,
    Joint,
    Ledger,
    Tie,
    harm_cost,
    paging_threshold,
)
from sim.scoring.story import Deed, Story

MIN_LOSS_S = 300
"""The reference loss is at least this many seconds of loss at the paging threshold."""
MOST_ROWS = 40
"""Replays for single actions; of more actions neighbours are left out together first."""
MOST_PAIRS = 8
"""Replays that look for actions which only make sense together."""
LEFT = 0.25
"""An action that keeps at most this share of its effect without another one needs that one."""
Inputs = frozenset[int]


class Replays(Protocol):
    """The run once more, up to its horizon; only users' impact is read."""

    def __call__(self, without: Inputs) -> EvidenceLog:
        """Return the evidence without some inputs."""

    def each(self, without: list[Inputs]) -> Iterable[tuple[Inputs, EvidenceLog]]:
        """Return the evidence without each of several sets of inputs, in their order."""

    def moved(self, inputs: Inputs, to: int) -> EvidenceLog:
        """Return the evidence with some inputs given at *to* (ms), in their order, before the rest."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What replays are held against: the whole run as they tell it, which is not always the run itself.

    Of a run whose figures were measured it is the run with its actions done again in the simulator.
    """

    loss: float
    """Users' loss of the whole."""
    start: int
    end: int
    """The hour over which it counts, as the replays' clocks have it (ms)."""
    unmeasured: Mapping[int, str] = field(default_factory=dict)
    """Inputs that no replay can do again, each with the reason."""
    source: str = ""
    """Where the effects come from, if not from the run's own figures."""

    @classmethod
    def of(cls, story: Story) -> Basis:
        """Return the run itself."""
        return cls(story.loss, story.run.fault_at, story.horizon)


class Accounting:
    """One run's ledger in the making."""

    def __init__(
        self, story: Story, loss_none: float, replays: Replays, basis: Basis | None = None
    ) -> None:
        """Get ready; nothing is replayed before rows are asked for. Without *basis*: the run itself."""
        self._story = story
        self._none = loss_none
        self._replays = replays
        self._basis = basis or Basis.of(story)
        self._end = story.horizon
        self.loss = self._basis.loss
        hour = self._end - story.run.fault_at
        wanted = story.impact.wanted(story.run.fault_at, self._end) * 1000
        threshold = MIN_LOSS_S * paging_threshold(story)
        self.base = max(loss_none, threshold * wanted / max(1, hour))
        self._damage = lasting_damage(story.deeds)
        self._rows: list[Entry] = []
        self._ledger: Ledger | None = None

    def rows(self) -> Iterator[Entry]:
        """Measure each action and yield it; once only, in the order of the run."""
        effects = self._effects()
        for deed in self._story.deeds[len(self._rows) :]:
            other = next(effects)
            cost = harm_cost(self.loss - other, self.base)
            lasting = tuple(self._damage.get(deed.input, ()))
            why = self._basis.unmeasured.get(deed.input, "")
            entry = Entry(deed, other - self.loss, other, cost, lasting, why)
            self._rows.append(entry)
            yield entry

    def ledger(self) -> Ledger:
        """Return the whole ledger: the rows that are missing, then what actions did together."""
        if self._ledger is None:
            for _ in self.rows():
                pass
            pairs = self._pairs(self._rows)
            entries = self._charged_once(pairs)
            bonds = [bond for bond, _ in pairs]
            bonds += [
                bond
                for bond in _by_object(self._story, self._rows)
                if all((bond.first, bond.then) != (one.first, one.then) for one in bonds)
            ]
            self._ledger = Ledger(
                tuple(entries),
                self.loss,
                self.base,
                self._none,
                joint=self._joint(entries),
                shared=self._shared(entries),
                bonds=tuple(sorted(bonds, key=lambda one: (one.then.input, one.first.input))),
                source=self._basis.source,
            )
        return self._ledger

    def without(self, inputs: Inputs) -> float:
        """Return the loss of the run without *inputs*."""
        return self._lost(self._replays(inputs))

    def _lost(self, log: EvidenceLog) -> float:
        return Impact.of(log).lost(self._basis.start, self._basis.end)

    def _effects(self) -> Iterator[float]:
        """Yield the loss without each action that has no row yet, in order."""
        deeds = self._story.deeds[len(self._rows) :]
        size = -(-len(deeds) // MOST_ROWS) or 1
        blocks = [deeds[start : start + size] for start in range(0, len(deeds), size)]
        sets = [frozenset(deed.input for deed in block if self._counts(deed)) for block in blocks]
        logs = iter(self._replays.each([one for one in sets if one]))
        for block, inputs in zip(blocks, sets, strict=True):
            other = self._lost(next(logs)[1]) if inputs else self.loss
            if len(block) == 1:
                yield other
            elif abs(other - self.loss) <= FREE * self.base:
                # Next to nothing together; what hides from each other is looked for later.
                yield from (self.loss for _ in block)
            else:
                for deed in block:
                    only = frozenset({deed.input})
                    yield self.without(only) if self._counts(deed) else self.loss

    def _counts(self, deed: Deed) -> bool:
        """Return whether a replay without *deed* can tell what it did."""
        return deed.at < self._end and deed.input not in self._basis.unmeasured

    def _pairs(self, rows: list[Entry]) -> list[tuple[Bond, float]]:
        """Return the actions that need an earlier one, with the loss without both."""
        telling = [entry for entry in rows if abs(entry.saved) > HELPFUL * self.base]
        saved = self._none - self.loss
        hurt = sum(-one.saved for one in rows if one.saved < 0)
        asked = []
        for first, then in combinations(telling, 2):
            same = (first.saved > 0) == (then.saved > 0)
            helps = first.saved > 0
            # Savings that add up to no more than the whole are two savings.
            apart = helps and first.saved + then.saved <= (saved + hurt) * 1.02
            if same and not apart and _before(first.deed, then.deed):
                asked.append((first, then))
        asked.sort(key=lambda pair: (pair[1].deed.input - pair[0].deed.input, pair[0].deed.input))
        del asked[MOST_PAIRS:]
        sets = [frozenset({first.deed.input, then.deed.input}) for first, then in asked]
        logs = self._replays.each(sets)
        found = []
        for (first, then), (_, log) in zip(asked, logs, strict=True):
            neither = self._lost(log)
            alone = neither - first.without
            if alone / then.saved <= LEFT:
                both = neither - self.loss
                # Of two that change nothing together the second makes up for the first.
                tie: Tie = "undoes" if abs(both) <= FREE * self.base else "needs"
                found.append((Bond(first.deed, then.deed, tie, both), neither))
        return found

    def _charged_once(self, pairs: list[tuple[Bond, float]]) -> list[Entry]:
        """Take harm that two actions did only together from the later one, once."""
        entries = {entry.deed.input: entry for entry in self._rows}
        for bond, neither in pairs:
            first, then = entries[bond.first.input], entries[bond.then.input]
            if first.cost and then.cost:
                whole = max(then.cost, harm_cost(self.loss - neither, self.base))
                entries[bond.first.input] = replace(first, cost=0.0)
                entries[bond.then.input] = replace(then, cost=whole)
        return list(entries.values())

    def _joint(self, entries: list[Entry]) -> Joint | None:
        """Return harm that shows only when all that did not help is left out together."""
        rest = [
            entry
            for entry in entries
            if entry.saved <= HELPFUL * self.base
            and not entry.deed.probe
            and self._counts(entry.deed)
        ]
        # One action alone has been left out already.
        if len(rest) < 2:
            return None
        added = self.loss - self.without(frozenset(entry.deed.input for entry in rest))
        extra = harm_cost(added, self.base) - sum(entry.cost for entry in rest)
        if extra <= 0:
            return None
        return Joint(tuple(entry.deed for entry in rest), added, extra)

    def _shared(self, entries: list[Entry]) -> Joint | None:
        """Return help that no single action had, since another would have done it as well."""
        fine = self._story.mitigated_at
        least = HELPFUL * self.base
        if fine is None or self._none - self.loss <= least:
            return None
        if any(entry.saved > least for entry in entries):
            return None
        done = [
            entry.deed
            for entry in entries
            if entry.deed.at <= fine
            and not entry.deed.probe
            and not entry.cost
            and self._counts(entry.deed)
        ]
        if len(done) < 2:
            return None
        saved = self.without(frozenset(deed.input for deed in done)) - self.loss
        return Joint(tuple(done), -saved, 0.0) if saved > least else None


def _before(first: Deed, then: Deed) -> bool:
    return first.input < then.input and first.at <= then.at


def _by_object(story: Story, rows: list[Entry]) -> list[Bond]:
    """Return the actions that act only on what an earlier one made, or that take one back."""
    effects = {entry.deed.input: entry.saved for entry in rows}

    def bond(first: Deed, then: Deed, *, undoes: bool) -> Bond:
        both = effects.get(first.input, 0.0) + effects.get(then.input, 0.0)
        return Bond(first, then, "undoes" if undoes else "made", both)

    makers: dict[str, Deed] = {}
    found: list[Bond] = []
    for deed in story.deeds:
        targets = {action.target for action in deed.actions}
        if deed.actions and all(target in makers for target in targets):
            first = makers[min(targets)]
            if first.input != deed.input:
                found.append(bond(first, deed, undoes=False))
        for action in deed.actions:
            if action.verb == "create":
                makers.setdefault(action.target, deed)
    for one in taken(story):
        if one.undone is not None and one.undone.input != one.made.input:
            pair = bond(one.made, one.undone, undoes=True)
            known = {(other.first.input, other.then.input) for other in found}
            if (pair.first.input, pair.then.input) not in known:
                found.append(pair)
    return found
