"""Writes through a subresource reach their part of a pod and nothing else."""

import pytest

from tests.apiserver.world import PODS, STRATEGIC, World, pod

DEBUGGER = {"name": "debugger", "image": "busybox", "targetContainerName": "app"}


@pytest.fixture
def running(world: World) -> World:
    world.api.create("pods", pod(nodeName="n1"))
    return world


def add(world: World, *containers, **more):
    body = {"spec": {"ephemeralContainers": list(containers), **more}}
    return world.send("PATCH", f"{PODS}/p/ephemeralcontainers", body, headers=STRATEGIC)


def test_ephemeral_container_is_added_and_nothing_else_changes(running):
    answer = add(running, DEBUGGER, priority=9)
    assert answer.code == 200, answer.body
    assert [one["name"] for one in answer.body["spec"]["ephemeralContainers"]] == ["debugger"]
    assert answer.body["spec"]["priority"] == 0


def test_ephemeral_containers_stay_as_they_are(running):
    add(running, DEBUGGER)
    changed = add(running, {**DEBUGGER, "image": "other"}).body
    assert 'existing ephemeral containers "debugger" may not be changed' in changed["message"]
    held = running.ok("GET", f"{PODS}/p")
    without = {**held, "spec": {k: v for k, v in held["spec"].items() if k[0] != "e"}}
    gone = running.refused("PUT", f"{PODS}/p/ephemeralcontainers", without)
    assert 'existing ephemeral containers "debugger" may not be removed' in gone["message"]


def test_resize_changes_resources_only(running):
    container = {"name": "app", "image": "x", "resources": {"limits": {"cpu": "2"}}}
    body = {"spec": {"containers": [container]}}
    shown = running.ok("PATCH", f"{PODS}/p/resize", body, headers=STRATEGIC)
    (held,) = shown["spec"]["containers"]
    assert held["resources"]["limits"] == {"cpu": "2"}
    assert held["image"] == "registry.local/app:v1"


def test_binding_by_pod_or_by_collection(world):
    for name, path in (("a", f"{PODS}/a/binding"), ("b", PODS.replace("pods", "bindings"))):
        world.api.create("pods", pod(name))
        body = {"kind": "Binding", "metadata": {"name": name}, "target": {"name": "n1"}}
        assert world.ok("POST", path, body)["status"] == "Success"
        assert world.api.get("pods", "default", name)["spec"]["nodeName"] == "n1"
    assert (
        "target.name: Required value" in world.refused("POST", f"{PODS}/a/binding", {})["message"]
    )


def test_a_signing_request_is_approved_by_its_subresource(world):
    path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    spec = {"request": "eA==", "signerName": "example.com/x", "usages": ["client auth"]}
    world.api.create("certificatesigningrequests", {"metadata": {"name": "c"}, "spec": spec})
    held = world.ok("GET", f"{path}/c/approval")
    condition = {"type": "Approved", "status": "True", "reason": "KubectlApprove"}
    body = {**held, "status": {"conditions": [condition]}, "spec": {**spec, "signerName": "y/z"}}
    shown = world.ok("PUT", f"{path}/c/approval", body)
    assert shown["status"]["conditions"] == [condition]
    assert shown["spec"]["signerName"] == "example.com/x"


def test_a_namespace_goes_when_its_finalizers_are_taken_off(world):
    world.api.create("namespaces", {"metadata": {"name": "x"}})
    held = world.api.create(
        "configmaps", {"metadata": {"name": "c", "namespace": "x", "finalizers": ["a/b"]}}
    )
    assert world.ok("DELETE", "/api/v1/namespaces/x")["status"]["phase"] == "Terminating"
    assert held["metadata"]["finalizers"] == ["a/b"]
    world.ok("PUT", "/api/v1/namespaces/x/finalize", {"spec": {"finalizers": ["kubernetes"]}})
    assert world.send("GET", "/api/v1/namespaces/x").code == 200
    world.ok("PUT", "/api/v1/namespaces/x/finalize", {"spec": {}})
    assert world.send("GET", "/api/v1/namespaces/x").code == 404
