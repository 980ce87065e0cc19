"""What a write did is told by its meaning where the API's verb does not say it."""

from __future__ import annotations

from typing import Any

import pytest

from sim.backends.deeds import RESTARTED_AT, deed_of, target_of

Obj = dict[str, Any]


def node(**spec: Any) -> Obj:
    return {"metadata": {"name": "n", "labels": {"a": "1"}}, "spec": spec}


def deployment(image: str, replicas: int = 4, annotations: Obj | None = None) -> Obj:
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": annotations or {}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }
    return {"metadata": {"name": "web"}, "spec": {"replicas": replicas, "template": template}}


def earlier(_deployment: Obj) -> list[Obj]:
    template = deployment("web:1")["spec"]["template"]
    labels = {"app": "web", "pod-template-hash": "abc"}
    return [{**template, "metadata": {"labels": labels}}]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (node(), node(unschedulable=True), ("patch", "unschedulable: true")),
        (node(unschedulable=True), node(), ("patch", "unschedulable: false")),
        (
            node(),
            node(taints=[{"key": "x", "value": "1", "effect": "NoExecute"}]),
            ("patch", "taints: +x=1:NoExecute"),
        ),
        (
            node(taints=[{"key": "x", "effect": "NoSchedule"}]),
            node(),
            ("patch", "taints: -x:NoSchedule"),
        ),
        (deployment("web:2"), deployment("web:1"), ("rollback", "image: web:2 -> web:1")),
        (deployment("web:2"), deployment("web:3"), ("patch", "image: web:2 -> web:3")),
        (
            deployment("web:2"),
            deployment("web:2", annotations={RESTARTED_AT: "02:50"}),
            ("restart", "restartedAt: 02:50"),
        ),
        (deployment("web:2"), deployment("web:2", 8), ("patch", "replicas: 4 -> 8")),
    ],
)
def test_write_is_told_by_what_it_did(old: Obj, new: Obj, told: tuple[str, str]) -> None:
    assert deed_of("patch", old, new, earlier) == told


def test_creation_and_deletion_keep_their_verb() -> None:
    assert deed_of("create", None, node(), earlier) == ("create", "")
    assert deed_of("delete", node(), None, earlier) == ("delete", "")


def test_target_names_resource_namespace_and_name() -> None:
    assert target_of("nodes", "", "n") == "nodes/n"
    assert target_of("pods", "payments", "p") == "pods/payments/p"
