"""A cluster of somebody else's is left as it was, or it is said what stays there and what to do."""

from __future__ import annotations

from functools import partial

import pytest

from sim.backends.kind import lifecycle
from sim.backends.kind.cluster import find_cluster
from sim.backends.kind.lifecycle import LifecycleError, down, up
from sim.backends.kind.undo import Delete, Patch
from sim.backends.kind.undoing import Undoer
from tests.backends.kind.machine import FOREIGN, FakeMachine

NAMESPACE = "/api/v1/namespaces/payments"


def test_down_of_a_foreign_cluster_takes_back_what_is_ours_and_nothing_else(machine: FakeMachine):
    machine.foreign()
    cluster = up(lambda _: None, context="theirs", environ=machine.environ)
    theirs = dict(machine.api.objects)
    machine.api.put(NAMESPACE, ours=True)
    machine.api.put("/apis/apps/v1/namespaces/default/deployments/gateway", ours=True)
    cluster.journal.did("a label", Patch("/api/v1/nodes/one", {"metadata": {"labels": None}}))
    down(lambda _: None, context="theirs", environ=machine.environ)
    assert machine.api.objects.pop("/api/v1/nodes/one")["patched"] == {"metadata": {"labels": None}}
    theirs.pop("/api/v1/nodes/one")
    assert machine.api.objects == theirs
    assert all(one["images"] == {} for one in machine.state["containers"].values())
    assert sorted(machine.left) == sorted(FOREIGN)
    assert machine.ran("kind") == []


def test_a_node_is_never_deleted_whatever_label_it_has(machine: FakeMachine):
    machine.foreign()
    machine.api.objects["/api/v1/nodes/one"]["metadata"]["labels"] = {
        "app.kubernetes.io/managed-by": "uncordon"
    }
    down(lambda _: None, context="theirs", environ=machine.environ)
    assert "/api/v1/nodes/one" in machine.api.objects


def test_what_does_not_go_is_named_and_remembered(machine: FakeMachine, monkeypatch):
    machine.foreign()
    monkeypatch.setattr(lifecycle, "GONE_S", 0.0)
    machine.api.put(NAMESPACE, ours=True)
    machine.api.refusals["DELETE", NAMESPACE] = 409
    with pytest.raises(LifecycleError, match=f"still there: {NAMESPACE}"):
        down(lambda _: None, context="theirs", environ=machine.environ)


def test_down_of_what_does_not_go_says_what_to_do_and_does_it_then(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
):
    machine.foreign()
    monkeypatch.setattr(lifecycle, "Undoer", partial(Undoer, going_s=0.0))
    journal = find_cluster("theirs", machine.environ).journal
    journal.did("namespace payments", Delete(NAMESPACE))
    machine.api.put(NAMESPACE, ours=True)
    machine.api.refusals["DELETE", NAMESPACE] = 409
    with pytest.raises(LifecycleError) as found:
        down(lambda _: None, context="theirs", environ=machine.environ)
    assert str(found.value).splitlines() == [
        "not undone:",
        f"  {NAMESPACE} is being deleted and not gone after 0 s",
        "`uncordon kind down --context theirs` tries again",
    ]
    assert [one.what for one in journal.entries()] == ["namespace payments"]
    machine.api.refusals.clear()
    down(lambda _: None, context="theirs", environ=machine.environ)
    assert sorted(machine.left) == sorted(FOREIGN)


def test_down_says_what_to_do_where_the_cluster_cannot_be_looked_at(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
):
    machine.foreign()
    monkeypatch.setattr(lifecycle, "GONE_S", -1.0)
    machine.api.refusals["GET", "/readyz"] = 500
    with pytest.raises(
        LifecycleError,
        match="cannot be looked at: no GET here; try `uncordon kind down --context theirs` again",
    ):
        down(lambda _: None, context="theirs", environ=machine.environ)
