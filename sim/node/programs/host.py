"""From a running program to the machine and container it runs on, and what is expected of both.

Programs read the model only through this; it must not know any one program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.bash.process import Proc
from sim.node.machine import Machine

if TYPE_CHECKING:
    from sim.node.container import Container


def machine_of(proc: Proc) -> Machine:
    """Return the machine that the program runs on, also from inside a container."""
    host = proc.host
    return host if isinstance(host, Machine) else host.machine


def container_of(proc: Proc) -> Container | None:
    """Return the container that the program runs in; None on the node itself."""
    return None if isinstance(proc.host, Machine) else proc.host


def namespace_of(proc: Proc) -> str:
    """Return the Kubernetes namespace that names are resolved in; `default` on a node."""
    container = container_of(proc)
    return container.namespace if container is not None else "default"


def unix_ms(proc: Proc) -> int:
    """Return the wall clock of the simulated machine in Unix ms."""
    return machine_of(proc).epoch.at(proc.env.now)


def own_address(proc: Proc) -> str:
    """Return the address that packets of this program leave with."""
    container = container_of(proc)
    return machine_of(proc).internal_ip if container is None else container.ip


def own_name(proc: Proc) -> str:
    """Return the host name: the pod's, or the node's."""
    container = container_of(proc)
    return machine_of(proc).name if container is None else container.hostname


def is_root(proc: Proc) -> bool:
    """Return whether the program runs as root of the place."""
    return proc.environ.get("USER", "root") == "root"


def administers_network(proc: Proc) -> bool:
    """Return whether the program may see and change the node's own netfilter tables.

    That is root on the node, or in a container that shares the node's network and is privileged or
    has CAP_NET_ADMIN (kube-proxy's). Other containers are alone in a network namespace.
    """
    container = container_of(proc)
    if container is None:
        return is_root(proc)
    context = container.spec.get("securityContext") or {}
    added = (context.get("capabilities") or {}).get("add") or ()
    able = bool(context.get("privileged")) or not {"NET_ADMIN", "ALL"}.isdisjoint(added)
    return container.host_network and able


def changed(proc: Proc, verb: str, detail: str) -> None:
    """Say that a hand on this machine changed it, if anybody listens."""
    listener = machine_of(proc).changed
    if listener is not None:
        listener(verb, detail)
