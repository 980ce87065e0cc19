"""Server-side apply: who owns which field, and what happens when two want the same."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import APPLY, MERGE, Place, configmap, deployment

pytestmark = pytest.mark.since("1.20")


def apply(place: Place, path: str, body: Obj, manager: str = "one", **more: Any) -> Obj:
    """Apply *body* as *manager*."""
    made: Obj = place.ok("PATCH", path, body, headers=APPLY, fieldManager=manager, **more)
    return made


def owned(obj: Obj, manager: str) -> Any:
    """Return what *manager* owns, or None."""
    for entry in obj["metadata"].get("managedFields", ()):
        if entry["manager"] == manager:
            return entry["fieldsV1"]
    return None


def test_applying_creates(place: Place) -> None:
    path = place.at("configmaps", "a")
    answer = place.send("PATCH", path, configmap("a"), headers=APPLY, fieldManager="one")
    assert answer.code == 201
    entry = answer.body["metadata"]["managedFields"][0]
    assert (entry["manager"], entry["operation"], entry["apiVersion"]) == ("one", "Apply", "v1")
    assert entry["fieldsType"] == "FieldsV1"
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}}
    again = place.send("PATCH", path, configmap("a"), headers=APPLY, fieldManager="one")
    assert again.code == 200
    assert again.body["metadata"]["resourceVersion"] == answer.body["metadata"]["resourceVersion"]


def test_what_is_no_longer_applied_goes(place: Place) -> None:
    path = place.at("configmaps", "a")
    apply(place, path, configmap("a", data={"a": "1", "b": "2"}))
    assert apply(place, path, configmap("a", data={"b": "2"}))["data"] == {"b": "2"}


def test_a_conflict_names_field_and_owner(place: Place) -> None:
    path = place.at("configmaps", "a")
    apply(place, path, configmap("a"))
    body = configmap("a", data={"a": "2"})
    status = place.no(409, "PATCH", path, body, headers=APPLY, fieldManager="two")
    assert status["reason"] == "Conflict"
    assert status["message"].startswith('Apply failed with 1 conflict: conflict with "one"')
    assert status["message"].endswith(": .data.a")
    cause = status["details"]["causes"][0]
    assert cause["reason"] == "FieldManagerConflict"
    assert cause["field"] == ".data.a"
    assert cause["message"].startswith('conflict with "one"')


def test_force_takes_the_field_over(place: Place) -> None:
    path = place.at("configmaps", "a")
    apply(place, path, configmap("a", data={"a": "1", "b": "1"}))
    made = apply(place, path, configmap("a", data={"a": "2"}), "two", force=True)
    assert made["data"] == {"a": "2", "b": "1"}
    assert owned(made, "two") == {"f:data": {"f:a": {}}}
    assert owned(made, "one") == {"f:data": {"f:b": {}}}


def test_the_same_value_is_shared(place: Place) -> None:
    path = place.at("configmaps", "a")
    apply(place, path, configmap("a"))
    made = apply(place, path, configmap("a"), "two")
    assert owned(made, "one") == owned(made, "two") == {"f:data": {"f:a": {}}}
    left = apply(place, path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
    assert left["data"] == {"a": "1"}


def test_an_update_takes_ownership(place: Place) -> None:
    path = place.at("configmaps", "a")
    apply(place, path, configmap("a"))
    made = place.ok("PATCH", path, {"data": {"a": "9"}}, headers=MERGE, fieldManager="hand")
    assert owned(made, "hand") == {"f:data": {"f:a": {}}}
    status = place.no(409, "PATCH", path, configmap("a"), headers=APPLY, fieldManager="one")
    assert 'conflict with "hand" using v1' in status["message"]


def test_lists_with_keys_merge_between_owners(place: Place) -> None:
    path = place.at("deployments", "web", group="apps/v1")
    apply(place, path, deployment("web", 0))
    side = {"name": "side", "image": "x"}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"spec": {"containers": [side]}}},
    }
    made = apply(place, path, body, "two")
    containers = made["spec"]["template"]["spec"]["containers"]
    assert [c["name"] for c in containers] == ["main", "side"]
    mine = owned(made, "two")["f:spec"]["f:template"]["f:spec"]["f:containers"]
    assert mine == {'k:{"name":"side"}': {".": {}, "f:image": {}, "f:name": {}}}
    body["spec"] = {}
    left = apply(place, path, body, "two")
    assert [c["name"] for c in left["spec"]["template"]["spec"]["containers"]] == ["main"]


def test_a_manager_is_needed(place: Place) -> None:
    status = place.no(422, "PATCH", place.at("configmaps", "a"), configmap("a"), headers=APPLY)
    assert status["reason"] == "Invalid"
    assert "fieldManager: Required value: is required for apply patch" in status["message"]


def test_managed_fields_may_not_be_applied(place: Place) -> None:
    body = configmap("a", metadata={"managedFields": [{"manager": "x"}]})
    status = place.no(
        400, "PATCH", place.at("configmaps", "a"), body, headers=APPLY, fieldManager="one"
    )
    assert "metadata.managedFields must be nil" in status["message"]


def test_a_stale_version_conflicts(place: Place) -> None:
    made = place.config("a")
    place.ok("PATCH", place.at("configmaps", "a"), {"data": {"z": "1"}}, headers=MERGE)
    body = configmap(
        "a", metadata={"resourceVersion": made["metadata"]["resourceVersion"]}, data={"y": "1"}
    )
    place.no(
        409,
        "PATCH",
        place.at("configmaps", "a"),
        body,
        headers=APPLY,
        fieldManager="one",
        force=True,
    )


def test_a_dry_run_stores_nothing(place: Place) -> None:
    path = place.at("configmaps", "a")
    place.send("PATCH", path, configmap("a"), headers=APPLY, fieldManager="one", dryRun="All")
    place.no(404, "GET", path)


def test_creates_and_updates_are_recorded_too(place: Place) -> None:
    made = place.ok("POST", place.at("configmaps"), configmap("a"), fieldManager="hand")
    entry = made["metadata"]["managedFields"][0]
    assert (entry["manager"], entry["operation"]) == ("hand", "Update")
    assert entry["fieldsV1"] == {"f:data": {".": {}, "f:a": {}}}
    assert entry["time"].endswith("Z")


def test_the_status_has_owners_of_its_own(place: Place) -> None:
    place.running("p")
    entries = place.ok("GET", place.at("pods", "p"))["metadata"]["managedFields"]
    kubelet = next(entry for entry in entries if entry["manager"] == "kubelet")
    assert "f:status" in kubelet["fieldsV1"]
    if place.server.version >= (1, 22):
        assert kubelet.get("subresource") == "status"


def test_applying_strictly(place: Place) -> None:
    if place.server.version < (1, 27):
        pytest.skip("since 1.27")
    body = {**configmap("a"), "datta": {}}
    answer = place.send(
        "PATCH",
        place.at("configmaps", "a"),
        body,
        headers=APPLY,
        fieldManager="one",
        fieldValidation="Strict",
    )
    assert answer.code in (400, 500)
    assert "datta" in answer.body["message"]
