"""Journal, undoing and images on a real cluster: what is changed there is put back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sim.backends.kind.cluster import KindCluster, find_cluster
from sim.backends.kind.image import provide, workload_image
from sim.backends.kind.lifecycle import restore
from sim.backends.kind.recipes import recipes
from sim.backends.kind.undo import Delete, OnNode, Patch, Put
from sim.backends.kind.undoing import LABEL, OURS, Undoer
from sim.backends.plan import Plan
from sim.client.rest import MERGE, ApiStatusError, RestClient
from sim.scenario.loader import load_scenario

pytestmark = pytest.mark.kind
NAMESPACE = f"/api/v1/namespaces/uncordon-test-{os.getpid()}"
FILE = "/var/tmp/uncordon-test"
CONFIG = "/api/v1/namespaces/default/configmaps/uncordon-test"


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    """A state folder of the test's own: a journal that somebody else keeps is not played."""
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def cluster(kind_context: str, environ: Mapping[str, str]) -> Iterator[KindCluster]:
    found = find_cluster(kind_context, environ)
    yield found
    found.journal.undo_all(Undoer(found.transport(), found.tools), lasting=True)


def exists(rest: RestClient, path: str) -> bool:
    try:
        rest.get(path)
    except ApiStatusError as error:
        if error.code != 404:
            raise
        return False
    return True


def labelled(path: str, kind: str, **fields: object) -> dict[str, object]:
    meta = {"name": path.rpartition("/")[2], "labels": {LABEL: OURS}}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **fields}


def test_the_nodes_are_containers_here(cluster: KindCluster):
    assert len(cluster.aliases.workers) >= 3
    for node in cluster.aliases.nodes.values():
        assert cluster.tools.docker("exec", node, "hostname").out.strip() == node


def test_every_kind_of_step_is_undone(cluster: KindCluster, environ: Mapping[str, str]):
    rest, journal = RestClient(cluster.transport()), cluster.journal
    node = cluster.aliases.workers[0]
    path = f"/api/v1/nodes/{node}"
    journal.did("a namespace", Delete(NAMESPACE))
    rest.create("/api/v1/namespaces", labelled(NAMESPACE, "Namespace"))
    journal.did("a label", Patch(path, {"metadata": {"labels": {"uncordon-test": None}}}, MERGE))
    rest.patch(path, {"metadata": {"labels": {"uncordon-test": "x"}}}, MERGE)
    journal.did("a file", OnNode(node, ("rm", "-f", FILE)))
    cluster.tools.docker("exec", node, "touch", FILE)
    journal.did("a config map", Delete(CONFIG))
    before = rest.create(CONFIG.rpartition("/")[0], labelled(CONFIG, "ConfigMap", data={"a": "1"}))
    number = journal.did("another value", Put(CONFIG, before))
    rest.patch(CONFIG, {"data": {"a": "2"}}, MERGE)
    undoer = Undoer(cluster.transport(), cluster.tools)
    journal.undo(number, undoer)
    assert rest.get(CONFIG)["data"] == {"a": "1"}
    assert restore(lambda _: None, context=cluster.context, environ=environ) == 4
    assert not exists(rest, NAMESPACE)
    assert not exists(rest, CONFIG)
    assert "uncordon-test" not in rest.get(path)["metadata"]["labels"]
    assert cluster.tools.docker("exec", node, "sh", "-c", f"ls {FILE} 2>&1 || true").out.count(
        "No such"
    )


KILLED = """
import sys
from sim.backends.kind.lifecycle import use_cluster
from sim.backends.kind.undo import Delete
from sim.client.rest import RestClient
from tests.backends.kind.test_real_journal import NAMESPACE, labelled
cluster = use_cluster(sys.argv[1], "a run").cluster
rest = RestClient(cluster.transport())
for number in range(100):
    path = f"{sys.argv[2]}-{number}"
    cluster.journal.did(path, Delete(path))
    rest.create("/api/v1/namespaces", labelled(path, "Namespace"))
    print(path, flush=True)
"""


def test_nothing_is_left_of_a_killed_run(cluster: KindCluster, environ: Mapping[str, str]):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, cluster.context, NAMESPACE],
        env={**environ, "PYTHONPATH": os.getcwd()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert restore(lambda _: None, context=cluster.context, environ=environ) >= 3
    found = RestClient(cluster.transport()).items("/api/v1/namespaces")
    assert [one for one in found if f"/{one['metadata']['name']}".startswith(NAMESPACE[19:])] == []


def test_every_image_comes_to_every_node_once(cluster: KindCluster):
    image = workload_image()
    made = recipes(Plan(load_scenario("scenarios/payments-0247"), 0), image)
    assert provide(cluster, cluster.tools, lambda _: None) == image
    provide(cluster, cluster.tools, lambda _: None, recipes=made)
    told: list[str] = []
    provide(cluster, cluster.tools, told.append, recipes=made)
    assert told == []
