"""Node objects and their leases, as a kubelet and the node controller would have left them.

What runs on the nodes is decided elsewhere.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.backends.plan import Plan, PlannedNode

SYSTEM_RESERVED_BYTES = 1 << 30
"""Memory that the kubelet keeps from pods: system and kube reserved plus the eviction threshold."""
SYSTEM_RESERVED_MILLICORES = 200
CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane"
READY_AFTER_BOOT_MS = 25_000
"""From a node's boot to its Ready condition."""
REPORTED_AGO_MS = 140_000
"""How long ago an unchanged node status was written; kubelets do so every five minutes."""

_HEALTHY = (
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def load_nodes(api: ApiServer, plan: Plan) -> None:
    """Load every node and its lease."""
    age = plan.scenario.cluster.age
    for node in plan.nodes:
        # Nodes joined one after the other, a minute apart, and booted with the last kernel.
        joined = age - 60_000 * node.number - 75_000 * bool(node.number)
        api.load("nodes", node_object(api, plan, node, joined))
        api.load(
            "leases",
            {
                "metadata": {
                    "name": node.name,
                    "namespace": "kube-node-lease",
                    "creationTimestamp": api.epoch.rfc3339(-joined),
                },
                "spec": {
                    "holderIdentity": node.name,
                    "leaseDurationSeconds": 40,
                    "renewTime": api.epoch.rfc3339_micro(-(node.number * 1_370 % 10_000)),
                },
            },
        )


def node_object(api: ApiServer, plan: Plan, node: PlannedNode, joined_ago: int) -> Obj:
    """Return the Node object of *node*, which joined *joined_ago* ms before the start."""
    cluster, epoch = plan.scenario.cluster, api.epoch
    draw = plan.stream.at("machine-id", node.name)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": node.zone.rstrip("abcdef"),
        "topology.kubernetes.io/zone": node.zone,
    }
    spec: Obj = {"podCIDR": node.pod_cidr, "podCIDRs": [node.pod_cidr]}
    if node.control_plane:
        labels[CONTROL_PLANE_TAINT] = ""
        labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
        spec["taints"] = [{"effect": "NoSchedule", "key": CONTROL_PLANE_TAINT}]
    else:
        labels["pool"] = node.pool
        if any(pool.taint for pool in cluster.pools if pool.name == node.pool):
            spec["taints"] = [{"effect": "NoSchedule", "key": "pool", "value": node.pool}]
    size = node.size
    disk_kib = size.disk // 1024
    capacity = {
        "cpu": str(size.cpu),
        "ephemeral-storage": f"{disk_kib}Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{size.memory // 1024}Ki",
        "pods": str(size.max_pods),
    }
    allocatable = {
        **capacity,
        "cpu": f"{size.cpu * 1000 - SYSTEM_RESERVED_MILLICORES}m",
        "ephemeral-storage": str(size.disk * 9 // 10),
        "memory": f"{(size.memory - SYSTEM_RESERVED_BYTES) // 1024}Ki",
    }
    since = epoch.rfc3339(-joined_ago)
    booted = epoch.rfc3339(plan.booted_at(node) + READY_AFTER_BOOT_MS)
    conditions = [
        {
            "type": type_,
            "status": status,
            "lastHeartbeatTime": epoch.rfc3339(-REPORTED_AGO_MS - 7_000 * node.number),
            "lastTransitionTime": booted,
            "reason": reason,
            "message": message,
        }
        for type_, status, reason, message in _HEALTHY
    ]
    return {
        "metadata": {
            "name": node.name,
            "labels": labels,
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
            "creationTimestamp": since,
        },
        "spec": spec,
        "status": {
            "addresses": [
                {"address": node.ip, "type": "InternalIP"},
                {"address": node.name, "type": "Hostname"},
            ],
            "allocatable": allocatable,
            "capacity": capacity,
            "conditions": conditions,
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": draw.at("boot").uuid(),
                "containerRuntimeVersion": cluster.image.runtime,
                "kernelVersion": cluster.image.kernel,
                "kubeProxyVersion": "",
                "kubeletVersion": cluster.image.kubelet,
                "machineID": draw.at("machine").hex(32),
                "operatingSystem": "linux",
                "osImage": cluster.image.os,
                "swap": {"capacity": 0},
                "systemUUID": draw.at("system").uuid(),
            },
        },
    }
