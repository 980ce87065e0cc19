"""A small world for tests: a few pods behind one Service, changed by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sim.evidence import EvidenceLog
from sim.kernel import Environment, Stream
from sim.traffic import (
    Application,
    Call,
    ClientClass,
    Gateway,
    LoadStep,
    NodeClients,
    OwnFailure,
    Robot,
    Route,
    Server,
    Traffic,
)

PAYMENTS = Application(
    name="payments",
    service_ip="10.96.12.7",
    service_port=80,
    load=(LoadStep(at_ms=0, rps=480.0),),
    calls=(
        Call(name="POST /pay", share=0.5, database_share=0.48, status=201, order=True),
        Call(name="GET /status", share=0.5, database_share=0.2),
    ),
    classes=(
        ClientClass(name="checkout", share=0.7, weight=1.0),
        ClientClass(name="background", share=0.3, weight=0.3),
    ),
    wobble=0.0,
)

NEEDING = 0.34
"""Share of payments' requests that need the database."""

NODES = {"node-1": "a", "node-2": "a", "node-3": "b", "node-4": "b"}


CARDS = "POST /cards"

ROBOT = ClientClass(
    name="card-test",
    weight=0.0,
    agent="synthetic/2.1",
    robot=Robot(
        call=CARDS,
        rps=0.02,
        spells=((60_000, 180_000), (360_000, 480_000)),
        fails=OwnFailure(since_ms=120_000),
    ),
)
NIGHT = replace(
    PAYMENTS,
    calls=(*PAYMENTS.calls, Call(name=CARDS, share=0.0, rps=0.2, database_share=0.0)),
    classes=(*PAYMENTS.classes, ROBOT),
)
"""The same with a rare call that a robot makes too: twice for two minutes, failing from 00:02 on."""


class PlainWorld:
    """Four pods (the last two on node-3), one gateway on node-4 whose rules follow `endpoints`."""

    def __init__(self, count: int = 4) -> None:
        nodes = ["node-1", "node-2", "node-3", "node-3"]
        self.pods: dict[str, Server] = {
            f"10.0.0.{index + 1}": Server(
                pod=f"web-{index}",
                node=nodes[index % 4],
                zone=NODES[nodes[index % 4]],
                version="rev 1",
                state="serving",
                capacity_rps=211.0,
            )
            for index in range(count)
        }
        self.gates = [Gateway("gate-0", "node-4", "b")]
        self.routes: dict[str, Route] = {}
        self.clients = {node: NodeClients(node, zone, 20.0, 0.0) for node, zone in NODES.items()}
        self._callbacks: list[Callable[[str | None], None]] = []

    def gateways(self) -> Sequence[Gateway]:
        return self.gates

    def lookup(self, node: str, ip: str, port: int) -> Route:
        ready = tuple(ip for ip, server in self.pods.items() if server.ready)
        return self.routes.get(node) or (Route("endpoints", ready) if ready else Route("reject"))

    def servers(self, application: str) -> Mapping[str, Server]:
        return self.pods

    def nodes(self) -> Sequence[str]:
        return list(NODES)

    def node_clients(self, node: str) -> NodeClients | None:
        return self.clients.get(node)

    def subscribe(self, changed: Callable[[str | None], None]) -> None:
        self._callbacks.append(changed)

    def tell(self, node: str | None = None) -> None:
        for callback in self._callbacks:
            callback(node)

    def set(self, *pods: int, **fields: object) -> None:
        """Change fields of pods by number and tell."""
        for index in pods:
            ip = f"10.0.0.{index + 1}"
            self.pods[ip] = replace(self.pods[ip], **fields)  # type: ignore[arg-type]
        self.tell()

    def crash(self, *pods: int) -> None:
        """Take pods down and out of the rules, one restart more."""
        for index in pods:
            restarts = self.pods[f"10.0.0.{index + 1}"].restarts + 1
            self.set(index, state="down", ready=False, restarts=restarts)

    def break_clients(self, node: str, share: float) -> None:
        self.clients[node] = replace(self.clients[node], unreachable=share)
        self.tell(node)


class Scene:
    """A world with its traffic, started at 0."""

    def __init__(self, application: Application = PAYMENTS, *, seed: int = 0) -> None:
        self.env = Environment()
        self.world = PlainWorld()
        self.log = EvidenceLog()
        self.traffic = Traffic(self.env, Stream(seed), [application], self.world, self.log)
        self.traffic.start()

    def at(self, when: int, call: Callable[..., None], *args: object, **fields: object) -> None:
        """Schedule a change of the world."""
        self.env.at(when).callbacks.append(lambda _: call(*args, **fields))

    @property
    def history(self):
        return self.traffic.history("payments")
