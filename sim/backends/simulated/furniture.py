"""Small objects that every cluster made by kubeadm has: accounts, ConfigMaps, leases of leaders.

Nothing works with them here; they are what somebody who looks around expects to find.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from sim.backends.simulated.workloads import Workloads
from sim.kernel import Epoch

LEADERS = ("kube-controller-manager", "kube-scheduler")
RENEW_MS = 2_000
"""How often a leader renews its lease (leader-elect-retry-period)."""
ACCOUNTS = (
    ("kube-system", "attachdetach-controller"),
    ("kube-system", "cni-node"),
    ("kube-system", "coredns"),
    ("kube-system", "deployment-controller"),
    ("kube-system", "descheduler"),
    ("kube-system", "endpointslice-controller"),
    ("kube-system", "generic-garbage-collector"),
    ("kube-system", "kube-proxy"),
    ("kube-system", "metrics-server"),
    ("kube-system", "node-controller"),
    ("kube-system", "node-local-dns"),
    ("kube-system", "replicaset-controller"),
    ("monitoring", "node-exporter"),
    ("monitoring", "prometheus"),
)
_COREFILE = """\
.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""
_CACHE_COREFILE = """\
cluster.local:53 {
    errors
    cache {
        success 9984 30
        denial 9984 5
    }
    reload
    loop
    bind 169.254.20.10
    forward . __PILLAR__CLUSTER__DNS__ {
        force_tcp
    }
    prometheus :9253
    health 169.254.20.10:8080
}
"""


def load_furniture(workloads: Workloads) -> None:
    """Load accounts, ConfigMaps and leases."""
    cluster = workloads.plan.scenario.cluster
    stamp = workloads.stamp(cluster.age)
    api = workloads.api
    for namespace, name in ACCOUNTS:
        if not cluster.extras and (namespace == "monitoring" or name == "descheduler"):
            continue
        metadata = {"name": name, "namespace": namespace, "creationTimestamp": stamp}
        api.load("serviceaccounts", {"metadata": metadata})
    maps = {
        "coredns": {"Corefile": _COREFILE},
        "kubeadm-config": {"ClusterConfiguration": _kubeadm(workloads)},
        "kubelet-config": {"kubelet": _kubelet(workloads)},
        "node-local-dns": {"Corefile": _CACHE_COREFILE},
    }
    for name, data in maps.items():
        metadata = {"name": name, "namespace": "kube-system", "creationTimestamp": stamp}
        api.load("configmaps", {"metadata": metadata, "data": data})
    _load_leases(workloads, stamp)


def renewed(lease: Obj, epoch: Epoch, now: int) -> Obj:
    """Return a leader's *lease* with the renewTime it has at *now*."""
    name = lease["metadata"]["name"]
    if lease["metadata"].get("namespace") != "kube-system" or name not in LEADERS:
        return lease
    at = now - now % RENEW_MS
    return {**lease, "spec": {**lease["spec"], "renewTime": epoch.rfc3339_micro(at)}}


def _load_leases(workloads: Workloads, stamp: str) -> None:
    plan, epoch = workloads.plan, workloads.epoch
    node = plan.nodes[0]
    for name in LEADERS:
        holder = f"{node.name}_{plan.stream.at('leader', name).uuid()}"
        metadata = {"name": name, "namespace": "kube-system", "creationTimestamp": stamp}
        acquired = epoch.rfc3339_micro(plan.booted_at(node) + 90_000)
        workloads.api.load(
            "leases",
            {
                "metadata": metadata,
                "spec": {
                    "acquireTime": acquired,
                    "holderIdentity": holder,
                    "leaseDurationSeconds": 15,
                    "leaseTransitions": 3,
                    "renewTime": epoch.rfc3339_micro(0),
                },
            },
        )


def _kubeadm(workloads: Workloads) -> str:
    cluster = workloads.plan.scenario.cluster
    return (
        "apiServer: {}\n"
        "apiVersion: kubeadm.k8s.io/v1beta4\n"
        "caCertificateValidityPeriod: 87600h0m0s\n"
        "certificateValidityPeriod: 8760h0m0s\n"
        "certificatesDir: /etc/kubernetes/pki\n"
        "clusterName: kubernetes\n"
        "controlPlaneEndpoint: api.k8s.internal:6443\n"
        "controllerManager: {}\n"
        "dns: {}\n"
        "etcd:\n  local:\n    dataDir: /var/lib/etcd\n"
        "imageRepository: registry.k8s.io\n"
        "kind: ClusterConfiguration\n"
        f"kubernetesVersion: {cluster.version}\n"
        "networking:\n"
        "  dnsDomain: cluster.local\n"
        f"  podSubnet: {cluster.pod_cidr}\n"
        f"  serviceSubnet: {cluster.service_cidr}\n"
        "proxy: {}\n"
        "scheduler: {}\n"
    )


def _kubelet(workloads: Workloads) -> str:
    return (
        "apiVersion: kubelet.config.k8s.io/v1beta1\n"
        "authentication:\n  anonymous:\n    enabled: false\n  webhook:\n    enabled: true\n"
        "authorization:\n  mode: Webhook\n"
        "cgroupDriver: systemd\n"
        "clusterDNS:\n- 169.254.20.10\n"
        "clusterDomain: cluster.local\n"
        "healthzBindAddress: 127.0.0.1\n"
        "healthzPort: 10248\n"
        "kind: KubeletConfiguration\n"
        f"maxPods: {workloads.plan.nodes[-1].size.max_pods}\n"
        "rotateCertificates: true\n"
        "staticPodPath: /etc/kubernetes/manifests\n"
    )
