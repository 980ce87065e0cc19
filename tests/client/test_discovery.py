"""What a word on the command line means, from the server's own description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse
from sim.client.discovery import Discovery
from tests.apiserver.widgets import definition
from tests.kubectl.cluster import Cluster


@pytest.fixture
def discovery(cluster: Cluster) -> Discovery:
    return Discovery(cluster.transport)


@pytest.mark.parametrize(
    ("word", "qualified"),
    [
        ("pods", "pods"),
        ("pod", "pods"),
        ("po", "pods"),
        ("Pod", "pods"),
        ("pods.v1.", "pods"),
        ("deploy", "deployments.apps"),
        ("Deployment", "deployments.apps"),
        ("deployments.apps", "deployments.apps"),
        ("deployments.v1.apps", "deployments.apps"),
        ("ev", "events"),
        ("events.events.k8s.io", "events.events.k8s.io"),
        ("pods.metrics.k8s.io", "pods.metrics.k8s.io"),
        ("nodes", "nodes"),
    ],
)
def test_a_word_means_a_resource(discovery: Discovery, word: str, qualified: str) -> None:
    found = discovery.find(word)

    assert found is not None
    assert found.qualified == qualified


@pytest.mark.parametrize("word", ["unicorns", "pods.v1", "deployments.v1beta9.apps", "", "."])
def test_an_unknown_word_means_nothing(discovery: Discovery, word: str) -> None:
    assert discovery.find(word) is None


def test_categories_and_kinds(discovery: Discovery) -> None:
    names = [resource.plural for resource in discovery.category("all")]
    found = discovery.of_kind("apps/v1", "Deployment")

    assert {"pods", "services", "deployments"} <= set(names)
    assert found is not None
    assert (found.label, found.group_version) == ("deployment.apps", "apps/v1")
    assert discovery.of_kind("apps/v1beta1", "Deployment") is None


def test_it_is_asked_once(cluster: Cluster, discovery: Discovery) -> None:
    for word in ("pods", "deploy", "nodes"):
        discovery.find(word)

    assert [request.path for request in cluster.transport.requests] == ["/api", "/apis"]


def test_an_unknown_word_makes_it_ask_again(cluster: Cluster, discovery: Discovery) -> None:
    discovery.find("pods")
    before = len(cluster.transport.requests)

    discovery.find("unicorns")

    assert len(cluster.transport.requests) == before + 2


class Plain:
    """A server that knows only the older, unaggregated discovery."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/api/v1": {
                "groupVersion": "v1",
                "resources": [
                    {
                        "name": "pods",
                        "singularName": "pod",
                        "namespaced": True,
                        "kind": "Pod",
                        "verbs": ["get", "list"],
                        "shortNames": ["po"],
                    },
                    {"name": "pods/log", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
                ],
            },
            "/apis": {
                "kind": "APIGroupList",
                "groups": [
                    {
                        "name": "batch",
                        "versions": [{"groupVersion": "batch/v1"}],
                        "preferredVersion": {"groupVersion": "batch/v1"},
                    }
                ],
            },
            "/apis/batch/v1": {
                "groupVersion": "batch/v1",
                "resources": [{"name": "jobs", "namespaced": True, "kind": "Job", "verbs": []}],
            },
        }

    def send(self, request: ApiRequest) -> ApiResponse:
        return ApiResponse(200, self.answers[request.path])

    watch: Callable[..., Any]
    stream: Callable[..., Any]
    exec: Callable[..., Any]


def test_the_older_form_of_discovery_is_understood() -> None:
    discovery = Discovery(Plain())

    assert [one.qualified for one in discovery.resources()] == ["pods", "jobs.batch"]
    assert discovery.find("po") == discovery.find("pods")
    assert discovery.group_versions() == ("v1", "batch/v1")


def test_a_kind_that_was_defined_since_is_found(cluster: Cluster, discovery: Discovery) -> None:
    assert discovery.of_kind("example.com/v1", "Widget") is None
    cluster.api.create("customresourcedefinitions", definition())
    found = discovery.of_kind("example.com/v1", "Widget")

    assert found is not None
    assert found.plural == "widgets"
