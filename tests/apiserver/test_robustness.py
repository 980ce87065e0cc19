"""Whatever a trainee types, the server answers: a Status, never a crash, and reads go on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.apimachinery.resources import RESOURCES
from tests.apiserver.world import MERGE, STRATEGIC, TABLE, World, deployment, pod

STORED = [info for info in RESOURCES if info.stored and info.group != "events.k8s.io"]
FIELDS = [
    *("rules", "metrics", "ports", "jobTemplate", "scaleTargetRef", "hard", "template", "cidrs"),
    *("parentRef", "parameters", "podSelector", "capacity", "claimRef", "taints", "selector"),
    *("drivers", "subjects", "roleRef", "webhooks", "secrets", "endpoints", "subsets", "source"),
]
NONSENSE = [
    {},
    {"spec": {}},
    {"spec": "x"},
    {"spec": []},
    {"status": "x"},
    {"data": "x"},
    {"metadata": {"labels": "x"}},
    {"metadata": {"annotations": []}},
    {"metadata": {"ownerReferences": "x"}},
    {"spec": dict.fromkeys(FIELDS, "x")},
    dict.fromkeys(FIELDS, 3),
]


def collection(info):
    base = f"/apis/{info.group}/{info.version}" if info.group else f"/api/{info.version}"
    return (
        f"{base}/namespaces/default/{info.plural}" if info.namespaced else f"{base}/{info.plural}"
    )


@pytest.mark.parametrize("info", STORED, ids=lambda info: info.plural)
def test_nonsense_of_any_kind_is_refused_or_can_be_shown(info):
    for body in NONSENSE:
        world, path = World(), collection(info)
        metadata = {"name": "x", **body.get("metadata", {})}
        world.send("POST", path, {**body, "kind": info.kind, "metadata": metadata})
        world.send("PATCH", f"{path}/x", {"metadata": {"labels": {"a": "b"}}}, headers=STRATEGIC)
        assert world.send("GET", path, headers=TABLE).code == 200
        assert world.send("DELETE", f"{path}/x").code in (200, 404)


def paths(value, prefix=()):
    yield prefix
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths(one, (*prefix, key))
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from paths(one, (*prefix, index))


def put(value, path, junk):
    if not path:
        return junk
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        return [put(one, rest, junk) if i == head else one for i, one in enumerate(value)]
    return {**value, head: put(value[head], rest, junk)}


CONTAINER = {
    "name": "app",
    "image": "a:1",
    "command": ["x"],
    "ports": [{"containerPort": 80, "name": "http"}],
    "env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"fieldRef": {}}}],
    "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 5},
}
SPEC = {
    "containers": [CONTAINER],
    "volumes": [{"name": "v", "configMap": {"name": "c"}}],
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": "web"}},
        }
    ],
}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": SPEC}
POD = pod(**SPEC)
DEPLOYMENT = deployment(template=TEMPLATE, strategy={"rollingUpdate": {"maxSurge": 1}}, replicas=2)
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "s", "namespace": "default"},
    "spec": {"ports": [{"port": 80, "targetPort": "http"}], "selector": {"app": "web"}},
}
BUDGET = {
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "b", "namespace": "default"},
    "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
}
VALID = {
    "/api/v1/namespaces/default/pods": POD,
    "/apis/apps/v1/namespaces/default/deployments": DEPLOYMENT,
    "/api/v1/namespaces/default/services": SERVICE,
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": BUDGET,
}
CHOICES = [(at, path) for at, body in VALID.items() for path in paths(body) if path]
junk = st.sampled_from([None, "", "x", "-1", 0, -1, 1.5, True, [], {}, [{}], ["x"], {"x": "y"}])


@settings(deadline=None, max_examples=600)
@given(st.sampled_from(CHOICES), junk)
def test_one_wrong_value_anywhere_never_breaks_the_server(choice, value):
    at, path = choice
    world = World()
    whole = VALID[at]
    name = whole["metadata"]["name"]
    bent = put(whole, path, value)
    if isinstance(bent.get("metadata"), dict):
        world.send("POST", at, bent)
    world.send("POST", at, whole)
    for headers in (STRATEGIC, MERGE):
        answer = world.send("PATCH", f"{at}/{name}", bent, headers=headers)
        assert answer.code < 500, answer.body
    world.send("PATCH", f"{at}/{name}/status", {"status": value}, headers=MERGE)
    world.send("PATCH", f"{at}/{name}/scale", {"spec": {"replicas": value}}, headers=MERGE)
    world.send("PUT", f"{at}/{name}", bent)
    world.send("DELETE", f"{at}/{name}", bent, dryRun="All")
    world.send("POST", f"/api/v1/namespaces/default/pods/{name}/eviction", bent)
    world.send("POST", f"/api/v1/namespaces/default/pods/{name}/binding", bent)
    assert world.send("GET", at, headers=TABLE).code == 200
