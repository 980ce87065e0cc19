"""The official Python client: every kind there and back, watches, programs, forwarded ports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, dynamic, utils, watch
from kubernetes.stream import portforward, stream

from tests.clients.conftest import LEFT_OPEN, WEB, pod
from tests.contract.kinds import KINDS, Kind

pytestmark = pytest.mark.filterwarnings(LEFT_OPEN)


@pytest.fixture(scope="module")
def api(door: Path) -> Iterator[client.ApiClient]:
    made = config.new_client_from_config(str(door))
    yield made
    made.close()


@pytest.fixture
def namespace(api: client.ApiClient, fresh: str) -> Iterator[str]:
    core = client.CoreV1Api(api)
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=fresh)))
    for event in watch.Watch().stream(
        core.list_namespaced_service_account, fresh, timeout_seconds=20
    ):
        if event["object"].metadata.name == "default":
            break
    yield fresh
    core.delete_namespace(fresh)


def typed(api: client.ApiClient, kind: Kind) -> tuple[Any, str]:
    """Return the client's API object for *kind* and the ending of its methods' names."""
    group, _, version = kind.group_version.rpartition("/")
    word = "".join(part.capitalize() for part in group.removesuffix(".k8s.io").split(".")) or "Core"
    word = {"RbacAuthorization": "RbacAuthorization"}.get(word, word)
    made = getattr(client, f"{word}{version.capitalize()}Api")(api)
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.kind).lower()
    return made, f"namespaced_{snake}" if kind.namespaced else snake


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_every_kind_there_and_back(api: client.ApiClient, namespace: str, kind: Kind) -> None:
    group, ending = typed(api, kind)
    name = f"{namespace}-x"
    where = (namespace,) if kind.namespaced else ()
    body = kind.manifest(name)
    if "involvedObject" in body:
        body["involvedObject"] = {**body["involvedObject"], "namespace": namespace}

    made = getattr(group, f"create_{ending}")(*where, body)
    read = getattr(group, f"read_{ending}")(name, *where)
    listed = getattr(group, f"list_{ending}")(*where, field_selector=f"metadata.name={name}")
    patch = {"metadata": {"annotations": {"note": "x"}}}
    patched = getattr(group, f"patch_{ending}")(name, *where, patch)
    getattr(group, f"delete_{ending}")(name, *where, grace_period_seconds=0)

    assert made.metadata.uid == read.metadata.uid == listed.items[0].metadata.uid
    assert patched.metadata.annotations["note"] == "x"
    seen = []
    stream_ = watch.Watch()
    for event in stream_.stream(
        getattr(group, f"list_{ending}"),
        *where,
        field_selector=f"metadata.name={name}",
        resource_version=listed.metadata.resource_version,
        timeout_seconds=10,
    ):
        seen.append(event["type"])
        assert event["object"].metadata.name == name
        if event["type"] == "DELETED":
            stream_.stop()
    assert seen[0] == "MODIFIED"
    assert seen[-1] == "DELETED"


def test_what_is_shown_is_understood(api: client.ApiClient) -> None:
    """Whatever a new cluster has deserialises: nodes, pods, roles, leases, metrics.

    Not events.k8s.io: core events have no eventTime there either, which this client takes for a mistake.
    """
    core = client.CoreV1Api(api)
    assert {node.status.node_info.kubelet_version for node in core.list_node().items} == {"v1.37.0"}
    assert core.list_pod_for_all_namespaces().items
    assert core.list_event_for_all_namespaces().items is not None
    assert client.RbacAuthorizationV1Api(api).list_cluster_role().items
    assert client.CoordinationV1Api(api).list_lease_for_all_namespaces().items
    assert client.DiscoveryV1Api(api).list_endpoint_slice_for_all_namespaces().items
    assert client.SchedulingV1Api(api).list_priority_class().items
    assert client.StorageV1Api(api).list_storage_class().items is not None
    assert client.ApiextensionsV1Api(api).list_custom_resource_definition().items is not None
    custom = client.CustomObjectsApi(api)
    assert custom.list_cluster_custom_object("metrics.k8s.io", "v1beta1", "nodes")["items"]
    assert client.VersionApi(api).get_code().git_version == "v1.37.0"
    assert [group.name for group in client.ApisApi(api).get_api_versions().groups]


def running(api: client.ApiClient, namespace: str, body: dict[str, object]) -> None:
    """Create a pod and watch it until it is ready."""
    core = client.CoreV1Api(api)
    core.create_namespaced_pod(namespace, body)
    name = body["metadata"]["name"]  # type: ignore[index]
    for event in watch.Watch().stream(
        core.list_namespaced_pod,
        namespace,
        field_selector=f"metadata.name={name}",
        timeout_seconds=60,
    ):
        conditions = {c.type: c.status for c in event["object"].status.conditions or ()}
        if conditions.get("Ready") == "True":
            return
    raise AssertionError(f"{name} does not run")


def test_programs_run_in_pods(api: client.ApiClient, namespace: str) -> None:
    running(api, namespace, pod("p"))
    # stream() turns a client of its own into one for WebSockets
    core = client.CoreV1Api(client.ApiClient(api.configuration))
    said = stream(
        core.connect_get_namespaced_pod_exec,
        "p",
        namespace,
        command=["sh", "-c", "echo out; echo err >&2; exit 3"],
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
        _preload_content=False,
    )
    said.run_forever(timeout=20)
    assert said.read_stdout() == "out\n"
    assert said.read_stderr() == "err\n"
    assert said.returncode == 3


def test_input_reaches_a_program(api: client.ApiClient, namespace: str) -> None:
    running(api, namespace, pod("p"))
    core = client.CoreV1Api(client.ApiClient(api.configuration))
    cat = stream(
        core.connect_get_namespaced_pod_exec,
        "p",
        namespace,
        # It goes on: this client drops the last line of a program whose end it has read with it.
        command=["sh", "-c", "read line; echo got $line; read more"],
        stdout=True,
        stderr=True,
        stdin=True,
        tty=False,
        _preload_content=False,
    )
    cat.write_stdin("hello\n")
    assert cat.readline_stdout(timeout=20) == "got hello"
    cat.write_stdin("bye\n")
    cat.close()


def test_a_port_is_forwarded(api: client.ApiClient, namespace: str) -> None:
    running(api, namespace, pod("web", image=WEB))
    core = client.CoreV1Api(client.ApiClient(api.configuration))
    forwarded = portforward(
        core.connect_get_namespaced_pod_portforward, "web", namespace, ports="80"
    )
    socket = forwarded.socket(80)
    socket.settimeout(20)
    socket.sendall(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
    answer = socket.recv(1024)
    socket.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert forwarded.error(80) is None


def test_logs_are_read_and_followed(api: client.ApiClient, namespace: str) -> None:
    running(
        api, namespace, pod("p", "sh", "-c", "echo one; echo two; sleep 2; echo three; sleep 1000")
    )
    core = client.CoreV1Api(api)
    assert core.read_namespaced_pod_log("p", namespace, tail_lines=2).splitlines()[-1] in (
        "two",
        "three",
    )
    follow = watch.Watch()
    heard = []
    for line in follow.stream(core.read_namespaced_pod_log, "p", namespace, follow=True):
        heard.append(line)
        if line == "three":
            follow.stop()
    assert heard == ["one", "two", "three"]


def test_objects_from_a_file(api: client.ApiClient, namespace: str) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}
    utils.create_from_dict(api, body, namespace=namespace)
    assert client.CoreV1Api(api).read_namespaced_config_map("c", namespace).data == {"a": "b"}
    with pytest.raises(utils.FailToCreateError) as refused:
        utils.create_from_dict(api, body, namespace=namespace)
    assert "already exists" in str(refused.value)


def test_errors_are_exceptions_with_their_status(api: client.ApiClient, namespace: str) -> None:
    with pytest.raises(client.ApiException) as refused:
        client.CoreV1Api(api).read_namespaced_pod("nope", namespace)
    assert refused.value.status == 404
    assert refused.value.reason == "Not Found"
    assert 'pods \\"nope\\" not found' in refused.value.body


def test_the_dynamic_client(api: client.ApiClient, namespace: str) -> None:
    found = dynamic.DynamicClient(api)
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
    made = maps.create(body=body, namespace=namespace)
    assert made.data.a == "1"
    body["data"] = {"a": "2"}
    applied = maps.server_side_apply(
        body=body, namespace=namespace, field_manager="me", force_conflicts=True
    )
    assert applied.data.a == "2"
    assert maps.get(name="c", namespace=namespace).metadata.uid == made.metadata.uid
    patch = {"data": {"b": "3"}}
    merge = "application/merge-patch+json"
    assert maps.patch(name="c", namespace=namespace, body=patch, content_type=merge).data.b == "3"
    maps.delete(name="c", namespace=namespace)
    assert maps.get(namespace=namespace, label_selector="x=y").items == []


def test_custom_objects(api: client.ApiClient, namespace: str) -> None:
    from tests.contract.test_customresources import definition

    group = f"{namespace}.example.com"
    extensions = client.ApiextensionsV1Api(api)
    extensions.create_custom_resource_definition(definition(group))
    custom = client.CustomObjectsApi(api)
    body = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "spec": {"size": 3},
    }
    for _ in watch.Watch().stream(
        extensions.list_custom_resource_definition,
        field_selector=f"metadata.name=widgets.{group}",
        timeout_seconds=20,
    ):
        crd = extensions.read_custom_resource_definition(f"widgets.{group}")
        if any(c.type == "Established" and c.status == "True" for c in crd.status.conditions or ()):
            break
    where = (group, "v1", namespace, "widgets")
    custom.create_namespaced_custom_object(*where, body)
    changed = custom.patch_namespaced_custom_object(*where, "w", {"spec": {"size": 4}})
    assert changed["spec"] == {"size": 4, "color": "blue"}
    assert len(custom.list_namespaced_custom_object(*where)["items"]) == 1
    custom.delete_namespaced_custom_object(*where, "w")
    extensions.delete_custom_resource_definition(f"widgets.{group}")


def test_an_eviction_and_a_scale(api: client.ApiClient, namespace: str) -> None:
    from tests.contract.place import deployment

    apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
    apps.create_namespaced_deployment(namespace, deployment("web", 1))
    scaled = apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 2}})
    assert scaled.spec.replicas == 2
    for _ in watch.Watch().stream(core.list_namespaced_pod, namespace, timeout_seconds=30):
        pods = core.list_namespaced_pod(namespace).items
        if len(pods) == 2:
            break
    name = pods[0].metadata.name
    body = client.V1Eviction(metadata=client.V1ObjectMeta(name=name, namespace=namespace))
    core.create_namespaced_pod_eviction(name, namespace, body)
