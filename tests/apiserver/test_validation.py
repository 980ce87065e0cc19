"""What validation refuses, word for word."""

import pytest

from tests.apiserver.world import DEPLOYMENTS, MERGE, PODS, STRATEGIC, deployment, pod

APP = {"name": "app", "image": "a:1"}


def causes(status):
    return [f"{one['field']}: {one['message']}" for one in status["details"]["causes"]]


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"containers": []}, "spec.containers: Required value"),
        (
            {"containers": [{"image": "a"}]},
            "spec.containers[0].name: Required value",
        ),
        ({"containers": [{"name": "a"}]}, "spec.containers[0].image: Required value"),
        (
            {"containers": [APP, APP]},
            'spec.containers[1].name: Duplicate value: "app"',
        ),
        (
            {"containers": [{**APP, "ports": [{"containerPort": 70000}]}]},
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 "
            "and 65535, inclusive",
        ),
        (
            {
                "containers": [
                    {**APP, "resources": {"limits": {"cpu": "100m"}, "requests": {"cpu": "1"}}}
                ]
            },
            'spec.containers[0].resources.requests: Invalid value: "1": must be less than or '
            "equal to cpu limit of 100m",
        ),
        (
            {"containers": [{**APP, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]},
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            {"containers": [APP], "restartPolicy": "Sometimes"},
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
            '"OnFailure", "Never"',
        ),
        (
            {"containers": [APP], "tolerations": [{"effect": "NoSchedul"}]},
            'spec.tolerations[0].effect: Unsupported value: "NoSchedul": supported values: '
            '"NoSchedule", "PreferNoSchedule", "NoExecute"',
        ),
    ],
)
def test_pod_is_refused_with_its_cause(world, spec, cause):
    assert cause in causes(world.refused("POST", PODS, pod(**spec)))


def test_quantity_that_does_not_parse_is_a_bad_request(world):
    container = {**APP, "resources": {"limits": {"memory": "lots"}}}
    status = world.refused("POST", PODS, pod(containers=[container]))
    assert status["reason"] == "BadRequest"
    assert "quantities must match the regular expression" in status["message"]


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        (
            {"selector": {"matchLabels": {"app": "x"}}},
            'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not '
            "match template `labels`",
        ),
        ({"selector": None}, "spec.selector: Required value"),
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"strategy": {"type": "Blue"}},
            'spec.strategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported '
            'values: "Recreate", "RollingUpdate"',
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
            "'Recreate'",
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
            "`maxSurge` is 0",
        ),
    ],
)
def test_deployment_is_refused_with_its_cause(world, spec, cause):
    assert cause in causes(world.refused("POST", DEPLOYMENTS, deployment(**spec)))


def test_labels_are_checked_everywhere(world):
    bad = pod()
    bad["metadata"]["labels"] = {"a b": "c", "d": "e f"}
    fields = [one["field"] for one in world.refused("POST", PODS, bad)["details"]["causes"]]
    assert fields == ["metadata.labels", "metadata.labels"]


def test_service_needs_ports_and_keeps_its_address(world):
    path = "/api/v1/namespaces/default/services"
    body = {"kind": "Service", "metadata": {"name": "s"}, "spec": {}}
    assert causes(world.refused("POST", path, body)) == ["spec.ports: Required value"]
    world.ok("POST", path, {**body, "spec": {"ports": [{"port": 80}]}})
    patch = {"spec": {"clusterIP": "10.96.9.9", "clusterIPs": ["10.96.9.9"]}}
    status = world.refused("PATCH", f"{path}/s", patch, headers=MERGE)
    assert causes(status) == [
        'spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set'
    ]


def test_taint_effect_is_one_of_three(world):
    patch = {"spec": {"taints": [{"key": "a", "effect": "NoWay"}]}}
    status = world.refused("PATCH", "/api/v1/nodes/n1", patch, headers=STRATEGIC)
    assert causes(status) == [
        'metadata.taints[0].effect: Unsupported value: "NoWay": supported values: "NoSchedule", '
        '"PreferNoSchedule", "NoExecute"'
    ]


def test_immutable_configmap_keeps_its_promise(world):
    path = "/api/v1/namespaces/default/configmaps"
    world.ok("POST", path, {"metadata": {"name": "c"}, "data": {"a": "1"}, "immutable": True})
    status = world.refused("PATCH", f"{path}/c", {"data": {"a": "2"}}, headers=MERGE)
    assert causes(status) == [
        "data: Forbidden: field is immutable when `immutable` is set",
    ]
    status = world.refused("POST", path, {"metadata": {"name": "d"}, "data": {"a b": "1"}})
    assert causes(status)[0].startswith('data[a b]: Invalid value: "a b": a valid config key')


def test_components_are_trusted(world):
    assert world.api.create("pods", pod(containers=[{"name": "Not A Label"}]))
