"""What one pod makes of the requests that reach it at one instant.

Thanks to this file a pod's fate is one function of its state and what it is asked; it must not know
other pods, routes or time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.traffic.errands import ErrandFlow, Mix
from sim.traffic.latency import Answers, share_over, utilised
from sim.traffic.line import LineFlow
from sim.traffic.spec import Application
from sim.traffic.world import Server

DIGITS = 6
"""Rates are kept to a millionth of a request per second, so that equal circumstances are equal."""
AT_ONCE_MS = (2.0, 6.0)
"""p50 and p99 of a request that fails for want of a connection that cannot be had."""


class PodFlow(NamedTuple):
    """What one pod gives its users from now on."""

    completed: float
    """Requests per second that get an answer or are lost in it."""
    errors: float
    """Those of them that fail (5xx or no answer)."""
    answers: tuple[Answers, ...]
    """Answered ones by latency."""
    errands: tuple[ErrandFlow, ...] = ()
    """The same by errand; empty: nothing."""


class Asked(NamedTuple):
    """Requests per second that reach a pod."""

    direct: float
    """At once."""
    delayed: float
    """After a connect timeout on a dead endpoint."""
    lost: float
    """In vain: it was the second endpoint that did not answer."""


class Blame(NamedTuple):
    """Shares of each errand that fail on their own account."""

    broken: tuple[float, ...]
    """For the pod's version."""
    own: tuple[float, ...]
    """By themselves."""


def fate(
    application: Application,
    server: Server,
    asked: Asked,
    line: LineFlow,
    mix: Mix,
    blame: Blame,
) -> PodFlow:
    """Return what becomes of requests that come at once, after a dead endpoint, or in vain."""
    offered = asked.direct + asked.delayed
    if server.state in ("failing", "down"):
        total = round(offered + asked.lost + line.failing, DIGITS)
        return PodFlow(total, total, (), _all_fail(offered + asked.lost, line.failing, mix))
    waiting, dead = server.state == "waiting", server.dead_share
    refused = offered * mix.needing * dead if waiting else 0.0
    fresh = offered - offered * mix.needing if waiting else offered
    capacity = server.capacity_rps
    served = min(fresh, max(capacity - line.draining, 0.0))
    shed = fresh - served
    base = application.base_error_share
    full = (fresh + line.draining) / capacity if capacity > 0 else 1.0
    # While all wait, only those are served who do not need the database.
    kinds = mix.other if waiting else mix.all
    flows: list[ErrandFlow] = []
    good: list[float] = []
    hurt = at_once = refused
    for number, kind in enumerate(kinds):
        queued = line.draining * mix.database[number]
        done = served * kind + queued
        needy = 0.0
        if dead and done > 0:
            needing = 0.0 if waiting else served * kind * mix.needs[number]
            needy = dead * (needing + queued) / done
        flow = _taken_up(done, base, blame.broken[number], needy, blame.own[number])
        wrong = flow.broken + flow.starved + flow.own
        hurt += wrong
        at_once += flow.starved
        good.append(1.0 - wrong / done if done > 0 else 0.0)
        vain = shed * kind + asked.lost * mix.all[number] + line.failing * mix.database[number]
        sent_off = refused * mix.database[number]
        flows.append(
            flow._replace(
                completed=done + vain + sent_off,
                errors=flow.errors + vain + sent_off,
                starved=flow.starved + sent_off,
            )
        )
    in_service = served + line.draining
    kept = 1.0 - (hurt - refused) / in_service if in_service > 0 else 1.0
    late = asked.delayed / offered if offered else 0.0
    answers, queued_answers = _answers(
        application, served * kept, late, line, line.draining * kept, full, mix.needing
    )
    slow = _slow(answers, application.slow_ms)
    slow_queued = _slow(queued_answers, application.slow_ms)
    if slow:
        weights = mix.other if line.draining else kinds
        flows = _with_slow(flows, slow, weights, good)
    if slow_queued:
        flows = _with_slow(flows, slow_queued, mix.database, good)
    return PodFlow(
        completed=round(
            served + line.draining + shed + asked.lost + line.failing + refused, DIGITS
        ),
        errors=round(
            shed + base * (served + line.draining) + asked.lost + line.failing + hurt, DIGITS
        ),
        answers=(
            answers
            + queued_answers
            + _failed_answers(application, full, hurt - at_once, at_once, line)
        ),
        errands=tuple(flows),
    )


def _taken_up(done: float, base: float, broken: float, needy: float, own: float) -> ErrandFlow:
    """Return how *done* requests per s fare that a pod takes up; the rest are shares that fail.

    Each reason takes its share of what the ones before it have left.
    """
    usual = base * done
    wrong = broken * (done - usual)
    left = done - usual - wrong
    starved = needy * left
    mine = own * (left - starved)
    return ErrandFlow(done, usual + wrong + starved + mine, 0.0, wrong, starved, mine)


def _all_fail(requests: float, of_line: float, mix: Mix) -> tuple[ErrandFlow, ...]:
    result = []
    for kind, queued in zip(mix.all, mix.database, strict=True):
        lost = requests * kind + of_line * queued
        result.append(ErrandFlow(completed=lost, errors=lost))
    return tuple(result)


def _answers(
    application: Application,
    served: float,
    delayed: float,
    line: LineFlow,
    draining: float,
    utilisation: float,
    needing: float,
) -> tuple[tuple[Answers, ...], tuple[Answers, ...]]:
    """Return what a pod answers well: (at once or after a dead endpoint, after the line)."""
    p50, p99 = utilised(application.latency, utilisation)
    queued = draining
    if line.draining:
        # First in, first out: new requests for the database stand behind the line.
        behind = served * needing
        served, queued = served - behind, queued + behind
    late = served * delayed
    fresh = (
        Answers(round(served - late, DIGITS), p50, p99),
        Answers(round(late, DIGITS), p50, p99, application.connect_timeout_ms),
    )
    waited = Answers(round(queued, DIGITS), p50, p99, line.wait_ms)
    return tuple(part for part in fresh if part.rps > 0), (waited,) if waited.rps > 0 else ()


def _failed_answers(
    application: Application, full: float, wrong: float, at_once: float, line: LineFlow
) -> tuple[Answers, ...]:
    """Return how long those took that failed: as failures they are counted already."""
    p50, p99 = utilised(application.latency, full)
    # Who waited ends after the whole of their patience.
    every = (
        Answers(round(wrong, DIGITS), p50, p99, failed=True),
        Answers(round(at_once, DIGITS), *AT_ONCE_MS, failed=True),
        Answers(round(line.failing, DIGITS), 0.0, 0.0, application.patience_ms, failed=True),
    )
    return tuple(part for part in every if part.rps > 0)


def _slow(answers: Sequence[Answers], slow_ms: int) -> float:
    return sum(each.rps * share_over(each, slow_ms) for each in answers)


def _with_slow(
    flows: list[ErrandFlow], slow: float, kinds: Sequence[float], good: Sequence[float]
) -> list[ErrandFlow]:
    """Divide *slow* requests per second over those errands that were answered well."""
    shares = [kind * part for kind, part in zip(kinds, good, strict=True)]
    total = sum(shares)
    if total <= 0:
        return flows
    return [
        flow._replace(slow=flow.slow + slow * share / total)
        for flow, share in zip(flows, shares, strict=True)
    ]
