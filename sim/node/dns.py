"""Names of Services as the cluster's DNS answers them; the node-local cache is assumed to be warm.

This file must not know who asks or which rules stand in the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.apiserver import ApiServer

SERVICE_LABELS = 2
"""`<service>.<namespace>` before `.svc.<domain>`."""


def is_address(name: str) -> bool:
    """Return True for a dotted IPv4 address.

    >>> is_address("10.96.0.1"), is_address("postgres.payments")
    (True, False)
    """
    parts = name.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def service_of(name: str, namespace: str, domain: str) -> tuple[str, str] | None:
    """Return (namespace, service) that *name* means inside *namespace*; None for any other name.

    >>> service_of("postgres.payments.svc.cluster.local", "web", "cluster.local")
    ('payments', 'postgres')
    """
    parts = name.rstrip(".").removesuffix(f".svc.{domain}").removesuffix(".svc").split(".")
    if len(parts) == 1 and parts[0]:
        return namespace, parts[0]
    if len(parts) == SERVICE_LABELS:
        return parts[1], parts[0]
    return None


def resolve(api: ApiServer, name: str, namespace: str, domain: str) -> str | None:
    """Return the address behind a Service's name: its ClusterIP, or the first ready endpoint if headless."""
    asked = service_of(name, namespace, domain)
    if asked is None:
        return None
    service = api.get("services", *asked)
    if service is None:
        return None
    address = service["spec"].get("clusterIP")
    if address and address != "None":
        return str(address)
    slices = api.list("endpointslices", asked[0], labels={"kubernetes.io/service-name": asked[1]})
    for one in slices:
        for endpoint in one.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready", True):
                return str(endpoint["addresses"][0])
    return None
