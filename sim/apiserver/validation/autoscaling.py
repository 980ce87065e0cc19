"""HorizontalPodAutoscalers and PodDisruptionBudgets.

It must not know what they measure or protect.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.quantity import canonical, parse_quantity
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_label_name, check_spelling
from sim.apiserver.validation.selectors import check_selector
from sim.apiserver.validation.values import POSITIVE, at_most_all, one_of, share, structured

_SOURCES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_SELECT = ("Disabled", "Max", "Min")
_MAX_WINDOW = 3600
_MAX_PERIOD = 1800
_ONLY = "must populate the given metric source only"
_BOTH = "may not set both a target raw value and a target utilization"


def check_autoscaler(obj: Obj) -> list[Cause]:
    """Return the causes why a HorizontalPodAutoscaler is refused."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    most, least = spec.get("maxReplicas", 0), spec.get("minReplicas")
    if least is not None and least < 1:
        rule = "must be greater than or equal to 1"
        causes.append(invalid_value("spec.minReplicas", least, rule))
    if most < 1:
        causes.append(invalid_value("spec.maxReplicas", most, "must be greater than 0"))
    if least is not None and most < least:
        rule = "must be greater than or equal to `minReplicas`"
        causes.append(invalid_value("spec.maxReplicas", most, rule))
    causes += _check_reference("spec.scaleTargetRef", spec.get("scaleTargetRef") or {})
    for index, metric in enumerate(spec.get("metrics") or ()):
        causes += _check_metric(f"spec.metrics[{index}]", metric)
    for way in ("scaleUp", "scaleDown"):
        rules = (spec.get("behavior") or {}).get(way)
        if rules is not None:
            causes += _check_rules(f"spec.behavior.{way}", rules)
    return causes


def _check_reference(field: str, reference: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for name in ("kind", "name"):
        if not reference.get(name):
            causes.append(required(f"{field}.{name}"))
        else:
            causes += check_spelling(f"{field}.{name}", reference[name], spelling.path_segment)
    return causes


def _check_metric(field: str, metric: Obj) -> list[Cause]:
    kind = metric.get("type", "")
    causes: list[Cause] = []
    if not kind:
        causes.append(required(f"{field}.type", "must specify a metric source type"))
    if kind not in _SOURCES:
        causes.append(unsupported_value(f"{field}.type", kind, _SOURCES))
    named = [_lower(one) for one in ("Object", "External", "Pods", "Resource", "ContainerResource")]
    held = [one for one in named if metric.get(one) is not None]
    if held:
        causes += _check_held(f"{field}.{held[0]}", held[0], metric[held[0]])
    wanted = _lower(kind)
    if kind in _SOURCES:
        if wanted not in held:
            detail = "must populate information for the given metric source"
            causes.append(required(f"{field}.{wanted}", detail))
    else:
        causes.append(unsupported_value(f"{field}.type", kind, _SOURCES))
    if len(held) != 1:
        causes += [forbidden_value(f"{field}.{one}", _ONLY) for one in held if one != wanted]
    return causes


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _check_held(field: str, kind: str, held: Obj) -> list[Cause]:
    target = held.get("target") or {}
    here, causes = f"{field}.target", list[Cause]()
    average, value = target.get("averageValue"), target.get("value")
    if kind in ("resource", "containerResource"):
        if not held.get("name"):
            causes.append(required(f"{field}.name", "must specify a resource name"))
        if kind == "containerResource":
            if not held.get("container"):
                causes.append(required(f"{field}.container", "must specify a container"))
            else:
                causes += check_label_name(f"{field}.container", held["container"])
        causes += _check_target(here, target)
        use = target.get("averageUtilization")
        if use is None and average is None:
            detail = "must set either a target raw value or a target utilization"
            causes.append(required(f"{here}.averageUtilization", detail))
        if use is not None and average is not None:
            causes.append(forbidden_value(f"{here}.averageValue", _BOTH))
        return causes
    if kind == "object":
        causes += _check_reference(f"{field}.describedObject", held.get("describedObject") or {})
    name = (held.get("metric") or {}).get("name", "")
    if not name:
        causes.append(required(f"{field}.metric.name", "must specify a metric name"))
    else:
        causes += check_spelling(f"{field}.metric.name", name, spelling.path_segment)
    causes += _check_target(here, target)
    if kind == "pods":
        if average is None:
            detail = "must specify a positive target averageValue"
            causes.append(required(f"{here}.averageValue", detail))
        return causes
    if value is None and average is None:
        detail = (
            "must set either a target value or averageValue"
            if kind == "object"
            else "must set either a target value for metric or a per-pod target"
        )
        causes.append(required(f"{here}.averageValue", detail))
    if kind == "external" and value is not None and average is not None:
        detail = "may not set both a target value for metric and a per-pod target"
        causes.append(forbidden_value(f"{here}.value", detail))
    return causes


def _check_target(field: str, target: Obj) -> list[Cause]:
    causes: list[Cause] = []
    kind = target.get("type", "")
    if not kind:
        causes.append(required(f"{field}.type", "must specify a metric target type"))
    if kind not in ("Utilization", "Value", "AverageValue"):
        rule = "must be either Utilization, Value, or AverageValue"
        causes.append(invalid_value(f"{field}.type", kind, rule))
    causes += [
        invalid_value(f"{field}.{name}", canonical(target[name]), "must be positive")
        for name in ("value", "averageValue")
        if target.get(name) is not None and parse_quantity(target[name]) <= 0
    ]
    use = target.get("averageUtilization")
    if use is not None and use < 1:
        causes.append(invalid_value(f"{field}.averageUtilization", use, "must be greater than 0"))
    return causes


def _check_rules(field: str, rules: Obj) -> list[Cause]:
    causes: list[Cause] = []
    window: Any = rules.get("stabilizationWindowSeconds")
    if window is not None:
        here = f"{field}.stabilizationWindowSeconds"
        if window < 0:
            causes.append(invalid_value(here, window, "must be greater than or equal to zero"))
        if window > _MAX_WINDOW:
            rule = f"must be less than or equal to {_MAX_WINDOW}"
            causes.append(invalid_value(here, window, rule))
    causes += one_of(f"{field}.selectPolicy", rules.get("selectPolicy"), _SELECT, optional=True)
    policies = rules.get("policies") or []
    if not policies:
        causes.append(required(f"{field}.policies", "must specify at least one Policy"))
    for index, one in enumerate(policies):
        here = f"{field}.policies[{index}]"
        if one.get("type") not in ("Pods", "Percent"):
            known = ("Percent", "Pods")
            causes.append(unsupported_value(f"{here}.type", one.get("type", ""), known))
        for name in ("value", "periodSeconds"):
            if one.get(name, 0) <= 0:
                causes.append(invalid_value(f"{here}.{name}", one.get(name, 0), POSITIVE))
        if one.get("periodSeconds", 0) > _MAX_PERIOD:
            rule = f"must be less than or equal to {_MAX_PERIOD}"
            causes.append(invalid_value(f"{here}.periodSeconds", one["periodSeconds"], rule))
    return causes


def check_budget(obj: Obj) -> list[Cause]:
    """Return the causes why a PodDisruptionBudget is refused."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        # Shown as the server's own type is written, which has no names for JSON.
        shown = {
            "MinAvailable": spec["minAvailable"],
            "Selector": spec.get("selector"),
            "MaxUnavailable": spec["maxUnavailable"],
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        rule = "minAvailable and maxUnavailable cannot be both set"
        causes.append(structured("spec", shown, rule))
    for name in ("minAvailable", "maxUnavailable"):
        if spec.get(name) is not None:
            causes += share(f"spec.{name}", spec[name]) + at_most_all(f"spec.{name}", spec[name])
    causes += check_selector("spec.selector", spec.get("selector"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    known = ("AlwaysAllow", "IfHealthyBudget")
    return causes + one_of("spec.unhealthyPodEvictionPolicy", policy, known, optional=True)
