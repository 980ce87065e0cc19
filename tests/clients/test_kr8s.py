"""kr8s: get, create, patch, watch, wait, logs, exec, forwarded ports, custom resources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import kr8s
import pytest
from kr8s.objects import (
    ConfigMap,
    CustomResourceDefinition,
    Deployment,
    Namespace,
    Pod,
    Service,
    new_class,
)

from tests.clients.conftest import LEFT_OPEN, WEB, pod, sweep
from tests.contract.place import deployment
from tests.contract.test_customresources import definition

pytestmark = [
    pytest.mark.filterwarnings("ignore:Kubernetes version v1.37"),  # newer than it knows
    pytest.mark.filterwarnings(LEFT_OPEN),
]


@pytest.fixture(scope="module")
def kube(door: Path) -> Iterator[kr8s.Api]:
    yield kr8s.api(kubeconfig=str(door))
    sweep()


@pytest.fixture
def namespace(kube: kr8s.Api, fresh: str) -> Iterator[str]:
    name = f"kr-{fresh}"
    made = Namespace({"metadata": {"name": name}}, api=kube)
    made.create()
    yield name
    made.delete()


def placed(body: dict[str, object], namespace: str) -> dict[str, object]:
    return {**body, "metadata": {**body["metadata"], "namespace": namespace}}  # type: ignore[dict-item]


def test_what_there_is(kube: kr8s.Api) -> None:
    assert len(list(kube.get("nodes"))) == 4
    assert list(kube.get("pods", namespace=kr8s.ALL))
    assert kube.version()["gitVersion"] == "v1.37.0"
    assert {"pods", "deployments"} <= {one["name"] for one in kube.api_resources()}


def test_an_object_lives(kube: kr8s.Api, namespace: str) -> None:
    made = ConfigMap(
        {"metadata": {"name": "c", "namespace": namespace}, "data": {"a": "1"}}, api=kube
    )
    made.create()
    assert made.exists()
    made.patch({"data": {"b": "2"}})
    assert dict(made.raw["data"]) == {"a": "1", "b": "2"}
    made.label({"x": "y"})
    made.annotate({"n": "m"})
    assert made.labels["x"] == "y"
    found = next(iter(kube.get("configmaps", namespace=namespace, label_selector={"x": "y"})))
    assert found.name == "c"
    made.delete()
    made.wait("delete", timeout=20)
    with pytest.raises(kr8s.NotFoundError):
        ConfigMap.get("c", namespace=namespace, api=kube)


def test_a_pod_runs(kube: kr8s.Api, namespace: str) -> None:
    made = Pod(placed(pod("p", "sh", "-c", "echo one; echo two; sleep 1000"), namespace), api=kube)
    made.create()
    made.wait("condition=Ready", timeout=60)
    assert made.ready()
    assert list(made.logs()) == ["one", "two"]
    done = made.exec(["sh", "-c", "echo out; echo err >&2"])
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 0)
    assert made.exec(["sh", "-c", "exit 3"], check=False).returncode == 3
    made.delete()


def test_a_port_is_forwarded(kube: kr8s.Api, namespace: str) -> None:
    made = Pod(placed(pod("web", image=WEB), namespace), api=kube)
    made.create()
    made.wait("condition=Ready", timeout=60)
    service = Service(
        {
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        },
        api=kube,
    )
    service.create()
    for what in (made, service):
        with (
            what.portforward(remote_port=80) as port,
            urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer,
        ):
            assert answer.status == 200


def test_a_deployment_is_scaled_and_awaited(kube: kr8s.Api, namespace: str) -> None:
    made = Deployment(placed(deployment("web", 1), namespace), api=kube)
    made.create()
    made.wait("condition=Available", timeout=60)
    made.scale(2)
    made.wait("jsonpath='{.status.readyReplicas}'=2", timeout=60)
    assert len(made.pods()) == 2


def test_a_watch(kube: kr8s.Api, namespace: str) -> None:
    made = ConfigMap({"metadata": {"name": "c", "namespace": namespace}}, api=kube)
    made.create()
    for event, found in kube.watch("configmaps", namespace=namespace):
        if found.name == "c":
            assert event == "ADDED"
            break


def test_custom_resources(kube: kr8s.Api, namespace: str) -> None:
    group = f"{namespace}.example.com"
    crd = CustomResourceDefinition(definition(group), api=kube)
    crd.create()
    crd.wait("condition=Established", timeout=20)
    widget = new_class("Widget", f"{group}/v1", namespaced=True, plural="widgets")
    made = widget(
        {"metadata": {"name": "w", "namespace": namespace}, "spec": {"size": 3}}, api=kube
    )
    made.create()
    made.refresh()
    assert made.spec.color == "blue"
    made.patch({"spec": {"size": 5}})
    assert made.spec.size == 5
    made.patch({"status": {"ready": True}}, subresource="status")
    assert made.status.ready is True
    made.delete()
    crd.delete()
