"""What every cluster has before anybody deploys to it: namespaces, add-ons, the control plane's pods.

kube-proxy's DaemonSet with its limit is made here; how kube-proxy behaves is known elsewhere.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.backends.plan import Plan
from sim.backends.simulated.furniture import ACCOUNTS
from sim.backends.simulated.workloads import Running, Workloads
from sim.control.apiservices import apiservice, registered
from sim.control.rootca import bundle

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system", "monitoring")
DNS_ADDRESS = "10.96.0.10"
API_ADDRESS = "10.96.0.1"
SYSTEM_SERVICES = 7
"""Services that `load_system` makes: kubernetes, kube-dns, metrics-server, monitoring's four."""
WEEK_MS = 604_800_000
DAY_MS = 86_400_000
MINUTE_MS = 60_000

_TOLERATE_ALL: list[Obj] = [{"operator": "Exists"}]


def load_namespaces(api: ApiServer, plan: Plan, names: dict[str, int]) -> None:
    """Load namespaces (name -> age in ms) and what comes with each of them."""
    age = plan.scenario.cluster.age
    usual = [one for one in NAMESPACES if plan.scenario.cluster.extras or one != "monitoring"]
    for name, ago in {**dict.fromkeys(usual, age), **names}.items():
        stamp = api.epoch.rfc3339(-ago)
        api.load(
            "namespaces",
            {
                "metadata": {
                    "name": name,
                    "labels": {"kubernetes.io/metadata.name": name},
                    "creationTimestamp": stamp,
                },
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            },
        )
        api.load(
            "serviceaccounts",
            {"metadata": {"name": "default", "namespace": name, "creationTimestamp": stamp}},
        )
        ca = bundle(name)
        ca["metadata"] = {**ca["metadata"], "creationTimestamp": stamp}
        api.load("configmaps", ca)
    for group, version in registered(api).values():
        api.load("apiservices", apiservice(group, version, api.epoch.rfc3339(-age)))
    for name, value in (
        ("system-cluster-critical", 2000000000),
        ("system-node-critical", 2000001000),
    ):
        api.load(
            "priorityclasses",
            {
                "metadata": {"name": name, "creationTimestamp": api.epoch.rfc3339(-age)},
                "value": value,
                "description": f"Used for system critical pods that must {_MUST[name]}.",
                "preemptionPolicy": "PreemptLowerPriority",
            },
        )


_MUST = {
    "system-cluster-critical": "run in the cluster, but can be moved to another node if necessary",
    "system-node-critical": "not be moved from their current node",
}


def load_system(workloads: Workloads) -> None:
    """Load the control plane's pods, the add-ons and their Services."""
    _control_plane(workloads)
    _kube_proxy(workloads)
    _node_daemons(workloads)
    _cluster_add_ons(workloads)
    if workloads.plan.scenario.cluster.extras:
        _extras(workloads)


def _upgraded_ago(age: int) -> int:
    """Return how long ago the control plane last got its version; a young cluster has its first."""
    ago = min(age, 3 * WEEK_MS) - 2 * DAY_MS
    return ago if ago > 0 else age - MINUTE_MS


def _control_plane(workloads: Workloads) -> None:
    plan, api = workloads.plan, workloads.api
    node = plan.nodes[0]
    age, version = plan.scenario.cluster.age, plan.scenario.cluster.version
    owner = {
        "apiVersion": "v1",
        "kind": "Node",
        "name": node.name,
        "uid": api.list("nodes")[0]["metadata"]["uid"],
        "controller": True,
    }
    for name, image, cpu in (
        ("etcd", "registry.k8s.io/etcd:3.6.5-0", "100m"),
        ("kube-apiserver", f"registry.k8s.io/kube-apiserver:{version}", "250m"),
        ("kube-controller-manager", f"registry.k8s.io/kube-controller-manager:{version}", "200m"),
        ("kube-scheduler", f"registry.k8s.io/kube-scheduler:{version}", "100m"),
    ):
        digest = plan.stream.at("static-pod", name).hex(32)
        workloads.pod(
            {
                "metadata": {
                    "name": f"{name}-{node.name}",
                    "namespace": "kube-system",
                    "labels": {"component": name, "tier": "control-plane"},
                    "annotations": {
                        "kubernetes.io/config.hash": digest,
                        "kubernetes.io/config.mirror": digest,
                        "kubernetes.io/config.source": "file",
                    },
                    "ownerReferences": [owner],
                },
                "spec": {
                    "containers": [
                        {
                            "name": name,
                            "image": image,
                            "command": [name],
                            "resources": {"requests": {"cpu": cpu}},
                        }
                    ],
                    "hostNetwork": True,
                    "priority": 2000001000,
                    "priorityClassName": "system-node-critical",
                    "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
                },
            },
            node,
            _upgraded_ago(age),
        )
    workloads.service(
        "default",
        "kubernetes",
        [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
        None,
        made_ago=age,
        selector={},
        labels={"component": "apiserver", "provider": "kubernetes"},
        address=API_ADDRESS,
    )
    stamp = workloads.stamp(age)
    ports = [{"name": "https", "port": 6443, "protocol": "TCP"}]
    api.load(
        "endpointslices",
        {
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"kubernetes.io/service-name": "kubernetes"},
                "creationTimestamp": stamp,
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": [node.ip], "conditions": {"ready": True}}],
            "ports": ports,
        },
    )
    api.load(
        "endpoints",
        {
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
                "creationTimestamp": stamp,
            },
            "subsets": [{"addresses": [{"ip": node.ip}], "ports": ports}],
        },
    )


def daemonset(name: str, namespace: str, spec: Obj, labels: dict[str, str] | None = None) -> Obj:
    """Return a DaemonSet whose pods have *spec*; it tolerates every taint."""
    labels = labels or {"k8s-app": name}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"tolerations": _TOLERATE_ALL, **spec},
            },
        },
    }


def _kube_proxy(workloads: Workloads) -> None:
    plan = workloads.plan
    law = plan.scenario.proxy
    age = plan.scenario.cluster.age
    # Without a limit it has no requests either, as kubeadm makes it.
    limited = {
        "limits": {"memory": f"{law.limit >> 20}Mi"},
        "requests": {"cpu": "100m", "memory": f"{law.limit >> 20}Mi"},
    }
    workloads.api.load(
        "configmaps",
        {
            "metadata": {
                "name": "kube-proxy",
                "namespace": "kube-system",
                "labels": {"app": "kube-proxy"},
                "creationTimestamp": workloads.stamp(age),
            },
            "data": {"config.conf": _PROXY_CONFIG.format(cidr=plan.scenario.cluster.pod_cidr)},
        },
    )
    container = {
        "name": "kube-proxy",
        "image": law.image,
        "command": [
            "/usr/local/bin/kube-proxy",
            "--config=/var/lib/kube-proxy/config.conf",
            "--hostname-override=$(NODE_NAME)",
        ],
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "resources": limited if law.limit else {},
        "securityContext": {"privileged": True},
        "volumeMounts": [
            {"mountPath": "/var/lib/kube-proxy", "name": "kube-proxy"},
            {"mountPath": "/run/xtables.lock", "name": "xtables-lock"},
            {"mountPath": "/lib/modules", "name": "lib-modules", "readOnly": True},
        ],
    }
    spec = {
        "containers": [container],
        "hostNetwork": True,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-node-critical",
        "serviceAccountName": "kube-proxy",
        "volumes": [
            {"configMap": {"name": "kube-proxy"}, "name": "kube-proxy"},
            {
                "hostPath": {"path": "/run/xtables.lock", "type": "FileOrCreate"},
                "name": "xtables-lock",
            },
            {"hostPath": {"path": "/lib/modules"}, "name": "lib-modules"},
        ],
    }
    manifest = daemonset("kube-proxy", "kube-system", spec)
    # The nodes were rebooted for the last kernel well before the Services grew.
    workloads.daemonset(manifest, made_ago=age, after_boot=90_000)


def _node_daemons(workloads: Workloads) -> None:
    plan = workloads.plan
    age = plan.scenario.cluster.age
    for name, namespace, image, memory in (
        ("cni-node", "kube-system", "registry.k8s.io/networking/cni-node:v1.9.2", "64Mi"),
        ("node-local-dns", "kube-system", "registry.k8s.io/dns/k8s-dns-node-cache:1.26.4", "32Mi"),
        ("node-exporter", "monitoring", "quay.io/prometheus/node-exporter:v1.10.2", "48Mi"),
    ):
        if namespace == "monitoring" and not plan.scenario.cluster.extras:
            continue
        requests = {"requests": {"cpu": "25m", "memory": memory}}
        spec = {
            "containers": [{"name": name, "image": image, "resources": requests}],
            "hostNetwork": True,
            "priorityClassName": "system-node-critical",
            "serviceAccountName": name,
        }
        workloads.daemonset(daemonset(name, namespace, spec), made_ago=age, after_boot=140_000)


def deployment(
    name: str,
    namespace: str,
    replicas: int,
    container: Obj,
    *,
    labels: dict[str, str] | None = None,
    spec: Obj | None = None,
) -> Obj:
    """Return a Deployment of one container; *spec* adds to its pods' spec."""
    labels = labels or {"app": name}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], **(spec or {})},
            },
        },
    }


def _add_on(
    workloads: Workloads,
    name: str,
    namespace: str,
    image: str,
    replicas: int,
    ports: list[Obj],
    label: str = "k8s-app",
    address: str = "",
    service: str = "",
    extra: dict[str, str] | None = None,
) -> Running:
    plan = workloads.plan
    general = [node for node in plan.workers if not _tainted(plan, node.pool)]
    age = plan.scenario.cluster.age
    # Add-ons were last rolled when the nodes were rebooted, and never alike.
    since = plan.rebooted_ago - plan.stream.at("add-on", name).integer(1, 40) * MINUTE_MS
    labels = {label: service or name}
    container: Obj = {
        "name": name,
        "image": image,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    if ports:
        container["ports"] = [
            {"containerPort": port["targetPort"], "protocol": port["protocol"]} for port in ports
        ]
    start = plan.stream.at("add-on-node", name).integer(0, len(general) - 1)
    nodes = [general[(start + number) % len(general)] for number in range(replicas)]
    account = {"serviceAccountName": name} if (namespace, name) in ACCOUNTS else {}
    manifest = deployment(name, namespace, replicas, container, labels=labels, spec=account)
    running = workloads.deployment(manifest, nodes, made_ago=age, pods_ago=since)
    if ports:
        workloads.service(
            namespace,
            service or name,
            ports,
            running,
            made_ago=age,
            selector=labels,
            labels={**labels, **(extra or {})},
            address=address,
        )
    return running


def _tainted(plan: Plan, pool: str) -> bool:
    return any(one.taint for one in plan.scenario.cluster.pools if one.name == pool)


def _port(name: str, port: int, target: int, protocol: str = "TCP") -> Obj:
    return {"name": name, "port": port, "protocol": protocol, "targetPort": target}


def _cluster_add_ons(workloads: Workloads) -> None:
    dns = [_port("dns", 53, 53, "UDP"), _port("dns-tcp", 53, 53), _port("metrics", 9153, 9153)]
    _add_on(
        workloads,
        "coredns",
        "kube-system",
        "registry.k8s.io/coredns/coredns:v1.12.4",
        2,
        dns,
        address=DNS_ADDRESS,
        service="kube-dns",
        extra={"kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"},
    )
    _add_on(
        workloads,
        "metrics-server",
        "kube-system",
        "registry.k8s.io/metrics-server/metrics-server:v0.8.0",
        1,
        [_port("https", 443, 10250)],
    )


def _extras(workloads: Workloads) -> None:
    _add_on(
        workloads,
        "descheduler",
        "kube-system",
        "registry.k8s.io/descheduler/descheduler:v0.34.0",
        1,
        [],
    )
    for name, image, port in (
        ("prometheus", "quay.io/prometheus/prometheus:v3.7.2", 9090),
        ("alertmanager", "quay.io/prometheus/alertmanager:v0.29.0", 9093),
        ("grafana", "docker.io/grafana/grafana:12.2.1", 3000),
        ("loki", "docker.io/grafana/loki:3.5.7", 3100),
    ):
        _add_on(workloads, name, "monitoring", image, 1, [_port("http", port, port)], label="app")


_PROXY_CONFIG = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
clusterCIDR: {cidr}
conntrack:
  maxPerCore: null
  min: null
iptables:
  masqueradeAll: false
  minSyncPeriod: 0s
  syncPeriod: 0s
kind: KubeProxyConfiguration
mode: iptables
"""
