"""The scale subresource of every kind that has one."""

import pytest

from tests.apiserver.world import DEPLOYMENTS, MERGE, deployment

SCALE = f"{DEPLOYMENTS}/web/scale"


def test_scale_shows_replicas_and_selector(world):
    world.api.create("deployments", deployment(replicas=2))
    scale = world.ok("GET", SCALE)
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"] == {"replicas": 0, "selector": "app=web"}


@pytest.mark.parametrize("resource", ["replicasets", "statefulsets"])
def test_the_other_workloads(world, resource):
    world.api.create(resource, deployment(replicas=2))
    path = f"/apis/apps/v1/namespaces/default/{resource}/web/scale"
    assert world.ok("PATCH", path, {"spec": {"replicas": 3}}, headers=MERGE)["spec"] == {
        "replicas": 3
    }
    assert world.api.get(resource, "default", "web")["spec"]["replicas"] == 3


def test_replication_controllers_have_a_plain_selector(world):
    controller = {
        "metadata": {"name": "rc", "namespace": "default"},
        "spec": {"replicas": 1, "selector": {"app": "a", "tier": "b"}},
    }
    world.api.create("replicationcontrollers", controller)
    path = "/api/v1/namespaces/default/replicationcontrollers/rc/scale"
    assert world.ok("GET", path)["status"]["selector"] == "app=a,tier=b"


def test_zero_is_left_out_as_go_does(world):
    world.api.create("deployments", deployment(replicas=0))
    assert world.ok("GET", SCALE)["spec"] == {}


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        (
            {"replicas": -1},
            422,
            'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater '
            "than or equal to 0",
        ),
        (
            {"replicas": "3"},
            400,
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into '
            "Go struct field ScaleSpec.spec.replicas of type int32",
        ),
    ],
)
def test_numbers_that_are_none(world, spec, code, message):
    world.api.create("deployments", deployment())
    status = world.refused("PATCH", SCALE, {"spec": spec}, headers=MERGE)
    assert (status["code"], status["message"]) == (code, message)


def test_stale_version_is_a_conflict(world):
    world.api.create("deployments", deployment())
    body = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 3}}
    assert world.refused("PUT", SCALE, body)["reason"] == "Conflict"
    assert world.api.get("deployments", "default", "web")["spec"]["replicas"] == 1


def test_a_scale_has_its_own_columns(world):
    world.api.create("deployments", deployment(replicas=2))
    assert world.rows(SCALE) == [["web", 2, 0, "0s"]]
