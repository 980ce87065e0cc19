"""What a client asks first: which groups, kinds and verbs there are, the version, the health."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.kinds import KINDS
from tests.contract.servers import Server

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
SHORT = {
    "pods": ["po"],
    "services": ["svc"],
    "nodes": ["no"],
    "namespaces": ["ns"],
    "configmaps": ["cm"],
    "endpoints": ["ep"],
    "events": ["ev"],
    "persistentvolumeclaims": ["pvc"],
    "persistentvolumes": ["pv"],
    "replicationcontrollers": ["rc"],
    "resourcequotas": ["quota"],
    "limitranges": ["limits"],
    "serviceaccounts": ["sa"],
    "secrets": None,
}
SUBRESOURCES = {
    "v1": {
        "pods/attach": ("PodAttachOptions", {"create", "get"}),
        "pods/binding": ("Binding", {"create"}),
        "pods/eviction": ("Eviction", {"create"}),
        "pods/exec": ("PodExecOptions", {"create", "get"}),
        "pods/log": ("Pod", {"get"}),
        "pods/portforward": ("PodPortForwardOptions", {"create", "get"}),
        "pods/status": ("Pod", {"get", "patch", "update"}),
        "nodes/status": ("Node", {"get", "patch", "update"}),
        "namespaces/finalize": ("Namespace", {"update"}),
        "serviceaccounts/token": ("TokenRequest", {"create"}),
        "replicationcontrollers/scale": ("Scale", {"get", "patch", "update"}),
    },
    "apps/v1": {
        "deployments/scale": ("Scale", {"get", "patch", "update"}),
        "deployments/status": ("Deployment", {"get", "patch", "update"}),
        "statefulsets/scale": ("Scale", {"get", "patch", "update"}),
        "replicasets/scale": ("Scale", {"get", "patch", "update"}),
        "daemonsets/status": ("DaemonSet", {"get", "patch", "update"}),
    },
}


def get(server: Server, path: str, code: int = 200, **more: Any) -> Any:
    answer = server.send("GET", path, **more)
    assert answer.code == code, answer.body
    return answer.body


def group_path(group_version: str) -> str:
    return f"/api/{group_version}" if "/" not in group_version else f"/apis/{group_version}"


def test_the_core_group_lists_v1(server: Server) -> None:
    body = get(server, "/api")
    assert body["kind"] == "APIVersions"
    assert body["versions"] == ["v1"]


def test_groups_name_their_versions_and_the_preferred_one(server: Server) -> None:
    body = get(server, "/apis")
    assert (body["kind"], body["apiVersion"]) == ("APIGroupList", "v1")
    groups = {group["name"]: group for group in body["groups"]}
    assert groups["apps"]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert groups["apps"]["versions"] == [{"groupVersion": "apps/v1", "version": "v1"}]
    one = get(server, "/apis/apps")
    assert one["kind"] == "APIGroup"
    assert one["preferredVersion"]["version"] == "v1"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_every_kind_is_listed(server: Server, kind: Any) -> None:
    if server.version < tuple(int(part) for part in kind.since.split(".")):
        pytest.skip(f"since {kind.since}")
    body = get(server, group_path(kind.group_version))
    assert (body["kind"], body["groupVersion"]) == ("APIResourceList", kind.group_version)
    found = next(one for one in body["resources"] if one["name"] == kind.plural)
    assert found["kind"] == kind.kind
    assert found["namespaced"] is kind.namespaced
    verbs = {"create", "delete", "get", "list", "patch", "update", "watch"}
    assert verbs <= set(found["verbs"])
    # services joined in 1.23
    if server.version >= (1, 23):
        assert ("deletecollection" in found["verbs"]) is (kind.plural != "namespaces")


@pytest.mark.parametrize("plural", SHORT)
def test_short_names(server: Server, plural: str) -> None:
    found = next(one for one in get(server, "/api/v1")["resources"] if one["name"] == plural)
    assert found.get("shortNames") == SHORT[plural]


@pytest.mark.parametrize(
    ("group_version", "name"), [(gv, name) for gv, names in SUBRESOURCES.items() for name in names]
)
def test_subresources_are_listed(server: Server, group_version: str, name: str) -> None:
    kind, verbs = SUBRESOURCES[group_version][name]
    resources = get(server, group_path(group_version))["resources"]
    found = next(one for one in resources if one["name"] == name)
    assert found["kind"] == kind
    assert set(found["verbs"]) == verbs


def test_all_is_a_category(server: Server) -> None:
    resources = get(server, "/apis/apps/v1")["resources"]
    found = {one["name"] for one in resources if "all" in one.get("categories", ())}
    assert found == {"daemonsets", "deployments", "replicasets", "statefulsets"}


@pytest.mark.since("1.30")
@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_aggregated_discovery(server: Server, path: str) -> None:
    answer = server.send("GET", path, headers={"accept": AGGREGATED})
    assert (
        answer.content_type
        == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    )
    assert answer.body["kind"] == "APIGroupDiscoveryList"
    assert answer.body["apiVersion"] == "apidiscovery.k8s.io/v2"
    groups = {group["metadata"].get("name", ""): group for group in answer.body["items"]}
    version = groups["" if path == "/api" else "apps"]["versions"][0]
    assert (version["version"], version["freshness"]) == ("v1", "Current")
    name = "pods" if path == "/api" else "deployments"
    found = next(one for one in version["resources"] if one["resource"] == name)
    assert found["scope"] == "Namespaced"
    assert found["singularResource"] == name[:-1]
    assert found["responseKind"]["kind"] == name[:-1].capitalize()
    assert "status" in {one["subresource"] for one in found["subresources"]}


def test_version(server: Server) -> None:
    body = get(server, "/version")
    assert body["gitVersion"].startswith(f"v{body['major']}.{body['minor'].rstrip('+')}.")
    expected = {"gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"}
    assert expected <= set(body)


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_health(server: Server, path: str) -> None:
    assert get(server, path) == "ok"
    told = get(server, path, verbose="true")
    assert "[+]ping ok\n" in told
    assert told.rstrip().endswith(f"{path[1:]} check passed")


@pytest.mark.since("1.24")
def test_openapi_v3_lists_documents_that_declare_field_validation(server: Server) -> None:
    index = get(server, "/openapi/v3")
    assert {"api/v1", "apis/apps/v1", "apis/batch/v1"} <= set(index["paths"])
    url = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
    assert url.startswith("/openapi/v3/apis/apps/v1?hash=")
    document = get(server, "/openapi/v3/apis/apps/v1")
    assert document["openapi"].startswith("3.0")
    assert "io.k8s.api.apps.v1.Deployment" in document["components"]["schemas"]
    path = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]
    names = {parameter["name"] for parameter in path["post"]["parameters"]}
    assert {"dryRun", "fieldManager", "fieldValidation"} <= names
    assert path["post"]["x-kubernetes-group-version-kind"] == {
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
    }


@pytest.mark.parametrize(
    "path", ["/nope", "/apis/nope.example.com/v1", "/apis/nope.example.com/v1/things"]
)
def test_a_path_outside_the_api_is_plain_text(server: Server, path: str) -> None:
    answer = server.send("GET", path)
    assert answer.code == 404
    if server.version < (1, 23) and path == "/nope":  # lists the paths there are
        return
    assert answer.body == "404 page not found\n"
    assert answer.content_type.startswith("text/plain")


def test_an_unknown_resource_of_a_known_group_is_a_status(server: Server) -> None:
    status: Obj = get(server, "/api/v1/namespaces/default/unicorns", 404)
    assert status["reason"] == "NotFound"
    assert status["message"] == "the server could not find the requested resource"
    assert status["details"] == {}


def test_the_root_lists_paths(server: Server) -> None:
    paths = get(server, "/")["paths"]
    assert {
        "/api",
        "/api/v1",
        "/apis",
        "/apis/apps",
        "/apis/apps/v1",
        "/healthz",
        "/version",
    } <= set(paths)
