"""Which behaviour a container of the scenario has, by its image; and how it stands with its users.

It hands a scenario's numbers to behaviours and asks them one question; what they do is their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sim.apps import (
    COMPONENTS,
    Bystander,
    DataDirectory,
    Gateway,
    GatewaySettings,
    Idle,
    IdleSettings,
    Neighbour,
    NeighbourSettings,
    Postgres,
    PostgresSettings,
    RequestLog,
    Stranger,
    WebService,
    WebServiceSettings,
)
from sim.apps.context import Context
from sim.backends.credentials import roles_of
from sim.backends.plan import Plan
from sim.backends.simulated.accesslogs import AccessLogs
from sim.node.behaviour import Behaviour, BehaviourRegistry, Factory
from sim.node.container import Container
from sim.node.images import PUBLIC, canonical, split_image
from sim.node.kubeproxy.behaviour import ProxyBehaviour
from sim.scenario import application as spec
from sim.traffic import ServerState

IDLE_MILLICORES = 6
"""What a runtime uses for itself."""
SCRAPE_MS = 15_000
"""How often the metrics server looks; between two looks its figures stay."""


class Standing(NamedTuple):
    """How a pod stands with its users."""

    state: ServerState
    capacity: float
    """Requests per second."""
    dead_share: float = 0.0
    """Share of its pool's slots that cannot connect."""
    environ: Mapping[str, str] = {}
    """The variables that it was started with."""


class Behaviours:
    """The behaviours of one world."""

    def __init__(self, plan: Plan) -> None:
        """Register every application of the scenario, kube-proxy, and images to debug with."""
        self._plan = plan
        self._capacity: dict[str, float] = {}
        self.logs = AccessLogs(plan)
        self.databases: dict[str, DataDirectory] = {}
        """What the servers of each database share, by application."""
        self.on_change: list[Callable[[], None]] = []
        """Called when a container begins or ceases to serve, or loses or gets its database."""
        entries: dict[str, Factory] = {
            split_image(plan.scenario.proxy.image)[0] + ":": ProxyBehaviour,
        }
        for application in plan.scenario.applications:
            entries[application.image + ":"] = self._factory(application)
        for name, image in PUBLIC.items():
            factory = Stranger.of(ports=image.ports, strict=not image.serves)
            for prefix in {name: None, canonical(name): None}:
                entries.setdefault(prefix, factory)
        for prefix, manner in COMPONENTS.items():
            entries[prefix] = Bystander.of(manner)
        ours = f"{plan.scenario.cluster.registry}/"
        entries[ours] = Bystander.of_team
        entries[""] = Stranger.of()
        self.registry = BehaviourRegistry(entries, lazy=("", ours, *COMPONENTS))

    def serving(self, running: Sequence[Container]) -> Standing:
        """Return how a pod with these *running* containers stands."""
        for container in running:
            behaviour = container.behaviour
            if isinstance(behaviour, WebService):
                capacity = self._capacity.get(behaviour.settings.name, 0.0)
                if not behaviour.serving:
                    return Standing("down", capacity)
                state: ServerState = "serving" if behaviour.database == "connected" else "waiting"
                return Standing(state, capacity, behaviour.dead_share, container.environ)
        return Standing("down", 0.0)

    # -- inside ----------------------------------------------------------------------------------

    def _factory(self, application: spec.Application) -> Factory:
        behaviour = application.behaviour
        match behaviour:
            case spec.WebService():
                self._capacity[application.name] = behaviour.capacity
                settings = WebServiceSettings(
                    name=application.name,
                    port=application.service.target,
                    startup_ms=behaviour.startup,
                    warmup_ms=behaviour.warmup,
                    connect_timeout_ms=behaviour.connect_timeout,
                    reconnect_for_ms=behaviour.reconnect_for,
                    reconnect_every_ms=behaviour.reconnect_every,
                    pool=behaviour.pool,
                    max_lifetime_ms=behaviour.max_lifetime,
                    memory_bytes=behaviour.memory,
                    drain_ms=behaviour.drain,
                    user=behaviour.user,
                    password_variable=behaviour.password_from,
                )
                log = self.logs.of_pods(application.name)
                cost = behaviour.cpu_per_request
                return lambda container: BusyService(container, settings, log, self, cost)
            case spec.Database():
                data = DataDirectory(roles_of(self._plan, application, behaviour))
                self.databases[application.name] = data
                return Postgres.factory(
                    PostgresSettings(
                        startup_ms=behaviour.startup,
                        shutdown_ms=behaviour.shutdown,
                        memory_bytes=behaviour.memory,
                        port=application.service.target,
                        version=application.version,
                        log_statement=behaviour.log_statement,
                    ),
                    data,
                )
            case spec.Gateway():
                made = Gateway.factory(
                    GatewaySettings(port=application.service.target, memory_bytes=behaviour.memory),
                    requests=self.logs.of_gateways(behaviour.upstream),
                )

                def gateway(container: Container) -> Behaviour:
                    self.logs.enter(application.name, container)
                    return made(container)

                return gateway
            case spec.Neighbour():
                called = self._plan.scenario.application(behaviour.calls)
                return Neighbour.factory(
                    NeighbourSettings(
                        calls=f"{called.name}.{called.namespace}",
                        port=called.service.port,
                        rate=behaviour.rate,
                        timeout_ms=behaviour.timeout,
                        memory_bytes=behaviour.memory,
                    )
                )
            case spec.Idle():
                return Idle.factory(IdleSettings(memory_bytes=behaviour.memory))

    def changed(self, _container: Context) -> None:
        """Tell the listeners that a container stands otherwise now."""
        for listener in self.on_change:
            listener()


class BusyService(WebService):
    """A web service whose use of CPU follows the requests that reach it."""

    def __init__(
        self,
        container: Context,
        settings: WebServiceSettings,
        requests: RequestLog | None,
        behaviours: Behaviours,
        cost_ms: int,
    ) -> None:
        """Serve as a web service does; a request takes *cost_ms* of CPU time."""
        super().__init__(container, settings, requests=requests, on_change=behaviours.changed)
        self._logs = behaviours.logs
        self._cost_ms = cost_ms

    def millicores(self, container: Context) -> int:
        """Return the CPU in use now, in thousandths of a core."""
        rate = self._logs.served_rate(self.settings.name, container)
        look = container.env.now // SCRAPE_MS
        wobble = container.stream.at("cpu", look).uniform(0.96, 1.04)
        return IDLE_MILLICORES + round(rate * self._cost_ms * wobble)

    def cpu_spent(self, container: Container) -> int:
        """Return the CPU time used since the start, in ms."""
        since, now = container.started_at or 0, container.env.now
        served = self._logs.served(self.settings.name, container, since)
        return int((now - since) * IDLE_MILLICORES / 1000 + served * self._cost_ms)
