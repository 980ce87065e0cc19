"""Stores a branch of a finished run: everything up to a moment, its close left out, to be played on."""

from __future__ import annotations

import json

from sim.evidence import CloseRecord
from sim.session.bundle import Stored
from sim.session.inputs import TERMINAL_KINDS, Input
from sim.session.measured import NO_REPLAY
from sim.session.panels import clock_text
from sim.session.run import Run
from sim.session.storage import RunRow, RunStore

STILL_OPEN = "the incident is still open; close it first"


class StillOpenError(RuntimeError):
    """The incident has not been closed; what is asked for would tell its truth."""


def branch(store: RunStore, run: str, at: int, played: Run, *, holder: str) -> RunRow:
    """Store a branch of a run at *at* (simulated ms), open from there on; its close is left out.

    *played* is the run replayed: what closed it is known from its evidence, whether it was the form
    or a command. A moment behind that input becomes the one just before it.

    Raises:
        UnknownRunError: if there is no such run.
        StillOpenError: if it has not been closed.
        ValueError: if *at* lies before its page or behind its end, or nothing can play it again.
    """
    row = store.find(run)
    if row.real:
        raise ValueError(NO_REPLAY)
    stored = store.inputs(run)
    close = next(played.log.of(CloseRecord), None)
    if close is None and not row.closed:
        raise StillOpenError(STILL_OPEN)
    end = max([row.sim_ms, *(one[0] for one in stored), close.at if close else 0])
    epoch, paged = played.epoch, played.paged_at
    if at < paged:
        msg = f"{clock_text(epoch, at)} lies before the page, which came at {clock_text(epoch, paged)}"
        raise ValueError(msg)
    if at > end:
        msg = f"{clock_text(epoch, at)} is not within the run, which ended at {clock_text(epoch, end)}"
        raise ValueError(msg)
    if close is not None:
        # It may have come long after its line was entered: `sleep 60; incident close`, or a job in
        # the background; without that line it does not come again.
        number = close.input
        while number > 0 and stored[number][1] not in ("close", *TERMINAL_KINDS):
            number -= 1
        at = min(at, max(paged, stored[number][0] - 1))
        stored = stored[:number]
    return store.branch(run, at, _up_to(at, stored), holder=holder)


def _up_to(at: int, stored: list[Stored]) -> list[Stored]:
    """Return the inputs up to *at*, a skip that leads beyond it cut there."""
    taken = []
    for given, kind, payload in stored:
        if given > at:
            break
        if kind != "skip":
            taken.append((given, kind, payload))
        elif amount := min(json.loads(payload)["amount_ms"], at - given):
            taken.append((given, kind, Input(given, kind, {"amount_ms": amount}).dumps()))
    return taken
