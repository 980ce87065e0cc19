"""Counterfactual replays of one run that share everything before the first change.

Where the process has a single thread, the world as it stood when the page came is made once; replays
continue copies of it (`fork`), and several at once share a trunk that goes on from change to change.
Elsewhere each is made anew. The result is the same to the last digit, because a run is a pure
function of its inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from sim.evidence import EvidenceLog, ImpactRecord
from sim.scenario import Scenario
from sim.session.copies import can_copy, in_copy, results, send
from sim.session.inputs import TERMINAL_KINDS, Input
from sim.session.run import Run, continued, replay, try_apply

Numbers = frozenset[int]
_SPARE = ("t4", "t3", "t2")
"""Terminals for lines that are moved, the first that the run did not use."""
GAP_MS = 1_000
"""Between lines that are moved."""


class Branches:
    """Replays one run with some of its inputs changed; answers with users' impact only."""

    def __init__(
        self, scenario: Scenario, seed: int, inputs: list[Input], *, epoch: str = ""
    ) -> None:
        """Get ready to replay *inputs*; nothing is built before it is needed."""
        self._scenario = scenario
        self._seed = seed
        self._inputs = inputs
        self._epoch = epoch
        self._root: Run | None = None

    def __call__(self, without: Numbers) -> EvidenceLog:
        """Return the impact records of the run up to its horizon, without those inputs."""
        ((_, log),) = self.each([without])
        return log

    def each(self, without: Iterable[Numbers]) -> Iterator[tuple[Numbers, EvidenceLog]]:
        """Yield the same for several sets of inputs, in their order, each as soon as it is there."""
        wanted = list(without)
        if not can_copy():
            for numbers in wanted:
                yield numbers, self._anew(numbers)
            return
        ready: dict[int, EvidenceLog] = {}
        following = 0
        root = self._page()
        for place, records in results(lambda out: self._trunk(root, wanted, out)):
            ready[place] = EvidenceLog(records)
            while following in ready:
                yield wanted[following], ready.pop(following)
                following += 1
        if following != len(wanted):
            msg = f"of {len(wanted)} replays only {following} came back"
            raise RuntimeError(msg)

    def moved(self, inputs: Numbers, to: int) -> EvidenceLog:
        """Return the impact records of the run with *inputs* given at *to* (ms), in their order.

        Lines are entered at a terminal of their own, so that nothing else there holds them up.
        """
        return self.changed(moved(self._inputs, inputs, to))

    def changed(self, inputs: list[Input]) -> EvidenceLog:
        """Return the impact records of a run of the same night with other *inputs*."""
        if not can_copy():
            return _impact(replay(self._scenario, self._seed, inputs, epoch=self._epoch))
        root = self._page()
        ((_, records),) = results(lambda out: _send(out, 0, continued(root, inputs)))
        return EvidenceLog(records)

    def _anew(self, without: Numbers) -> EvidenceLog:
        log = replay(self._scenario, self._seed, self._inputs, without=without, epoch=self._epoch)
        return _impact(log)

    def _page(self) -> Run:
        """Return the world as it stands when the page has come; only copies of it go on."""
        if self._root is None:
            self._root = Run(self._scenario, self._seed, epoch=self._epoch)
            self._root.start()
        return self._root

    def _trunk(self, run: Run, wanted: list[Numbers], out: BinaryIO) -> None:
        """Play the inputs on *run*; where a set begins, a copy goes on without that set."""
        ends = len(self._inputs)
        begins: dict[int, list[int]] = {}
        for place, numbers in enumerate(wanted):
            begins.setdefault(min({*numbers, ends}), []).append(place)
        last = max(begins, default=-1)
        for number, given in enumerate([*self._inputs, None]):
            for place in begins.get(number, ()):
                numbers = wanted[place]
                rest = [
                    one
                    for other, one in enumerate(self._inputs)
                    if other >= number and other not in numbers
                ]
                in_copy(lambda rest=rest, place=place: _send(out, place, continued(run, rest)))  # type: ignore[misc]
            if number >= last or given is None:
                return
            if given.at <= run.horizon:
                try_apply(run, given)


def moved(inputs: list[Input], numbers: Numbers, to: int) -> list[Input]:
    """Return *inputs* with those of *numbers* given from *to* (ms) on, in their order.

    A skip only lets time pass, which the instants of the other inputs do as well; one that led beyond
    *to* would hold back what is moved until its end.
    """
    used = {one.payload.get("terminal") for one in inputs}
    spare = next((name for name in _SPARE if name not in used), _SPARE[0])
    stay = [
        given
        for number, given in enumerate(inputs)
        if number not in numbers and given.kind != "skip"
    ]
    at = to
    for number in sorted(numbers):
        given = inputs[number]
        payload = given.payload
        if given.kind in TERMINAL_KINDS:
            payload = {**payload, "terminal": spare}
        stay.append(replace(given, at=at, payload=payload))
        at += GAP_MS
    # Stable: of one instant, what the run did itself comes first.
    return sorted(stay, key=lambda one: one.at)


def _send(out: BinaryIO, place: int, log: EvidenceLog) -> None:
    send(out, place, list(log.of(ImpactRecord)))


def _impact(log: EvidenceLog) -> EvidenceLog:
    return EvidenceLog(log.of(ImpactRecord))
