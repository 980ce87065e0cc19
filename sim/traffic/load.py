"""Users' demand over time: steps with a wobble that is drawn for each minute, robots by their schedule.

Thanks to this file demand at any instant is known without having lived through the time before;
it must not know who answers.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.kernel import Stream
from sim.traffic.errands import Errand
from sim.traffic.spec import Application, OwnFailure, Robot

STEP_MS = 60_000
"""Demand holds for a minute."""
_DIGITS = 6


class Demand(NamedTuple):
    """What is wanted for a while."""

    rps: float
    """Requests per second that users want."""
    rates: tuple[float, ...]
    """Requests per second of each errand, robots' too, in the order of the errands."""
    robots: float
    """Requests per second of robots."""
    own: tuple[float, ...]
    """Share of each errand that fails by itself."""
    until: int
    """The first instant (ms) at which any of this may change."""


def demand(
    application: Application, errands: tuple[Errand, ...], stream: Stream, at: int
) -> Demand:
    """Return what is wanted at *at* (ms): the step in force, drawn anew each minute."""
    minute = at // STEP_MS
    step, until = application.load[0].rps, (minute + 1) * STEP_MS
    for each in application.load:
        if each.at_ms > at:
            until = min(until, each.at_ms)
            break
        step = each.rps
    factor = 1.0
    if application.wobble:
        drawn = stream.at("load", application.name, minute)
        factor += drawn.uniform(-application.wobble, application.wobble)
    divided = round(step * factor, _DIGITS)
    beside = sum(round(call.rps * factor, _DIGITS) for call in application.calls)
    rates: list[float] = []
    own: list[float] = []
    robots = 0.0
    for errand in errands:
        robot = errand.client.robot
        if robot is None:
            call = errand.call
            rates.append((divided * call.share + round(call.rps * factor, _DIGITS)) * errand.share)
            own.append(0.0)
            continue
        rate, due = _working(robot, at)
        until = until if due is None else min(until, due)
        rates.append(rate)
        robots += rate
        failing, due = _failing(robot.fails, at)
        until = until if due is None else min(until, due)
        own.append(failing)
    return Demand(divided + beside, tuple(rates), robots, tuple(own), until)


def _working(robot: Robot, at: int) -> tuple[float, int | None]:
    """Return a robot's requests per second at *at* and when that changes, if it does."""
    if robot.spells is None:
        return robot.rps, None
    for start, end in robot.spells:
        if at < start:
            return 0.0, start
        if at < end:
            return robot.rps, end
    return 0.0, None


def _failing(fails: OwnFailure | None, at: int) -> tuple[float, int | None]:
    """Return the share of requests that fail by themselves at *at* and when that changes."""
    if fails is None:
        return 0.0, None
    if fails.since_ms is not None and at < fails.since_ms:
        return 0.0, fails.since_ms
    return fails.share, None
