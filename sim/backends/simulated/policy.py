"""RBAC as a new cluster has it: roles, bindings, and what the scenario lets the trainee do.

Thanks to this file rights are enforced from the first request on. It must not know how they are
evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.apimachinery.wire import Obj
from sim.apiserver import ApiServer
from sim.apiserver.authorization import RBAC
from sim.apiserver.users import AUTHENTICATED, CLUSTER_ADMINS, MASTERS, UNAUTHENTICATED, User
from sim.backends.simulated.policyrules import (
    ADMIN,
    COMPONENTS,
    CONTROLLERS,
    EDIT,
    RBAC_GROUP,
    READ,
    VIEW,
    paths,
    rule,
)
from sim.scenario.access import AccessRule, Grant

BOOTSTRAPPING = {"kubernetes.io/bootstrapping": "rbac-defaults"}
AUTOUPDATE = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
AGGREGATE = f"{RBAC_GROUP}/aggregate-to-"
TRAINEE = "oncall"
"""The user's name, and that of their role where a scenario limits it."""
ENGINEERS = "oncall-engineers"
"""The group of the trainee where they are no administrator."""

Bound = tuple[str, str, tuple[Obj, ...]]
"""A binding's name, its role, its subjects."""


def load_policy(api: ApiServer, *, created: str | None = None) -> None:
    """Load the bootstrap policy and enforce RBAC; *created* is the objects' creationTimestamp."""
    for name, role in _cluster_roles():
        _load(api, "clusterroles", name, "", role, created)
    for name, ref, subjects in _cluster_bindings():
        _load(
            api,
            "clusterrolebindings",
            name,
            "",
            _binding(name, "ClusterRole", ref, subjects),
            created,
        )
    for namespace, name, rules, subjects in _ROLES:
        metadata = _system_metadata() if name.startswith(("system:", "extension-")) else {}
        _load(api, "roles", name, namespace, {"metadata": metadata, "rules": list(rules)}, created)
        if subjects:
            bound = _binding(name, "Role", name, subjects)
            _load(api, "rolebindings", name, namespace, bound, created)
    api.registry.authorizer.mode = RBAC


def limit_trainee(api: ApiServer, grants: Sequence[Grant], *, created: str | None = None) -> None:
    """Let the trainee do what *grants* say and what everybody may, and nothing else."""
    api.users.trainee = User(TRAINEE, (ENGINEERS, AUTHENTICATED))
    for nth, grant in enumerate(grants, 1):
        own = f"{ENGINEERS}-{nth}"
        role = grant.role or own
        if grant.rules:
            rules = [_written(one) for one in grant.rules]
            _load(api, "clusterroles", own, "", {"metadata": {}, "rules": rules}, created)
        bound = _binding(own, "ClusterRole", role, (group(ENGINEERS),))
        for namespace in grant.namespaces:
            _load(api, "rolebindings", own, namespace, bound, created)
        if not grant.namespaces:
            _load(api, "clusterrolebindings", own, "", bound, created)


def _written(one: AccessRule) -> Obj:
    """Return a scenario's rule as a role has it."""
    if one.paths:
        return {"verbs": list(one.verbs), "nonResourceURLs": list(one.paths)}
    made: Obj = {
        "verbs": list(one.verbs),
        "apiGroups": list(one.groups),
        "resources": list(one.resources),
    }
    return {**made, "resourceNames": list(one.names)} if one.names else made


def user(name: str) -> Obj:
    """Return a user as the subject of a binding."""
    return {"apiGroup": RBAC_GROUP, "kind": "User", "name": name}


def group(name: str) -> Obj:
    """Return a group as the subject of a binding."""
    return {"apiGroup": RBAC_GROUP, "kind": "Group", "name": name}


def account(name: str, namespace: str = "kube-system") -> Obj:
    """Return a service account as the subject of a binding."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def _load(
    api: ApiServer, resource: str, name: str, namespace: str, obj: Obj, created: str | None
) -> None:
    metadata = {"name": name, **obj["metadata"]}
    if namespace:
        metadata["namespace"] = namespace
    if created:
        metadata["creationTimestamp"] = created
    api.load(resource, {**obj, "metadata": metadata})


def _system_metadata(**labels: str) -> Obj:
    return {"labels": {**BOOTSTRAPPING, **labels}, "annotations": AUTOUPDATE}


def _binding(name: str, kind: str, role: str, subjects: Sequence[Obj]) -> Obj:
    bootstrapped = name.startswith("system:") or name == "cluster-admin"
    return {
        "metadata": _system_metadata() if bootstrapped else {},
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": kind, "name": role},
        "subjects": list(subjects),
    }


def _cluster_roles() -> Iterator[tuple[str, Obj]]:
    everything = [rule("*", "*", "*"), paths("*", "*")]
    yield "cluster-admin", {"metadata": _system_metadata(), "rules": everything}
    for name, to, rules in (
        ("admin", "", (*EDIT, *VIEW, *ADMIN)),
        ("edit", "admin", (*EDIT, *VIEW)),
        ("view", "edit", VIEW),
    ):
        labels = {f"{AGGREGATE}{to}": "true"} if to else {}
        selector = {"matchLabels": {f"{AGGREGATE}{name}": "true"}}
        yield (
            name,
            {
                "metadata": _system_metadata(**labels),
                "aggregationRule": {"clusterRoleSelectors": [selector]},
                "rules": list(rules),
            },
        )
    for name, rules in (("admin", ADMIN), ("edit", EDIT), ("view", VIEW)):
        metadata = _system_metadata(**{f"{AGGREGATE}{name}": "true"})
        yield f"system:aggregate-to-{name}", {"metadata": metadata, "rules": list(rules)}
    for name, rules in COMPONENTS.items():
        yield name, {"metadata": _system_metadata(), "rules": list(rules)}
    for name, rules in CONTROLLERS.items():
        yield f"system:controller:{name}", {"metadata": _system_metadata(), "rules": list(rules)}
    yield "kubeadm:get-nodes", {"metadata": {}, "rules": [rule("get", "", "nodes")]}
    for name, rules in _ADD_ONS.items():
        yield name, {"metadata": {}, "rules": list(rules)}


def _cluster_bindings() -> Iterator[Bound]:
    yield from _CLUSTER_BINDINGS
    for name in CONTROLLERS:
        full = f"system:controller:{name}"
        yield full, full, (account(name),)


_ADD_ONS: dict[str, tuple[Obj, ...]] = {
    "system:coredns": (
        rule("list watch", "", "endpoints namespaces pods services"),
        rule("list watch", "discovery.k8s.io", "endpointslices"),
    ),
    "system:metrics-server": (
        rule("get", "", "nodes/metrics"),
        rule(READ, "", "nodes pods"),
    ),
    "prometheus": (
        rule(READ, "", "endpoints nodes nodes/metrics pods services"),
        rule(READ, "discovery.k8s.io", "endpointslices"),
        paths("get", "/metrics"),
    ),
}
_NODES, _BOOTSTRAPPERS = "system:nodes", "system:bootstrappers:kubeadm:default-node-token"
_CSR = "system:certificates.k8s.io:certificatesigningrequests"
_CLUSTER_BINDINGS: tuple[Bound, ...] = (
    ("cluster-admin", "cluster-admin", (group(MASTERS),)),
    (CLUSTER_ADMINS, "cluster-admin", (group(CLUSTER_ADMINS),)),
    ("kubeadm:get-nodes", "kubeadm:get-nodes", (group(_BOOTSTRAPPERS),)),
    ("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", (group(_BOOTSTRAPPERS),)),
    ("kubeadm:node-autoapprove-bootstrap", f"{_CSR}:nodeclient", (group(_BOOTSTRAPPERS),)),
    (
        "kubeadm:node-autoapprove-certificate-rotation",
        f"{_CSR}:selfnodeclient",
        (group(_NODES),),
    ),
    ("kubeadm:node-proxier", "system:node-proxier", (account("kube-proxy"),)),
    ("system:basic-user", "system:basic-user", (group(AUTHENTICATED),)),
    ("system:coredns", "system:coredns", (account("coredns"),)),
    ("system:discovery", "system:discovery", (group(AUTHENTICATED),)),
    (
        "system:kube-controller-manager",
        "system:kube-controller-manager",
        (user("system:kube-controller-manager"),),
    ),
    ("system:kube-dns", "system:kube-dns", (account("kube-dns"),)),
    ("system:kube-scheduler", "system:kube-scheduler", (user("system:kube-scheduler"),)),
    ("system:metrics-server", "system:metrics-server", (account("metrics-server"),)),
    (
        "metrics-server:system:auth-delegator",
        "system:auth-delegator",
        (account("metrics-server"),),
    ),
    ("prometheus", "prometheus", (account("prometheus", "monitoring"),)),
    ("system:monitoring", "system:monitoring", (group("system:monitoring"),)),
    ("system:node", "system:node", ()),
    ("system:node-proxier", "system:node-proxier", (user("system:kube-proxy"),)),
    (
        "system:public-info-viewer",
        "system:public-info-viewer",
        (group(AUTHENTICATED), group(UNAUTHENTICATED)),
    ),
    (
        "system:service-account-issuer-discovery",
        "system:service-account-issuer-discovery",
        (group("system:serviceaccounts"),),
    ),
    ("system:volume-scheduler", "system:volume-scheduler", (user("system:kube-scheduler"),)),
)
_SYSTEM = "kube-system"
_LEASE = "coordination.k8s.io"
_ROLES: tuple[tuple[str, str, tuple[Obj, ...], tuple[Obj, ...]], ...] = (
    (
        "kube-public",
        "kubeadm:bootstrap-signer-clusterinfo",
        (rule("get", "", "configmaps", "cluster-info"),),
        (user("system:anonymous"),),
    ),
    (
        "kube-public",
        "system:controller:bootstrap-signer",
        (
            rule(READ, "", "configmaps"),
            rule("update", "", "configmaps", "cluster-info"),
            rule("create patch update", " events.k8s.io", "events"),
        ),
        (account("bootstrap-signer"),),
    ),
    (
        _SYSTEM,
        "extension-apiserver-authentication-reader",
        (rule(READ, "", "configmaps", "extension-apiserver-authentication"),),
        (),
    ),
    (
        _SYSTEM,
        "kube-proxy",
        (rule("get", "", "configmaps", "kube-proxy"),),
        (group(_BOOTSTRAPPERS),),
    ),
    (
        _SYSTEM,
        "kubeadm:kubelet-config",
        (rule("get", "", "configmaps", "kubelet-config"),),
        (group(_NODES), group(_BOOTSTRAPPERS)),
    ),
    (
        _SYSTEM,
        "kubeadm:nodes-kubeadm-config",
        (rule("get", "", "configmaps", "kubeadm-config"),),
        (group(_BOOTSTRAPPERS), group(_NODES)),
    ),
    (
        _SYSTEM,
        "system::leader-locking-kube-controller-manager",
        (
            rule("watch", "", "configmaps"),
            rule("get update", _LEASE, "leases", "kube-controller-manager"),
        ),
        (user("system:kube-controller-manager"), account("kube-controller-manager")),
    ),
    (
        _SYSTEM,
        "system::leader-locking-kube-scheduler",
        (rule("watch", "", "configmaps"), rule("get update", _LEASE, "leases", "kube-scheduler")),
        (user("system:kube-scheduler"), account("kube-scheduler")),
    ),
    (
        _SYSTEM,
        "system:controller:bootstrap-signer",
        (rule(READ, "", "secrets"),),
        (account("bootstrap-signer"),),
    ),
    (
        _SYSTEM,
        "system:controller:token-cleaner",
        (
            rule("delete get list watch", "", "secrets"),
            rule("create patch update", " events.k8s.io", "events"),
        ),
        (account("token-cleaner"),),
    ),
)
