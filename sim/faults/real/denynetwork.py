"""A NetworkPolicy that lets nobody in, or nothing out: what is open stays so, what is new hangs."""

from __future__ import annotations

import re
from typing import Any

from sim.apimachinery.wire import Obj
from sim.faults.real.hand import Hand, RealBackend, Steps
from sim.scenario.timeline import DenyNetwork

ENFORCERS = (
    "antrea-agent",
    "calico-node",
    "canal",
    "cilium",
    "kube-network-policies",
    "kube-router",
    "weave-net",
)
"""DaemonSets of networks that enforce NetworkPolicies."""
KINDNET = "kindnet"
KINDNET_SINCE = 20240813
"""kind's own network does so since kind v0.24 (its image's tag begins with its date)."""
UNENFORCED = (
    "no network of this cluster enforces NetworkPolicies (none of "
    f"{', '.join(ENFORCERS)}, nor kind's own since v0.24 is there): they would be accepted and do nothing"
)


def deny_network(fault: DenyNetwork, backend: RealBackend, hand: Hand) -> Steps:
    """Make the policy, if the cluster's network enforces any; take it back after `lasting`."""
    why = preflight(hand)
    if why:
        raise hand.failed(why)
    application = backend.plan.scenario.application(fault.application)
    collection = f"/apis/networking.k8s.io/v1/namespaces/{application.namespace}/networkpolicies"
    policy = policy_of(fault, application.name, application.namespace)
    entries = hand.create(f"NetworkPolicy {fault.name}", collection, policy)
    if fault.lasting is not None:
        yield hand.pause(backend.plan.drawn(f"lasting.{fault.id}", fault.lasting))
        for entry in entries:
            hand.undo(entry)


def preflight(hand: Hand) -> str:
    """Return in one sentence why it cannot be done on this cluster; empty if it can."""
    return obstacle(hand.listed("/apis/apps/v1/daemonsets"))


def obstacle(daemonsets: list[Obj]) -> str:
    """Return in one sentence why a NetworkPolicy would do nothing; empty if it is enforced."""
    for one in daemonsets:
        name = one["metadata"]["name"]
        if name in ENFORCERS or (name == KINDNET and _dated(one) >= KINDNET_SINCE):
            return ""
    return UNENFORCED


def _dated(daemonset: Obj) -> int:
    """Return the date in the tag of a kindnet image, 0 if it has none."""
    for container in daemonset["spec"]["template"]["spec"]["containers"]:
        found = re.search(r":v(20\d{6})\b", str(container.get("image", "")))
        if found:
            return int(found[1])
    return 0


def policy_of(fault: DenyNetwork, application: str, namespace: str) -> Obj:
    """Return the NetworkPolicy."""
    peers = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
        for name in fault.allow
    ]
    side, kind, key = (
        ("ingress", "Ingress", "from") if fault.direction == "in" else ("egress", "Egress", "to")
    )
    rules: list[dict[str, Any]] = [{key: peers}] if peers else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": fault.name, "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": {"app": application}},
            "policyTypes": [kind],
            side: rules,
        },
    }
