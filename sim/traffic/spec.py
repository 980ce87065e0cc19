"""An application as its users see it, in numbers.

Thanks to this file every constant of the traffic model has a name and a unit; it must not know the
cluster, the scenario's file format or how the numbers are used.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadStep:
    """From *at_ms* on, users want this much."""

    at_ms: int
    """Simulated ms since the scenario's start; may be negative."""
    rps: float
    """Requests per second, e.g. 480."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientClass:
    """A kind of users: how many of the requests are theirs and how much each one matters."""

    name: str
    """e.g. `checkout` or `background`."""
    share: float
    """Share of the application's requests, e.g. 0.7; the shares of all classes add up to 1."""
    weight: float = 1.0
    """What one failed request counts in users' loss, e.g. 1.0 for checkout, 0.3 for background."""
    database_share: float = 1.0
    """Share of these requests that need a database connection, e.g. 0.35; the rest never waits."""


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
    classes: tuple[ClientClass, ...] = (ClientClass(name="users", share=1.0),)
    """Kinds of users."""
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
    database_share: float = field(init=False)
    """Share of all requests that need a database connection; follows from the classes."""

    def __post_init__(self) -> None:
        """Add up the classes; refuse numbers that would make users appear or vanish.

        Raises:
            ValueError: if there is no load step, or the classes' shares do not add up to 1.
        """
        if not self.load:
            msg = f"application {self.name!r} has no load step"
            raise ValueError(msg)
        needing = sum(each.share * each.database_share for each in self.classes)
        object.__setattr__(self, "database_share", needing)
        total = sum(each.share for each in self.classes)
        if abs(total - 1.0) > 1e-6:
            msg = f"application {self.name!r}: the shares of its client classes add up to {total:g}"
            raise ValueError(msg)

    @property
    def patience_ms(self) -> int:
        """Return how long a request survives in a pod without a database connection."""
        return min(self.request_timeout_ms, self.acquire_timeout_ms)
