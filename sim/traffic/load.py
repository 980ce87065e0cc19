"""Users' demand over time: steps with a wobble that is drawn for each minute.

Thanks to this file demand at any instant is known without having lived through the time before;
it must not know who answers.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.kernel import Stream
from sim.traffic.spec import Application

STEP_MS = 60_000
"""Demand holds for a minute."""


class Demand(NamedTuple):
    """What users want for a while."""

    rps: float
    """Requests per second."""
    until: int
    """The first instant (ms) at which that may change."""


def demand(application: Application, stream: Stream, at: int) -> Demand:
    """Return what users want at *at* (ms): the step in force, drawn anew each minute."""
    minute = at // STEP_MS
    rps, until = application.load[0].rps, (minute + 1) * STEP_MS
    for step in application.load:
        if step.at_ms > at:
            until = min(until, step.at_ms)
            break
        rps = step.rps
    if application.wobble:
        drawn = stream.at("load", application.name, minute)
        rps *= 1.0 + drawn.uniform(-application.wobble, application.wobble)
    return Demand(round(rps, 6), until)
