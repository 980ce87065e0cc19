"""A player that looks at everything there is before it does what the screen asks for.

It shows that thoroughness alone does not pass: all is seen, late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sim.kernel import Stream
from sim.players.mending import CREDENTIAL, NOTHING, QUARANTINE, ROLLBACK, mend
from sim.players.moves import Pause, Play, Type
from sim.players.reading import chart_rows, failing, lines_of, typing, worst_node

BUSY = 0.02
"""A client that makes less than this share of the requests is not who pays."""


@dataclass(slots=True)
class Seen:
    """What of all that was looked at decides."""

    rates: dict[str, float] = field(default_factory=dict)
    """Client -> requests per second."""
    clients: list[str] = field(default_factory=list)
    """Clients that are failed."""
    routes: list[str] = field(default_factory=list)
    """Routes that fail."""
    versions: list[str] = field(default_factory=list)
    refused: bool = False
    """The database refuses the application's password."""
    nodes: list[str] = field(default_factory=list)
    """The node with most broken pods."""
    crashing: bool = False


def look_then_act(names: Mapping[str, str], _stream: Stream) -> Play:
    """Look at everything there is, on every node, and only then do the right thing."""
    app, namespace = names["app"], names["app.namespace"]
    seen = Seen()
    yield Pause(20_000)
    yield Type("incident ack")
    yield from _dashboards(seen)
    yield from typing(10_000, "incident alerts", "incident changes")
    shown = yield Type(f"kubectl get pods -n {namespace} -o wide --no-headers")
    rows = [row for row in lines_of(shown) if row.startswith(app)]
    seen.nodes = worst_node(rows)
    seen.crashing = any(row.split()[1].startswith("0/") for row in rows if len(row.split()) > 1)
    yield from typing(
        15_000,
        f"kubectl get deployments,replicasets,services,endpoints -n {namespace}",
        f"kubectl get events -n {namespace} --sort-by=.lastTimestamp",
        f"kubectl rollout history deployment/{app} -n {namespace}",
        f"kubectl describe deployment {app} -n {namespace}",
    )
    yield from _logs(seen, [row.split()[0] for row in rows], namespace)
    yield from _nodes()
    yield from typing(15_000, "kubectl get daemonsets -n kube-system -o yaml | tail -60")
    yield Pause(10_000)
    chosen = choose(seen)
    yield from mend(names, chosen, "".join(seen.nodes))
    yield Pause(10_000)
    yield Type(f'incident update "after a look at everything: {_said(chosen)}"')
    yield Pause(120_000)
    yield Type("incident dashboard errors")


def choose(seen: Seen) -> str:
    """Return the class of mitigation that the screen asks for."""
    busy = sum(seen.rates.values()) * BUSY
    paying = [name for name in seen.clients if seen.rates.get(name, busy) >= busy]
    if seen.refused:
        return CREDENTIAL
    if seen.crashing and seen.nodes:
        return QUARANTINE
    if seen.clients and not paying:
        return NOTHING
    if seen.routes or seen.versions:
        return ROLLBACK
    return NOTHING


def _dashboards(seen: Seen) -> Play:
    for panel in ("errors", "requests", "latency", "ready", "restarts"):
        yield from typing(10_000, f"incident dashboard {panel}")
    yield Pause(10_000)
    seen.clients = failing(chart_rows((yield Type("incident dashboard errors --by client"))))
    yield Pause(10_000)
    seen.rates = chart_rows((yield Type("incident dashboard requests --by client")))
    yield Pause(10_000)
    seen.routes = failing(chart_rows((yield Type("incident dashboard errors --by route"))))
    yield Pause(10_000)
    seen.versions = failing(chart_rows((yield Type("incident dashboard errors --by version"))))


def _logs(seen: Seen, pods: Iterable[str], namespace: str) -> Play:
    for pod in pods:
        yield from typing(20_000, f"kubectl describe pod {pod} -n {namespace}")
        for options in ("--tail=40", "--previous --tail=20"):
            yield Pause(10_000)
            shown = yield Type(f"kubectl logs {pod} -n {namespace} {options}")
            text = "\n".join(lines_of(shown))
            seen.refused |= bool(re.search("password authentication failed", text))


def _nodes() -> Play:
    shown = yield Type("kubectl get nodes -o name")
    for name in lines_of(shown):
        node = name.removeprefix("node/")
        yield from typing(
            20_000,
            f"kubectl describe node {node}",
            f"ssh {node} free -m",
            f"ssh {node} 'sudo journalctl -k -n 20'",
        )


def _said(chosen: str) -> str:
    return {
        QUARANTINE: "the pods were moved to other nodes",
        ROLLBACK: "rolled back",
        CREDENTIAL: "the database takes the password again",
    }.get(chosen, "nothing was changed")
