"""Commands that only look: top, events, api-resources, version, cluster-info, config, auth."""

from __future__ import annotations

import json

import pytest

from sim.apimachinery.wire import Obj
from tests.kubectl.cluster import Cluster, Terminal

MEBI = 2**20


class Meters:
    """A metrics server that measures the same everywhere."""

    def pod_usage(self, pod: Obj) -> list[tuple[str, int, int]]:
        return [(one["name"], 120, 256 * MEBI) for one in pod["spec"]["containers"]]

    def node_usage(self, node: Obj) -> tuple[int, int]:
        return 1500, 4096 * MEBI


@pytest.fixture
def metered(cluster: Cluster) -> Cluster:
    cluster.api.metrics = Meters()
    cluster.pod("box")
    return cluster


def test_top_shows_usage_with_its_trailing_blanks(metered: Cluster, kubectl: Terminal) -> None:
    assert kubectl("top pods").out == (
        "NAME   CPU(cores)   MEMORY(bytes)   \nbox    120m         256Mi           \n"
    )
    assert kubectl("top node node-1").out == (
        "NAME     CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)   \n"
        "node-1   1500m        37%      4096Mi          25%         \n"
    )


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("top pods --no-headers", "box   120m   256Mi   \n"),
        (
            "top pods --containers",
            "POD   NAME   CPU(cores)   MEMORY(bytes)   \nbox   main   120m         256Mi           \n",
        ),
        (
            "top pods -A --sum",
            "NAMESPACE   NAME   CPU(cores)   MEMORY(bytes)   \n"
            "shop        box    120m         256Mi           \n"
            "                   ________     ________        \n"
            "                   120m         256Mi           \n",
        ),
        (
            "top nodes --no-headers --sort-by=cpu -l kubernetes.io/hostname=node-3",
            "node-3   1500m   37%   4096Mi   25%   \n",
        ),
    ],
)
def test_top_forms(metered: Cluster, kubectl: Terminal, line: str, out: str) -> None:
    assert kubectl(line).out == out


@pytest.mark.parametrize(
    ("line", "err"),
    [
        (
            "top pod nope",
            'Error from server (NotFound): podmetrics.metrics.k8s.io "shop/nope" not found\n',
        ),
        ("top pods --sort-by=age", "error: --sort-by accepts only cpu or memory\n"),
        ("top pods -n default", "No resources found in default namespace.\n"),
    ],
)
def test_top_texts(metered: Cluster, kubectl: Terminal, line: str, err: str) -> None:
    assert kubectl(line).err == err


def test_events_are_listed_oldest_first(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.web(1)
    (pod,) = cluster.pods(app="web")
    name, node = pod["metadata"]["name"], pod["spec"]["nodeName"]

    done = kubectl(f"events --for pod/{name}")

    assert done.out == (
        f"LAST SEEN   TYPE     REASON      OBJECT{' ' * (len(name) - 2)}   MESSAGE\n"
        f"4s          Normal   Scheduled   Pod/{name}   Successfully assigned shop/{name} to {node}\n"
    )


def test_events_are_watched_as_they_come(cluster: Cluster, kubectl: Terminal) -> None:
    watching = kubectl.start("events -w --no-headers")

    cluster.web(1)

    assert "ScalingReplicaSet" in watching.done.out
    assert watching.done.code is None


@pytest.mark.parametrize(
    ("line", "out", "err"),
    [
        ("events", "", "No events found in shop namespace.\n"),
        ("events -A", "", "No events found.\n"),
        ("events --types=Loud", "", "error: valid --types are Normal or Warning\n"),
        ("events --for pod", "", "error: --for must be in resource/name form\n"),
    ],
)
def test_events_texts(kubectl: Terminal, line: str, out: str, err: str) -> None:
    done = kubectl(line)

    assert (done.out, done.err) == (out, err)


def test_api_resources_are_the_servers(kubectl: Terminal) -> None:
    done = kubectl("api-resources --api-group=apps")

    assert done.out == (
        "NAME                  SHORTNAMES   APIVERSION   NAMESPACED   KIND\n"
        "controllerrevisions                apps/v1      true         ControllerRevision\n"
        "daemonsets            ds           apps/v1      true         DaemonSet\n"
        "deployments           deploy       apps/v1      true         Deployment\n"
        "replicasets           rs           apps/v1      true         ReplicaSet\n"
        "statefulsets          sts          apps/v1      true         StatefulSet\n"
    )
    assert "apps/v1" in kubectl("api-versions").lines


def test_version_tells_client_and_server(kubectl: Terminal) -> None:
    assert kubectl("version").lines == [
        "Client Version: v1.37.1",
        "Kustomize Version: v5.8.1",
        "Server Version: v1.37.0",
    ]
    assert list(json.loads(kubectl("version -o json --client").out)["clientVersion"])[:3] == [
        "major",
        "minor",
        "gitVersion",
    ]


def test_the_context_is_told(kubectl: Terminal) -> None:
    assert kubectl("config current-context").out == "kubernetes-admin@kubernetes\n"
    assert kubectl("config get-contexts").out == (
        "CURRENT   NAME                          CLUSTER      AUTHINFO           NAMESPACE\n"
        "*         kubernetes-admin@kubernetes   kubernetes   kubernetes-admin   shop\n"
    )
    assert kubectl("config view --minify -o jsonpath={..namespace}").out == "shop"


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        (
            "config set-context --current --namespace=default",
            'Context "kubernetes-admin@kubernetes" modified.\n',
            "",
            0,
        ),
        (
            "config use-context kubernetes-admin@kubernetes",
            'Switched to context "kubernetes-admin@kubernetes".\n',
            "",
            0,
        ),
        ("config use-context prod", "", 'error: no context exists with the name: "prod"\n', 1),
        ("auth can-i get pods", "yes\n", "", 0),
        ("auth can-i get pods -q", "", "", 0),
        ("explain unicorns", "", 'the server doesn\'t have a resource type "unicorns"\n', 1),
    ],
)
def test_texts(kubectl: Terminal, line: str, out: str, err: str, code: int) -> None:
    done = kubectl(line)

    assert (done.out, done.err, done.code) == (out, err, code)


def test_cluster_info_names_the_control_plane(kubectl: Terminal) -> None:
    assert kubectl("cluster-info").lines[0] == (
        "Kubernetes control plane is running at https://10.0.0.10:6443"
    )


def test_whoami_is_a_table(kubectl: Terminal) -> None:
    lines = kubectl("auth whoami").lines

    assert lines[0] == "ATTRIBUTE   VALUE"
    assert lines[1].startswith("Username    ")
