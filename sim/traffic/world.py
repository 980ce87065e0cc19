"""What users' requests meet on their way, as a protocol that the cluster's assembly fulfils.

Thanks to this file traffic needs four questions and one notification; it must not know rules,
pods or nodes in any more detail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

ServerState = Literal["serving", "waiting", "failing", "down"]
"""`serving`; `waiting`: no database connection, requests that need one queue; `failing`: answers
5xx; `down`: the container does not listen (connections are refused)."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A pod through which users enter; those that serve share the users evenly."""

    name: str
    """e.g. `edge-gateway-6c9f7-hx2kp`."""
    node: str
    """Whose rules its connections pass, e.g. `node-worker-4`."""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """What a node's programmed rules do with a new connection to a Service."""

    kind: Literal["endpoints", "reject", "none"]
    """`endpoints`: one of them, evenly; `reject`: refused at once; `none`: no rule, it times out."""
    endpoints: tuple[str, ...] = ()
    """Pod IPs as last programmed, which may be stale."""
    cut: frozenset[str] = frozenset()
    """Those of them whose packets are dropped on the way, e.g. by a NetworkPolicy."""
    lost: float = 0.0
    """Share of new connections that no endpoint ever hears of, e.g. in a full flow table."""


@dataclass(frozen=True, slots=True)
class Server:
    """A pod of the application."""

    pod: str
    """Its name; a new pod under an old IP is another server."""
    node: str
    zone: str
    version: str
    """What the dashboards split by, e.g. `rev 47` or an image tag."""
    state: ServerState
    capacity_rps: float
    """What it can answer now, e.g. 211; a limit or a cold start may lower it."""
    ready: bool = True
    """Its Ready condition."""
    restarts: int = 0
    """Sum of its containers' restartCount."""
    dead_share: float = 0.0
    """Share of its pool's slots without a connection: who needs the database and meets one fails."""
    sound: bool = False
    """It is set up so that what its version breaks works all the same."""


@dataclass(frozen=True, slots=True)
class NodeClients:
    """The neighbours on a node: other teams' pods that open connections to Services."""

    node: str
    zone: str
    connections_per_s: float
    """New connections to ClusterIPs per second, e.g. 35."""
    unreachable: float
    """Share of them that this node's rules refuse or lose, 0 on a good day."""


class TrafficWorld(Protocol):
    """The cluster's side of the way that a request takes."""

    def gateways(self) -> Sequence[Gateway]:
        """Return the gateway pods that serve now, in a fixed order."""

    def lookup(self, node: str, ip: str, port: int) -> Route:
        """Return what *node*'s rules do with a connection to a Service."""

    def servers(self, application: str) -> Mapping[str, Server]:
        """Return the application's pods by pod IP."""

    def nodes(self) -> Sequence[str]:
        """Return the names of all nodes."""

    def node_clients(self, node: str) -> NodeClients | None:
        """Return the neighbours on *node*, or None if nobody there opens connections."""

    def subscribe(self, changed: Callable[[str | None], None]) -> None:
        """Have *changed* called after a change.

        It gets a node's name when only that node's rules or neighbours changed, and None when
        gateways or servers did.
        """
