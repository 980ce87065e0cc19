"""What the cluster's DNS answers to one question, by name and type (kubernetes/dns specification 1.1).

This file must not know who asks, by which server, or how an answer is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from sim.apimachinery.wire import Obj
from sim.node.dns import SERVICE_NAME

if TYPE_CHECKING:
    from sim.node.network import Network

TTL = 30
"""The Corefile's `ttl 30`."""
TYPES = ("A", "AAAA", "SRV", "PTR", "CNAME", "TXT", "NS", "MX", "SOA", "ANY", "CAA", "HTTPS", "DS")


class Record(NamedTuple):
    """One record."""

    name: str
    """With the last dot."""
    type: str
    data: str
    ttl: int = TTL


class Reply(NamedTuple):
    """What a server answers."""

    status: str
    """`NOERROR`, `NXDOMAIN`, `SERVFAIL`."""
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()


def ask(network: Network, name: str, kind: str, *, inside: bool) -> Reply:
    """Return the answer to a question for the full *name*; *inside*: of the cluster's own servers."""
    domain = network.cluster_domain
    plain = name.rstrip(".").lower()
    if plain.endswith(".in-addr.arpa"):
        return _reverse(network, plain, kind, inside=inside)
    if inside and (plain == domain or plain.endswith(f".{domain}")):
        return _cluster(network, plain, kind)
    machine = network.machines.get(plain)
    if machine is None:
        return Reply("NXDOMAIN")
    if kind in ("A", "ANY"):
        return Reply("NOERROR", (Record(f"{plain}.", "A", machine.facts.internal_ip, 60),))
    return Reply("NOERROR")


def _soa(network: Network) -> Record:
    domain = network.cluster_domain
    serial = 1_700_000_000 + network.env.now // 60_000
    data = f"ns.dns.{domain}. hostmaster.{domain}. {serial} 7200 1800 86400 {TTL}"
    return Record(f"{domain}.", "SOA", data)


def _cluster(network: Network, name: str, kind: str) -> Reply:
    domain = network.cluster_domain
    nothing = (_soa(network),)
    if name == domain and kind in ("SOA", "NS"):
        return Reply("NOERROR", (_soa(network),) if kind == "SOA" else (
            Record(f"{domain}.", "NS", f"ns.dns.{domain}."),))  # fmt: skip
    if name == f"dns-version.{domain}":
        found = (Record(f"{name}.", "TXT", '"1.1.0"'),) if kind in ("TXT", "ANY") else ()
        return Reply("NOERROR", found, () if found else nothing)
    if name.endswith(f".pod.{domain}"):
        return _pod(network, name, kind)
    if not name.endswith(f".svc.{domain}"):
        kept = name in (domain, f"svc.{domain}", f"pod.{domain}", f"dns.{domain}")
        return Reply("NOERROR" if kept else "NXDOMAIN", (), nothing)
    labels = name.removesuffix(f".svc.{domain}").split(".")
    records = _service(network, name, labels)
    if records is None:
        return Reply("NXDOMAIN", (), nothing)
    shown = tuple(one for one in records if kind in (one.type, "ANY"))
    if not shown and kind in ("A", "AAAA"):
        shown = tuple(one for one in records if one.type == "CNAME")
    return Reply("NOERROR", shown, () if shown else nothing)


def _pod(network: Network, name: str, kind: str) -> Reply:
    labels = name.split(".")
    ip = labels[0].replace("-", ".")
    known = network.policies is not None and len(labels) > 2
    try:
        IPv4Address(ip)
    except AddressValueError:
        known = False
    if not known:
        return Reply("NXDOMAIN", (), (_soa(network),))
    found = (Record(f"{name}.", "A", ip),) if kind in ("A", "ANY") else ()
    return Reply("NOERROR", found, () if found else (_soa(network),))


def _service(network: Network, name: str, labels: list[str]) -> list[Record] | None:
    """Return every record of a name below `svc.`; None if there is no such name."""
    api = next(iter(network.machines.values())).api
    namespace = labels[-1]
    if len(labels) == 1:
        return [] if api.get("namespaces", "", namespace) is not None else None
    service = api.get("services", namespace, labels[-2])
    if service is None:
        return None
    full = f"{labels[-2]}.{namespace}.svc.{network.cluster_domain}."
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return [Record(f"{name}.", "CNAME", f"{spec.get('externalName', '').rstrip('.')}.")]
    headless = spec.get("clusterIP") in (None, "", "None")
    if labels[0].startswith("_"):
        return _ports(network, service, labels, full, headless=headless)
    if not headless:
        if len(labels) > 2:
            return None
        return [Record(f"{name}.", "A", spec["clusterIP"]), *_any_port(service, full, name)]
    host = labels[0] if len(labels) == 3 else ""
    found = [
        Record(f"{name}.", "A", address)
        for address, hostname, _ in _endpoints(network, service)
        if not host or hostname == host
    ]
    return found or None


def _any_port(service: Obj, full: str, name: str) -> list[Record]:
    return [
        Record(f"{name}.", "SRV", f"0 100 {port['port']} {full}")
        for port in service["spec"].get("ports") or ()
    ]


def _ports(
    network: Network, service: Obj, labels: list[str], full: str, *, headless: bool
) -> list[Record] | None:
    """Return the SRV records of `_port._protocol.service`."""
    if len(labels) != 4:
        return None
    wanted, proto = labels[0][1:], labels[1][1:].upper()
    found = []
    for port in service["spec"].get("ports") or ():
        if port.get("name") != wanted or port.get("protocol", "TCP") != proto:
            continue
        name = f"{'.'.join(labels[:2])}.{full}"
        if not headless:
            found.append(Record(name, "SRV", f"0 100 {port['port']} {full}"))
            continue
        ends = list(_endpoints(network, service))
        for address, hostname, numbers in ends:
            host = hostname or address.replace(".", "-")
            share = 100 // max(1, len(ends))
            number = numbers.get(wanted, port["port"])
            found.append(Record(name, "SRV", f"0 {share} {number} {host}.{full}"))
    return found or None


def _endpoints(network: Network, service: Obj) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Yield (address, host name, ports by name) of the endpoints that DNS knows."""
    api = next(iter(network.machines.values())).api
    metadata = service["metadata"]
    all_of_them = bool(service["spec"].get("publishNotReadyAddresses"))
    for one in api.list(
        "endpointslices", metadata["namespace"], labels={SERVICE_NAME: metadata["name"]}
    ):
        numbers = {port.get("name", ""): port["port"] for port in one.get("ports") or ()}
        for endpoint in one.get("endpoints") or ():
            if all_of_them or (endpoint.get("conditions") or {}).get("ready", True):
                for address in endpoint["addresses"]:
                    yield address, endpoint.get("hostname", ""), numbers


def _reverse(network: Network, name: str, kind: str, *, inside: bool) -> Reply:
    ip = ".".join(reversed(name.removesuffix(".in-addr.arpa").split(".")))
    told = reverse_name(network, ip, inside=inside)
    if told is None:
        return Reply("NXDOMAIN")
    found = (Record(f"{name}.", "PTR", f"{told}."),) if kind in ("PTR", "ANY") else ()
    return Reply("NOERROR", found)


def reverse_name(network: Network, ip: str, *, inside: bool) -> str | None:
    """Return the name of an address: nodes are known to the site, Services and endpoints inside."""
    machine = network.machine_at(ip)
    if ip == "127.0.0.1":
        return "localhost"
    if machine is not None:
        return machine.name
    if not inside:
        return None
    api = next(iter(network.machines.values())).api
    domain = network.cluster_domain
    if network.is_service_ip(ip):
        for service in api.list("services", None):
            if service["spec"].get("clusterIP") == ip:
                meta = service["metadata"]
                return f"{meta['name']}.{meta['namespace']}.svc.{domain}"
        return None
    for one in api.list("endpointslices", None):
        for endpoint in one.get("endpoints") or ():
            if ip in endpoint["addresses"]:
                meta = one["metadata"]
                owner = (meta.get("labels") or {}).get(SERVICE_NAME, "")
                service = api.get("services", meta["namespace"], owner) or {}
                if (service.get("spec") or {}).get("clusterIP") != "None":
                    continue
                host = endpoint.get("hostname") or ip.replace(".", "-")
                return f"{host}.{owner}.{meta['namespace']}.svc.{domain}"
    return None
