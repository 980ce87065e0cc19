"""Undoing on a real API server's terms: done before, never begun, changed by others, or not answered."""

from __future__ import annotations

import pytest

from sim.backends.kind.journal import NotUndoneError
from sim.backends.kind.tools import Tools
from sim.backends.kind.undo import Delete, Docker, OnNode, Others, Patch, Put
from sim.backends.kind.undoing import LABEL, OURS, Undoer
from sim.client.endpoint import Endpoint
from sim.client.https import HttpsTransport
from sim.kernel import Environment
from tests.backends.kind.machine import FakeMachine

NAMESPACE = "/api/v1/namespaces/payments"
CONFIG = "/api/v1/namespaces/default/configmaps/ours"
COREDNS = "/api/v1/namespaces/kube-system/configmaps/coredns"


@pytest.fixture
def undoer(machine: FakeMachine) -> Undoer:
    transport = HttpsTransport(Endpoint(machine.api.address), Environment())
    return Undoer(
        transport, Tools(machine.environ), patience_s=0.0, going_s=0.0, sleep=lambda _: None
    )


def test_an_object_of_ours_is_deleted_once(machine: FakeMachine, undoer: Undoer):
    machine.api.put(NAMESPACE, ours=True)
    assert not undoer.undo(Delete(NAMESPACE)), "it is on its way"
    assert undoer.undo(Delete(NAMESPACE))
    undoer.settle()
    assert NAMESPACE not in machine.api.objects
    assert machine.api.asked.count(("DELETE", NAMESPACE)) == 1


def test_pods_of_a_namespace_that_goes_need_not_end_in_peace(machine: FakeMachine, undoer: Undoer):
    machine.api.put(NAMESPACE, ours=True)
    machine.api.put(CONFIG, ours=True)
    undoer.undo(Delete(NAMESPACE))
    undoer.undo(Delete(CONFIG))
    deleted = [path for method, path in machine.api.asked if method == "DELETE"]
    assert deleted == [NAMESPACE, f"{NAMESPACE}/pods", CONFIG]


def test_an_object_that_was_there_before_us_stays(machine: FakeMachine, undoer: Undoer):
    """The note is written before the server says that somebody has one of that name."""
    machine.api.put(NAMESPACE)
    undoer.undo(Delete(NAMESPACE))
    assert NAMESPACE in machine.api.objects


def test_what_does_not_go_is_not_undone(machine: FakeMachine, undoer: Undoer):
    machine.api.put(NAMESPACE, ours=True)
    machine.api.refusals["DELETE", NAMESPACE] = 409
    undoer.undo(Delete(NAMESPACE))
    with pytest.raises(
        NotUndoneError, match=f"{NAMESPACE} is being deleted and not gone after 0 s"
    ):
        undoer.settle()


def test_an_object_is_put_back_over_what_others_made_of_it(machine: FakeMachine, undoer: Undoer):
    before = machine.api.put(COREDNS, data={"Corefile": "as it was"}, status={"x": 1})
    machine.api.put(COREDNS, data={"Corefile": "broken"})
    machine.api.objects[COREDNS]["metadata"]["resourceVersion"] = "77"
    undoer.undo(Put(COREDNS, before))
    assert machine.api.objects[COREDNS]["data"] == {"Corefile": "as it was"}
    assert "status" not in machine.api.objects[COREDNS]


def test_an_object_that_has_gone_is_made_anew(machine: FakeMachine, undoer: Undoer):
    before = machine.api.put(COREDNS, data={"Corefile": "as it was"})
    del machine.api.objects[COREDNS]
    undoer.undo(Put(COREDNS, before))
    assert machine.api.objects[COREDNS]["data"] == {"Corefile": "as it was"}


def test_an_object_that_is_changed_all_the_time_is_not_undone(machine: FakeMachine, undoer: Undoer):
    before = machine.api.put(COREDNS)
    machine.api.refusals["PUT", COREDNS] = 409
    with pytest.raises(NotUndoneError, match="changed by somebody else all the time"):
        undoer.undo(Put(COREDNS, before))


def test_a_patch_of_what_has_gone_is_no_trouble(machine: FakeMachine, undoer: Undoer):
    machine.api.node("one", "10.0.0.1")
    undoer.undo(Patch("/api/v1/nodes/one", {"spec": {"unschedulable": None}}))
    undoer.undo(Patch("/api/v1/nodes/gone", {"spec": {"unschedulable": None}}))
    assert machine.api.objects["/api/v1/nodes/one"]["patched"] == {"spec": {"unschedulable": None}}


def test_a_refusal_is_told(machine: FakeMachine, undoer: Undoer):
    machine.api.refusals["PATCH", "/api/v1/nodes/one"] = 403
    with pytest.raises(NotUndoneError, match="no PATCH here"):
        undoer.undo(Patch("/api/v1/nodes/one", {}))


def test_programs_on_nodes_get_their_input(machine: FakeMachine, undoer: Undoer):
    machine.contain("one", "10.0.0.1")
    undoer.undo(OnNode("one", ("sh", "-c", "rm -f /x")))
    undoer.undo(OnNode("one", ("tee", "/manifest"), "text"))
    assert machine.ran("docker", "exec") == [
        ["exec", "one", "sh", "-c", "rm -f /x"],
        ["exec", "-i", "one", "tee", "/manifest"],
    ]


def test_a_container_that_is_known_is_meant_and_no_other_of_its_name(
    machine: FakeMachine, undoer: Undoer
):
    machine.contain("one", "10.0.0.1")
    undoer.undo(OnNode("one", ("rm", "/x"), container="id-of-an-earlier-one"))
    undoer.undo(OnNode("one", ("rm", "/x"), container="id-of-one"))
    assert machine.ran("docker", "exec") == [
        ["exec", "id-of-an-earlier-one", "rm", "/x"],
        ["exec", "id-of-one", "rm", "/x"],
    ]


def test_a_node_that_has_gone_needs_nothing_undone(undoer: Undoer):
    undoer.undo(OnNode("gone", ("rm", "/x")))


def test_docker_may_say_that_it_is_so_already(machine: FakeMachine, undoer: Undoer):
    machine.contain("one", "10.0.0.1")
    undoer.undo(Docker(("unpause", "one"), fine=("is not paused",)))
    with pytest.raises(NotUndoneError, match="is not paused"):
        undoer.undo(Docker(("unpause", "one")))


def test_a_server_that_comes_back_is_waited_for(machine: FakeMachine):
    """The step before, newest first, may be what has to bring it back."""
    machine.api.put(NAMESPACE, ours=True)
    machine.api.refusals["GET", NAMESPACE] = 503
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        if clock[0] > 5:
            machine.api.refusals.clear()

    undoer = Undoer(
        HttpsTransport(Endpoint(machine.api.address), Environment()),
        Tools(machine.environ),
        patience_s=10.0,
        steady=lambda: clock[0],
        sleep=sleep,
    )
    undoer.undo(Delete(NAMESPACE))
    assert NAMESPACE not in machine.api.objects


def test_a_server_that_stays_away_is_named(machine: FakeMachine):
    clock = [0.0]
    undoer = Undoer(
        HttpsTransport(Endpoint("http://127.0.0.1:9"), Environment()),
        Tools(machine.environ),
        patience_s=3.0,
        steady=lambda: clock[0],
        sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds),
    )
    with pytest.raises(NotUndoneError, match="the API server does not answer"):
        undoer.undo(Delete(NAMESPACE))


def test_the_label_is_the_one_that_people_are_told_of():
    assert (LABEL, OURS) == ("app.kubernetes.io/managed-by", "uncordon")


def test_what_controllers_keep_of_a_change_goes_and_what_was_there_stays(machine: FakeMachine):
    folder = "/apis/apps/v1/namespaces/kube-system/controllerrevisions"
    for name in ("old", "new"):
        machine.api.put(f"{folder}/{name}")

    def listed() -> None:
        found = [one for path, one in machine.api.objects.items() if path.startswith(f"{folder}/")]
        machine.api.objects[folder] = {"metadata": {"labels": {}}, "items": found}

    listed()
    transport = HttpsTransport(Endpoint(machine.api.address), Environment())
    tools = Tools(machine.environ)
    undoer = Undoer(transport, tools, patience_s=0.0, sleep=lambda _: listed())
    undoer.undo(Others(folder, "k8s-app=kube-proxy", ("old",)))
    assert [path for path in machine.api.objects if path.startswith(f"{folder}/")] == [
        f"{folder}/old"
    ]
