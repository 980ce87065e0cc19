"""How users fare at one instant: from demand, routes and pods to rates.

Thanks to this file the traffic model is one function of what it is given (plus the lines of waiting
requests); it must not know time's way, history or evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.traffic.errands import Errand, ErrandFlow, Mix, errands_of, mix_of
from sim.traffic.fate import DIGITS, Asked, Blame, PodFlow, fate
from sim.traffic.line import Line, LineFlow
from sim.traffic.load import Demand
from sim.traffic.routing import spread
from sim.traffic.spec import Application
from sim.traffic.world import Gateway, Route, Server, ServerState

_ROUNDS = 40
"""How often the load of retries is worked out anew at most; it settles long before."""


class Solution(NamedTuple):
    """How the users of an application fare from now on."""

    arrivals: float
    """Requests per second that users want; retries and robots do not count."""
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
    by_call: dict[str, float]
    """*failed* by call."""
    errands: tuple[ErrandFlow, ...]
    """*completed* and *errors* by errand."""
    pods: dict[str, PodFlow]
    """By pod name."""
    next_at: int | None
    """When this changes by itself (ms), if it does."""


@dataclass(frozen=True, slots=True)
class Users:
    """An application's users, divided into errands once."""

    application: Application
    errands: tuple[Errand, ...] = field(init=False)
    broken: Mapping[str, tuple[float, ...]] = field(init=False)
    """Version -> share of each errand that it fails."""
    healthy: tuple[float, ...] = field(init=False)
    """What a version without fault fails of each errand."""

    def __post_init__(self) -> None:
        """Divide."""
        errands = errands_of(self.application)
        broken = {
            version: tuple(
                next((each.share for each in breaks if each.call == errand.route), 0.0)
                for errand in errands
            )
            for version, breaks in self.application.breaks.items()
        }
        object.__setattr__(self, "errands", errands)
        object.__setattr__(self, "broken", broken)
        object.__setattr__(self, "healthy", (0.0,) * len(errands))


_NO_LINE = LineFlow()


def solve(
    users: Users,
    now: int,
    wanted: Demand,
    *,
    gateways: Sequence[Gateway],
    lookup: Callable[[str], Route],
    servers: Mapping[str, Server],
    lines: dict[str, Line],
) -> Solution:
    """Return the rates that hold from *now* on; *lines* (by pod name) are brought up to *now*.

    Failed requests are tried again at once by classes that retry: the load is the smallest one
    that its own failures explain.
    """
    tried = wanted.rates
    retrying = any(each.retries for each in users.application.classes)
    for _ in range(_ROUNDS):
        rps = sum(tried) if tried is not wanted.rates else wanted.rps + wanted.robots
        solution = _Round(users, now, wanted, tried, gateways, lookup, servers, lines).solve(rps)
        if not retrying:
            break
        again = tuple(
            round(rate * _tries(errand, _failing(flow, attempts)), DIGITS)
            for errand, rate, attempts, flow in zip(
                users.errands, wanted.rates, tried, solution.errands, strict=True
            )
        )
        if again == tried:
            break
        tried = again
    return solution


class _Round:
    """One way through the model, with the attempts given."""

    def __init__(
        self,
        users: Users,
        now: int,
        wanted: Demand,
        tried: tuple[float, ...],
        gateways: Sequence[Gateway],
        lookup: Callable[[str], Route],
        servers: Mapping[str, Server],
        lines: dict[str, Line],
    ) -> None:
        self._users = users
        self._application = users.application
        self._now = now
        self._wanted = wanted
        self._tried = tried
        self._gateways = gateways
        self._lookup = lookup
        self._servers = servers
        self._lines = lines
        self._mix: Mix = mix_of(users.errands, tried)

    def solve(self, rps: float) -> Solution:
        """Return the rates for *rps* attempts per second in all."""
        servers, mix = self._servers, self._mix
        offered = spread(rps, self._gateways, self._lookup, servers)
        # Sums run in the order of IPs and names: it does not depend on who was told first.
        for ip in sorted(offered.failed.keys() - servers.keys()):
            offered.unrouted += offered.failed[ip]
        total = [
            ErrandFlow(completed=offered.unrouted * share, errors=offered.unrouted * share)
            for share in mix.all
        ]
        pods: dict[str, PodFlow] = {}
        next_at: int | None = None
        gone = dict(self._lines)
        alike: dict[tuple[object, ...], PodFlow] = {}
        for ip in sorted(servers):
            server = servers[ip]
            gone.pop(server.pod, None)
            asked = Asked(
                offered.direct.get(ip, 0.0),
                offered.delayed.get(ip, 0.0),
                offered.failed.get(ip, 0.0),
            )
            line = self._step_line(server, asked.direct + asked.delayed)
            broken = self._users.healthy
            if not server.sound:
                broken = self._users.broken.get(server.version, broken)
            # Most pods fare like their neighbour, so that one answer serves for many.
            key: tuple[object, ...] = (ip,)
            if line is _NO_LINE:
                key = (*asked, server.state, server.capacity_rps, server.dead_share, broken)
            flow = alike.get(key)
            if flow is None:
                blame = Blame(broken, self._wanted.own)
                flow = fate(self._application, server, asked, line, mix, blame)
                alike[key] = flow
            pods[server.pod] = flow
            total = [one.plus(other) for one, other in zip(total, flow.errands, strict=True)]
            next_at = _sooner(next_at, line.next_at)
        for pod in sorted(gone):
            line = self._change_line(pod, "down")
            lost = round(line.failing, DIGITS)
            shares = [line.failing * share for share in mix.database]
            errands = tuple(ErrandFlow(completed=share, errors=share) for share in shares)
            pods[pod] = PodFlow(lost, lost, (), errands)
            total = [one.plus(other) for one, other in zip(total, errands, strict=True)]
            next_at = _sooner(next_at, line.next_at)
        by_class, by_call = self._lost(total)
        return Solution(
            arrivals=self._wanted.rps,
            completed=round(
                offered.unrouted + sum(flow.completed for flow in pods.values()), DIGITS
            ),
            errors=round(offered.unrouted + sum(flow.errors for flow in pods.values()), DIGITS),
            unrouted=round(offered.unrouted, DIGITS),
            failed=sum(by_class.values()),
            by_class=by_class,
            by_call=by_call,
            errands=tuple(total),
            pods=pods,
            next_at=next_at,
        )

    def _lost(self, total: Sequence[ErrandFlow]) -> tuple[dict[str, float], dict[str, float]]:
        """Return what users lose, weighted, by class and by call: who retries loses the last try."""
        by_class = {each.name: 0.0 for each in self._application.classes}
        by_call = {each.name: 0.0 for each in self._application.calls}
        for errand, attempts, flow in zip(self._users.errands, self._tried, total, strict=True):
            client = errand.client
            if not client.weight:
                continue
            lost = flow.errors
            if client.retries:
                failing = _failing(flow, attempts)
                lost *= failing**client.retries / _tries(errand, failing)
            lost = client.weight * (lost + flow.slow)
            by_class[client.name] += lost
            by_call[errand.route] += lost
        return (
            {name: round(lost, DIGITS) for name, lost in by_class.items()},
            {name: round(lost, DIGITS) for name, lost in by_call.items()},
        )

    def _step_line(self, server: Server, offered: float) -> LineFlow:
        """Bring a pod's line up to *now*; a pod that has none and needs none costs nothing."""
        if server.state != "waiting" and server.pod not in self._lines:
            return _NO_LINE
        return self._change_line(
            server.pod, server.state, offered, server.capacity_rps, 1.0 - server.dead_share
        )

    def _change_line(
        self,
        pod: str,
        state: ServerState,
        offered: float = 0.0,
        capacity: float = 0.0,
        alive: float = 1.0,
    ) -> LineFlow:
        line = self._lines.get(pod)
        if line is None:
            line = self._lines[pod] = Line(self._now)
        flow = line.change(
            self._now,
            state,
            arriving=offered * self._mix.needing * alive,
            offered=offered,
            capacity=capacity,
            patience_ms=self._application.patience_ms,
            slow_ms=self._application.slow_ms,
        )
        if line.empty and state != "waiting":
            del self._lines[pod]
        return flow


def _failing(flow: ErrandFlow, attempts: float) -> float:
    """Return the share of *attempts* that fail."""
    return min(1.0, flow.errors / attempts) if attempts > 0 else 0.0


def _tries(errand: Errand, failing: float) -> float:
    """Return how many attempts one wish costs when this share of them fails."""
    return sum(failing**number for number in range(errand.client.retries + 1))


def _sooner(left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)
