"""Counterfactual replays of one run that share everything before the first change.

Where the process has a single thread, the world as it stood when the page came is made once; replays
continue copies of it (`fork`), and several at once share a trunk that goes on from change to change.
Elsewhere each is made anew. The result is the same to the last digit, because a run is a pure
function of its inputs.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from sim.evidence import EvidenceLog, ImpactRecord
from sim.scenario import Scenario
from sim.session.inputs import TERMINAL_KINDS, Input
from sim.session.run import Run, continued, replay, try_apply

Numbers = frozenset[int]
_FRAME = struct.Struct("<qq")
"""Number of a replay and length of what follows."""
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
        if not _can_fork():
            for numbers in wanted:
                yield numbers, self._anew(numbers)
            return
        ready: dict[int, EvidenceLog] = {}
        following = 0
        root = self._page()
        for place, log in _from_child(lambda out: self._trunk(root, wanted, out)):
            ready[place] = log
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
        if not _can_fork():
            return _impact(replay(self._scenario, self._seed, inputs, epoch=self._epoch))
        root = self._page()
        ((_, log),) = _from_child(lambda out: _send(out, 0, continued(root, inputs)))
        return log

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
                _in_copy(lambda rest=rest, place=place: _send(out, place, continued(run, rest)))  # type: ignore[misc]
            if number >= last or given is None:
                return
            if given.at <= run.horizon:
                try_apply(run, given)


def moved(inputs: list[Input], numbers: Numbers, to: int) -> list[Input]:
    """Return *inputs* with those of *numbers* given from *to* (ms) on, in their order."""
    used = {one.payload.get("terminal") for one in inputs}
    spare = next((name for name in _SPARE if name not in used), _SPARE[0])
    stay = [given for number, given in enumerate(inputs) if number not in numbers]
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


def _can_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _from_child(work: Callable[[BinaryIO], None]) -> Iterator[tuple[int, EvidenceLog]]:
    """Run *work* in a copy of this process and yield what it sends, as it comes."""
    reading, writing = os.pipe()

    def in_child() -> None:
        os.close(reading)
        with os.fdopen(writing, "wb") as out:
            work(out)

    child = _copy(in_child)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            while head := pipe.read(_FRAME.size):
                place, size = _FRAME.unpack(head)
                yield place, EvidenceLog(pickle.loads(pipe.read(size)))
    finally:
        # A reader that stops early closes the pipe, and the copies end at their next result.
        _, status = os.waitpid(child, 0)
    if status != 0:
        msg = f"a replay ended with status {status}"
        raise RuntimeError(msg)


def _in_copy(work: Callable[[], None]) -> None:
    """Run *work* in a copy of this process and wait for it."""
    _, status = os.waitpid(_copy(work), 0)
    if status != 0:
        msg = f"a replay ended with status {status}"
        raise RuntimeError(msg)


def _copy(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            # The copy must not run the parent's exit handlers.
            os._exit(code)
    return child


def _send(out: BinaryIO, place: int, log: EvidenceLog) -> None:
    body = pickle.dumps(list(log.of(ImpactRecord)), pickle.HIGHEST_PROTOCOL)
    out.write(_FRAME.pack(place, len(body)) + body)
    out.flush()


def _impact(log: EvidenceLog) -> EvidenceLog:
    return EvidenceLog(log.of(ImpactRecord))
