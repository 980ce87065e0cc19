"""An application as its users see it, in numbers.

Thanks to this file every constant of the traffic model has a name and a unit; it must not know the
cluster, the scenario's file format or how the numbers are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStep:
    """From *at_ms* on, users want this much."""

    at_ms: int
    """Simulated ms since the scenario's start; may be negative."""
    rps: float
    """Requests per second, e.g. 480."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One kind of request: a route."""

    name: str = "all"
    """Method and path, e.g. `POST /v1/payments`."""
    share: float = 1.0
    """Part of the load, e.g. 0.55; the shares of all calls add up to 1."""
    rps: float = 0.0
    """Requests per second of its own, beside the load, e.g. 0.23."""
    database_share: float = 1.0
    """Share of these requests that need a database connection, e.g. 0.35; the rest never waits."""
    status: int = 200
    """Of a success."""
    order: bool = False
    """A success is what the business counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFailure:
    """Requests that fail by themselves, whatever the service does, e.g. for expired test data."""

    share: float = 1.0
    """Part of those that the service answers well."""
    since_ms: int | None = None
    """From when on (simulated ms); None: always."""
    status: int = 502
    text: str = ""
    """What their line in the log ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """What makes a client class a machine: one call, on a schedule."""

    call: str
    """Name of the call."""
    rps: float
    """Requests per second while it works, e.g. 0.02."""
    spells: tuple[tuple[int, int], ...] | None = None
    """When it works: (from, until) in simulated ms, in order; None: always."""
    fails: OwnFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientClass:
    """A kind of clients: how many of the requests are theirs and how much each one matters."""

    name: str
    """e.g. `checkout` or `background`."""
    share: float = 0.0
    """Share of every call, e.g. 0.7; the shares of all users add up to 1, a robot has none."""
    weight: float = 1.0
    """What one failed request counts in users' loss, e.g. 1.0 for checkout, 0.3 for background."""
    retries: int = 0
    """How often a failed request is tried again at once."""
    agent: str = ""
    """User agent in logs; empty: the name."""
    robot: Robot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A call that a version answers wrongly."""

    call: str
    share: float = 1.0
    """Part of these requests that fails."""
    status: int = 500
    log: str = ""
    """What the pod logs after each of them; may have several lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyLaw:
    """How a pod's latency grows with its utilisation u (offered load / capacity).

    Both percentiles are multiplied by 1 + growth x u^4 / (1 - u), u cut at *ceiling*: flat while
    there is room, steep at the end, finite in overload because a full pod sheds what it cannot do.
    """

    p50_ms: float = 40.0
    """Median of an idle pod, e.g. 40 ms."""
    p99_ms: float = 150.0
    """99th percentile of an idle pod, e.g. 150 ms."""
    growth: float = 1.0
    """How strongly load shows; 1.0: x 1.2 at u = 0.57, x 17 in overload."""
    ceiling: float = 0.95
    """The utilisation at which latency stops growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application that users reach through gateways and a Service."""

    name: str
    """e.g. `payment-service`."""
    service_ip: str
    """Its Service's ClusterIP, e.g. `10.96.12.7`."""
    service_port: int
    """e.g. 80."""
    load: tuple[LoadStep, ...]
    """Users' demand, in order of time; before the first step it is as in the first."""
    calls: tuple[Call, ...] = (Call(),)
    """Kinds of requests."""
    classes: tuple[ClientClass, ...] = (ClientClass(name="users", share=1.0),)
    """Kinds of clients."""
    breaks: Mapping[str, tuple[Break, ...]] = field(default_factory=dict)
    """Version of a pod -> the calls that it fails."""
    wobble: float = 0.015
    """Each minute's demand is drawn within this share around its step, e.g. 0.015."""
    base_error_share: float = 0.001
    """Share of answered requests that fail on a good day, e.g. 0.001."""
    latency: LatencyLaw = field(default_factory=LatencyLaw)
    """Latency of one pod."""
    connect_timeout_ms: int = 1_000
    """How long a gateway waits for a pod that does not answer before it tries another one."""
    request_timeout_ms: int = 10_000
    """How long a gateway waits for an answer."""
    acquire_timeout_ms: int = 10_000
    """How long a request waits in its pod for a database connection."""
    slow_ms: int = 10_000
    """An answer later than this counts as failed for the user, though not as 5xx."""

    def __post_init__(self) -> None:
        """Refuse numbers that would make users appear or vanish.

        Raises:
            ValueError: if there is no load step, if the shares of calls or of classes do not add
                up to 1, or if a robot calls what is not there.
        """
        if not self.load:
            msg = f"application {self.name!r} has no load step"
            raise ValueError(msg)
        for what, shares in (
            ("calls", [each.share for each in self.calls]),
            ("client classes", [each.share for each in self.classes]),
        ):
            if abs(sum(shares) - 1.0) > 1e-6:
                msg = (
                    f"application {self.name!r}: the shares of its {what} add up to {sum(shares):g}"
                )
                raise ValueError(msg)
        known = {each.name for each in self.calls}
        for each in self.classes:
            if each.robot is not None and each.robot.call not in known:
                msg = f"application {self.name!r}: {each.name!r} calls {each.robot.call!r}"
                raise ValueError(msg)

    @property
    def patience_ms(self) -> int:
        """Return how long a request survives in a pod without a database connection."""
        return min(self.request_timeout_ms, self.acquire_timeout_ms)
