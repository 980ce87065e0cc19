"""How users fare at one instant: from demand, routes and pods to rates.

Thanks to this file the traffic model is one function of what it is given (plus the lines of waiting
requests); it must not know time's way, history or evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sim.traffic.latency import Answers, share_over, utilised
from sim.traffic.line import Line, LineFlow
from sim.traffic.routing import spread
from sim.traffic.spec import Application
from sim.traffic.world import Gateway, Route, Server, ServerState

_DIGITS = 6
"""Rates are kept to a millionth of a request per second, so that equal circumstances are equal."""


class PodFlow(NamedTuple):
    """What one pod gives its users from now on."""

    completed: float
    """Requests per second that get an answer or are lost in it."""
    errors: float
    """Those of them that fail (5xx or no answer)."""
    answers: tuple[Answers, ...]
    """Answered ones by latency."""


class Solution(NamedTuple):
    """How the users of an application fare from now on."""

    arrivals: float
    """Requests per second that users want."""
    completed: float
    """Requests per second that come to an end, good or bad."""
    errors: float
    """Those that end with 5xx or with no answer."""
    unrouted: float
    """Those of *errors* that no pod has seen."""
    failed: float
    """I(t): failed or too slow requests per second, weighted by client class."""
    by_class: dict[str, float]
    """*failed* by client class."""
    pods: dict[str, PodFlow]
    """By pod name."""
    next_at: int | None
    """When this changes by itself (ms), if it does."""


class _Fate(NamedTuple):
    """One pod's flow and what it costs."""

    flow: PodFlow
    everybody: float
    """Requests per second lost, of all users alike."""
    database: float
    """Requests per second lost, of those who needed the database."""


_NO_LINE = LineFlow()


def solve(
    application: Application,
    now: int,
    arrivals: float,
    *,
    gateways: Sequence[Gateway],
    lookup: Callable[[str], Route],
    servers: Mapping[str, Server],
    lines: dict[str, Line],
) -> Solution:
    """Return the rates that hold from *now* on; *lines* (by pod name) are brought up to *now*."""
    offered = spread(arrivals, gateways, lookup, servers)
    # Sums run in the order of IPs and names: it does not depend on who was told first.
    for ip in sorted(offered.failed.keys() - servers.keys()):
        offered.unrouted += offered.failed[ip]
    everybody, database = offered.unrouted, 0.0
    pods: dict[str, PodFlow] = {}
    next_at: int | None = None
    gone = dict(lines)
    alike: dict[tuple[object, ...], _Fate] = {}
    for ip in sorted(servers):
        server = servers[ip]
        gone.pop(server.pod, None)
        direct, delayed = offered.direct.get(ip, 0.0), offered.delayed.get(ip, 0.0)
        asked = (direct, delayed, offered.failed.get(ip, 0.0))
        line = _step_line(application, now, server, direct + delayed, lines)
        # Most pods fare like their neighbour, so that one answer serves for many.
        key = (*asked, server.state, server.capacity_rps) if line is _NO_LINE else (ip,)
        fate = alike.get(key)
        if fate is None:
            fate = alike[key] = _fate(application, server, asked, line)
        pods[server.pod] = fate.flow
        everybody += fate.everybody
        database += fate.database
        next_at = _sooner(next_at, line.next_at)
    for pod in sorted(gone):
        line = _change_line(application, now, lines, pod, "down")
        lost = round(line.failing, _DIGITS)
        pods[pod] = PodFlow(lost, lost, ())
        database += line.failing
        next_at = _sooner(next_at, line.next_at)
    by_class = _by_class(application, everybody, database)
    return Solution(
        arrivals=arrivals,
        completed=round(offered.unrouted + sum(flow.completed for flow in pods.values()), _DIGITS),
        errors=round(offered.unrouted + sum(flow.errors for flow in pods.values()), _DIGITS),
        unrouted=round(offered.unrouted, _DIGITS),
        failed=sum(by_class.values()),
        by_class=by_class,
        pods=pods,
        next_at=next_at,
    )


def _step_line(
    application: Application, now: int, server: Server, offered: float, lines: dict[str, Line]
) -> LineFlow:
    """Bring a pod's line up to *now*; a pod that has none and needs none costs nothing."""
    if server.state != "waiting" and server.pod not in lines:
        return _NO_LINE
    return _change_line(
        application, now, lines, server.pod, server.state, offered, server.capacity_rps
    )


def _change_line(
    application: Application,
    now: int,
    lines: dict[str, Line],
    pod: str,
    state: ServerState,
    offered: float = 0.0,
    capacity: float = 0.0,
) -> LineFlow:
    line = lines.get(pod)
    if line is None:
        line = lines[pod] = Line(now)
    flow = line.change(
        now,
        state,
        arriving=offered * application.database_share,
        offered=offered,
        capacity=capacity,
        patience_ms=application.patience_ms,
        slow_ms=application.slow_ms,
    )
    if line.empty and state != "waiting":
        del lines[pod]
    return flow


def _fate(
    application: Application, server: Server, asked: tuple[float, float, float], line: LineFlow
) -> _Fate:
    """Return what becomes of requests that come at once, after a dead endpoint, or in vain."""
    direct, delayed, lost = asked
    offered = direct + delayed
    if server.state in ("failing", "down"):
        total = round(offered + lost + line.failing, _DIGITS)
        return _Fate(PodFlow(total, total, ()), offered + lost, line.failing)
    fresh = offered
    if server.state == "waiting":
        fresh -= offered * application.database_share
    capacity = server.capacity_rps
    served = min(fresh, max(capacity - line.draining, 0.0))
    shed = fresh - served
    base = application.base_error_share * (served + line.draining)
    full = (fresh + line.draining) / capacity if capacity > 0 else 1.0
    late = delayed / offered if offered else 0.0
    answers, queued = _answers(application, served, late, line, full)
    everybody = shed + base + lost
    fate = _Fate(
        PodFlow(
            completed=round(served + line.draining + shed + lost + line.failing, _DIGITS),
            errors=round(everybody + line.failing, _DIGITS),
            answers=answers + queued,
        ),
        everybody=everybody + _slow(answers, application.slow_ms),
        database=line.failing + _slow(queued, application.slow_ms),
    )
    if not line.failing:
        return fate
    # They end after the whole of their patience; as failures they are counted already.
    out_of_patience = Answers(round(line.failing, _DIGITS), 0.0, 0.0, application.patience_ms)
    flow = fate.flow
    return fate._replace(flow=flow._replace(answers=(*flow.answers, out_of_patience)))


def _answers(
    application: Application,
    served: float,
    delayed: float,
    line: LineFlow,
    utilisation: float,
) -> tuple[tuple[Answers, ...], tuple[Answers, ...]]:
    """Return what a pod answers: (at once or after a dead endpoint, after the line)."""
    p50, p99 = utilised(application.latency, utilisation)
    queued = line.draining
    if line.draining:
        # First in, first out: new requests for the database stand behind the line.
        behind = served * application.database_share
        served, queued = served - behind, queued + behind
    late = served * delayed
    fresh = (
        Answers(round(served - late, _DIGITS), p50, p99),
        Answers(round(late, _DIGITS), p50, p99, application.connect_timeout_ms),
    )
    waited = Answers(round(queued, _DIGITS), p50, p99, line.wait_ms)
    return tuple(part for part in fresh if part.rps > 0), (waited,) if waited.rps > 0 else ()


def _slow(answers: Sequence[Answers], slow_ms: int) -> float:
    return sum(each.rps * share_over(each, slow_ms) for each in answers)


def _by_class(application: Application, everybody: float, database: float) -> dict[str, float]:
    needing = application.database_share
    result: dict[str, float] = {}
    for each in application.classes:
        part = each.share * each.database_share / needing if needing > 0 else 0.0
        failed = everybody * each.share + database * part
        result[each.name] = round(each.weight * failed, _DIGITS)
    return result


def _sooner(left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)
