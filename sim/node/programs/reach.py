"""Names and connections as programs meet them: looked up, dialled and waited for in simulated time.

This file must not know how any one program words the outcome.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import simpy

from sim.bash.process import Proc
from sim.node.dns import address_of, is_address, meanings
from sim.node.dnsrecords import reverse_name
from sim.node.links import NODE_LOCAL_DNS
from sim.node.network import Connect
from sim.node.programs.host import container_of, machine_of, namespace_of


class Dialled(NamedTuple):
    """How a connect(2) with the caller's own patience ended."""

    result: Connect
    ms: int
    """How long it took."""
    gave_up: bool
    """The caller's limit came before the kernel's answer."""


def resolve(proc: Proc, name: str) -> str | None:
    """Return the address of *name* as seen from where *proc* runs, or None."""
    if (address := address_of(name)) is not None:
        return address
    return machine_of(proc).network.resolve(name, namespace_of(proc), proc.host)


def asks_in_vain(proc: Proc) -> bool:
    """Return True if NetworkPolicies drop what *proc* asks the DNS."""
    return not machine_of(proc).network.reaches_dns(proc.host)


def resolver(proc: Proc) -> str:
    """Return the DNS server of the place: the node-local cache, or the site's on a node."""
    container = container_of(proc)
    if container is not None and not container.host_network:
        return NODE_LOCAL_DNS
    return site_dns(machine_of(proc).internal_ip)


def site_dns(internal_ip: str) -> str:
    """Return the site's own DNS server: `.2` of the node's network."""
    return internal_ip.rpartition(".")[0] + ".2"


def full_name(proc: Proc, name: str) -> str:
    """Return the name under which DNS answers for *name*: a Service's in full, others as they are."""
    machine = machine_of(proc)
    domain = machine.network.cluster_domain
    if container_of(proc) is None or name in machine.network.machines or is_address(name):
        return name
    for (namespace, service), host in meanings(name, namespace_of(proc), domain):
        if machine.api.get("services", namespace, service) is not None:
            return f"{host}.{service}.{namespace}.svc.{domain}".lstrip(".")
    return name


def reverse(proc: Proc, ip: str) -> str | None:
    """Return the name of an address, or None: nodes are known to the site, Services to the cluster."""
    network = machine_of(proc).network
    return reverse_name(network, ip, inside=container_of(proc) is not None)


def dial(
    proc: Proc, ip: str, port: int, *, limit_ms: int | None = None, protocol: str = "TCP"
) -> Generator[simpy.Event, Any, Dialled]:
    """Connect to *ip*:*port* and wait until the outcome is known or *limit_ms* have passed."""
    proc.asked()
    result = machine_of(proc).network.connect(proc.host, ip, port, protocol=protocol)
    gave_up = limit_ms is not None and result.ms > limit_ms
    took = limit_ms if gave_up and limit_ms is not None else result.ms
    if took:
        yield proc.env.timeout(took)
    return Dialled(result.within(took) if gave_up else result, took, gave_up)


def seconds(text: str) -> int | None:
    """Return the ms of a number of seconds such as `3` or `0.5`, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return round(value * 1000) if 0 <= value < 10_000_000 else None
