"""Users' traffic in time: solved again whenever something changed, exact in between.

Thanks to this file the cost of an hour depends on what changes in it, and users' loss is an
integral, never a sample; it must not know what the cluster is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import simpy
from simpy.events import EventPriority

from sim.evidence import EvidenceLog
from sim.kernel import Environment, Stream
from sim.slo import StepFunction
from sim.traffic.errands import ErrandFlow
from sim.traffic.history import History
from sim.traffic.impacts import Impacts
from sim.traffic.line import Line
from sim.traffic.load import Demand, demand
from sim.traffic.solve import Solution, Users, solve
from sim.traffic.spec import Application
from sim.traffic.world import TrafficWorld

_LAST = EventPriority(9)
"""Behind everything else that happens at an instant: many changes at once are solved once."""


class NodeConnections(NamedTuple):
    """The neighbours on a node."""

    node: str
    zone: str
    failing: StepFunction
    """New connections per second that are refused or lost."""


class _Served:
    """One application's users and what they have been through."""

    __slots__ = ("demand", "history", "impacts", "lines", "users")

    def __init__(self, application: Application, log: EvidenceLog) -> None:
        self.users = Users(application)
        self.demand: Demand | None = None
        self.lines: dict[str, Line] = {}
        self.history: History | None = None
        self.impacts = Impacts(log, application.name)


class Traffic:
    """The users of one or more applications, and the neighbours' connections."""

    def __init__(
        self,
        env: Environment,
        stream: Stream,
        applications: Sequence[Application],
        world: TrafficWorld,
        log: EvidenceLog,
    ) -> None:
        """Prepare; nothing happens until `start`."""
        self._env = env
        self._stream = stream
        self._world = world
        self._users = {each.name: _Served(each, log) for each in applications}
        self._connections: dict[str, NodeConnections] = {}
        self._dirty_nodes: dict[str, None] = {}
        self._solving = False
        self._next_at: int | None = None
        self._listeners: list[Callable[[], None]] = []

    def start(self) -> None:
        """Solve for now, which also stands for the time before, and follow the world's changes."""
        for node in self._world.nodes():
            self._read_neighbours(node)
        self._solve_all()
        self._world.subscribe(self.changed)

    def listen(self, solved: Callable[[], None]) -> None:
        """Call *solved* after every solution from now on."""
        self._listeners.append(solved)

    def changed(self, node: str | None = None) -> None:
        """Take note of a change; it is solved once this instant has nothing else left to do.

        *node*: only the rules or neighbours of this node have changed.
        """
        if node is not None:
            self._dirty_nodes[node] = None
        if not self._solving:
            self._solving = True
            self._at(self._env.now, self._solve_dirty)

    def application(self, name: str) -> Application:
        """Return an application's numbers; raises KeyError if there is none of that name."""
        return self._users_of(name).users.application

    def history(self, application: str) -> History:
        """Return what an application's users went through.

        Raises:
            KeyError: if there is no such application.
            RuntimeError: before `start`.
        """
        history = self._users_of(application).history
        if history is None:
            msg = "traffic has no history before it was started"
            raise RuntimeError(msg)
        return history

    def neighbours(self) -> Mapping[str, NodeConnections]:
        """Return the failing connections of neighbours by node."""
        return self._connections

    def lost(self, application: str, start: int, end: int) -> float:
        """Return users' loss between two instants (ms): weighted requests, exact."""
        return self.history(application).failed.integral(start, end)

    def pod_flows(
        self, application: str, pod: str, start: int, end: int
    ) -> list[tuple[int, int, tuple[ErrandFlow, ...]]]:
        """Return (from, until, flow of each errand) of one pod over [start, end) in ms.

        For whoever writes the pod's log lines; an unknown pod has had no requests, and a pod without
        requests has no flows.
        """
        history = self.history(application).pods.get(pod)
        return [] if history is None else list(history.errands.pieces(start, end))

    def _users_of(self, name: str) -> _Served:
        try:
            return self._users[name]
        except KeyError:
            msg = f"no application {name!r}; applications: {', '.join(self._users)}"
            raise KeyError(msg) from None

    def _at(self, when: int, call: Callable[[simpy.Event], Any]) -> None:
        event = self._env.event()
        event._ok, event._value = True, None
        event.callbacks.append(call)
        self._env.schedule(event, _LAST, when - self._env.now)

    def _solve_dirty(self, _: simpy.Event) -> None:
        self._solving = False
        for node in self._dirty_nodes:
            self._read_neighbours(node)
        self._dirty_nodes.clear()
        self._solve_all()

    def _solve_due(self, _: simpy.Event) -> None:
        # An earlier change may have moved the next step; then this one is void.
        if self._next_at == self._env.now and not self._solving:
            self._solve_all()

    def _read_neighbours(self, node: str) -> None:
        clients = self._world.node_clients(node)
        known = self._connections.get(node)
        if clients is None:
            if known is not None:
                known.failing.set(self._env.now, 0.0)
            return
        rate = round(clients.connections_per_s * clients.unreachable, 6)
        if known is None:
            failing = StepFunction(since=self._env.now)
            known = NodeConnections(node, clients.zone, failing)
            self._connections[node] = known
        known.failing.set(self._env.now, rate)

    def _solve_all(self) -> None:
        now = self._env.now
        due: list[int] = []
        for served in self._users.values():
            solution = self._solve(served, now)
            if served.demand is not None:
                due.append(served.demand.until)
            if solution.next_at is not None:
                due.append(solution.next_at)
        if due and self._next_at != min(due):
            self._next_at = min(due)
            self._at(self._next_at, self._solve_due)
        for listener in self._listeners:
            listener()

    def _solve(self, served: _Served, now: int) -> Solution:
        users, world = served.users, self._world
        application = users.application
        if served.demand is None or now >= served.demand.until:
            served.demand = demand(application, users.errands, self._stream, now)
        servers = world.servers(application.name)
        ip, port = application.service_ip, application.service_port
        solution = solve(
            users,
            now,
            served.demand,
            gateways=world.gateways(),
            lookup=lambda node: world.lookup(node, ip, port),
            servers=servers,
            lines=served.lines,
        )
        if served.history is None:
            served.history = History(now, users.errands, solution, servers)
        else:
            served.history.record(now, solution, servers)
        served.impacts.record(now, solution)
        return solution
