"""The rules of the roles that a cluster of kubeadm's begins with.

As plugin/pkg/auth/authorizer/rbac/bootstrappolicy makes them at start, those that people look at; the
rules of rare ones are shortened. This file must not know users.
"""

from __future__ import annotations

from sim.apimachinery.wire import Obj

Rules = tuple[Obj, ...]

READ = "get list watch"
WRITE = "create delete deletecollection patch update"
READ_WRITE = "create delete deletecollection get list patch update watch"
COORDINATION = "coordination.k8s.io"
DISCOVERY = "discovery.k8s.io"
EVENTS = " events.k8s.io"
NETWORKING = "networking.k8s.io"
RBAC_GROUP = "rbac.authorization.k8s.io"
STORAGE = "storage.k8s.io"
AUTHN, AUTHZ = "authentication.k8s.io", "authorization.k8s.io"
CERTIFICATES = "certificates.k8s.io"


def rule(verbs: str, groups: str, resources: str, names: str = "") -> Obj:
    """Return a rule; each argument lists words, *groups* "" or with a leading blank has the core."""
    made: Obj = {
        "verbs": verbs.split(),
        "apiGroups": groups.split(" "),
        "resources": resources.split(),
    }
    if names:
        made["resourceNames"] = names.split()
    return made


def paths(verbs: str, urls: str) -> Obj:
    """Return a rule for paths that are no resource."""
    return {"verbs": verbs.split(), "nonResourceURLs": urls.split()}


_EVENTS = rule("create patch update", EVENTS, "events")
_REVIEWS = (
    rule("create", AUTHN, "tokenreviews"),
    rule("create", AUTHZ, "subjectaccessreviews"),
)
_SCALABLE = (
    "deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale"
)

VIEW: Rules = (
    rule(
        READ,
        "",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods "
        "replicationcontrollers replicationcontrollers/scale serviceaccounts services "
        "services/status",
    ),
    rule(
        READ,
        "",
        "bindings events limitranges namespaces/status pods/log pods/status "
        "replicationcontrollers/status resourcequotas resourcequotas/status",
    ),
    rule(READ, "", "namespaces"),
    rule(READ, DISCOVERY, "endpointslices"),
    rule(
        READ,
        "apps",
        "controllerrevisions daemonsets daemonsets/status deployments deployments/scale "
        "deployments/status replicasets replicasets/scale replicasets/status statefulsets "
        "statefulsets/scale statefulsets/status",
    ),
    rule(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    rule(READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
    rule(
        READ,
        "extensions",
        "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses "
        "ingresses/status networkpolicies replicasets replicasets/scale replicasets/status "
        "replicationcontrollers/scale",
    ),
    rule(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    rule(READ, NETWORKING, "ingresses ingresses/status networkpolicies"),
)
EDIT: Rules = (
    rule(READ, "", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
    rule("impersonate", "", "serviceaccounts"),
    rule(WRITE, "", "pods pods/attach pods/exec pods/portforward pods/proxy"),
    rule("create", "", "pods/eviction"),
    rule(
        WRITE,
        "",
        "configmaps events persistentvolumeclaims replicationcontrollers "
        "replicationcontrollers/scale secrets serviceaccounts services services/proxy",
    ),
    rule("create", "", "serviceaccounts/token"),
    rule(WRITE, "apps", f"daemonsets deployments/rollback {_SCALABLE}"),
    rule(WRITE, "autoscaling", "horizontalpodautoscalers"),
    rule(WRITE, "batch", "cronjobs jobs"),
    rule(
        WRITE,
        "extensions",
        "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies "
        "replicasets replicasets/scale replicationcontrollers/scale",
    ),
    rule(WRITE, "policy", "poddisruptionbudgets"),
    rule(WRITE, NETWORKING, "ingresses networkpolicies"),
    rule(READ_WRITE, COORDINATION, "leases"),
)
ADMIN: Rules = (
    rule("create", AUTHZ, "localsubjectaccessreviews"),
    rule(READ_WRITE, RBAC_GROUP, "rolebindings roles"),
)
_HEALTH = "/healthz /livez /readyz /version /version/"

COMPONENTS: dict[str, Rules] = {
    "system:auth-delegator": _REVIEWS,
    "system:basic-user": (
        rule("create", AUTHZ, "selfsubjectaccessreviews selfsubjectrulesreviews"),
        rule("create", AUTHN, "selfsubjectreviews"),
    ),
    "system:certificates.k8s.io:certificatesigningrequests:nodeclient": (
        rule("create", CERTIFICATES, "certificatesigningrequests/nodeclient"),
    ),
    "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": (
        rule("create", CERTIFICATES, "certificatesigningrequests/selfnodeclient"),
    ),
    "system:certificates.k8s.io:kube-apiserver-client-approver": (
        rule("approve", CERTIFICATES, "signers", "kubernetes.io/kube-apiserver-client"),
    ),
    "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver": (
        rule("approve", CERTIFICATES, "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
    ),
    "system:certificates.k8s.io:kubelet-serving-approver": (
        rule("approve", CERTIFICATES, "signers", "kubernetes.io/kubelet-serving"),
    ),
    "system:certificates.k8s.io:legacy-unknown-approver": (
        rule("approve", CERTIFICATES, "signers", "kubernetes.io/legacy-unknown"),
    ),
    "system:discovery": (
        paths(
            "get",
            "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/",
        ),
    ),
    "system:heapster": (
        rule(READ, "", "events namespaces nodes pods"),
        rule(READ, "extensions", "deployments"),
    ),
    "system:kube-aggregator": (rule(READ, "", "endpoints services"),),
    "system:kube-controller-manager": (
        _EVENTS,
        rule("create", COORDINATION, "leases"),
        rule("get update", COORDINATION, "leases", "kube-controller-manager"),
        rule("create", "", "secrets serviceaccounts"),
        rule("delete", "", "secrets"),
        rule("get", "", "configmaps namespaces secrets serviceaccounts"),
        rule("update", "", "secrets serviceaccounts"),
        *_REVIEWS,
        rule("list watch", "*", "*"),
        rule("create", "", "serviceaccounts/token"),
    ),
    "system:kube-dns": (rule("list watch", "", "endpoints services"),),
    "system:kube-scheduler": (
        _EVENTS,
        rule("create", COORDINATION, "leases"),
        rule("get update", COORDINATION, "leases", "kube-scheduler"),
        rule(READ, "", "nodes"),
        rule("delete get list watch", "", "pods"),
        rule("create", "", "bindings pods/binding"),
        rule("patch update", "", "pods/status"),
        rule(READ, "", "replicationcontrollers services"),
        rule(READ, "apps extensions", "replicasets"),
        rule(READ, "apps", "statefulsets"),
        rule(READ, "policy", "poddisruptionbudgets"),
        rule(READ, "", "persistentvolumeclaims persistentvolumes"),
        *_REVIEWS,
        rule(READ, STORAGE, "csinodes csidrivers csistoragecapacities"),
    ),
    "system:kubelet-api-admin": (
        rule(READ, "", "nodes"),
        rule("proxy", "", "nodes"),
        rule("*", "", "nodes/log nodes/metrics nodes/proxy nodes/stats"),
    ),
    "system:monitoring": (
        paths(
            "get", "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*"
        ),
    ),
    "system:node": (
        *_REVIEWS,
        rule(READ, "", "services"),
        rule("create get list watch", "", "nodes"),
        rule("patch update", "", "nodes nodes/status"),
        _EVENTS,
        rule(READ, "", "pods"),
        rule("create delete", "", "pods"),
        rule("patch update", "", "pods/status"),
        rule("create", "", "pods/eviction"),
        rule(READ, "", "configmaps secrets"),
        rule("get", "", "persistentvolumeclaims persistentvolumes"),
        rule("get", "", "endpoints"),
        rule("create get list watch", CERTIFICATES, "certificatesigningrequests"),
        rule("create delete get patch update", COORDINATION, "leases"),
        rule("get", STORAGE, "volumeattachments"),
        rule("create", "", "serviceaccounts/token"),
        rule(READ, STORAGE, "csidrivers"),
        rule("create delete get patch update", STORAGE, "csinodes"),
        rule(READ, "node.k8s.io", "runtimeclasses"),
    ),
    "system:node-bootstrapper": (
        rule("create get list watch", CERTIFICATES, "certificatesigningrequests"),
    ),
    "system:node-problem-detector": (
        rule("get", "", "nodes"),
        rule("patch", "", "nodes/status"),
        _EVENTS,
    ),
    "system:node-proxier": (
        rule("list watch", "", "services"),
        rule("get list watch", "", "nodes"),
        _EVENTS,
        rule("list watch", DISCOVERY, "endpointslices"),
        rule("list watch", NETWORKING, "servicecidrs"),
    ),
    "system:persistent-volume-provisioner": (
        rule("create delete get list watch", "", "persistentvolumes"),
        rule("get list update watch", "", "persistentvolumeclaims"),
        rule(READ, STORAGE, "storageclasses"),
        rule("watch", "", "events"),
        _EVENTS,
    ),
    "system:public-info-viewer": (paths("get", _HEALTH),),
    "system:service-account-issuer-discovery": (
        paths(
            "get",
            "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
        ),
    ),
    "system:volume-scheduler": (
        rule("get list patch update watch", "", "persistentvolumes"),
        rule(READ, STORAGE, "storageclasses"),
        rule("get list patch update watch", "", "persistentvolumeclaims"),
    ),
}

CONTROLLERS: dict[str, Rules] = {
    "attachdetach-controller": (
        rule("list watch", "", "persistentvolumeclaims persistentvolumes"),
        rule(READ, "", "nodes"),
        rule("patch update", "", "nodes/status"),
        rule("list watch", "", "pods"),
        _EVENTS,
        rule(READ, STORAGE, "csidrivers csinodes"),
        rule("create delete get list watch", STORAGE, "volumeattachments"),
    ),
    "certificate-controller": (
        rule("delete get list watch", CERTIFICATES, "certificatesigningrequests"),
        rule(
            "update",
            CERTIFICATES,
            "certificatesigningrequests/approval certificatesigningrequests/status",
        ),
        rule("create", AUTHZ, "subjectaccessreviews"),
        _EVENTS,
    ),
    "clusterrole-aggregation-controller": (
        rule("escalate get list patch update watch", RBAC_GROUP, "clusterroles"),
    ),
    "cronjob-controller": (
        rule("get list update watch", "batch", "cronjobs"),
        rule("create delete get list patch update watch", "batch", "jobs"),
        rule("update", "batch", "cronjobs/status"),
        rule("update", "batch", "cronjobs/finalizers"),
        rule("delete list", "", "pods"),
        _EVENTS,
    ),
    "daemon-set-controller": (
        rule(READ, "apps extensions", "daemonsets"),
        rule("update", "apps extensions", "daemonsets/status daemonsets/finalizers"),
        rule("list watch", "", "nodes"),
        rule("create delete list patch watch", "", "pods"),
        rule("create", "", "pods/binding"),
        rule("create delete get list patch update watch", "apps", "controllerrevisions"),
        _EVENTS,
    ),
    "deployment-controller": (
        rule("get list update watch", "apps extensions", "deployments"),
        rule("update", "apps extensions", "deployments/status deployments/finalizers"),
        rule("create delete get list patch update watch", "apps extensions", "replicasets"),
        rule("get list update watch", "", "pods"),
        _EVENTS,
    ),
    "disruption-controller": (
        rule(READ, "apps extensions", "deployments replicasets"),
        rule(READ, "", "replicationcontrollers"),
        rule(READ, "policy", "poddisruptionbudgets"),
        rule(READ, "apps", "statefulsets"),
        rule("update", "policy", "poddisruptionbudgets/status"),
        rule("patch update", "", "pods/status"),
        _EVENTS,
        rule("get", "*", "*/scale"),
    ),
    "endpoint-controller": (
        rule(READ, "", "pods services"),
        rule("create delete get list update", "", "endpoints"),
        rule("create", "", "endpoints/restricted"),
        _EVENTS,
    ),
    "endpointslice-controller": (
        rule(READ, "", "nodes pods services"),
        rule("update", "", "services/finalizers"),
        rule("create delete get list update", DISCOVERY, "endpointslices"),
        _EVENTS,
    ),
    "generic-garbage-collector": (
        _EVENTS,
        rule("delete get list patch update watch", "*", "*"),
    ),
    "horizontal-pod-autoscaler": (
        rule(READ, "autoscaling", "horizontalpodautoscalers"),
        rule("update", "autoscaling", "horizontalpodautoscalers/status"),
        rule("get update", "*", "*/scale"),
        rule("list", "", "pods"),
        _EVENTS,
        rule("list", "metrics.k8s.io", "pods"),
        rule("get list", "custom.metrics.k8s.io external.metrics.k8s.io", "*"),
    ),
    "job-controller": (
        rule("get list patch update watch", "batch", "jobs"),
        rule("update", "batch", "jobs/finalizers jobs/status"),
        rule("create delete list patch watch", "", "pods"),
        _EVENTS,
    ),
    "namespace-controller": (
        rule("delete get list watch", "", "namespaces"),
        rule("update", "", "namespaces/finalize namespaces/status"),
        rule("delete deletecollection get list", "*", "*"),
    ),
    "node-controller": (
        rule("delete get list patch update", "", "nodes"),
        rule("patch update", "", "nodes/status"),
        rule("patch update", "", "pods/status"),
        rule("delete get list", "", "pods"),
        rule("get", COORDINATION, "leases"),
        _EVENTS,
    ),
    "persistent-volume-binder": (
        rule("create delete get list update watch", "", "persistentvolumes"),
        rule("get list update watch", "", "persistentvolumeclaims"),
        rule("update", "", "persistentvolumeclaims/status persistentvolumes/status"),
        rule(READ, STORAGE, "storageclasses"),
        _EVENTS,
    ),
    "pod-garbage-collector": (
        rule("delete list watch", "", "pods"),
        rule("get list", "", "nodes"),
        rule("patch", "", "pods/status"),
    ),
    "pv-protection-controller": (
        rule("get list update watch", "", "persistentvolumes"),
        _EVENTS,
    ),
    "pvc-protection-controller": (
        rule("get list update watch", "", "persistentvolumeclaims"),
        rule(READ, "", "pods"),
        _EVENTS,
    ),
    "replicaset-controller": (
        rule("get list update watch", "apps extensions", "replicasets"),
        rule("update", "apps extensions", "replicasets/finalizers replicasets/status"),
        rule("create delete list patch watch", "", "pods"),
        _EVENTS,
    ),
    "replication-controller": (
        rule("get list update watch", "", "replicationcontrollers"),
        rule("update", "", "replicationcontrollers/finalizers replicationcontrollers/status"),
        rule("create delete list patch watch", "", "pods"),
        _EVENTS,
    ),
    "resourcequota-controller": (
        rule("list watch", "*", "*"),
        rule("update", "", "resourcequotas/status"),
        _EVENTS,
    ),
    "root-ca-cert-publisher": (rule("create update", "", "configmaps"), _EVENTS),
    "service-account-controller": (rule("create", "", "serviceaccounts"), _EVENTS),
    "statefulset-controller": (
        rule("list watch", "", "pods"),
        rule(READ, "apps", "statefulsets"),
        rule("update", "apps", "statefulsets/finalizers statefulsets/status"),
        rule("create delete get patch update", "", "pods"),
        rule("create delete get list patch update watch", "apps", "controllerrevisions"),
        rule("create get list watch", "", "persistentvolumeclaims"),
        _EVENTS,
    ),
    "ttl-after-finished-controller": (
        rule("delete get list watch", "batch", "jobs"),
        _EVENTS,
    ),
}
"""Rules of `system:controller:<name>`, bound to that service account in kube-system."""
