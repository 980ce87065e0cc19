"""Everything that is not a pod or a workload: one table a kind, of new objects and of changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apiserver.validation.asking import changed, made, new

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
RBAC = "rbac.authorization.k8s.io"
PORT = {"name": "web", "port": 80, "targetPort": 80}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
VOLUME = {
    "accessModes": ["ReadWriteOnce"],
    "capacity": {"storage": "1Gi"},
    "hostPath": {"path": "/d"},
}
TARGET = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 3}
HOOK = {
    "name": "a.example.com",
    "clientConfig": {"url": "https://a.example.com/x"},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
PATH = {
    "path": "/",
    "pathType": "Prefix",
    "backend": {"service": {"name": "a", "port": {"number": 80}}},
}
SETTLED = "may not change once set"

NEW: list[tuple[str, dict[str, Any], list[str]]] = [
    # -- services, endpoints
    ("services", {"spec": {"ports": [PORT]}}, []),
    (
        "services",
        {"spec": {"ports": [{"port": 80}, {"port": 80, "name": "b"}]}},
        [
            "spec.ports[0].name: Required value",
            'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,'
            '"TargetPort":0,"NodePort":0}',
        ],
    ),
    (
        "services",
        {"spec": {"ports": [{**PORT, "nodePort": 30080}]}},
        ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ),
    (
        "services",
        {"spec": {"ports": [PORT], "type": "Nodeport"}},
        [
            'spec.type: Unsupported value: "Nodeport": supported values: "ClusterIP", '
            '"ExternalName", "LoadBalancer", "NodePort"'
        ],
    ),
    ("services", {"spec": {"type": "ExternalName"}}, ["spec.externalName: Required value"]),
    (
        "services",
        {"spec": {"ports": [PORT], "sessionAffinity": "Always"}},
        ['spec.sessionAffinity: Unsupported value: "Always": supported values: "ClientIP", "None"'],
    ),
    (
        "services",
        {"spec": {"ports": [PORT], "externalIPs": ["127.0.0.1"]}},
        [
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range '
            "(127.0.0.0/8, ::1/128)"
        ],
    ),
    (
        "services",
        {"spec": {"ports": [PORT], "externalTrafficPolicy": "Local"}},
        [
            'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for '
            "externally-accessible services"
        ],
    ),
    (
        "endpoints",
        {"subsets": [{"addresses": [{"ip": "10.0.0.300"}], "ports": [{"port": 80}]}]},
        [
            'subsets[0].addresses[0].ip: Invalid value: "10.0.0.300": must be a valid IP address, '
            "(e.g. 10.9.8.7 or 2001:db8::ffff)"
        ],
    ),
    (
        "endpointslices",
        {"addressType": "IPv5", "endpoints": []},
        ['addressType: Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"'],
    ),
    # -- ingresses, network policies
    ("ingresses", {"spec": {"rules": [{"host": "a.example.com", "http": {"paths": [PATH]}}]}}, []),
    (
        "ingresses",
        {"spec": {}},
        ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    ),
    (
        "ingresses",
        {
            "spec": {
                "rules": [{"host": "A", "http": {"paths": [{**PATH, "path": "x", "backend": {}}]}}]
            }
        },
        [
            f'spec.rules[0].host: Invalid value: "A": {SUBDOMAIN}',
            'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
            'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is '
            "required",
        ],
    ),
    (
        "ingresses",
        {"spec": {"rules": [{"http": {"paths": [{"path": "/"}]}}]}},
        ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"],
    ),
    (
        "networkpolicies",
        {"spec": {"podSelector": {}, "ingress": [{"from": [{}]}]}},
        ["spec.ingress[0].from[0]: Required value: must specify a peer"],
    ),
    (
        "networkpolicies",
        {
            "spec": {
                "podSelector": {},
                "egress": [
                    {
                        "to": [{"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.1.0/25"]}}],
                        "ports": [{"port": 80, "endPort": 70}],
                    }
                ],
            }
        },
        [
            "spec.egress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to "
            "`port`",
            'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.0.1.0/25": must be a strict '
            "subset of `cidr`",
        ],
    ),
    ("ingressclasses", {"spec": {}}, ["spec.controller: Required value"]),
    # -- storage
    ("persistentvolumeclaims", {"spec": CLAIM}, []),
    (
        "persistentvolumeclaims",
        {"spec": {}},
        [
            "spec.accessModes: Required value: at least 1 access mode is required",
            "spec.resources[storage]: Required value",
        ],
    ),
    (
        "persistentvolumeclaims",
        {"spec": {**CLAIM, "resources": {"requests": {"storage": "0"}}}},
        ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ),
    ("persistentvolumes", {"spec": VOLUME}, []),
    (
        "persistentvolumes",
        {"spec": {"accessModes": ["RWO"]}},
        [
            'spec.accessModes: Unsupported value: "RWO": supported values: "ReadOnlyMany", '
            '"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
            "spec.capacity: Required value",
            "spec: Required value: must specify a volume type",
        ],
    ),
    ("storageclasses", {}, ["provisioner: Required value"]),
    # -- configuration
    (
        "configmaps",
        {"data": {"a/b": "1", "c": "2"}, "binaryData": {"c": "Mg=="}},
        [
            'data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric '
            "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used "
            "for validation is '[-._a-zA-Z0-9]+')",
            'data[c]: Invalid value: "c": duplicate of key present in binaryData',
        ],
    ),
    (
        "configmaps",
        {"data": {"a": "x" * 1048577}},
        ["[]: Too long: may not be more than 1048576 bytes"],
    ),
    (
        "secrets",
        {"type": "kubernetes.io/tls", "data": {"tls.crt": "eA=="}},
        ["data[tls.key]: Required value"],
    ),
    # -- quotas, limits, priorities
    (
        "resourcequotas",
        {"spec": {"hard": {"pod": "3", "pods": "1500m", "cpu": "1500m"}}},
        [
            'spec.hard[pod]: Invalid value: "pod": must be a standard resource type or fully '
            "qualified",
            'spec.hard[pod]: Invalid value: "pod": must be a standard resource for quota',
            'spec.hard[pods]: Invalid value: "1500m": must be an integer',
        ],
    ),
    (
        "limitranges",
        {"spec": {"limits": [{"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}]}},
        [
            'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
            'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than '
            "default request value 1",
            'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default '
            "value 1",
        ],
    ),
    (
        "limitranges",
        {"spec": {"limits": [{"type": "Pod", "default": {"cpu": "1"}}]}},
        ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
    ),
    (
        "priorityclasses",
        {"value": 2_000_000_000},
        ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    ),
    # -- autoscalers, budgets
    ("horizontalpodautoscalers", {"spec": TARGET}, []),
    (
        "horizontalpodautoscalers",
        {"spec": {**TARGET, "minReplicas": 5}},
        ["spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"],
    ),
    (
        "horizontalpodautoscalers",
        {
            "spec": {
                **TARGET,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {}}}],
            }
        },
        [
            "spec.metrics[0].resource.target.type: Required value: must specify a metric target type",
            'spec.metrics[0].resource.target.type: Invalid value: "": must be either Utilization, '
            "Value, or AverageValue",
            "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a "
            "target raw value or a target utilization",
        ],
    ),
    ("poddisruptionbudgets", {"spec": {"minAvailable": "50%"}}, []),
    (
        "poddisruptionbudgets",
        {"spec": {"minAvailable": 1, "maxUnavailable": "200%"}},
        [
            'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"200%",'
            '"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
            'spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%',
        ],
    ),
    # -- access
    (
        "roles",
        {"rules": [{"resources": ["pods"]}, {"verbs": ["get"], "nonResourceURLs": ["/x"]}]},
        [
            "rules[0].verbs: Required value: verbs must contain at least one value",
            "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
            'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to '
            "non-resource URLs",
        ],
    ),
    (
        "clusterrolebindings",
        {
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "a"},
            "subjects": [{"kind": "ServiceAccount", "name": "b"}, {"kind": "Human", "name": "c"}],
        },
        [
            'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
            "subjects[0].namespace: Required value",
            'subjects[1].kind: Unsupported value: "Human": supported values: "ServiceAccount", '
            '"User", "Group"',
        ],
    ),
    # -- webhooks
    ("validatingwebhookconfigurations", {"webhooks": [HOOK]}, []),
    (
        "mutatingwebhookconfigurations",
        {"webhooks": [{**HOOK, "name": "short", "failurePolicy": "Maybe", "timeoutSeconds": 31}]},
        [
            'webhooks[0].name: Invalid value: "short": should be a domain with at least three '
            "segments separated by dots",
            'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", '
            '"Ignore"',
            "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and "
            "30 seconds",
        ],
    ),
    ("controllerrevisions", {"revision": 1}, ["data: Required value: data is mandatory"]),
]

CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "services",
        {"spec": {"ports": [PORT], "clusterIP": "10.96.0.5", "clusterIPs": ["10.96.0.5"]}},
        {"spec": {"clusterIP": "10.96.0.6", "clusterIPs": ["10.96.0.6"]}},
        [f'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: {SETTLED}'],
    ),
    (
        "secrets",
        {"type": "Opaque"},
        {"type": "kubernetes.io/basic-auth", "data": {"username": "eA=="}},
        ['type: Invalid value: "kubernetes.io/basic-auth": field is immutable'],
    ),
    (
        "persistentvolumeclaims",
        {"spec": CLAIM, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}},
        {"spec": {"resources": {"requests": {"storage": "2Gi"}}}},
        [],
    ),
    (
        "persistentvolumeclaims",
        {"spec": CLAIM, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}},
        {"spec": {"resources": {"requests": {"storage": "500Mi"}}}},
        ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
    ),
    (
        "storageclasses",
        {"provisioner": "a/b"},
        {"provisioner": "a/c", "volumeBindingMode": "WaitForFirstConsumer"},
        [
            "provisioner: Forbidden: updates to provisioner are forbidden.",
            'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
        ],
    ),
    (
        "priorityclasses",
        {"value": 10},
        {"value": 11},
        ["value: Forbidden: may not be changed in an update."],
    ),
    (
        "rolebindings",
        {"roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "a"}},
        {"roleRef": {"name": "b"}},
        [
            f'roleRef: Invalid value: {{"APIGroup":"{RBAC}","Kind":"Role","Name":"b"}}: cannot change '
            "roleRef"
        ],
    ),
    (
        "nodes",
        {"spec": {"providerID": "a", "podCIDRs": ["10.0.0.0/24"]}},
        {"spec": {"providerID": "b"}},
        [
            'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'
        ],
    ),
    (
        "resourcequotas",
        {"spec": {"hard": {"pods": "1"}}},
        {"spec": {"scopes": ["BestEffort"]}},
        ['spec.scopes: Invalid value: ["BestEffort"]: field is immutable'],
    ),
    (
        "endpointslices",
        {"addressType": "IPv4"},
        {"addressType": "IPv6"},
        ['addressType: Invalid value: "IPv6": field is immutable'],
    ),
]


@pytest.mark.parametrize(("plural", "fields", "causes"), NEW)
def test_new_object(plural: str, fields: dict[str, Any], causes: list[str]) -> None:
    assert new(plural, **fields) == causes


@pytest.mark.parametrize(("plural", "fields", "patch", "causes"), CHANGES)
def test_change(
    plural: str, fields: dict[str, Any], patch: dict[str, Any], causes: list[str]
) -> None:
    assert changed(plural, made(plural, **fields), patch) == causes


def test_an_unbound_claim_keeps_its_spec() -> None:
    claim = made("persistentvolumeclaims", spec=CLAIM)
    patch = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    (cause,) = changed("persistentvolumeclaims", claim, patch)
    assert cause.startswith(
        "spec: Forbidden: spec is immutable after creation except resources.requests and "
        "volumeAttributesClassName for bound claims\n  core.PersistentVolumeClaimSpec{\n"
    )


@pytest.mark.parametrize(
    ("plural", "name", "metadata", "cause"),
    [
        ("pods", "Web", {}, f'metadata.name: Invalid value: "Web": {SUBDOMAIN}'),
        ("namespaces", "a.b", {}, 'metadata.name: Invalid value: "a.b": must not contain dots'),
        ("roles", "a/b", {}, "metadata.name: Invalid value: \"a/b\": may not contain '/'"),
        (
            "configmaps",
            "c",
            {"annotations": {"a": "x" * 262144}},
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
        (
            "configmaps",
            "c",
            {"labels": {"/b": "c"}},
            'metadata.labels: Invalid value: "/b": prefix part must be non-empty',
        ),
        (
            "configmaps",
            "c",
            {"labels": {"a": "x" * 64}},
            f'metadata.labels: Invalid value: "{"x" * 64}": must be no more than 63 bytes',
        ),
        (
            "configmaps",
            "c",
            {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p"}]},
            "metadata.ownerReferences[0].uid: Required value: must not be empty",
        ),
    ],
)
def test_metadata(plural: str, name: str, metadata: dict[str, Any], cause: str) -> None:
    fields: dict[str, Any] = {"metadata": metadata}
    if plural == "pods":
        fields["spec"] = {"containers": [{"name": "a", "image": "a"}]}
    assert new(plural, name, **fields) == [cause]


def test_what_is_being_deleted_gets_no_new_finalizers() -> None:
    held = made("configmaps", metadata={"deletionTimestamp": "2026-11-20T01:40:00Z"})
    assert changed("configmaps", held, {"metadata": {"finalizers": ["example.com/a"]}}) == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
        'deleted, found new finalizers []string{"example.com/a"}'
    ]
