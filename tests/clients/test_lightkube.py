"""lightkube: apply, patch, watch, wait, logs, custom resources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import ApiError, Client, KubeConfig, codecs
from lightkube.generic_resource import create_namespaced_resource, load_in_cluster_generic_resources
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Namespace, Node, Pod
from lightkube.types import PatchType

from tests.clients.conftest import LEFT_OPEN, pod
from tests.contract.place import deployment
from tests.contract.test_customresources import definition

pytestmark = pytest.mark.filterwarnings(LEFT_OPEN)


@pytest.fixture(scope="module")
def kube(door: Path) -> Iterator[Client]:
    made = Client(KubeConfig.from_file(str(door)), field_manager="lightkube")
    yield made
    made.close()


@pytest.fixture
def namespace(kube: Client, fresh: str) -> Iterator[str]:
    name = f"lk-{fresh}"
    kube.create(Namespace(metadata=ObjectMeta(name=name)))
    yield name
    kube.delete(Namespace, name)


def test_nodes_and_pods_are_listed(kube: Client) -> None:
    assert len(list(kube.list(Node))) == 4
    assert list(kube.list(Pod, namespace="*", chunk_size=3))
    assert list(kube.list(Pod, namespace="kube-system", labels={"k8s-app": "kube-proxy"}))


def test_an_object_lives(kube: Client, namespace: str) -> None:
    made = kube.create(
        ConfigMap(metadata=ObjectMeta(name="c", namespace=namespace), data={"a": "1"})
    )
    assert made.metadata is not None
    assert made.metadata.uid
    made.data = {"a": "2"}
    assert kube.replace(made).data == {"a": "2"}
    patched = kube.patch(
        ConfigMap, "c", {"data": {"b": "3"}}, namespace=namespace, patch_type=PatchType.MERGE
    )
    assert patched.data == {"a": "2", "b": "3"}
    ops = [{"op": "remove", "path": "/data/a"}]
    assert kube.patch(ConfigMap, "c", ops, namespace=namespace, patch_type=PatchType.JSON).data == {
        "b": "3"
    }
    kube.delete(ConfigMap, "c", namespace=namespace)
    with pytest.raises(ApiError) as gone:
        kube.get(ConfigMap, "c", namespace=namespace)
    assert gone.value.status.code == 404


def test_applying(kube: Client, namespace: str) -> None:
    body = ConfigMap(
        apiVersion="v1",
        kind="ConfigMap",
        metadata=ObjectMeta(name="c", namespace=namespace),
        data={"a": "1"},
    )
    assert kube.apply(body).data == {"a": "1"}
    body.data = {"b": "2"}
    assert kube.apply(body).data == {"b": "2"}
    body.data = {"b": "3"}
    with pytest.raises(ApiError) as refused:
        kube.apply(body, field_manager="other")
    assert refused.value.status.reason == "Conflict"
    assert kube.apply(body, field_manager="other", force=True).data == {"b": "3"}


def test_a_deployment_is_awaited(kube: Client, namespace: str) -> None:
    body = codecs.from_dict(deployment("web", 2))
    kube.create(body, namespace=namespace)
    done = kube.wait(Deployment, "web", for_conditions=["Available"], namespace=namespace)
    assert done.status.readyReplicas == 2
    scale = kube.get(Deployment.Scale, "web", namespace=namespace)
    scale.spec.replicas = 1
    assert kube.replace(scale).spec.replicas == 1


def test_a_watch(kube: Client, namespace: str) -> None:
    listed = kube.list(ConfigMap, namespace=namespace)
    list(listed)
    kube.create(ConfigMap(metadata=ObjectMeta(name="c", namespace=namespace)))
    kube.delete(ConfigMap, "c", namespace=namespace)
    seen = []
    for op, obj in kube.watch(
        ConfigMap, namespace=namespace, resource_version=listed.resourceVersion
    ):
        if obj.metadata.name == "c":
            seen.append(op)
        if op == "DELETED":
            break
    assert seen == ["ADDED", "DELETED"]


def test_logs(kube: Client, namespace: str) -> None:
    body = codecs.from_dict(pod("p", "sh", "-c", "echo one; echo two; sleep 1000"))
    kube.create(body, namespace=namespace)
    kube.wait(Pod, "p", for_conditions=["Ready"], namespace=namespace)
    assert [line.rstrip("\n") for line in kube.log("p", namespace=namespace)] == ["one", "two"]
    followed = kube.log("p", namespace=namespace, follow=True)
    assert next(iter(followed)).rstrip("\n") == "one"


def test_custom_resources(kube: Client, namespace: str) -> None:
    group = f"{namespace}.example.com"
    kube.create(codecs.from_dict(definition(group)))
    kube.wait(CustomResourceDefinition, f"widgets.{group}", for_conditions=["Established"])
    widget = create_namespaced_resource(group, "v1", "Widget", "widgets")
    made = kube.create(widget(metadata=ObjectMeta(name="w", namespace=namespace), spec={"size": 3}))
    assert made.spec == {"size": 3, "color": "blue"}
    assert kube.patch(
        widget.Status,
        "w",
        {"status": {"ready": True}},
        namespace=namespace,
        patch_type=PatchType.MERGE,
    ).status == {"ready": True}
    load_in_cluster_generic_resources(kube)
    found = codecs.from_dict(
        {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}}
    )
    assert type(found).__name__ == "Widget"
    kube.delete(widget, "w", namespace=namespace)
    kube.delete(CustomResourceDefinition, f"widgets.{group}")
