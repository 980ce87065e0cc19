"""Names of Services as the cluster's DNS answers them; the node-local cache is assumed to be warm.

This file must not know who asks or which rules stand in the way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.apiserver import ApiServer

BYTES = 4
"""Of an IPv4 address."""
_NUMBER = re.compile(r"0[xX]0*[0-9a-fA-F]{1,8}|0+[0-7]{0,11}|[1-9][0-9]{0,9}", re.ASCII)
"""One of C's, and not so long that it could not be an address."""
SERVICE_NAME = "kubernetes.io/service-name"
ALIASES = 4
"""How often an ExternalName may lead to another one."""
SERVICE_LABELS = 2
"""`<service>.<namespace>` before `.svc.<domain>`."""


def is_address(name: str) -> bool:
    """Return True for an IPv4 address as it is usually written.

    >>> is_address("10.96.0.1"), is_address("10.96.1"), is_address("postgres.payments")
    (True, False, False)
    """
    return address_of(name) == name


def address_of(text: str) -> str | None:
    """Return the IPv4 address that *text* is to inet_aton(3), dotted; None if it is a name.

    Numbers may be octal or hexadecimal, and the last one stands for all bytes that are left.

    >>> address_of("10.96.0.1"), address_of("10.96.1"), address_of("0x7f.010.000.1")
    ('10.96.0.1', '10.96.0.1', '127.8.0.1')
    """
    parts = text.split(".")
    if not text[:1].isdecimal() or len(parts) > BYTES:
        return None
    *head, last = [_number(part) for part in parts]
    left = BYTES - len(head)
    if last is None or last >= 256**left or any(one is None or one > 255 for one in head):
        return None
    return ".".join(map(str, [*head, *last.to_bytes(left, "big")]))


def _number(text: str) -> int | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    if text[:2] in ("0x", "0X"):
        return int(text[2:], 16)
    return int(text, 8 if text[0] == "0" else 10)


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


def resolve(
    api: ApiServer, name: str, namespace: str, domain: str, *, depth: int = ALIASES
) -> str | None:
    """Return the address behind a Service's name, or behind a pod's name under a headless Service.

    That is the ClusterIP, or the first ready endpoint if there is none. An ExternalName is followed
    as far as it leads to another Service.
    """
    for asked, host in meanings(name, namespace, domain):
        service = api.get("services", *asked)
        if service is None:
            continue
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            alias = str(spec.get("externalName", ""))
            return resolve(api, alias, "", domain, depth=depth - 1) if depth and not host else None
        address = spec.get("clusterIP")
        if address and address != "None":
            return None if host else str(address)
        return _endpoint(api, asked, host, published=bool(spec.get("publishNotReadyAddresses")))
    return None


def meanings(name: str, namespace: str, domain: str) -> list[tuple[tuple[str, str], str]]:
    """Return what *name* may mean, as ((namespace, service), host), in the search list's order.

    >>> meanings("db-0.db", "shop", "cluster.local")
    [(('db', 'db-0'), ''), (('shop', 'db'), 'db-0')]
    """
    found: list[tuple[tuple[str, str], str]] = []
    asked = service_of(name, namespace, domain)
    if asked is not None:
        found.append((asked, ""))
    parts = name.rstrip(".").removesuffix(f".svc.{domain}").removesuffix(".svc").split(".")
    if len(parts) == SERVICE_LABELS:
        found.append(((namespace, parts[1]), parts[0]))
    elif len(parts) == SERVICE_LABELS + 1:
        found.append(((parts[2], parts[1]), parts[0]))
    return found


def _endpoint(
    api: ApiServer, service: tuple[str, str], host: str, *, published: bool
) -> str | None:
    """Return the first address of a headless Service that is ready, or that of its pod *host*."""
    slices = api.list("endpointslices", service[0], labels={SERVICE_NAME: service[1]})
    for one in slices:
        for endpoint in one.get("endpoints") or ():
            ready = published or (endpoint.get("conditions") or {}).get("ready", True)
            if ready and endpoint.get("hostname", "") == (host or endpoint.get("hostname", "")):
                return str(endpoint["addresses"][0])
    return None
