"""Users of a real cluster: what was measured of them, in the step functions that the model fills.

Single requests are few and come by chance, so that each counts evenly over the `SPREAD_S` seconds that
begin with its own: nothing is lost, and one bad request in a quiet minute stays what it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.backends.base import BackendLostError
from sim.backends.kind.probing import MeasuredProber
from sim.backends.kind.samples import Look, Sampler
from sim.backends.plan import Plan
from sim.evidence import EvidenceLog
from sim.kernel import Environment, Epoch
from sim.node.images import split_image
from sim.slo import StepFunction
from sim.traffic import (
    Answers,
    Application,
    Errand,
    ErrandFlow,
    History,
    NodeConnections,
    Server,
)
from sim.traffic.errands import errands_of
from sim.traffic.fate import DIGITS, PodFlow
from sim.traffic.impacts import Impacts
from sim.traffic.solve import Solution

SPREAD_S = 20
LOOK_MS = 250
GOOD = "ok"
NOBODY = "unreachable"
"""How requests end when no gateway takes them in."""
_FIELD = {"broken": "broken", "starved": "starved", "own": "own"}


@dataclass(slots=True)
class _Tally:
    """What was counted in one second: attempts as they stand for the scenario's."""

    completed: dict[int, float] = field(default_factory=dict)
    """By errand, as all that follow."""
    errors: dict[int, float] = field(default_factory=dict)
    slow: dict[int, float] = field(default_factory=dict)
    blamed: dict[tuple[int, str], float] = field(default_factory=dict)
    final: dict[int, float] = field(default_factory=dict)
    """Attempts after which nobody tried again."""
    lost: dict[int, float] = field(default_factory=dict)
    """Those of them that failed or were too slow."""
    unrouted: float = 0.0
    pods: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    """Pod -> errand -> [completed, errors, slow]."""
    latency: dict[str, list[int]] = field(default_factory=dict)
    """Pod -> ms of what it answered."""


class MeasuredUsers:
    """Fulfils `sim.backends.telemetry.UsersHistory` for the one application whose users are measured."""

    def __init__(
        self,
        env: Environment,
        log: EvidenceLog,
        epoch: Epoch,
        plan: Plan,
        application: Application,
        sampler: Sampler,
    ) -> None:
        """Begin with the first look that is taken, which must be possible."""
        self._env = env
        self._epoch = epoch
        self._plan = plan
        self._application = application
        self._sampler = sampler
        self._zones = {node.name: node.zone for node in plan.nodes}
        self._namespace = plan.scenario.application(application.name).namespace
        self._errands: tuple[Errand, ...] = errands_of(application)
        self._numbers = {
            (one.call.name, one.client.name): number for number, one in enumerate(self._errands)
        }
        self._seconds: deque[tuple[int, _Tally]] = deque()
        self._neighbours: dict[str, NodeConnections] = {}
        self._neighbour_counts: dict[int, dict[str, float]] = {}
        self._done_s: int | None = None
        self._listeners: list[Callable[[], None]] = []
        self._impacts = Impacts(log, application.name)
        self.prober = MeasuredProber(log, application.name, self._at)
        """Asked in the same breath as users, and no user."""
        self._history: History | None = None
        self._pods: tuple[Obj, ...] = ()

    # -- what telemetry asks ---------------------------------------------------------------------

    def history(self, application: str) -> History:
        """Return what the users went through; raises KeyError for those of another application."""
        if application != self._application.name or self._history is None:
            msg = f"no application {application!r}; applications: {self._application.name}"
            raise KeyError(msg)
        return self._history

    def neighbours(self) -> Mapping[str, NodeConnections]:
        """Return the failing connections of neighbours by node."""
        return self._neighbours

    def lost(self, application: str, start: int, end: int) -> float:
        """Return users' loss between two instants (ms): weighted requests, as measured."""
        return self.history(application).failed.integral(start, end)

    def listen(self, solved: Callable[[], None]) -> None:
        """Call *solved* after everything new that was measured."""
        self._listeners.append(solved)

    # -- the way of a sample ---------------------------------------------------------------------

    def start(self, first: Look) -> None:
        """Let what *first* saw stand for the time before, and follow the sampler from now on."""
        self._done_s = first.until_s
        self._take(first)
        self.prober.start(first.until_s)
        solution = self._solution(first.until_s)
        self._history = History(self._at(first.until_s), self._errands, solution, self._servers())
        self._impacts.record(self._env.now, solution)
        self._env.spawn(self._follow())

    def _at(self, second: int) -> int:
        """Return the simulated time of a second of the wall's."""
        return second * 1000 - self._epoch.unix_ms

    def _follow(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self._env.timeout(LOOK_MS)
            looks = self._sampler.take()
            for look in looks:
                if look.lost:
                    raise BackendLostError(look.lost)
                self._take(look)
            if looks:
                self._advance(looks[-1])

    def _advance(self, last: Look) -> None:
        """Write the seconds that are complete into the history."""
        assert self._history is not None
        assert self._done_s is not None
        if last.silent:
            self._miss(last.until_s)
        servers = self._servers()
        while self._done_s < last.until_s:
            self._done_s += 1
            at = self._at(self._done_s)
            solution = self._solution(self._done_s)
            self._history.record(at, solution, servers)
            self._record_neighbours(at)
            self.prober.record(self._done_s, self._env.now)
            self._impacts.record(self._env.now, solution)
        for listener in self._listeners:
            listener()

    def _take(self, look: Look) -> None:
        """Count what a look has brought."""
        self._pods = look.pods
        for program, line in look.lines:
            if program == "users":
                self._count(line)
            elif program == "neighbour":
                self._count_neighbour(line)
            elif program == "prober":
                self.prober.count(line)
        for node in {str(pod["spec"].get("nodeName", "")) for pod in look.pods} & {*self._zones}:
            self._connections(node)

    def _tally(self, second: int) -> _Tally:
        for at, tally in reversed(self._seconds):
            if at == second:
                return tally
        made = _Tally()
        self._seconds.append((second, made))
        return made

    def _count(self, line: Mapping[str, Any]) -> None:
        number = self._numbers.get((line.get("call", ""), line.get("class", "")))
        if number is None:
            return
        tally = self._tally(int(line["at"]))
        scale = float(line.get("scale") or 1.0)
        count, final = scale * line["count"], scale * line["final"]
        outcome, slow = line["outcome"], scale * line.get("slow", 0)
        bad = count if outcome != GOOD else 0.0
        _add(tally.completed, number, count)
        _add(tally.errors, number, bad)
        _add(tally.slow, number, slow)
        _add(tally.final, number, final)
        _add(tally.lost, number, (final if bad else 0.0) + slow)
        if outcome in _FIELD:
            _add(tally.blamed, (number, outcome), count)
        pod = line.get("pod", "")
        if not pod:
            tally.unrouted += bad
            return
        sums = tally.pods.setdefault(pod, {}).setdefault(number, [0.0, 0.0, 0.0])
        for place, amount in enumerate((count, bad, slow)):
            sums[place] += amount
        tally.latency.setdefault(pod, []).extend(line.get("ms") or ())

    def _count_neighbour(self, line: Mapping[str, Any]) -> None:
        if line["outcome"] == GOOD or not line.get("node"):
            return
        second = self._neighbour_counts.setdefault(int(line["at"]), {})
        _add(second, line["node"], float(line["count"]) * float(line.get("scale") or 1.0))

    def _miss(self, until: int) -> None:
        """Count every request of the seconds in which no gateway was there as lost."""
        assert self._done_s is not None
        rates = self._application.load[0].rps
        for second in range(self._done_s + 1, until + 1):
            for errand in self._errands:
                if errand.client.robot is None:
                    rate = (rates * errand.call.share + errand.call.rps) * errand.share
                    self._count(
                        {
                            "at": second,
                            "call": errand.call.name,
                            "class": errand.client.name,
                            "outcome": NOBODY,
                            "count": rate,
                            "final": rate,
                        }
                    )

    # -- from counts to rates --------------------------------------------------------------------

    def _window(self, second: int) -> list[_Tally]:
        """Return what was counted in the seconds that count at *second*."""
        while self._seconds and self._seconds[0][0] <= second - 2 * SPREAD_S:
            self._seconds.popleft()
        return [tally for at, tally in self._seconds if second - SPREAD_S < at <= second]

    def _solution(self, second: int) -> Solution:
        """Return how users fare at *second*, in the model's terms."""
        window = self._window(second)
        errands = tuple(
            ErrandFlow(
                completed=_rate(sum(one.completed.get(number, 0.0) for one in window)),
                errors=_rate(sum(one.errors.get(number, 0.0) for one in window)),
                slow=_rate(sum(one.slow.get(number, 0.0) for one in window)),
                broken=_rate(sum(one.blamed.get((number, "broken"), 0.0) for one in window)),
                starved=_rate(sum(one.blamed.get((number, "starved"), 0.0) for one in window)),
                own=_rate(sum(one.blamed.get((number, "own"), 0.0) for one in window)),
            )
            for number in range(len(self._errands))
        )
        by_class = {one.name: 0.0 for one in self._application.classes}
        by_call = {one.name: 0.0 for one in self._application.calls}
        arrivals = 0.0
        for number, errand in enumerate(self._errands):
            lost = errand.client.weight * sum(one.lost.get(number, 0.0) for one in window)
            by_class[errand.client.name] += lost
            by_call[errand.call.name] += lost
            if errand.client.robot is None:
                arrivals += sum(one.final.get(number, 0.0) for one in window)
        by_class = {name: _rate(lost) for name, lost in by_class.items()}
        by_call = {name: _rate(lost) for name, lost in by_call.items()}
        seen = {pod for one in window for pod in one.pods}
        named = {pod["metadata"]["name"] for pod in self._own_pods()}
        return Solution(
            arrivals=_rate(arrivals),
            completed=round(sum(one.completed for one in errands), DIGITS),
            errors=round(sum(one.errors for one in errands), DIGITS),
            unrouted=_rate(sum(one.unrouted for one in window)),
            failed=round(sum(by_class.values()), DIGITS),
            by_class=by_class,
            by_call=by_call,
            errands=errands,
            pods={pod: self._pod_flow(pod, window) for pod in sorted(seen | named)},
            next_at=None,
        )

    def _pod_flow(self, pod: str, window: Sequence[_Tally]) -> PodFlow:
        sums = [[0.0, 0.0, 0.0] for _ in self._errands]
        answered: list[int] = []
        for tally in window:
            answered += tally.latency.get(pod, ())
            for number, amounts in tally.pods.get(pod, {}).items():
                for place, amount in enumerate(amounts):
                    sums[number][place] += amount
        flows = tuple(
            ErrandFlow(completed=_rate(done), errors=_rate(bad), slow=_rate(slow))
            for done, bad, slow in sums
        )
        completed = round(sum(one.completed for one in flows), DIGITS)
        errors = round(sum(one.errors for one in flows), DIGITS)
        answered.sort()
        answers: tuple[Answers, ...] = ()
        if answered:
            middle, high = answered[len(answered) // 2], answered[(len(answered) - 1) * 99 // 100]
            answers = (Answers(completed, float(middle), float(max(high, middle))),)
        return PodFlow(completed, errors, answers, flows if completed else ())

    # -- what else is looked at ------------------------------------------------------------------

    def _own_pods(self) -> list[Obj]:
        return [
            pod
            for pod in self._pods
            if pod["metadata"].get("namespace") == self._namespace
            and (pod["metadata"].get("labels") or {}).get("app") == self._application.name
        ]

    def _servers(self) -> dict[str, Server]:
        found = {}
        for pod in self._own_pods():
            node = str(pod["spec"].get("nodeName", ""))
            if not node:
                continue
            status = pod.get("status") or {}
            name = pod["metadata"]["name"]
            containers = status.get("containerStatuses") or ()
            ready = any(
                one["type"] == "Ready" and one["status"] == "True"
                for one in status.get("conditions") or ()
            )
            found[status.get("podIP") or name] = Server(
                pod=name,
                node=node,
                zone=self._zones.get(node, ""),
                version=split_image(pod["spec"]["containers"][0]["image"])[1],
                state="serving" if ready else "down",
                capacity_rps=0.0,
                ready=ready,
                restarts=sum(int(one.get("restartCount", 0)) for one in containers),
            )
        return found

    def _connections(self, node: str) -> NodeConnections:
        known = self._neighbours.get(node)
        if known is None:
            assert self._done_s is not None
            failing = StepFunction(since=self._at(self._done_s))
            known = NodeConnections(node, self._zones.get(node, ""), failing)
            self._neighbours[node] = known
        return known

    def _record_neighbours(self, at: int) -> None:
        assert self._done_s is not None
        second = self._done_s
        for old in [one for one in self._neighbour_counts if one <= second - 2 * SPREAD_S]:
            del self._neighbour_counts[old]
        window = [
            counts
            for one, counts in self._neighbour_counts.items()
            if second - SPREAD_S < one <= second
        ]
        for node in [*self._neighbours, *{name for counts in window for name in counts}]:
            failing = _rate(sum(counts.get(node, 0.0) for counts in window))
            self._connections(node).failing.set(at, failing)


def _add(sums: dict[Any, float], key: Any, amount: float) -> None:
    if amount:
        sums[key] = sums.get(key, 0.0) + amount


def _rate(amount: float) -> float:
    return round(amount / SPREAD_S, DIGITS)
