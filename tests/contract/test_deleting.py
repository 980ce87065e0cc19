"""Deleting: what answers, preconditions, grace, finalizers, owners, whole collections, namespaces."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import JSON_PATCH, MERGE, Place, configmap, deployment, pod


def test_the_answer_is_a_status_with_the_uid(place: Place) -> None:
    made = place.config("a")
    body = place.ok("DELETE", place.at("configmaps", "a"))
    assert (body["kind"], body["status"]) == ("Status", "Success")
    assert body["details"] == {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]}


@pytest.mark.parametrize(("field", "value"), [("uid", "other"), ("resourceVersion", "1")])
def test_preconditions(place: Place, field: str, value: str) -> None:
    place.config("a")
    body = {"preconditions": {field: value}}
    status = place.no(409, "DELETE", place.at("configmaps", "a"), body)
    assert status["reason"] == "Conflict"
    word = {"uid": "UID", "resourceVersion": "ResourceVersion"}[field]
    assert (
        f"the {word} in the precondition ({value}) does not match the {word} in record ("
        in status["message"]
    )


def test_a_finalizer_holds_it(place: Place) -> None:
    path = place.at("configmaps", "a")
    place.config("a", metadata={"finalizers": ["example.com/hold"]})
    answer = place.send("DELETE", path)
    assert answer.code == 200
    assert answer.body["kind"] == "ConfigMap"
    assert answer.body["metadata"]["deletionTimestamp"]
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 0
    status = place.no(
        422, "PATCH", path, {"metadata": {"finalizers": ["example.com/hold", "b/c"]}}, headers=MERGE
    )
    assert "no new finalizers can be added if the object is being deleted" in status["message"]
    place.ok("PATCH", path, [{"op": "remove", "path": "/metadata/finalizers"}], headers=JSON_PATCH)
    place.no(404, "GET", path)


def test_a_pod_goes_in_its_grace(place: Place) -> None:
    place.running("p", terminationGracePeriodSeconds=5)
    answer = place.send("DELETE", place.at("pods", "p"))
    assert answer.code == 200
    assert answer.body["kind"] == "Pod"
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 5
    assert answer.body["metadata"]["deletionTimestamp"]
    place.wait(lambda: place.send("GET", place.at("pods", "p")).code == 404)


def test_a_pod_goes_at_once_without_grace(place: Place) -> None:
    place.running("p", terminationGracePeriodSeconds=300)
    place.ok("DELETE", place.at("pods", "p"), {"gracePeriodSeconds": 0})
    place.no(404, "GET", place.at("pods", "p"))


def test_a_pod_without_a_node_goes_at_once(place: Place) -> None:
    place.ok("POST", place.at("pods"), pod("p", nodeSelector={"nowhere": "x"}))
    place.ok("DELETE", place.at("pods", "p"))
    place.no(404, "GET", place.at("pods", "p"))


def test_grace_may_stand_in_the_query(place: Place) -> None:
    place.running("p", terminationGracePeriodSeconds=300)
    answer = place.send("DELETE", place.at("pods", "p"), gracePeriodSeconds=7)
    assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 7


# -- owners ------------------------------------------------------------------------------------------


def owned(place: Place, owner: Obj, *, block: bool = True) -> None:
    """Create a ConfigMap `child` of *owner*."""
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": block,
    }
    place.config("child", metadata={"ownerReferences": [reference]})


def gone(place: Place, name: str) -> bool:
    return place.send("GET", place.at("configmaps", name)).code == 404


def test_in_the_background_children_go_after(place: Place) -> None:
    owned(place, place.config("a"))
    place.ok("DELETE", place.at("configmaps", "a"), {"propagationPolicy": "Background"})
    assert gone(place, "a")
    place.wait(lambda: gone(place, "child"))


def test_orphans_stay_and_forget(place: Place) -> None:
    owned(place, place.config("a"))
    place.ok("DELETE", place.at("configmaps", "a"), {"propagationPolicy": "Orphan"})
    place.wait(lambda: gone(place, "a"))
    child = place.ok("GET", place.at("configmaps", "child"))
    assert "ownerReferences" not in child["metadata"]


def test_in_the_foreground_children_go_first(place: Place) -> None:
    owned(place, place.config("a"))
    hold = {"metadata": {"finalizers": ["example.com/hold"]}}
    place.ok("PATCH", place.at("configmaps", "child"), hold, headers=MERGE)
    place.ok("DELETE", place.at("configmaps", "a"), {"propagationPolicy": "Foreground"})
    kept = place.ok("GET", place.at("configmaps", "a"))
    assert kept["metadata"]["finalizers"] == ["foregroundDeletion"]
    place.wait(
        lambda: "deletionTimestamp" in place.ok("GET", place.at("configmaps", "child"))["metadata"]
    )
    place.ok(
        "PATCH", place.at("configmaps", "child"), {"metadata": {"finalizers": None}}, headers=MERGE
    )
    place.wait(lambda: gone(place, "a"))


def test_a_deployment_takes_its_pods_along(place: Place) -> None:
    path = place.at("deployments", group="apps/v1")
    place.ok("POST", path, deployment("web", 2))
    place.wait(lambda: len(place.names(place.at("pods"))) == 2)
    place.ok("DELETE", f"{path}/web")
    place.wait(lambda: not place.names(place.at("pods")))
    assert place.names(place.at("replicasets", group="apps/v1")) == []


def test_a_child_of_nobody_is_collected(place: Place) -> None:
    owned(place, {"metadata": {"name": "never", "uid": "00000000-0000-0000-0000-000000000000"}})
    place.wait(lambda: gone(place, "child"))


def test_options_that_make_no_sense(place: Place) -> None:
    place.config("a")
    status = place.no(422, "DELETE", place.at("configmaps", "a"), {"propagationPolicy": "Sideways"})
    assert 'Unsupported value: "Sideways"' in status["message"] or "Sideways" in status["message"]
    both = {"propagationPolicy": "Orphan", "orphanDependents": True}
    status = place.no(422, "DELETE", place.at("configmaps", "a"), both)
    assert "orphanDependents and deletionPropagation cannot be both set" in status["message"]


# -- collections -------------------------------------------------------------------------------------


def test_a_collection_by_selector(place: Place) -> None:
    for name, on in (("a", "yes"), ("b", "no"), ("c", "yes")):
        place.config(name, metadata={"labels": {"on": on}})
    answer = place.send("DELETE", place.at("configmaps"), labelSelector="on=yes")
    assert answer.code == 200
    assert answer.body["kind"] == "ConfigMapList"
    assert [one["metadata"]["name"] for one in answer.body["items"]] == ["a", "c"]
    assert place.names(place.at("configmaps"), labelSelector="on") == ["b"]


def test_an_empty_collection(place: Place) -> None:
    answer = place.send("DELETE", place.at("configmaps"), fieldSelector="metadata.name=nope")
    assert (answer.code, answer.body["items"]) == (200, [])


def test_namespaces_have_no_collection_to_delete(place: Place) -> None:
    assert place.no(405, "DELETE", "/api/v1/namespaces")["reason"] == "MethodNotAllowed"


# -- namespaces --------------------------------------------------------------------------------------


def test_a_namespace_is_emptied_and_goes(place: Place) -> None:
    name = f"{place.name}-more"
    path = f"/api/v1/namespaces/{name}"
    made = place.ok("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    assert made["spec"]["finalizers"] == ["kubernetes"]
    assert made["status"]["phase"] == "Active"
    if place.server.version >= (1, 21):
        assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": name}
    held = configmap("a", metadata={"finalizers": ["example.com/hold"]})
    place.ok("POST", f"{path}/configmaps", held)
    answer = place.send("DELETE", path)
    assert answer.code == 200
    assert answer.body["status"]["phase"] == "Terminating"
    place.wait(lambda: "deletionTimestamp" in place.ok("GET", f"{path}/configmaps/a")["metadata"])
    status = place.no(403, "POST", f"{path}/configmaps", configmap("b"))
    assert (
        f"unable to create new content in namespace {name} because it is being terminated"
        in status["message"]
    )
    assert status["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    place.ok("PATCH", f"{path}/configmaps/a", {"metadata": {"finalizers": None}}, headers=MERGE)
    place.wait(lambda: place.send("GET", path).code == 404)


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_some_namespaces_cannot_be_deleted(place: Place, name: str) -> None:
    status = place.no(403, "DELETE", f"/api/v1/namespaces/{name}")
    assert (
        status["message"] == f'namespaces "{name}" is forbidden: this namespace may not be deleted'
    )


def test_claims_and_volumes_are_protected(place: Place) -> None:
    path = place.at("persistentvolumeclaims")
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    made = place.ok("POST", path, {"metadata": {"name": "c"}, "spec": spec})
    assert made["status"]["phase"] == "Pending"
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
