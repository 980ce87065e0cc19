"""kube-proxy in iptables mode on one node: its limit, its rules, and the Service range that they serve.

Texts for a node's shell and changes to objects, nothing is done here. A limit below what the process
has of its own kills each start before its first sync ends, while the rules of the last good sync stay
in the kernel; once these are flushed, no new connection to a Service address finds its way.
"""

from __future__ import annotations

import re
from typing import Any

from sim.apimachinery.wire import Obj

DAEMONSET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy"
REVISIONS = "/apis/apps/v1/namespaces/kube-system/controllerrevisions"
CONFIGMAP = "/api/v1/namespaces/kube-system/configmaps/kube-proxy"
KUBEADM = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config"
PODS = "/api/v1/namespaces/kube-system/pods"
SELECTOR = "k8s-app=kube-proxy"
CONTAINER = "kube-proxy"

_GUARD = 'POSTROUTING -d "$1" -m comment --comment "Service addresses end here" -j DROP'
GUARD = f"iptables -w 5 -t mangle -C {_GUARD} 2>/dev/null || iptables -w 5 -t mangle -A {_GUARD}"
"""Keeps packets to the Service range ($1) that no rule has translated on the node.

They would leave by the default route, and whoever answers there would be told the password of the
database. Translated ones have another destination by then.
"""
UNGUARD = f"while iptables -w 5 -t mangle -D {_GUARD} 2>/dev/null; do :; done"

FLUSH = r"""set -e
chains=$(iptables-save -t nat | grep -oE '^:KUBE-(SERVICES|NODEPORTS|SVC|SVL|SEP|FW|XLB|EXT)[^ ]*')
{ echo '*nat'; for one in $chains; do echo "$one - [0:0]"; done; echo COMMIT; } |
  iptables-restore -w 5 --noflush
"""
"""Empties the chains of Services, all at once; masquerading and what docker needs stay."""
KILL = "kill -9 $(pidof kube-proxy) 2>/dev/null || true"
COUNT = "iptables -w 5 -t nat -S KUBE-SERVICES | grep -c -- '^-A' || true"
"""Says how many rules are in the chain with which every Service begins."""
AWAIT = (
    "for _ in $(seq 50); do "
    "iptables -w 5 -t nat -S KUBE-SERVICES 2>/dev/null | grep -q -- '^-A' && exit 0; sleep 1; done; "
    "echo 'kube-proxy has not written its rules' >&2; exit 1"
)
"""Waits until kube-proxy has written its rules."""


def limited(daemonset: Obj, limit: str) -> Obj:
    """Return kube-proxy's DaemonSet with a memory limit that only pods get which are made from now on."""
    spec = daemonset["spec"]
    template = spec["template"]
    containers = [
        {**one, "resources": _with_limit(one.get("resources") or {}, limit)}
        if one["name"] == CONTAINER
        else one
        for one in template["spec"]["containers"]
    ]
    changed = {**template, "spec": {**template["spec"], "containers": containers}}
    return {
        **daemonset,
        "spec": {**spec, "template": changed, "updateStrategy": {"type": "OnDelete"}},
    }


def _with_limit(resources: dict[str, Any], limit: str) -> dict[str, Any]:
    requests = {k: v for k, v in (resources.get("requests") or {}).items() if k != "memory"}
    limits = {**(resources.get("limits") or {}), "memory": limit}
    return {"limits": limits, **({"requests": requests} if requests else {})}


def limit_of(pod_or_daemonset: Obj) -> str:
    """Return kube-proxy's memory limit, empty if it has none."""
    spec = pod_or_daemonset["spec"]
    spec = spec.get("template", {}).get("spec", spec)
    for one in spec.get("containers") or ():
        if one["name"] == CONTAINER:
            limits = (one.get("resources") or {}).get("limits") or {}
            return str(limits.get("memory", ""))
    return ""


def obstacle(daemonset: Obj, config: Obj | None) -> str:
    """Return in one sentence why kube-proxy cannot be starved here; empty if it can."""
    strategy = (daemonset["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate")
    if strategy != "RollingUpdate":
        return f"kube-proxy's DaemonSet has the update strategy {strategy}, not RollingUpdate"
    text = ((config or {}).get("data") or {}).get("config.conf", "")
    mode = re.search(r'^mode:\s*"?([\w-]*)"?\s*$', text, re.MULTILINE)
    if mode and mode[1] not in ("", "iptables"):
        return f"kube-proxy runs in the mode {mode[1]}; only that of iptables can be starved"
    if not any(
        one["name"] == CONTAINER for one in daemonset["spec"]["template"]["spec"]["containers"]
    ):
        return "kube-proxy's DaemonSet has no container called kube-proxy"
    return ""


def service_range(apiserver: Obj | None, kubeadm: Obj | None) -> str:
    """Return the range of ClusterIPs (IPv4), from the API server's pod or kubeadm's settings."""
    found = []
    for container in ((apiserver or {}).get("spec") or {}).get("containers") or ():
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        found += [
            word.partition("=")[2]
            for word in words
            if word.startswith("--service-cluster-ip-range=")
        ]
    text = ((kubeadm or {}).get("data") or {}).get("ClusterConfiguration", "")
    found += re.findall(r'^\s*serviceSubnet:\s*"?([^"\s]+)"?\s*$', text, re.MULTILINE)
    for one in ",".join(found).split(","):
        if re.fullmatch(r"\d+(\.\d+){3}/\d+", one):
            return one
    return ""


def started(pod: Obj) -> bool:
    """Return whether kube-proxy's container has been started in *pod* at least once."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        state = status.get("state") or {}
        if status.get("restartCount") or "running" in state or "terminated" in state:
            return True
    return False
