"""One small valid object of every kind that is served and can be created."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.apimachinery.wire import Obj
from tests.contract.servers import IMAGE


class Kind(NamedTuple):
    """A kind and how an object of it is made."""

    group_version: str
    plural: str
    kind: str
    body: dict[str, Any]
    """All but apiVersion, kind and metadata."""
    namespaced: bool = True
    since: str = "1.0"

    def manifest(self, name: str) -> Obj:
        """Return a whole object."""
        return {
            "apiVersion": self.group_version,
            "kind": self.kind,
            "metadata": {"name": name, "labels": {"suite": "contract"}},
            **self.body,
        }

    def path(self, namespace: str) -> str:
        """Return the path of the collection."""
        root = "/api/v1" if self.group_version == "v1" else f"/apis/{self.group_version}"
        return (
            f"{root}/namespaces/{namespace}/{self.plural}"
            if self.namespaced
            else f"{root}/{self.plural}"
        )


_APP = {"matchLabels": {"app": "x"}}
_POD = {
    "restartPolicy": "Always",
    "containers": [{"name": "main", "image": IMAGE, "command": ["sleep", "100000"]}],
    "terminationGracePeriodSeconds": 0,
}
_TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": _POD}
_JOB_TEMPLATE = {"spec": {**_POD, "restartPolicy": "Never"}}
_RANGE = "10.244.250.0/24"
_HOOK = {
    "name": "hook.example.com",
    "clientConfig": {"url": "https://hook.example.com/check"},
    "rules": [
        {
            "apiGroups": ["nobody.example.com"],
            "apiVersions": ["v1"],
            "operations": ["CREATE"],
            "resources": ["nothings"],
        }
    ],
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
    "failurePolicy": "Ignore",
}
_RULE = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]

KINDS = [
    Kind("v1", "configmaps", "ConfigMap", {"data": {"a": "1"}}),
    Kind("v1", "secrets", "Secret", {"type": "Opaque", "data": {"a": "MQ=="}}),
    Kind("v1", "serviceaccounts", "ServiceAccount", {}),
    Kind(
        "v1", "services", "Service", {"spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}}
    ),
    Kind("v1", "endpoints", "Endpoints", {"subsets": []}),
    Kind("v1", "pods", "Pod", {"spec": _POD}),
    Kind(
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        {"spec": {"replicas": 0, "selector": {"app": "x"}, "template": _TEMPLATE}},
    ),
    Kind(
        "v1",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "",
                "resources": {"requests": {"storage": "1Gi"}},
            }
        },
    ),
    Kind("v1", "resourcequotas", "ResourceQuota", {"spec": {"hard": {"pods": "100"}}}),
    Kind(
        "v1",
        "limitranges",
        "LimitRange",
        {"spec": {"limits": [{"type": "Container", "max": {"cpu": "8"}}]}},
    ),
    Kind("v1", "podtemplates", "PodTemplate", {"template": _TEMPLATE}),
    Kind(
        "v1",
        "events",
        "Event",
        {
            "involvedObject": {"kind": "Pod", "name": "x", "namespace": "NAMESPACE"},
            "reason": "Told",
            "message": "m",
            "type": "Normal",
        },
    ),
    Kind(
        "apps/v1",
        "deployments",
        "Deployment",
        {"spec": {"replicas": 0, "selector": _APP, "template": _TEMPLATE}},
    ),
    Kind(
        "apps/v1",
        "replicasets",
        "ReplicaSet",
        {"spec": {"replicas": 0, "selector": _APP, "template": _TEMPLATE}},
    ),
    Kind(
        "apps/v1",
        "daemonsets",
        "DaemonSet",
        {
            "spec": {
                "selector": _APP,
                "template": {**_TEMPLATE, "spec": {**_POD, "nodeSelector": {"nowhere": "x"}}},
            }
        },
    ),
    Kind(
        "apps/v1",
        "statefulsets",
        "StatefulSet",
        {"spec": {"replicas": 0, "serviceName": "x", "selector": _APP, "template": _TEMPLATE}},
    ),
    Kind("apps/v1", "controllerrevisions", "ControllerRevision", {"revision": 1, "data": {"a": 1}}),
    Kind("batch/v1", "jobs", "Job", {"spec": {"parallelism": 0, "template": _JOB_TEMPLATE}}),
    Kind(
        "batch/v1",
        "cronjobs",
        "CronJob",
        {"spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": _JOB_TEMPLATE}}}},
        since="1.21",
    ),
    Kind(
        "autoscaling/v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        {
            "spec": {
                "maxReplicas": 3,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
            }
        },
        since="1.23",
    ),
    Kind(
        "policy/v1",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        {"spec": {"minAvailable": 1, "selector": _APP}},
        since="1.21",
    ),
    Kind(
        "networking.k8s.io/v1",
        "ingresses",
        "Ingress",
        {"spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}},
    ),
    Kind(
        "networking.k8s.io/v1",
        "networkpolicies",
        "NetworkPolicy",
        {"spec": {"podSelector": {"matchLabels": {"none": "x"}}}},
    ),
    Kind(
        "networking.k8s.io/v1",
        "ingressclasses",
        "IngressClass",
        {"spec": {"controller": "example.com/none"}},
        namespaced=False,
    ),
    Kind("coordination.k8s.io/v1", "leases", "Lease", {"spec": {"holderIdentity": "me"}}),
    Kind(
        "discovery.k8s.io/v1",
        "endpointslices",
        "EndpointSlice",
        {
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.9.9.9"]}],
            "ports": [{"port": 80}],
        },
        since="1.21",
    ),
    Kind("rbac.authorization.k8s.io/v1", "roles", "Role", {"rules": _RULE}),
    Kind(
        "rbac.authorization.k8s.io/v1",
        "rolebindings",
        "RoleBinding",
        {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"},
            "subjects": [{"kind": "User", "name": "x", "apiGroup": "rbac.authorization.k8s.io"}],
        },
    ),
    Kind(
        "rbac.authorization.k8s.io/v1",
        "clusterroles",
        "ClusterRole",
        {"rules": _RULE},
        namespaced=False,
    ),
    Kind(
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        "ClusterRoleBinding",
        {
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "x",
            },
            "subjects": [{"kind": "User", "name": "x", "apiGroup": "rbac.authorization.k8s.io"}],
        },
        namespaced=False,
    ),
    Kind(
        "storage.k8s.io/v1",
        "storageclasses",
        "StorageClass",
        {"provisioner": "example.com/none"},
        namespaced=False,
    ),
    Kind(
        "scheduling.k8s.io/v1",
        "priorityclasses",
        "PriorityClass",
        {"value": 10, "description": "d"},
        namespaced=False,
    ),
    Kind(
        "v1",
        "persistentvolumes",
        "PersistentVolume",
        {
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": "/tmp/x"},
                "storageClassName": "contract-none",
            }
        },
        namespaced=False,
    ),
    # With a range of its own: a controller-manager as old as 1.20 tries for ever, as fast as it can, to
    # give one to a node that has gone again.
    Kind(
        "v1",
        "nodes",
        "Node",
        {"spec": {"unschedulable": True, "podCIDR": _RANGE, "podCIDRs": [_RANGE]}},
        namespaced=False,
    ),
    Kind("v1", "namespaces", "Namespace", {}, namespaced=False),
    Kind(
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        {"webhooks": [_HOOK]},
        namespaced=False,
    ),
    Kind(
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        {"webhooks": [_HOOK]},
        namespaced=False,
    ),
]
"""CustomResourceDefinitions have checks of their own; reviews and metrics cannot be stored."""
