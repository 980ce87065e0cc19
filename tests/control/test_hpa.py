"""Autoscalers: from what pods use to how many there are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from sim.control.hpa import tolerance_of
from sim.control.hpa_behavior import Memory, settle
from tests.control.world import MINUTE, SECOND, World

UTILIZATION = "cpu resource utilization (percentage of request)"


class Usage:
    """A metrics server that says what a test says."""

    def __init__(self, millicores: int, size: int = 64 << 20) -> None:
        self.millicores = millicores
        self.size = size
        self.silent: set[str] = set()

    def pod_usage(self, pod: Obj) -> list[tuple[str, int, int]]:
        if pod["metadata"]["name"] in self.silent or "podIP" not in pod["status"]:
            return []
        return [("app", self.millicores, self.size)]

    def node_usage(self, node: Obj) -> tuple[int, int]:
        return 0, 0


def autoscaler(**spec: Any) -> Obj:
    target = {"type": "Utilization", "averageUtilization": 50}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
            "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            **spec,
        },
    }


def resource(name: str, **target: Any) -> Obj:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def scaled(world: World, millicores: int, replicas: int = 2, **spec: Any) -> Usage:
    """Run a Deployment whose pods ask for 100m and use *millicores*, with an autoscaler."""
    usage = Usage(millicores)
    world.api.metrics = usage
    world.deployment("web", replicas)
    world.run(MINUTE)
    for pod in world.pods(app="web"):
        world.api.modify("pods", "shop", pod["metadata"]["name"], _started, status=True)
    world.api.create("horizontalpodautoscalers", autoscaler(**spec))
    return usage


def _started(pod: Obj) -> Obj:
    return {**pod, "status": {**pod["status"], "startTime": pod["metadata"]["creationTimestamp"]}}


def replicas(world: World) -> int:
    return int(world.get("deployments", "web")["spec"]["replicas"])


def status(world: World) -> Obj:
    found: Obj = world.get("horizontalpodautoscalers", "web")["status"]
    return found


def reasons(world: World) -> dict[str, str]:
    return {one["type"]: f"{one['status']} {one['reason']}" for one in status(world)["conditions"]}


@pytest.mark.parametrize(
    ("millicores", "wanted"), [(54, 2), (56, 3), (80, 4), (46, 2), (200, 4), (0, 2)]
)
def test_one_look_at_cpu_scales(world: World, millicores: int, wanted: int) -> None:
    """2 pods of 100m at 50 %: within a tenth nothing happens; up to double, or 4; down only later."""
    scaled(world, millicores)
    world.run(20 * SECOND)
    assert replicas(world) == wanted


def test_scaling_up_is_told_in_event_status_and_conditions(world: World) -> None:
    scaled(world, 80)
    world.run(20 * SECOND)
    assert world.events("SuccessfulRescale") == [f"New size: 4; reason: {UTILIZATION} above target"]
    held = status(world)
    assert (held["currentReplicas"], held["desiredReplicas"]) == (2, 4)
    assert held["lastScaleTime"] == "2026-11-20T01:41:15Z"
    assert held["currentMetrics"] == [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "current": {"averageUtilization": 80, "averageValue": "80m"},
            },
        }
    ]
    assert reasons(world) == {
        "AbleToScale": "True SucceededRescale",
        "ScalingActive": "True ValidMetricFound",
        "ScalingLimited": "False DesiredWithinRange",
    }


def test_scaling_down_waits_five_minutes(world: World) -> None:
    scaled(world, 10, replicas=4)
    world.run(4 * MINUTE)
    assert replicas(world) == 4
    assert reasons(world)["AbleToScale"] == "True ScaleDownStabilized"
    world.run(2 * MINUTE)
    assert replicas(world) == 1
    assert world.events("SuccessfulRescale") == ["New size: 1; reason: All metrics below target"]


def test_most_demanding_metric_wins(world: World) -> None:
    scaled(
        world,
        50,
        metrics=[
            resource("cpu", type="Utilization", averageUtilization=50),
            resource("memory", type="AverageValue", averageValue="40Mi"),
        ],
    )
    world.run(20 * SECOND)
    assert replicas(world) == 4
    assert world.events("SuccessfulRescale") == [
        "New size: 4; reason: memory resource above target"
    ]
    shown = status(world)["currentMetrics"][1]["resource"]["current"]
    assert shown == {"averageValue": str(64 << 20)}


@pytest.mark.parametrize(
    ("spec", "wanted", "why"),
    [
        ({"maxReplicas": 1}, 1, "Current number of replicas above Spec.MaxReplicas"),
        ({"minReplicas": 5}, 5, "Current number of replicas below Spec.MinReplicas"),
    ],
)
def test_bounds_are_kept_without_any_metric(world: World, spec: Obj, wanted: int, why: str) -> None:
    scaled(world, 50, **spec)
    world.run(20 * SECOND)
    assert replicas(world) == wanted
    assert world.events("SuccessfulRescale") == [f"New size: {wanted}; reason: {why}"]


def test_missing_metrics_are_said_and_nothing_is_scaled(world: World) -> None:
    usage = scaled(world, 90)
    usage.silent = {pod["metadata"]["name"] for pod in world.pods(app="web")}
    world.run(20 * SECOND)
    inner = (
        "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics "
        "returned from resource metrics API"
    )
    assert world.events("FailedGetResourceMetric") == [inner]
    assert world.events("FailedComputeMetricsReplicas") == [
        "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric "
        f"value: {inner}"
    ]
    assert reasons(world)["ScalingActive"] == "False FailedGetResourceMetric"
    assert replicas(world) == 2


def test_silent_pod_is_taken_to_use_nothing_when_scaling_up(world: World) -> None:
    usage = scaled(world, 90)
    usage.silent = {world.pods(app="web")[0]["metadata"]["name"]}
    world.run(20 * SECOND)
    assert replicas(world) == 2, "90 % of one pod over two is 45 %"


def test_target_without_requests_is_said(world: World) -> None:
    world.api.metrics = Usage(50)
    containers = [{"name": "app", "image": "web:1"}]
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    world.deployment("web", 1, pod=pod)
    world.run(MINUTE)
    [made] = world.pods(app="web")
    world.api.modify("pods", "shop", made["metadata"]["name"], _started, status=True)
    world.api.create("horizontalpodautoscalers", autoscaler())
    world.run(20 * SECOND)
    name = made["metadata"]["name"]
    assert world.events("FailedGetResourceMetric") == [
        f"failed to get cpu utilization: missing request for cpu in container app of Pod {name}"
    ]


def test_custom_resource_is_scaled_through_its_subresource(world: World) -> None:
    paths = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True}
    version |= {"schema": {"openAPIV3Schema": schema}, "subresources": {"scale": paths}}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    world.api.create(
        "customresourcedefinitions",
        {
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com",
                "scope": "Namespaced",
                "names": names,
                "versions": [version],
            },
        },
    )
    world.run(SECOND)
    world.api.create(
        "widgets.example.com",
        {
            "metadata": {"name": "w", "namespace": "shop"},
            "spec": {"replicas": 2},
            "status": {"replicas": 2, "selector": "app=web"},
        },
    )
    scaled(
        world,
        80,
        scaleTargetRef={"apiVersion": "example.com/v1", "kind": "Widget", "name": "w"},
    )
    world.run(20 * SECOND)
    assert world.get("widgets.example.com", "w")["spec"]["replicas"] == 4


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ({"apiVersion": "apps/v1", "kind": "Deployment"}, 'deployments.apps "gone" not found'),
        (
            {"apiVersion": "example.com/v1", "kind": "Odd"},
            'no matches for kind "Odd" in group "example.com"',
        ),
    ],
)
def test_target_that_is_missing_is_said(world: World, reference: Obj, text: str) -> None:
    scaled(world, 50, scaleTargetRef={**reference, "name": "gone"})
    world.run(20 * SECOND)
    assert world.events("FailedGetScale") == [text]
    assert reasons(world) == {"AbleToScale": "False FailedGetScale"}


def test_scaled_to_zero_by_hand_switches_it_off(world: World) -> None:
    scaled(world, 50)
    world.patch_spec("deployments", "web", replicas=0)
    world.run(20 * SECOND)
    assert reasons(world)["ScalingActive"] == "False ScalingDisabled"
    assert replicas(world) == 0


def test_unknown_custom_metric_is_said(world: World) -> None:
    pods = {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}}
    scaled(world, 50, metrics=[{"type": "Pods", "pods": pods}])
    world.run(20 * SECOND)
    [text] = world.events("FailedGetPodsMetric")
    assert text.endswith("no custom metrics API (custom.metrics.k8s.io) registered")


def test_deleted_autoscaler_looks_no_more(world: World) -> None:
    scaled(world, 200)
    world.api.delete("horizontalpodautoscalers", "shop", "web")
    world.run(MINUTE)
    assert replicas(world) == 2


SLOW = {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
STILL = {"scaleDown": {"stabilizationWindowSeconds": 0, "selectPolicy": "Disabled"}}
QUICK = {"scaleDown": {"stabilizationWindowSeconds": 0}}
HALF = {
    "scaleDown": {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}],
    }
}


@pytest.mark.parametrize(
    ("behavior", "current", "wanted", "left", "limit"),
    [
        (None, 3, 10, 6, "ScaleUpLimit"),
        (None, 1, 10, 4, "ScaleUpLimit"),
        (None, 6, 20, 10, "TooManyReplicas"),
        (SLOW, 3, 10, 4, "ScaleUpLimit"),
        (STILL, 8, 2, 8, "ScaleDownLimit"),
        (QUICK, 8, 0, 2, "TooFewReplicas"),
        (HALF, 8, 2, 4, "ScaleDownLimit"),
    ],
)
def test_behavior_limits_one_step(
    behavior: Obj | None, current: int, wanted: int, left: int, limit: str
) -> None:
    spec: Obj = {"minReplicas": 2, "maxReplicas": 10}
    if behavior is not None:
        spec["behavior"] = behavior
    outcome = settle(spec, Memory(), current=current, wanted=wanted, now=0)
    assert (outcome.replicas, outcome.limit[0]) == (left, limit)


def test_policies_period_counts_what_was_added_before() -> None:
    memory = Memory()
    memory.note_scaling(3, 4, 10 * SECOND)
    spec = {"maxReplicas": 10, "behavior": SLOW}
    assert settle(spec, memory, current=4, wanted=9, now=30 * SECOND).replicas == 4
    assert settle(spec, memory, current=4, wanted=9, now=90 * SECOND).replicas == 5


def test_rising_window_takes_the_lowest_recommendation() -> None:
    memory = Memory([(0, 2), (15 * SECOND, 3)])
    spec = {"maxReplicas": 10, "behavior": {"scaleUp": {"stabilizationWindowSeconds": 60}}}
    outcome = settle(spec, memory, current=2, wanted=6, now=30 * SECOND)
    assert (outcome.replicas, outcome.stabilized) == (2, "up")


def test_tolerance_can_be_set() -> None:
    narrow = tolerance_of({"spec": {"behavior": {"scaleUp": {"tolerance": "50m"}}}})
    assert (narrow.up, narrow.down) == (Fraction(1, 20), Fraction(1, 10))
