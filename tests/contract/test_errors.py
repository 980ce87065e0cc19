"""What is refused, with which code, reason and words."""

from __future__ import annotations

import pytest

from tests.contract.place import MERGE, Place


@pytest.mark.parametrize(
    ("path", "message", "details"),
    [
        (
            "/api/v1/namespaces/default/pods/nope",
            'pods "nope" not found',
            {"name": "nope", "kind": "pods"},
        ),
        (
            "/api/v1/namespaces/nope",
            'namespaces "nope" not found',
            {"name": "nope", "kind": "namespaces"},
        ),
        ("/api/v1/nodes/nope", 'nodes "nope" not found', {"name": "nope", "kind": "nodes"}),
        (
            "/apis/apps/v1/namespaces/default/deployments/nope",
            'deployments.apps "nope" not found',
            {"name": "nope", "group": "apps", "kind": "deployments"},
        ),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/nope",
            'clusterroles.rbac.authorization.k8s.io "nope" not found',
            {"name": "nope", "group": "rbac.authorization.k8s.io", "kind": "clusterroles"},
        ),
    ],
)
def test_not_found(place: Place, path: str, message: str, details: dict[str, str]) -> None:
    status = place.no(404, "GET", path)
    assert (status["message"], status["reason"]) == (message, "NotFound")
    assert status["details"] == details
    assert status["metadata"] == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v1/namespaces/default/pods"),
        ("PATCH", "/api/v1/namespaces/default/pods"),
        ("POST", "/api/v1/namespaces/default/pods/x"),
        ("POST", "/api/v1/pods"),
        ("DELETE", "/api/v1/pods"),
        ("POST", "/api/v1/namespaces/default/pods/x/log"),
    ],
)
def test_methods_that_do_not_fit(place: Place, method: str, path: str) -> None:
    body = {} if method != "DELETE" else None
    status = place.no(405, method, path, body)
    assert status["reason"] == "MethodNotAllowed"
    assert status["message"] == "the server does not allow this method on the requested resource"
    assert status["details"] == {}


def test_a_subresource_that_does_not_exist(place: Place) -> None:
    place.config("a")
    status = place.no(404, "GET", place.at("configmaps", "a", "scale"))
    assert status["message"] == "the server could not find the requested resource"


def test_a_namespaced_resource_has_no_place_without_its_namespace(place: Place) -> None:
    place.no(405, "POST", "/apis/apps/v1/deployments", {})
    place.no(404, "GET", "/apis/apps/v1/deployments/web")


def test_a_cluster_resource_has_no_place_in_a_namespace(place: Place) -> None:
    place.no(404, "GET", place.at("nodes"))


def test_a_missing_body(place: Place) -> None:
    answer = place.send("POST", place.at("configmaps"))
    assert answer.code in (400, 415)


def test_several_things_wrong_at_once(place: Place) -> None:
    body = {"metadata": {"name": "Bad_Name"}, "spec": {"containers": []}}
    status = place.no(422, "POST", place.at("pods"), body)
    assert status["message"].startswith(
        'Pod "Bad_Name" is invalid: [metadata.name: Invalid value: "Bad_Name": '
    )
    assert status["message"].endswith(", spec.containers: Required value]")
    assert status["details"]["name"] == "Bad_Name"
    assert status["details"]["kind"] == "Pod"
    causes = [(cause["reason"], cause["field"]) for cause in status["details"]["causes"]]
    assert causes == [
        ("FieldValueInvalid", "metadata.name"),
        ("FieldValueRequired", "spec.containers"),
    ]


def test_the_group_of_a_kind_is_told(place: Place) -> None:
    path = place.at("deployments", group="apps/v1")
    status = place.no(422, "POST", path, {"metadata": {"name": "web"}, "spec": {"selector": {}}})
    assert status["message"].startswith('Deployment.apps "web" is invalid: ')
    assert status["details"]["group"] == "apps"
    assert status["details"]["kind"] == "Deployment"


@pytest.mark.parametrize("body", [{"spec": {"replicas": "x"}}, {"spec": []}])
def test_a_patch_of_a_wrong_type(place: Place, body: object) -> None:
    from tests.contract.place import deployment

    path = place.at("deployments", group="apps/v1")
    place.ok("POST", path, deployment("web", 0))
    status = place.no(422, "PATCH", f"{path}/web", body, headers=MERGE)
    # apiserver/pkg/endpoints/handlers/patch.go: an Invalid of no kind, about the whole patched object
    assert status["message"].startswith(' "" is invalid: patch: Invalid value: "{')
    if place.server.version >= (1, 23):
        assert "json: cannot unmarshal" in status["message"]
