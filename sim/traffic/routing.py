"""How users' requests spread from gateways through each node's rules over the endpoints.

Thanks to this file a stale rule, a refused or a lost connection and the gateway's one retry have
their honest price; it must not know what a pod does with a request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sim.traffic.world import Gateway, Route, Server


@dataclass(slots=True)
class Offered:
    """Requests per second as they reach pods, by pod IP."""

    direct: dict[str, float] = field(default_factory=dict)
    """Arrive at once (first try, or a retry after a refusal)."""
    delayed: dict[str, float] = field(default_factory=dict)
    """Arrive after a connect timeout on a dead endpoint."""
    failed: dict[str, float] = field(default_factory=dict)
    """Fail because this endpoint was the second one that did not answer."""
    unrouted: float = 0.0
    """Fail at the gateway: no gateway, no endpoint, or no rule."""


def spread(
    rps: float,
    gateways: Sequence[Gateway],
    lookup: Callable[[str], Route],
    servers: Mapping[str, Server],
) -> Offered:
    """Return where *rps* requests per second end up.

    Gateways share users evenly; a node's rules pick an endpoint at random; a connection that is
    refused or times out is tried once more at another endpoint. An answer, even a 503, is final:
    retrying a full pod elsewhere would only move the overload.
    """
    offered = Offered()
    if not gateways:
        offered.unrouted = rps
        return offered
    by_route: dict[Route, int] = {}
    for gateway in gateways:
        route = lookup(gateway.node)
        by_route[route] = by_route.get(route, 0) + 1
    for route, count in by_route.items():
        part = rps * count / len(gateways)
        if route.kind == "endpoints" and route.endpoints:
            # Who was lost tries once more.
            lost = part * route.lost * route.lost
            offered.unrouted += lost
            _spread_over(part - lost, sorted(route.endpoints), route.cut, servers, offered)
        else:
            offered.unrouted += part
    return offered


def _spread_over(
    rps: float,
    endpoints: Sequence[str],
    cut: Collection[str],
    servers: Mapping[str, Server],
    offered: Offered,
) -> None:
    each = rps / len(endpoints)
    answering: list[str] = []
    refusing: list[str] = []
    dead: list[str] = []
    for ip in endpoints:
        server = servers.get(ip)
        if server is None or ip in cut:
            dead.append(ip)
        elif server.state == "down":
            refusing.append(ip)
        else:
            answering.append(ip)
    for ip in answering:
        offered.direct[ip] = offered.direct.get(ip, 0.0) + each
    silent = len(refusing) + len(dead)
    if not silent:
        return
    others = len(endpoints) - 1
    if answering:
        refused, late = (each * len(kind) / others for kind in (refusing, dead))
        for ip in answering:
            if refused:
                offered.direct[ip] += refused
            if late:
                offered.delayed[ip] = offered.delayed.get(ip, 0.0) + late
    # Each silent endpoint gets the retries of the other silent ones; a lone endpoint its own.
    lost = each * (silent - 1) / others if others else each
    for ip in (*refusing, *dead):
        offered.failed[ip] = offered.failed.get(ip, 0.0) + lost
