"""`kubectl rollout`: status, history, undo, restart, pause and resume."""

from __future__ import annotations

import pytest

from tests.kubectl.cluster import Cluster, Terminal


@pytest.fixture(autouse=True)
def web(cluster: Cluster) -> None:
    cluster.web()


def test_status_of_a_finished_rollout_says_so_at_once(kubectl: Terminal) -> None:
    done = kubectl("rollout status deploy/web")

    assert (done.out, done.code, done.ms) == (
        'deployment "web" successfully rolled out\n',
        0,
        0,
    )


def test_status_follows_a_rollout_to_its_end(kubectl: Terminal) -> None:
    kubectl("rollout restart deploy/web")

    done = kubectl("rollout status deploy/web")

    waiting = 'Waiting for deployment "web" rollout to finish: '
    assert done.lines[0] == "Waiting for deployment spec update to be observed..."
    assert f"{waiting}1 out of 2 new replicas have been updated..." in done.lines
    assert f"{waiting}1 old replicas are pending termination..." in done.lines
    assert done.lines[-1] == 'deployment "web" successfully rolled out'
    assert done.ms > 0


def test_status_of_a_stuck_rollout_times_out(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.kubelet.broken.add("web:bad")
    kubectl("set image deploy/web app=web:bad")

    done = kubectl("rollout status deploy/web --timeout=5s")

    assert (done.code, done.ms) == (1, 5_000)
    assert done.err == "error: timed out waiting for the condition\n"


def test_status_without_watching_is_one_line(cluster: Cluster, kubectl: Terminal) -> None:
    cluster.kubelet.broken.add("web:bad")
    kubectl("set image deploy/web app=web:bad")
    cluster.run(3_000)

    done = kubectl("rollout status deploy/web --watch=false")

    assert done.out == (
        'Waiting for deployment "web" rollout to finish: 1 out of 2 new replicas have been '
        "updated...\n"
    )
    assert done.ms == 0


def test_history_lists_revisions_and_their_causes(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("set image deploy/web app=web:2")
    kubectl("annotate deploy/web kubernetes.io/change-cause='a new image'")
    cluster.run(5_000)

    assert kubectl("rollout history deploy/web").out == (
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         a new image\n\n"
    )


def test_one_revision_shows_its_template(cluster: Cluster, kubectl: Terminal) -> None:
    kubectl("set image deploy/web app=web:2")
    cluster.run(5_000)

    done = kubectl("rollout history deploy/web --revision=1")

    assert done.lines[:4] == [
        "deployment.apps/web with revision #1",
        "Pod Template:",
        "  Labels:\tapp=web",
        "\tpod-template-hash=79dbb48ffd",
    ]
    assert "    Image:\tweb:1" in done.lines


@pytest.mark.parametrize("flags", ["", " --to-revision=1"])
def test_undo_brings_the_old_template_back(cluster: Cluster, kubectl: Terminal, flags: str) -> None:
    kubectl("set image deploy/web app=web:2")
    cluster.run(5_000)

    done = kubectl(f"rollout undo deploy/web{flags}")
    cluster.run(5_000)

    assert done.out == "deployment.apps/web rolled back\n"
    template = cluster.get("deployments", "web")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "web:1"


def test_restart_replaces_every_pod(cluster: Cluster, kubectl: Terminal) -> None:
    before = {pod["metadata"]["name"] for pod in cluster.pods(app="web")}

    done = kubectl("rollout restart deploy/web")
    cluster.run(10_000)

    assert done.out == "deployment.apps/web restarted\n"
    assert not before & {pod["metadata"]["name"] for pod in cluster.pods(app="web")}


def test_a_paused_deployment_is_neither_restarted_nor_rolled_back(kubectl: Terminal) -> None:
    assert kubectl("rollout pause deploy/web").out == "deployment.apps/web paused\n"

    assert kubectl("rollout pause deploy/web").err == (
        'error: deployments.apps "web" is already paused\n'
    )
    assert kubectl("rollout restart deploy/web").err == (
        'error: deployments.apps "web" can\'t restart paused deployment '
        "(run rollout resume first)\n"
    )
    assert kubectl("rollout resume deploy/web").out == "deployment.apps/web resumed\n"


@pytest.mark.parametrize(
    ("line", "err"),
    [
        (
            "rollout history deploy nope",
            'Error from server (NotFound): deployments.apps "nope" not found\n',
        ),
        (
            "rollout undo deploy/web",
            'error: no rollout history found for deployment "web"\n',
        ),
        (
            "rollout undo deploy/web --to-revision=77",
            "error: unable to find specified revision 77 in history\n",
        ),
        (
            "rollout history deploy/web --revision=9",
            "error: unable to find the specified revision\n",
        ),
        ("rollout status", "error: required resource not specified\n"),
    ],
)
def test_texts(kubectl: Terminal, line: str, err: str) -> None:
    done = kubectl(line)

    assert (done.err, done.code) == (err, 1)
