"""Paths, verbs, refusals and pages of the REST client."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import ApiResponse, ExecRequest
from sim.client.discovery import Resource
from sim.client.rest import (
    JSON_PATCH,
    ApiStatusError,
    RestClient,
    collection_path,
    object_path,
    status_of,
    with_kinds,
)
from tests.kubectl.cluster import Cluster

PODS = Resource("", "v1", "pods", "Pod", "pod", namespaced=True)
NODES = Resource("", "v1", "nodes", "Node", "node", namespaced=False)
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment", "deployment", namespaced=True)


@pytest.fixture
def client(cluster: Cluster) -> RestClient:
    return RestClient(cluster.transport)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (collection_path(PODS, "shop"), "/api/v1/namespaces/shop/pods"),
        (collection_path(PODS), "/api/v1/pods"),
        (collection_path(NODES, "shop"), "/api/v1/nodes"),
        (object_path(DEPLOYMENTS, "shop", "web"), "/apis/apps/v1/namespaces/shop/deployments/web"),
        (object_path(NODES, "", "n", "status"), "/api/v1/nodes/n/status"),
        (object_path(PODS, "shop", "a", "log"), "/api/v1/namespaces/shop/pods/a/log"),
    ],
)
def test_paths(path: str, text: str) -> None:
    assert path == text


def test_an_object_goes_through_all_verbs(client: RestClient) -> None:
    path = collection_path(PODS, "shop")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "box"},
        "spec": {"containers": [{"name": "main", "image": "busybox"}]},
    }

    made = client.create(path, pod)
    patched = client.patch(f"{path}/box", {"metadata": {"labels": {"a": "b"}}})
    more = [{"op": "add", "path": "/metadata/labels/c", "value": "d"}]
    labels = client.patch(f"{path}/box", more, JSON_PATCH)["metadata"]["labels"]
    newest = {
        **made["metadata"],
        "resourceVersion": client.get(f"{path}/box")["metadata"]["resourceVersion"],
    }
    replaced = client.replace(f"{path}/box", {**patched, "metadata": newest})
    client.delete(f"{path}/box", {"gracePeriodSeconds": 0})

    assert patched["metadata"]["labels"] == {"a": "b"}
    assert labels == {"a": "b", "c": "d"}
    assert "labels" not in replaced["metadata"]
    with pytest.raises(ApiStatusError, match='pods "box" not found') as caught:
        client.get(f"{path}/box")
    assert (caught.value.code, caught.value.reason) == (404, "NotFound")


def test_lists_are_read_page_by_page(cluster: Cluster, client: RestClient) -> None:
    cluster.web(5)
    path = collection_path(PODS, "shop")

    pages = list(client.pages(path, limit=2))
    items = client.items(path, [("labelSelector", "app=web")], limit=2)

    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    assert [item["kind"] for item in items] == ["Pod"] * 5


def test_every_request_is_told_and_every_warning_once(cluster: Cluster) -> None:
    asked: list[int] = []
    heard: list[str] = []
    client = RestClient(cluster.transport, asked=lambda: asked.append(1), warn=heard.append)

    client.get("/api/v1/nodes")
    client.get("/api/v1/nodes/node-1")
    client.warn("careful")
    client.warn("careful")

    assert len(asked) == 2
    assert heard == ["careful"]


def test_a_watch_hands_over_changes_until_it_is_closed(
    cluster: Cluster, client: RestClient
) -> None:
    stream = client.watch(collection_path(PODS, "shop"), [("resourceVersion", "0")])

    cluster.pod("box")
    kinds = [event.type for event in stream.poll()]
    stream.close()

    assert kinds[0] == "ADDED"
    assert set(kinds[1:]) == {"MODIFIED"}


@pytest.mark.parametrize("method", ["watch", "stream"])
def test_a_refused_stream_is_raised(client: RestClient, method: str) -> None:
    with pytest.raises(ApiStatusError):
        getattr(client, method)("/api/v1/namespaces/shop/pods/nope/log", [("follow", "true")])


def test_a_refused_exec_is_raised(client: RestClient) -> None:
    with pytest.raises(ApiStatusError, match='pods "nope" not found'):
        client.exec(ExecRequest("shop", "nope", "", ("ls",), stdin=False, tty=False))


@pytest.mark.parametrize(
    ("code", "reason", "message"),
    [
        (404, "NotFound", "the server could not find the requested resource"),
        (
            503,
            "ServiceUnavailable",
            "the server is currently unable to handle the request (get pods)",
        ),
        (500, "InternalError", "an error on the server (oops) has prevented success (get pods)"),
    ],
)
def test_a_refusal_without_status_gets_one(code: int, reason: str, message: str) -> None:
    response = ApiResponse(code, "oops", "text/plain")

    status = status_of(response, "GET", "/api/v1/pods")

    assert (status["code"], status["reason"], status["message"]) == (code, reason, message)


def test_items_of_lists_get_the_kind_that_lists_leave_out() -> None:
    page = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}}]}

    assert with_kinds(page) == [{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}}]
    assert with_kinds({"kind": "PodList", "items": None}) == []
