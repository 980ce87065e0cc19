"""Everybody else on a real cluster: Services with endpoints that nobody listens on, as many as the scenario has.

They make each node's rules as long as they should be; pods would need machines that a laptop has not. This
file must not know how anything is applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sim.apimachinery.wire import Obj
from sim.backends.plan import Plan

MOST = 400
"""Services in all, however many the scenario has."""
ENDPOINTS = 3
"""Of each Service."""
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
"""Addresses of documentation (RFC 5737): nothing real is ever called by mistake."""
HOSTS = 254
_PORT = 8080


def background_of(plan: Plan, *, existing: int, endpoints: int = ENDPOINTS) -> list[Obj]:
    """Return Services and their Endpoints, so that with *existing* ones there are as many as planned."""
    missing = min(plan.service_count, MOST) - existing
    found: list[Obj] = []
    for number, (namespace, name) in zip(range(max(0, missing)), _names(plan), strict=False):
        labels = {"app": name, "team": namespace}
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": _PORT}
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {"ports": [port]},
            }
        )
        first = number * endpoints
        addresses = [{"ip": _address(first + turn)} for turn in range(endpoints)]
        subset = {
            "addresses": addresses,
            "ports": [{"name": "http", "port": _PORT, "protocol": "TCP"}],
        }
        found.append(
            {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": [subset]}
        )
    return found


def background_namespaces(plan: Plan) -> tuple[str, ...]:
    """Return the namespaces that other teams have."""
    names = (
        *plan.scenario.history.onboarding.namespaces,
        *plan.scenario.cluster.background.namespaces,
    )
    return tuple(dict.fromkeys(names))


def _names(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield (namespace, name) of Services: the newest teams', the others', then second ones."""
    onboarding, background = plan.scenario.history.onboarding, plan.scenario.cluster.background
    taken = {(one.namespace, one.name) for one in plan.scenario.applications}
    newcomers = list(product(onboarding.namespaces, onboarding.components))[: onboarding.count]
    residents = [
        (namespace, component)
        for component in background.components
        for namespace in background.namespaces
    ]
    first = [(namespace, f"{namespace}-{component}") for namespace, component in newcomers]
    others = [(namespace, f"{namespace}-{component}") for namespace, component in residents]
    second = [
        (namespace, f"{name}{suffix}")
        for suffix in background.second_services
        for namespace, name in others
    ]
    yield from (one for one in (*first, *others, *second) if one not in taken)


def _address(number: int) -> str:
    """Return the address of endpoint *number*; after the last one they begin anew."""
    network, host = divmod(number % (HOSTS * len(NETWORKS)), HOSTS)
    return f"{NETWORKS[network]}.{host + 1}"
