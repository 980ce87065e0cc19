"""The specs of a cluster: nodes, pools, what runs on them in the background, kube-proxy's law.

Ranges are drawn by the seed when the world is built; this file must not know how.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.scenario.fields import Duration, DurationRange, IntRange, Name, Size, Spec


class NodeSize(Spec):
    """What one machine has."""

    cpu: int
    """Cores, e.g. 16."""
    memory: Size
    disk: Size
    max_pods: int = 110


class Pool(Spec):
    """A named share of the workers; the last pool takes the rest."""

    name: Name
    zones: tuple[Name, ...]
    """Zone of each node of the pool in order, or the zones that the rest goes round."""
    rest: bool = False
    """True for the pool that takes every worker left over."""
    taint: bool = False
    """Carry the taint `pool=<name>:NoSchedule`."""
    tenants: tuple[Name, ...] = ()
    """Background namespaces that live in this pool."""


class NodeImage(Spec):
    """The operating system that all nodes boot."""

    os: str
    kernel: str
    runtime: str
    kubelet: str


class HealTimer(Spec):
    """A timer of the node image that acts on a kube-proxy which has not synced for long."""

    unit: str
    every: Duration
    idle: Duration
    """How long without a finished sync before it acts."""
    acts: DurationRange
    """From the fault that hurts to the tick that finds kube-proxy idle for long enough on the
    faulty node, drawn by the seed; ticks elsewhere fall as they may."""


class Background(Spec):
    """Everybody else's workloads."""

    services: IntRange
    """All Services of the cluster, drawn by the seed."""
    pods: int
    """About how many pods the background has."""
    namespaces: tuple[Name, ...]
    components: tuple[Name, ...]
    """Words from which applications are named: `<namespace>-<component>`."""
    second_services: tuple[str, ...]
    """Suffixes of a second Service in front of the same pods."""
    restarts: float
    """Share of background pods with an old restart."""


class Cluster(Spec):
    """The cluster before anything goes wrong."""

    version: str
    service_cidr: str
    pod_cidr: str
    node_cidr: str
    age: Duration
    control_plane: Name
    worker: str
    """Pattern of a worker's name, e.g. `node-worker-{n}`."""
    workers: IntRange
    sizes: dict[Literal["control-plane", "worker"], NodeSize]
    zones: tuple[Name, ...]
    zone_label: str
    """Pattern of a zone's name, e.g. `eu-west-1{zone}`."""
    pools: tuple[Pool, ...] = Field(min_length=1)
    image: NodeImage
    heal: HealTimer
    registry: str
    background: Background
    extras: bool = True
    """Monitoring and a descheduler run in it, beside what every cluster has."""


class ProxyLaw(Spec):
    """How kube-proxy uses memory and time; MiB, per Service and per endpoint."""

    limit: Size
    image: str
    base_steady: float
    steady_per_service: float
    steady_per_endpoint: float
    base_startup: float
    startup_per_service: float
    startup_per_endpoint: float
    binary: float
    """Pages of the program itself, charged when the page cache was dropped (MiB)."""
    flow_kib: float
    """KiB a tracked flow costs while the table is walked after a Service lost its last endpoint."""
    tight_startup: Duration
    """Start-up to first sync (and to the peak) when memory is tight."""
    ample_startup: Duration
    """Start-up to first sync with memory to spare."""
    ample_headroom: float
    """Headroom over steady state, as a share of the limit, from which start-up is quick."""
    sync: DurationRange
    """From a change to its rules written."""
    undisturbed: DurationRange
    """Quiet time on the node that a thrashing start needs for its first sync."""
    flows: IntRange
    """Tracked flows on an ordinary node."""
    flows_bad: IntRange
    """Tracked flows on the node with the chatty neighbour."""
