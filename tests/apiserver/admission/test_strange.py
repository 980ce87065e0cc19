"""With every plugin at work, one wrong value anywhere is refused or taken, and never breaks the server."""

import pytest

from tests.apiserver.rights import CLUSTER_ROLES, GROUP, JANE, ROLE_BINDINGS, give, guarded, rule
from tests.apiserver.test_robustness import paths as paths_of
from tests.apiserver.test_robustness import put
from tests.apiserver.world import MERGE, PODS

NAMESPACE = "/api/v1/namespaces/default"
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
JUNK = (None, "x", 7, [], {}, [None], [{}], -1, True)
CONTEXT = {
    "privileged": True,
    "capabilities": {"add": ["X"], "drop": ["ALL"]},
    "seccompProfile": {"type": "Unconfined"},
    "seLinuxOptions": {"type": "x", "user": "u"},
}
OBJECTS = {
    f"{NAMESPACE}/pods": {
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
        "spec": {
            "serviceAccountName": "default",
            "containers": [
                {
                    "name": "app",
                    "image": "a",
                    "ports": [{"containerPort": 1, "hostPort": 1}],
                    "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
                    "securityContext": CONTEXT,
                }
            ],
            "initContainers": [{"name": "i", "image": "a"}],
            "volumes": [{"name": "v", "hostPath": {"path": "/"}}],
            "tolerations": [{"key": "k", "operator": "Exists"}],
            "affinity": {"podAffinity": {}},
            "priorityClassName": "",
            "securityContext": {"sysctls": [{"name": "n", "value": "v"}]},
        },
    },
    f"{NAMESPACE}/limitranges": {
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "1"}}]}
    },
    f"{NAMESPACE}/resourcequotas": {
        "spec": {
            "hard": {"pods": "5"},
            "scopes": ["BestEffort"],
            "scopeSelector": {
                "matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "In", "values": ["x"]}
                ]
            },
        }
    },
    f"{NAMESPACE}/persistentvolumeclaims": {
        "spec": {"accessModes": ["RWO"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    CLUSTER_ROLES: {
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
        "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
    },
    ROLE_BINDINGS: {
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "User", "name": "jane", "apiGroup": GROUP}],
    },
    HOOKS: {
        "webhooks": [
            {
                "name": "a.example.com",
                "clientConfig": {"service": {"namespace": "default", "name": "s", "port": 1}},
                "rules": [
                    {
                        "operations": ["*"],
                        "apiGroups": ["*"],
                        "apiVersions": ["*"],
                        "resources": ["*"],
                    }
                ],
                "failurePolicy": "Ignore",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchLabels": {"a": "b"}},
            }
        ]
    },
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}
    },
}


@pytest.fixture(scope="module")
def world():
    world = guarded()
    limits = [{"type": "Container", "default": {"cpu": "1"}}, {"type": "Pod", "max": {"cpu": "8"}}]
    for resource, spec in (
        ("limitranges", {"limits": limits}),
        ("resourcequotas", {"hard": {"pods": "900", "limits.cpu": "900"}}),
    ):
        metadata = {"name": "base", "namespace": "default"}
        world.api.create(resource, {"metadata": metadata, "spec": spec})
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("warn", "audit")}
    world.ok("PATCH", NAMESPACE, {"metadata": {"labels": labels}}, headers=MERGE)
    everything = [rule("*", "*", "*"), {"verbs": ["*"], "nonResourceURLs": ["/x"]}]
    give(world, *everything, namespace="", to="jane")
    return world


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.rpartition("/")[2])
def test_one_wrong_value_anywhere_is_answered(world, path):
    body = OBJECTS[path]
    body = {**body, "metadata": {"name": "odd", **body.get("metadata", {})}}
    probe = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    for place in list(paths_of(body))[1:]:
        for junk in JUNK:
            answer = world.send("POST", path, put(body, place, junk), user=JANE)
            assert answer.code < 500, (place, junk, answer.body)
            if answer.code == 201:
                # What has been taken must not trip up the next request either.
                name = answer.body["metadata"]["name"]
                assert world.send("POST", PODS, probe, dryRun="All").code < 500, (place, junk)
                assert world.send("GET", path, user=JANE).code == 200
                world.send("DELETE", f"{path}/{name}", {"gracePeriodSeconds": 0})
