"""Whether a pod may be on a node."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from sim.control.placement import first_untolerated, matches_node, tolerates

TAINT: Obj = {"key": "pool", "value": "payments", "effect": "NoSchedule"}
NODE: Obj = {
    "metadata": {"name": "n1", "labels": {"zone": "a", "disk": "ssd", "cores": "8"}},
    "spec": {},
}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "pool", "operator": "Exists"}, True),
        ({"key": "pool", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "pool", "value": "payments"}, True),
        ({"key": "pool", "operator": "Equal", "value": "search"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_toleration_covers_key_value_and_effect(toleration: Obj, expected: bool) -> None:
    assert tolerates(toleration, TAINT) is expected


def test_only_the_asked_effects_count() -> None:
    soft = {**TAINT, "effect": "PreferNoSchedule"}
    assert first_untolerated((), [soft], ("NoSchedule", "NoExecute")) is None
    assert first_untolerated((), [soft, TAINT], ("NoSchedule",)) == TAINT


def required(*terms: Obj) -> Obj:
    selector = {"nodeSelectorTerms": list(terms)}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": selector}}
    }


def label(key: str, operator: str, *values: str) -> Obj:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, True),
        ({"nodeSelector": {"zone": "a", "disk": "ssd"}}, True),
        ({"nodeSelector": {"zone": "b"}}, False),
        (required(label("zone", "In", "b"), label("disk", "Exists")), True),
        (required(label("zone", "NotIn", "a")), False),
        (required(label("cores", "Gt", "4")), True),
        (required(label("gpu", "DoesNotExist")), True),
        (required({}), False),
        (
            required(
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
            ),
            True,
        ),
    ],
)
def test_selector_and_affinity_decide(spec: dict[str, Any], expected: bool) -> None:
    assert matches_node(spec, NODE) is expected
