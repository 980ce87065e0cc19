"""From the form in which an object is stored to the version that was asked for, and back.

Few kinds have two: autoscalers (v2 is stored), events (core is stored) and custom resources, whose
versions differ in name only. This file must not know requests.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sim.apimachinery.resources import ResourceInfo
from sim.apimachinery.wire import Obj
from sim.apiserver.eventsview import newer_event, older_event

View = Callable[[Obj], Obj]

_ANNOTATION = "autoscaling.alpha.kubernetes.io/"
_KEPT = ("scaleTargetRef", "minReplicas", "maxReplicas")


def view_of(info: ResourceInfo) -> View | None:
    """Return how stored objects look in the version of *info*; None where they look the same."""
    if info.group == "events.k8s.io":
        return newer_event
    if info.kind == "HorizontalPodAutoscaler" and info.version == "v1":
        return _older_autoscaler
    if info.custom:
        return lambda obj: _as_version(info, obj)
    return None


def stored_form(info: ResourceInfo, obj: Obj) -> Obj:
    """Return *obj*, of the version of *info*, as it is stored."""
    if info.group == "events.k8s.io":
        return older_event(obj)
    if info.kind == "HorizontalPodAutoscaler" and info.version == "v1":
        return _newer_autoscaler(obj)
    return obj


def _as_version(info: ResourceInfo, obj: Obj) -> Obj:
    if obj.get("apiVersion") == info.group_version:
        return obj
    return {**obj, "apiVersion": info.group_version}


def _is_cpu(metric: Obj) -> bool:
    resource = metric.get("resource") or {}
    target = resource.get("target") or {}
    return resource.get("name") == "cpu" and target.get("type", "Utilization") == "Utilization"


def _older_autoscaler(obj: Obj) -> Obj:
    """Return a v2 autoscaler as v1; what v1 has no field for goes into annotations."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    annotations = dict(obj["metadata"].get("annotations") or {})
    older: Obj = {key: spec[key] for key in _KEPT if key in spec}
    others: list[Obj] = []
    for metric in spec.get("metrics") or ():
        if _is_cpu(metric) and "targetCPUUtilizationPercentage" not in older:
            wanted = metric["resource"].get("target") or {}
            older["targetCPUUtilizationPercentage"] = wanted.get("averageUtilization", 0)
        else:
            others.append(metric)
    shown: Obj = {}
    for key in ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas"):
        if key in status:
            shown[key] = status[key]
    for metric in status.get("currentMetrics") or ():
        resource = metric.get("resource") or {}
        if resource.get("name") == "cpu":
            used = (resource.get("current") or {}).get("averageUtilization")
            if used is not None:
                shown["currentCPUUtilizationPercentage"] = used
    for name, value in (
        ("metrics", others),
        ("behavior", spec.get("behavior")),
        ("conditions", status.get("conditions")),
        ("current-metrics", status.get("currentMetrics")),
    ):
        if value:
            annotations[_ANNOTATION + name] = json.dumps(value, separators=(",", ":"))
    metadata = {**obj["metadata"], "annotations": annotations}
    if not annotations:
        del metadata["annotations"]
    made = {**obj, "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": older}
    return {**made, "status": shown} if "status" in obj else made


def _newer_autoscaler(obj: Obj) -> Obj:
    """Return a v1 autoscaler as v2."""
    spec = obj.get("spec") or {}
    newer: Obj = {key: value for key, value in spec.items() if key in _KEPT}
    metrics: list[Obj] = []
    percent = spec.get("targetCPUUtilizationPercentage")
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    held = obj["metadata"].get("annotations") or {}
    metrics += _parsed(held.get(f"{_ANNOTATION}metrics"), [])
    if metrics:
        newer["metrics"] = metrics
    behavior = _parsed(held.get(f"{_ANNOTATION}behavior"), {})
    if behavior:
        newer["behavior"] = behavior
    metadata = dict(obj["metadata"])
    rest = {key: value for key, value in held.items() if not key.startswith(_ANNOTATION)}
    metadata.pop("annotations", None)
    if rest:
        metadata["annotations"] = rest
    made = {**obj, "apiVersion": "autoscaling/v2", "metadata": metadata, "spec": newer}
    if "status" in obj:
        made["status"] = {
            key: value
            for key, value in obj["status"].items()
            if key != "currentCPUUtilizationPercentage"
        }
    return made


def _parsed(text: str | None, empty: Any) -> Any:
    try:
        found = json.loads(text) if text else empty
    except ValueError:
        return empty
    return found if isinstance(found, type(empty)) else empty
