"""Creating, replacing, the four kinds of patches, dry runs."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import (
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Place,
    configmap,
    pod,
    service,
)

# -- creating -------------------------------------------------------------------------------------


def test_a_generated_name_has_five_more_letters(place: Place) -> None:
    body = {"metadata": {"generateName": "made-"}}
    names = {place.ok("POST", place.at("configmaps"), body)["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("made-") and len(name) == 10 for name in names)


def test_no_name_at_all(place: Place) -> None:
    status = place.no(422, "POST", place.at("configmaps"), {"metadata": {}})
    assert "name or generateName is required" in status["message"]


def test_what_exists_cannot_be_created(place: Place) -> None:
    place.config("a")
    status = place.no(409, "POST", place.at("configmaps"), configmap("a"))
    assert status["reason"] == "AlreadyExists"
    assert status["message"] == 'configmaps "a" already exists'
    assert status["details"] == {"name": "a", "kind": "configmaps"}


def test_a_namespace_must_exist(place: Place) -> None:
    status = place.no(404, "POST", "/api/v1/namespaces/nosuchns/configmaps", configmap("a"))
    assert status["message"] == 'namespaces "nosuchns" not found'


def test_a_version_may_not_be_set_at_birth(place: Place) -> None:
    body = configmap("a", metadata={"resourceVersion": "5"})
    status = place.send("POST", place.at("configmaps"), body)
    assert status.code in (400, 500)
    assert "resourceVersion should not be set on objects to be created" in status.body["message"]


def test_the_namespace_of_body_and_path_must_agree(place: Place) -> None:
    body = configmap("a", metadata={"namespace": "other"})
    status = place.no(400, "POST", place.at("configmaps"), body)
    assert (
        status["message"]
        == "the namespace of the provided object does not match the namespace sent on the request"
    )


def test_kind_and_version_must_be_those_of_the_path(place: Place) -> None:
    status = place.no(400, "POST", place.at("pods"), configmap("a"))
    assert status["message"].startswith('ConfigMap in version "v1" cannot be handled as a Pod')


def test_identity_is_the_servers(place: Place) -> None:
    made = place.config("a", metadata={"uid": "mine", "creationTimestamp": "2000-01-01T00:00:00Z"})
    assert made["metadata"]["uid"] != "mine"
    assert not made["metadata"]["creationTimestamp"].startswith("2000")


# -- replacing ------------------------------------------------------------------------------------


def test_a_stale_version_conflicts(place: Place) -> None:
    first = place.config("a")
    place.ok("PATCH", place.at("configmaps", "a"), {"data": {"b": "2"}}, headers=MERGE)
    status = place.no(409, "PUT", place.at("configmaps", "a"), first)
    assert status["reason"] == "Conflict"
    assert status["message"] == (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )


def test_the_name_of_body_and_path_must_agree(place: Place) -> None:
    place.config("a")
    status = place.no(400, "PUT", place.at("configmaps", "a"), configmap("b"))
    assert status["message"] == "the name of the object (b) does not match the name on the URL (a)"


def test_what_is_missing_cannot_be_replaced(place: Place) -> None:
    place.no(
        404, "PUT", place.at("configmaps", "a"), configmap("a", metadata={"resourceVersion": "1"})
    ) if (place.server.version >= (1, 31)) else None
    assert place.no(404, "PUT", place.at("configmaps", "a"), configmap("a"))["reason"] == "NotFound"


def test_replacing_with_the_same_changes_nothing(place: Place) -> None:
    made = place.config("a")
    again = place.ok("PUT", place.at("configmaps", "a"), made)
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_generation_counts_changes_of_the_spec(place: Place, web: str) -> None:
    assert place.ok("GET", web)["metadata"]["generation"] == 1
    labelled = place.ok("PATCH", web, {"metadata": {"labels": {"a": "b"}}}, headers=MERGE)
    assert labelled["metadata"]["generation"] == 1
    changed = place.ok("PATCH", web, {"spec": {"minReadySeconds": 3}}, headers=MERGE)
    assert changed["metadata"]["generation"] == 2
    # pkg/registry/apps/deployment/strategy.go: of Deployments, annotations count as well
    noted = place.ok("PATCH", web, {"metadata": {"annotations": {"a": "b"}}}, headers=MERGE)
    assert noted["metadata"]["generation"] == 3


def test_a_write_of_the_object_leaves_the_status(place: Place, web: str) -> None:
    body = place.ok("GET", web)
    body = {**body, "status": {"replicas": 77}}
    body["metadata"].pop("resourceVersion")
    assert place.ok("PUT", web, body)["status"].get("replicas") != 77


# -- patches --------------------------------------------------------------------------------------


def test_a_json_patch(place: Place) -> None:
    place.config("a", data={"a": "1", "b": "2"})
    ops = [
        {"op": "test", "path": "/data/a", "value": "1"},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/metadata/annotations/x~1y", "value": "3"},
        {"op": "remove", "path": "/data/a"},
        {"op": "move", "from": "/data/b", "path": "/data/c"},
        {"op": "copy", "from": "/data/c", "path": "/data/d"},
        {"op": "replace", "path": "/data/c", "value": "9"},
    ]
    changed = place.ok("PATCH", place.at("configmaps", "a"), ops, headers=JSON_PATCH)
    assert changed["data"] == {"c": "9", "d": "2"}
    assert changed["metadata"]["annotations"] == {"x/y": "3"}


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (
            {"op": "remove", "path": "/data/zz"},
            "the server rejected our request due to an error in our request",
        ),
        (
            {"op": "test", "path": "/data/a", "value": "9"},
            "the server rejected our request due to an error in our request",
        ),
    ],
)
def test_a_json_patch_that_does_not_fit(place: Place, op: Obj, text: str) -> None:
    place.config("a")
    status = place.no(422, "PATCH", place.at("configmaps", "a"), [op], headers=JSON_PATCH)
    assert status["reason"] == "Invalid"
    assert text in status["message"]


def test_a_json_patch_that_replaces_what_is_missing_adds_it(place: Place) -> None:
    place.config("a", data={"a": "1"})
    ops = [{"op": "replace", "path": "/data/zz", "value": "2"}]
    changed = place.ok("PATCH", place.at("configmaps", "a"), ops, headers=JSON_PATCH)
    assert changed["data"] == {"a": "1", "zz": "2"}


def test_a_merge_patch_removes_with_null_and_replaces_lists(place: Place, web: str) -> None:
    place.config("a", data={"a": "1", "b": "2"})
    body = {"data": {"a": None, "c": "3"}}
    assert place.ok("PATCH", place.at("configmaps", "a"), body, headers=MERGE)["data"] == {
        "b": "2",
        "c": "3",
    }
    containers = [{"name": "other", "image": "x"}]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    changed = place.ok("PATCH", web, body, headers=MERGE)
    assert [c["name"] for c in changed["spec"]["template"]["spec"]["containers"]] == ["other"]


def test_a_strategic_patch_merges_by_key(place: Place, web: str) -> None:
    containers = [
        {"name": "main", "env": [{"name": "A", "value": "1"}]},
        {"name": "side", "image": "y"},
    ]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    changed = place.ok("PATCH", web, body, headers=STRATEGIC)
    got = {c["name"]: c for c in changed["spec"]["template"]["spec"]["containers"]}
    assert set(got) == {"main", "side"}
    assert got["main"]["command"] == ["sleep", "1000000"]
    assert got["main"]["env"] == [{"name": "A", "value": "1"}]
    body = {"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}}
    changed = place.ok("PATCH", web, body, headers=STRATEGIC)
    assert [c["name"] for c in changed["spec"]["template"]["spec"]["containers"]] == ["main"]


def test_strategic_order_and_keys_to_keep(place: Place, web: str) -> None:
    side = {"name": "side", "image": "y"}
    order = [{"name": "side"}, {"name": "main"}]
    inner: Obj = {"containers": [side], "$setElementOrder/containers": order}
    changed = place.ok("PATCH", web, {"spec": {"template": {"spec": inner}}}, headers=STRATEGIC)
    assert [c["name"] for c in changed["spec"]["template"]["spec"]["containers"]] == [
        "side",
        "main",
    ]
    strategy = {"$retainKeys": ["type"], "type": "Recreate"}
    changed = place.ok("PATCH", web, {"spec": {"strategy": strategy}}, headers=STRATEGIC)
    assert changed["spec"]["strategy"] == {"type": "Recreate"}


def test_strategic_ports_of_a_service_merge_by_port(place: Place) -> None:
    place.ok("POST", place.at("services"), service(ports=[{"name": "a", "port": 80}]))
    body = {"spec": {"ports": [{"name": "b", "port": 81}]}}
    changed = place.ok("PATCH", place.at("services", "s"), body, headers=STRATEGIC)
    assert sorted(port["port"] for port in changed["spec"]["ports"]) == [80, 81]


def test_a_patch_with_a_stale_version_conflicts(place: Place) -> None:
    first = place.config("a")
    place.ok("PATCH", place.at("configmaps", "a"), {"data": {"b": "2"}}, headers=MERGE)
    old = {
        "metadata": {"resourceVersion": first["metadata"]["resourceVersion"]},
        "data": {"b": "3"},
    }
    assert (
        place.no(409, "PATCH", place.at("configmaps", "a"), old, headers=MERGE)["reason"]
        == "Conflict"
    )


def test_an_empty_patch_changes_nothing(place: Place) -> None:
    made = place.config("a")
    again = place.ok("PATCH", place.at("configmaps", "a"), {}, headers=MERGE)
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_patch_of_an_unknown_type(place: Place) -> None:
    place.config("a")
    answer = place.send(
        "PATCH", place.at("configmaps", "a"), {}, headers={"content-type": "application/xml"}
    )
    assert answer.code == 415
    assert answer.body["reason"] == "UnsupportedMediaType"


def test_a_patch_of_what_is_missing(place: Place) -> None:
    status = place.no(404, "PATCH", place.at("configmaps", "a"), {"data": {}}, headers=MERGE)
    assert status["message"] == 'configmaps "a" not found'


def test_a_patch_cannot_rename(place: Place) -> None:
    place.config("a")
    body = {"metadata": {"name": "b"}}
    status = place.no(400, "PATCH", place.at("configmaps", "a"), body, headers=MERGE)
    assert "the name of the object (b) does not match the name on the URL (a)" in status["message"]


# -- dry runs -------------------------------------------------------------------------------------


def test_a_dry_run_answers_and_stores_nothing(place: Place) -> None:
    path = place.at("configmaps")
    made = place.send("POST", path, configmap("a"), dryRun="All")
    assert made.code == 201
    assert made.body["metadata"]["uid"]
    assert "resourceVersion" not in made.body["metadata"]
    place.no(404, "GET", f"{path}/a")
    place.config("a")
    changed = place.ok("PATCH", f"{path}/a", {"data": {"a": "2"}}, headers=MERGE, dryRun="All")
    assert changed["data"] == {"a": "2"}
    place.ok("DELETE", f"{path}/a", dryRun="All")
    assert place.ok("GET", f"{path}/a")["data"] == {"a": "1"}


def test_a_dry_run_is_all_or_wrong(place: Place) -> None:
    status = place.no(422, "POST", place.at("configmaps"), configmap("a"), dryRun="Some")
    assert status["message"].startswith(
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: '
    )
    assert status["message"].endswith(': supported values: "All"')


def test_a_dry_run_still_validates(place: Place) -> None:
    place.no(422, "POST", place.at("pods"), pod("Bad_Name"), dryRun="All")
