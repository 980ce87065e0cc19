"""A healthy cluster without a story, as data: what a sandbox is made of.

The same assembly builds it as builds an incident's; nothing ever happens to it by itself.
"""

from __future__ import annotations

from typing import Any

from sim.scenario import Scenario
from sim.scenario.cluster import Cluster, ProxyLaw
from sim.scenario.history import History

VERSIONS = tuple(f"v1.{minor}.0" for minor in range(30, 38))
"""What a sandbox can say of itself."""
SMALL = 240
"""Workers that fit into the usual ranges of addresses."""


def sandbox_scenario(nodes: int, version: str) -> Scenario:
    """Return a cluster of *nodes* workers that says it is *version* (one of VERSIONS)."""
    image = {**_CLUSTER["image"], "kubelet": version}
    cluster = {**_CLUSTER, "version": version, "workers": (nodes, nodes), "image": image}
    if nodes > SMALL:
        cluster |= {"pod_cidr": "10.128.0.0/9", "node_cidr": "172.16.0.0/12"}
    proxy = {**_PROXY, "image": f"registry.k8s.io/kube-proxy:{version}"}
    parts: dict[str, Any] = {
        "slug": "sandbox",
        "title": "Sandbox",
        "epoch": "2026-01-01T00:00:00Z",
        "cluster": Cluster.model_validate(cluster),
        "proxy": ProxyLaw.model_validate(proxy),
        "applications": (),
        "traffic": (),
        "history": History.model_validate(_HISTORY),
        "night_shift": (0, 0),
        "timeline": (),
        "alerts": (),
        "roles": {},
        "pinned": {},
        "digest": f"sandbox/{nodes}/{version}",
    }
    # What tells a story (briefing, facts, rubric ...) is left out: nobody will ask for it.
    return Scenario.model_construct(**parts)


_CLUSTER: dict[str, Any] = {
    "service_cidr": "10.96.0.0/12",
    "pod_cidr": "10.244.0.0/16",
    "node_cidr": "172.30.0.0/24",
    "age": "1d",
    "control_plane": "sandbox-control-plane",
    "worker": "sandbox-worker-{n}",
    "sizes": {
        "control-plane": {"cpu": 8, "memory": "32Gi", "disk": "200Gi"},
        "worker": {"cpu": 16, "memory": "64Gi", "disk": "400Gi"},
    },
    "zones": ("a", "b", "c"),
    "zone_label": "sandbox-1{zone}",
    "pools": ({"name": "general", "zones": ("a", "b", "c"), "rest": True},),
    "image": {
        "os": "Debian GNU/Linux 12 (bookworm)",
        "kernel": "6.1.0-38-amd64",
        "runtime": "containerd://2.1.4",
    },
    "heal": {"unit": "kube-proxy-heal", "every": "5m", "idle": "5m", "acts": ("5m", "7m")},
    "registry": "registry.internal",
    "background": {
        "services": (0, 0),
        "pods": 0,
        "namespaces": (),
        "components": (),
        "second_services": (),
        "restarts": 0.0,
    },
    "extras": False,
}
_HISTORY: dict[str, Any] = {
    "application": "none",
    "revision": (1, 1),
    "revisions": (),
    "onboarding": {
        "count": 0,
        "ago": "1h",
        "spread": "1h",
        "namespaces": (),
        "components": (),
    },
    "changes": (),
    "alerts": (),
}
_PROXY: dict[str, Any] = {
    "limit": "0",
    "base_steady": 40.0,
    "steady_per_service": 0.05,
    "steady_per_endpoint": 0.02,
    "base_startup": 48.0,
    "startup_per_service": 0.08,
    "startup_per_endpoint": 0.03,
    "binary": 20.0,
    "flow_kib": 0.4,
    "tight_startup": "4s",
    "ample_startup": "900ms",
    "ample_headroom": 0.2,
    "sync": ("40ms", "120ms"),
    "undisturbed": ("1s", "2s"),
    "flows": (500, 1500),
    "flows_bad": (500, 1500),
}
