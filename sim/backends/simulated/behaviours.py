"""Which behaviour a container of the scenario has, by its image; and how it stands with its users.

It hands a scenario's numbers to behaviours and asks them one question; what they do is their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from sim.apps import (
    COMPONENTS,
    Bystander,
    Gateway,
    GatewaySettings,
    Idle,
    IdleSettings,
    Neighbour,
    NeighbourSettings,
    Postgres,
    PostgresSettings,
    RateSegment,
    RequestLog,
    Stranger,
    WebService,
    WebServiceSettings,
)
from sim.apps.context import Context
from sim.backends.simulated.plan import Plan
from sim.node.behaviour import BehaviourRegistry, Factory
from sim.node.container import Container
from sim.node.images import PUBLIC, canonical, split_image
from sim.node.kubeproxy.behaviour import ProxyBehaviour
from sim.scenario import application as spec
from sim.traffic import ServerState, Traffic

IDLE_MILLICORES = 6
"""What a runtime uses for itself."""
SCRAPE_MS = 15_000
"""How often the metrics server looks; between two looks its figures stay."""


class Behaviours:
    """The behaviours of one world."""

    def __init__(self, plan: Plan) -> None:
        """Register every application of the scenario, kube-proxy, and images to debug with."""
        self._plan = plan
        self._capacity: dict[str, float] = {}
        self.traffic: Traffic | None = None
        """Where access logs read their rates from; set when users have been made."""
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

    def serving(self, running: Sequence[Container]) -> tuple[ServerState, float]:
        """Return how a pod with these *running* containers stands, and its requests per second."""
        for container in running:
            behaviour = container.behaviour
            if isinstance(behaviour, WebService):
                capacity = self._capacity.get(behaviour.settings.name, 0.0)
                if not behaviour.serving:
                    return "down", capacity
                return ("serving" if behaviour.database == "connected" else "waiting"), capacity
        return "down", 0.0

    def request_rate(self, application: str, container: Context) -> float:
        """Return the requests per second that a container serves now; refusing one costs nothing."""
        now = container.env.now
        segments = self._of_pod(application, container, now, now + 1)
        return segments[-1].rate * (1 - segments[-1].error_share) if segments else 0.0

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
                )
                log = self._access_log(application.name, self._of_pod)
                cost = behaviour.cpu_per_request
                return lambda container: BusyService(container, settings, log, self, cost)
            case spec.Database():
                return Postgres.factory(
                    PostgresSettings(
                        startup_ms=behaviour.startup,
                        shutdown_ms=behaviour.shutdown,
                        memory_bytes=behaviour.memory,
                        port=application.service.target,
                        version=application.version,
                    )
                )
            case spec.Gateway():
                return Gateway.factory(
                    GatewaySettings(port=application.service.target, memory_bytes=behaviour.memory),
                    requests=self._access_log(behaviour.upstream, self._of_gateway),
                )
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

    def _access_log(
        self, application: str, rate: Callable[[str, Context, int, int], list[RateSegment]]
    ) -> RequestLog | None:
        for users in self._plan.scenario.traffic:
            if users.application == application:
                calls = tuple((one.call, one.share, one.status) for one in users.calls)

                def segments(container: Context, since: int, until: int) -> list[RateSegment]:
                    return rate(application, container, since, until)

                return RequestLog(calls, segments)
        return None

    def _of_pod(
        self, application: str, container: Context, since: int, until: int
    ) -> list[RateSegment]:
        """Return what reached one pod."""
        if self.traffic is None:
            return []
        return [
            RateSegment(start, end, rate, failed / rate if rate else 0.0)
            for start, end, rate, failed in self.traffic.request_rates(
                application, container.hostname, since, until
            )
        ]

    def _of_gateway(
        self, application: str, _container: Context, since: int, until: int
    ) -> list[RateSegment]:
        """Return a gateway's even share of everything that users asked for."""
        if self.traffic is None:
            return []
        history = self.traffic.history(application)
        replicas = sum(
            one.replicas
            for one in self._plan.scenario.applications
            if one.behaviour.kind == "gateway"
        )
        edges = sorted(
            {since, until}
            | set(history.completed.changes(since, until))
            | set(history.errors.changes(since, until))
        )
        found = []
        for start, end in pairwise(edges):
            rate, errors = history.completed.at(start), history.errors.at(start)
            share = errors / rate if rate else 0.0
            found.append(RateSegment(start, end, rate / max(1, replicas), share))
        return found


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
        self._behaviours = behaviours
        self._cost_ms = cost_ms

    def millicores(self, container: Context) -> int:
        """Return the CPU in use now, in thousandths of a core."""
        rate = self._behaviours.request_rate(self.settings.name, container)
        look = container.env.now // SCRAPE_MS
        wobble = container.stream.at("cpu", look).uniform(0.96, 1.04)
        return IDLE_MILLICORES + round(rate * self._cost_ms * wobble)
