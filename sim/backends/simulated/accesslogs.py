"""What reached each pod and each gateway, for the lines of their logs and the CPU that it took.

It reads the history of traffic when asked and keeps nothing of it; it must not know who reads a log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from sim.apps import Arrival, Durations, Failing, RateSegment, RequestFlow, RequestLog
from sim.apps.context import Context
from sim.apps.requests import SECOND_MS, Arrivals
from sim.backends.plan import Plan
from sim.kernel import Stream
from sim.traffic import (
    AT_ONCE_MS,
    Answers,
    Break,
    ErrandFlow,
    ErrandHistory,
    History,
    Percentiles,
    PodHistory,
    Traffic,
)

STARVED = (500, "no database connection")
"""Status and words of a request that met a dead slot of the pool."""
OVERLOADED = (503, "overloaded")
RARE = 1.0
"""An errand that comes less often than this a second is logged in full."""
MOST = 2
"""As many of it in one second at most."""


class AccessLogs:
    """The access logs of one world."""

    def __init__(self, plan: Plan) -> None:
        """Write nothing before `traffic` is set."""
        self._plan = plan
        self.traffic: Traffic | None = None
        self._turns: dict[str, dict[str, int]] = {}

    def of_pods(self, application: str) -> RequestLog | None:
        """Return how pods of *application* write their log, if it has users."""
        if not self._has_users(application):
            return None
        return RequestLog(
            lambda container, since, until: list(
                self._pod_segments(application, container, since, until)
            )
        )

    def of_gateways(self, upstream: str) -> RequestLog | None:
        """Return how gateways to *upstream* write their log, if it has users."""
        if not self._has_users(upstream):
            return None
        return RequestLog(
            lambda container, since, until: list(
                self._gateway_segments(upstream, container, since, until)
            )
        )

    def enter(self, application: str, container: Context) -> None:
        """Take note of a container: those of a gateway take users in turn, in the order of their start."""
        turns = self._turns.setdefault(application, {})
        turns.setdefault(container.id, len(turns))

    def served_rate(self, application: str, container: Context) -> float:
        """Return the requests per second that a container serves now; refusing one costs nothing."""
        now = container.env.now
        return sum(
            _served(flows) for _, _, flows in self._pieces(application, container, now, now + 1)
        )

    def served(self, application: str, container: Context, since: int) -> float:
        """Return how many requests a container has served since *since* (ms)."""
        now = max(since + 1, container.env.now)
        return sum(
            (end - start) / 1000 * _served(flows)
            for start, end, flows in self._pieces(application, container, since, now)
        )

    # -- inside ----------------------------------------------------------------------------------

    def _has_users(self, application: str) -> bool:
        return any(users.application == application for users in self._plan.scenario.traffic)

    def _pieces(
        self, application: str, container: Context, since: int, until: int
    ) -> Sequence[tuple[int, int, tuple[ErrandFlow, ...]]]:
        if self.traffic is None:
            return ()
        return self.traffic.pod_flows(application, container.hostname, since, until)

    def _pod_segments(
        self, application: str, container: Context, since: int, until: int
    ) -> Iterator[RateSegment]:
        """Yield what reached one pod."""
        pieces = self._pieces(application, container, since, until)
        if self.traffic is None or not pieces:
            return
        history = self.traffic.history(application)
        pod = history.pods[container.hostname]
        version = pod.labels.version
        breaks = self.traffic.application(application).breaks.get(version, ())
        if self._plan.is_sound(application, version, container.environ):
            breaks = ()

        def it(_one: Request, to: PodHistory | None) -> bool:
            return to is pod

        rare = [
            _OneByOne(self._stream(application, each), history, each, it)
            for each in history.errands
        ]
        took = _durations([pod])
        for start, end, flows in pieces:
            yield RateSegment(
                start,
                end,
                tuple(
                    _flow(each, flow, breaks, 1, _rare(each, start, rare))
                    for each, flow in zip(history.errands, flows, strict=False)
                ),
                took,
            )

    def _gateway_segments(
        self, application: str, container: Context, since: int, until: int
    ) -> Iterator[RateSegment]:
        """Yield a gateway's even share of everything that was asked for."""
        if self.traffic is None:
            return
        history = self.traffic.history(application)
        gateway, sharing = self._gateway(application)
        turn = self._turns.get(gateway, {}).get(container.id, 0)

        def in_turn(one: Request, _to: PodHistory | None) -> bool:
            return one.number % sharing == turn % sharing

        rare = [
            _OneByOne(self._stream(application, each), history, each, in_turn)
            for each in history.errands
        ]
        # Whatever the version, a gateway sees the status and nothing of the reason.
        breaks = [
            replace(one, log="")
            for every in self.traffic.application(application).breaks.values()
            for one in every
        ]
        took = _durations(list(history.pods.values()))
        for start, end, flows in history.flows.pieces(since, until):
            yield RateSegment(
                start,
                end,
                tuple(
                    _flow(each, flow, breaks, sharing, _rare(each, start, rare))
                    for each, flow in zip(history.errands, flows, strict=True)
                ),
                took,
            )

    def _gateway(self, application: str) -> tuple[str, int]:
        """Return the gateway to *application*, and how many there are of it."""
        name = next(
            users.gateway
            for users in self._plan.scenario.traffic
            if users.application == application
        )
        return name, max(1, self._plan.scenario.application(name).replicas)

    def _stream(self, application: str, errand: ErrandHistory) -> Stream:
        return self._plan.stream.at(
            "rare", application, errand.errand.route, errand.label("client")
        )


def _served(flows: Sequence[ErrandFlow]) -> float:
    return sum(
        flow.completed - flow.errors + flow.broken + flow.starved + flow.own for flow in flows
    )


def _usual(flow: ErrandFlow) -> float:
    """Return how many a second fail that were refused, or waited in vain."""
    return flow.errors - flow.broken - flow.starved - flow.own


def _durations(pods: Sequence[PodHistory]) -> Durations:
    """Return how long requests to *pods* take, as the charts have it."""

    def answered(at: int, share: float) -> float:
        every = [one for pod in pods for one in pod.answers.at(at)]
        # Where nothing succeeds, what fails on the way took as long.
        return _longer_than(tuple(one for one in every if not one.failed) or tuple(every), share)

    def refused(at: int, share: float) -> float:
        vain = [one for pod in pods for one in pod.answers.at(at) if one.failed and one.shift_ms]
        failed = sum(_usual(flow) for pod in pods for flow in pod.errands.at(at))
        at_once = max(0.0, failed - sum(one.rps for one in vain))
        return _longer_than((Answers(at_once, *AT_ONCE_MS), *vain), share)

    return Durations(answered, refused)


def _longer_than(answers: tuple[Answers, ...], share: float) -> float:
    found = _percentiles(answers).at(share)
    return AT_ONCE_MS[0] if found is None else found


_percentiles = lru_cache(maxsize=256)(Percentiles)
"""Of one moment's answers many lines are written."""


def _rare(errand: ErrandHistory, at: int, every: Sequence[Arrivals]) -> Arrivals | None:
    """Return what logs an errand in full, if it is rare at *at* (ms)."""
    return every[errand.number] if errand.completed.at(at) <= RARE else None


def _flow(
    errand: ErrandHistory,
    flow: ErrandFlow,
    breaks: Sequence[Break],
    sharing: int,
    one_by_one: Arrivals | None,
) -> RequestFlow:
    """Return an errand's requests as a log takes them; *sharing* logs take them in turn."""
    call, client = errand.errand
    fails = client.robot.fails if client.robot is not None else None
    broken = next((one for one in breaks if one.call == call.name), None)
    ways = (
        Failing(_usual(flow) / sharing, *OVERLOADED, refused=True),
        Failing(
            flow.broken / sharing,
            broken.status if broken else 500,
            "",
            broken.log if broken else "",
        ),
        Failing(flow.starved / sharing, *STARVED, refused=True),
        Failing(flow.own / sharing, fails.status if fails else 500, fails.text if fails else ""),
    )
    return RequestFlow(
        route=call.name,
        rate=flow.completed / sharing,
        status=call.status,
        agent=errand.errand.agent,
        failing=tuple(way for way in ways if way.rate > 0),
        one_by_one=one_by_one,
    )


class Request(NamedTuple):
    """One whole request of an errand."""

    good: bool
    number: int
    """Of the good ones, or of the bad ones, in the order of time; may be negative."""
    at: int
    """The second's end (ms) before which it came."""
    draw: Stream


class _OneByOne:
    """An errand's requests one by one, as the panels count them: each log writes those that are its own.

    A request that came in one second is written in the next: only then the second is known to its
    end, and whoever reads the log meanwhile must not see it change.
    """

    def __init__(
        self,
        stream: Stream,
        history: History,
        errand: ErrandHistory,
        mine: Callable[[Request, PodHistory | None], bool],
    ) -> None:
        self._stream = stream
        self._history = history
        self._errand = errand
        self._mine = mine

    def __call__(self, second: int) -> list[Arrival]:
        errand, at = self._errand, second * SECOND_MS
        found = []
        for good, numbers in (
            (True, errand.good_numbers(at - SECOND_MS, at)),
            (False, errand.bad_numbers(at - SECOND_MS, at)),
        ):
            # More than a few came while the errand was not rare: of those there is a sample.
            for number in numbers if len(numbers) <= MOST else ():
                one = Request(good, number, at, self._stream.at(good, number))
                to = _reached(self._history, errand, one)
                if self._mine(one, to):
                    found.append(Arrival(good, one.draw, _durations([to]) if to else None))
        return found


def _reached(history: History, errand: ErrandHistory, one: Request) -> PodHistory | None:
    """Return the pod that a request reached: it is drawn, each as likely as its part in them."""

    def rate(flows: Sequence[ErrandFlow]) -> float:
        if not flows:
            return 0.0
        flow = flows[errand.number]
        return flow.completed - flow.errors if one.good else flow.errors

    before = one.at - 1
    left = one.draw.unit(6) * rate(history.flows.at(before))
    for pod in history.pods.values():
        left -= rate(pod.errands.at(before))
        if left < 0:
            return pod
    return None
