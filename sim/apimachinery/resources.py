"""Every resource that comes with the server, one row each; whoever adds a kind adds a row here.

What users define beside them is the server's own (`sim/apiserver/resources.py`). The internal key of
a resource is its plural. This file must not know how a kind behaves.
"""

from __future__ import annotations

from dataclasses import dataclass

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
ONE_BY_ONE = tuple(verb for verb in VERBS if verb != "deletecollection")
READ = ("get", "list")
CREATE = ("create",)


@dataclass(frozen=True, slots=True)
class ResourceInfo:
    """What discovery says of one resource."""

    group: str
    """`apps`; empty for the core group."""
    version: str
    """`v1`"""
    plural: str
    """`deployments`"""
    kind: str
    """`Deployment`"""
    singular: str
    """`deployment`"""
    short_names: tuple[str, ...] = ()
    """`("deploy",)`"""
    namespaced: bool = True
    categories: tuple[str, ...] = ()
    """`("all",)`"""
    verbs: tuple[str, ...] = VERBS
    subresources: tuple[str, ...] = ()
    """`("status", "scale")`"""
    custom: bool = False
    """True for what a CustomResourceDefinition has added."""

    @property
    def key(self) -> str:
        """Return the internal key: `deployments`; of what users defined `widgets.example.com`."""
        return f"{self.plural}.{self.group}" if self.custom else self.plural

    @property
    def group_version(self) -> str:
        """Return the apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored(self) -> bool:
        """True when objects of it can be created, listed and watched."""
        return "watch" in self.verbs


def _row(
    group: str,
    version: str,
    plural: str,
    kind: str,
    short: str = "",
    *,
    namespaced: bool = True,
    categories: str = "",
    verbs: tuple[str, ...] = VERBS,
    sub: str = "",
) -> ResourceInfo:
    return ResourceInfo(
        group=group,
        version=version,
        plural=plural,
        kind=kind,
        singular="" if group == "metrics.k8s.io" else kind.lower(),
        short_names=tuple(short.split()),
        namespaced=namespaced,
        categories=tuple(categories.split()),
        verbs=verbs,
        subresources=tuple(sub.split()),
    )


_ADMISSION = "admissionregistration.k8s.io"
_AUTHN = "authentication.k8s.io"
_AUTHZ = "authorization.k8s.io"
_FLOW = "flowcontrol.apiserver.k8s.io"
_NETWORKING = "networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_STORAGE = "storage.k8s.io"

RESOURCES: tuple[ResourceInfo, ...] = (
    _row("", "v1", "bindings", "Binding", verbs=CREATE),
    _row("", "v1", "componentstatuses", "ComponentStatus", "cs", namespaced=False, verbs=READ),
    _row("", "v1", "configmaps", "ConfigMap", "cm"),
    _row("", "v1", "endpoints", "Endpoints", "ep"),
    _row("", "v1", "events", "Event", "ev"),
    _row("", "v1", "limitranges", "LimitRange", "limits"),
    _row(
        "",
        "v1",
        "namespaces",
        "Namespace",
        "ns",
        namespaced=False,
        verbs=ONE_BY_ONE,
        sub="finalize status",
    ),
    _row("", "v1", "nodes", "Node", "no", namespaced=False, sub="proxy status"),
    _row("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", sub="status"),
    _row("", "v1", "persistentvolumes", "PersistentVolume", "pv", namespaced=False, sub="status"),
    _row(
        "",
        "v1",
        "pods",
        "Pod",
        "po",
        categories="all",
        sub="attach binding ephemeralcontainers eviction exec log portforward proxy resize status",
    ),
    _row("", "v1", "podtemplates", "PodTemplate"),
    _row(
        "",
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        "rc",
        categories="all",
        sub="scale status",
    ),
    _row("", "v1", "resourcequotas", "ResourceQuota", "quota", sub="status"),
    _row("", "v1", "secrets", "Secret"),
    _row("", "v1", "serviceaccounts", "ServiceAccount", "sa", sub="token"),
    _row("", "v1", "services", "Service", "svc", categories="all", sub="proxy status"),
    _row(
        _ADMISSION,
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        namespaced=False,
        categories="api-extensions",
    ),
    _row(
        _ADMISSION,
        "v1",
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        namespaced=False,
        categories="api-extensions",
        sub="status",
    ),
    _row(
        _ADMISSION,
        "v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        namespaced=False,
        categories="api-extensions",
    ),
    _row(
        _ADMISSION,
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        namespaced=False,
        categories="api-extensions",
    ),
    _row(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        "crd crds",
        namespaced=False,
        categories="api-extensions",
        sub="status",
    ),
    _row(
        "apiregistration.k8s.io",
        "v1",
        "apiservices",
        "APIService",
        namespaced=False,
        categories="api-extensions",
        sub="status",
    ),
    _row("apps", "v1", "controllerrevisions", "ControllerRevision"),
    _row("apps", "v1", "daemonsets", "DaemonSet", "ds", categories="all", sub="status"),
    _row("apps", "v1", "deployments", "Deployment", "deploy", categories="all", sub="scale status"),
    _row("apps", "v1", "replicasets", "ReplicaSet", "rs", categories="all", sub="scale status"),
    _row("apps", "v1", "statefulsets", "StatefulSet", "sts", categories="all", sub="scale status"),
    _row(_AUTHN, "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False, verbs=CREATE),
    _row(_AUTHN, "v1", "tokenreviews", "TokenReview", namespaced=False, verbs=CREATE),
    _row(_AUTHZ, "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", verbs=CREATE),
    _row(
        _AUTHZ,
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        namespaced=False,
        verbs=CREATE,
    ),
    _row(
        _AUTHZ,
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        namespaced=False,
        verbs=CREATE,
    ),
    _row(
        _AUTHZ, "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False, verbs=CREATE
    ),
    _row(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        "hpa",
        categories="all",
        sub="status",
    ),
    _row(
        "autoscaling",
        "v1",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        "hpa",
        categories="all",
        sub="status",
    ),
    _row("batch", "v1", "cronjobs", "CronJob", "cj", categories="all", sub="status"),
    _row("batch", "v1", "jobs", "Job", categories="all", sub="status"),
    _row(
        "certificates.k8s.io",
        "v1",
        "certificatesigningrequests",
        "CertificateSigningRequest",
        "csr",
        namespaced=False,
        sub="approval status",
    ),
    _row("coordination.k8s.io", "v1", "leases", "Lease"),
    _row("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    _row("events.k8s.io", "v1", "events", "Event", "ev"),
    _row(_FLOW, "v1", "flowschemas", "FlowSchema", namespaced=False, sub="status"),
    _row(
        _FLOW,
        "v1",
        "prioritylevelconfigurations",
        "PriorityLevelConfiguration",
        namespaced=False,
        sub="status",
    ),
    _row("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False, verbs=READ),
    _row("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", verbs=READ),
    _row(_NETWORKING, "v1", "ingressclasses", "IngressClass", namespaced=False),
    _row(_NETWORKING, "v1", "ingresses", "Ingress", "ing", sub="status"),
    _row(_NETWORKING, "v1", "ipaddresses", "IPAddress", "ip", namespaced=False),
    _row(_NETWORKING, "v1", "networkpolicies", "NetworkPolicy", "netpol"),
    _row(_NETWORKING, "v1", "servicecidrs", "ServiceCIDR", namespaced=False, sub="status"),
    _row("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", namespaced=False),
    _row("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", sub="status"),
    _row(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    _row(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False),
    _row(_RBAC, "v1", "rolebindings", "RoleBinding"),
    _row(_RBAC, "v1", "roles", "Role"),
    _row("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", namespaced=False),
    _row(_STORAGE, "v1", "csidrivers", "CSIDriver", namespaced=False),
    _row(_STORAGE, "v1", "csinodes", "CSINode", namespaced=False),
    _row(_STORAGE, "v1", "csistoragecapacities", "CSIStorageCapacity"),
    _row(_STORAGE, "v1", "storageclasses", "StorageClass", "sc", namespaced=False),
    _row(_STORAGE, "v1", "volumeattachments", "VolumeAttachment", namespaced=False, sub="status"),
    _row(
        _STORAGE, "v1", "volumeattributesclasses", "VolumeAttributesClass", "vac", namespaced=False
    ),
)
"""In the order of discovery: core first, then groups by name, the preferred version first. Where two
rows have one plural (events; autoscalers v2 and v1), the first is the form in which it is stored."""

_BY_PLURAL: dict[str, ResourceInfo] = {}
_BY_KIND: dict[str, ResourceInfo] = {}
_BY_PATH: dict[tuple[str, str, str], ResourceInfo] = {}
for _info in RESOURCES:
    _BY_PLURAL.setdefault(_info.plural, _info)
    _BY_KIND.setdefault(_info.kind, _info)
    _BY_PATH[_info.group, _info.version, _info.plural] = _info


def by_plural(plural: str) -> ResourceInfo:
    """Return the resource with that internal key; raises KeyError if there is none."""
    return _BY_PLURAL[plural]


def by_kind(kind: str) -> ResourceInfo:
    """Return the resource whose objects are of *kind*; raises KeyError if there is none."""
    return _BY_KIND[kind]


def by_path(group: str, version: str, plural: str) -> ResourceInfo | None:
    """Return what is served at `/apis/<group>/<version>/<plural>`, or None."""
    return _BY_PATH.get((group, version, plural))


def group_versions() -> list[tuple[str, str]]:
    """Return every (group, version) once, in the order of discovery."""
    return list(dict.fromkeys((info.group, info.version) for info in RESOURCES))
