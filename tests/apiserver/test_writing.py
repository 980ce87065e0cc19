"""POST, PUT, PATCH and DELETE through the door, with the real refusals."""

import pytest

from tests.apiserver.world import (
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    PODS,
    STRATEGIC,
    deployment,
    pod,
)

NODE = "/api/v1/nodes/n1"


@pytest.fixture
def told(world):
    calls = []
    world.api.audit = lambda *call: calls.append(call[:4])
    return calls


def test_create_answers_201_with_the_stored_object(world, told):
    made = world.ok("POST", PODS, pod())
    assert made is world.api.get("pods", "default", "p")
    assert told == [("create", "pods", "default", "p")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}},
            'ConfigMap in version "v1" cannot be handled as a Pod: converting (v1.ConfigMap) to '
            "(core.Pod): unknown conversion",
        ),
        (
            {**pod(), "spec": {"containers": [{"name": 5}]}},
            'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go '
            "struct field Container.spec.containers.name of type string",
        ),
        (
            {**pod(), "spce": {}},
            'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field '
            '"spce"',
        ),
        (
            {**pod(), "metadata": {"name": "x", "namespace": "team"}},
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
    ],
)
def test_bodies_that_do_not_decode_are_bad_requests(world, body, message):
    status = world.refused("POST", PODS, body, fieldValidation="Strict")
    assert status["message"] == message
    assert status["reason"] == "BadRequest"


def test_unknown_field_is_named_with_its_place_and_can_be_a_warning(world):
    bad = deployment()
    bad["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    text = 'unknown field "spec.template.spec.containers[0].imagee"'
    assert text in world.refused("POST", DEPLOYMENTS, bad, fieldValidation="Strict")["message"]
    assert world.send("POST", DEPLOYMENTS, bad).warnings == (text,)


def test_missing_namespace_is_not_found(world):
    body = {**pod(), "metadata": {"name": "p"}}
    status = world.refused("POST", "/api/v1/namespaces/nosuchns/pods", body)
    assert status["message"] == 'namespaces "nosuchns" not found'


def test_invalid_pod_lists_every_cause(world):
    bad = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "Bad_Name"}}
    status = world.refused("POST", PODS, {**bad, "spec": {"containers": []}})
    assert status["reason"] == "Invalid"
    assert [one["field"] for one in status["details"]["causes"]] == [
        "metadata.name",
        "spec.containers",
    ]


def test_replace_checks_name_and_version(world, told):
    world.api.create("deployments", deployment())
    path = f"{DEPLOYMENTS}/web"
    held = world.ok("GET", path)
    assert (
        "does not match the name on the URL"
        in (world.refused("PUT", path, deployment("other"))["message"])
    )
    stale = {**held["metadata"], "resourceVersion": "1"}
    assert world.refused("PUT", path, {**held, "metadata": stale})["reason"] == "Conflict"
    changed = {**held, "spec": {**held["spec"], "replicas": 4}, "status": {"replicas": 99}}
    new = world.ok("PUT", path, changed)
    assert new["spec"]["replicas"] == 4
    assert "status" not in new
    assert told == [("update", "deployments", "default", "web")]


def test_cordon_is_a_strategic_patch(world, told):
    body = {"spec": {"unschedulable": True}}
    assert world.ok("PATCH", NODE, body, headers=STRATEGIC)["spec"] == {"unschedulable": True}
    world.ok("PATCH", NODE, body, headers=STRATEGIC)
    assert told == [("patch", "nodes", "", "n1")], "the second changed nothing"
    undone = world.ok("PATCH", NODE, {"spec": {"unschedulable": None}}, headers=STRATEGIC)
    assert undone["spec"] == {}


def test_merge_and_json_patch(world):
    world.api.create("deployments", deployment())
    path = f"{DEPLOYMENTS}/web"
    labelled = world.ok("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, headers=MERGE)
    assert labelled["metadata"]["labels"] == {"a": "b"}
    assert labelled["metadata"]["generation"] == 1
    operations = [{"op": "replace", "path": "/spec/replicas", "value": 3}]
    scaled = world.ok("PATCH", path, operations, headers=JSON_PATCH)
    assert scaled["metadata"]["generation"] == 2


def test_patches_that_do_not_fit_are_refused(world):
    world.api.create("deployments", deployment())
    path = f"{DEPLOYMENTS}/web"
    assert world.refused("PATCH", path, {}, headers={"content-type": "text/x"})["code"] == 415
    missing = [{"op": "remove", "path": "/spec/nope"}]
    status = world.refused("PATCH", path, missing, headers=JSON_PATCH)
    assert status["message"] == "the server rejected our request due to an error in our request"
    status = world.refused("PATCH", path, {"spec": {"replicas": "many"}}, headers=MERGE)
    assert (
        "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas"
        in (status["message"])
    )
    status = world.refused("PATCH", path, {"spec": {"replicas": -1}}, headers=STRATEGIC)
    assert status["message"] == (
        'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than '
        "or equal to 0"
    )
    assert world.refused("PATCH", f"{PODS}/no", {}, headers=MERGE)["reason"] == "NotFound"


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        (
            {"spec": {"replicas": "many"}},
            '"map[spec:map[replicas:many]]": unrecognized type: int32',
        ),
        (
            {"spec": {"selector": []}},
            '"map[spec:map[selector:[]]]": cannot restore struct from: slice',
        ),
        (
            {"metadata": {"labels": {"a": 1}}},
            '"map[metadata:map[labels:map[a:1]]]": cannot convert int64 to string',
        ),
        (
            {"spec": {"template": {"spec": {"nodeSelector": "x"}}}},
            '"map[spec:map[template:map[spec:map[nodeSelector:x]]]]": cannot restore map from string',
        ),
        (
            {"spec": {"zone": 1, "replica": 2}},
            '"map[spec:map[replica:2 zone:1]]": strict decoding error: unknown field "spec.replica", '
            'unknown field "spec.zone"',
        ),
    ],
)
def test_strategic_patches_are_read_by_a_decoder_of_their_own(world, patch, told):
    world.api.create("deployments", deployment())
    path = f"{DEPLOYMENTS}/web"
    status = world.refused("PATCH", path, patch, headers=STRATEGIC, fieldValidation="Strict")
    assert status["message"] == f' "" is invalid: patch: Invalid value: {told}'
    assert (status["code"], status["details"]["causes"][0]["field"]) == (422, "patch")


@pytest.mark.parametrize(
    "patch",
    [
        "text",
        [],
        {"spec": "text"},
        {"spec": {"containers": "text"}},
        {"spec": {"containers": ["text"]}},
        {"spec": {"containers": [{"name": "app", "env": {}}]}},
        {"metadata": "text"},
        {"metadata": {"labels": ["text"]}},
        {"metadata": {"labels": {"a": 1}}},
        {"spec": {"containers": [{"name": "app", "resources": {"limits": {"cpu": "x"}}}]}},
    ],
)
def test_nonsense_in_a_patch_is_refused_and_changes_nothing(world, patch):
    old = world.api.create("pods", pod())
    for headers in (STRATEGIC, MERGE):
        assert world.refused("PATCH", f"{PODS}/p", patch, headers=headers)["code"] < 500
    assert world.api.get("pods", "default", "p") is old


def test_pod_may_only_change_its_image_and_little_else(world):
    world.api.create("pods", pod(nodeName="n1"))
    image = {"spec": {"containers": [{"name": "app", "image": "other:2"}]}}
    assert world.ok("PATCH", f"{PODS}/p", image, headers=STRATEGIC)
    status = world.refused("PATCH", f"{PODS}/p", {"spec": {"nodeName": "n2"}}, headers=STRATEGIC)
    assert status["message"].startswith(
        'Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than '
        "`spec.containers[*].image`"
    )
    before, after = (
        '- \tNodeName:                     "n1",',
        '+ \tNodeName:                     "n2",',
    )
    assert f"{before}\n{after}\n" in status["message"]


def test_selector_of_a_deployment_is_immutable(world):
    world.api.create("deployments", deployment())
    body = {
        "spec": {
            "selector": {"matchLabels": {"app": "x"}},
            "template": {"metadata": {"labels": {"app": "x"}}},
        }
    }
    status = world.refused("PATCH", f"{DEPLOYMENTS}/web", body, headers=MERGE)
    assert status["message"] == (
        'Deployment.apps "web" is invalid: spec.selector: Invalid value: '
        '{"matchLabels":{"app":"x"}}: field is immutable'
    )


def test_dry_run_answers_and_stores_nothing(world, told):
    made = world.ok("POST", PODS, pod(), dryRun="All")
    assert made["metadata"]["uid"]
    assert world.api.list("pods") == []
    world.api.create("deployments", deployment())
    shown = world.ok(
        "PATCH", f"{DEPLOYMENTS}/web", {"spec": {"replicas": 5}}, headers=MERGE, dryRun="All"
    )
    assert shown["spec"]["replicas"] == 5
    world.ok("DELETE", f"{DEPLOYMENTS}/web", {"dryRun": ["All"]})
    assert world.api.get("deployments", "default", "web")["spec"]["replicas"] == 1
    assert told == []


def test_delete_of_a_pod_shows_it_terminating_and_others_get_a_status(world, told):
    world.api.create("pods", pod(nodeName="n1"))
    ending = world.ok("DELETE", f"{PODS}/p", {"gracePeriodSeconds": 5})
    assert ending["metadata"]["deletionGracePeriodSeconds"] == 5
    world.api.create("deployments", deployment())
    status = world.ok("DELETE", f"{DEPLOYMENTS}/web", {"propagationPolicy": "Background"})
    assert status["status"] == "Success"
    assert status["details"]["kind"] == "deployments"
    assert [call[0] for call in told] == ["delete", "delete"]


def test_delete_with_a_precondition_that_does_not_hold_is_a_conflict(world):
    world.api.create("pods", pod())
    body = {"preconditions": {"uid": "other"}}
    assert world.refused("DELETE", f"{PODS}/p", body)["reason"] == "Conflict"


def test_collection_is_deleted_by_selector(world):
    for name in ("a", "b"):
        world.api.create("pods", pod(name))
    world.ok("DELETE", PODS, fieldSelector="metadata.name=a")
    assert [one["metadata"]["name"] for one in world.api.list("pods")] == ["b"]


def test_methods_that_make_no_sense_are_not_allowed(world):
    for method, path in (("POST", f"{PODS}/p"), ("PUT", PODS), ("POST", "/version")):
        assert world.refused(method, path, pod())["reason"] == "MethodNotAllowed"


def test_components_do_not_appear_in_the_audit(world, told):
    world.api.create("pods", pod())
    world.ok("DELETE", f"{PODS}/p", user="kubelet")
    assert told == []
