"""Deployments, sets, Jobs and what goes with them: replicas, selectors, templates, strategies."""

from __future__ import annotations

import json
from typing import Any

from sim.apimachinery.errors import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_labels
from sim.apiserver.validation.pods import POLICIES, check_pod_spec

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_PERCENT_RULE = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')"
)
_NOT_NEGATIVE = "must be greater than or equal to 0"


def _as_json(field: str, value: Any, detail: str) -> Cause:
    """Return the cause for a structured value, which is shown as JSON."""
    shown = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return Cause("FieldValueInvalid", f"Invalid value: {shown}: {detail}", field)


def _check_counts(spec: Obj, *fields: str) -> list[Cause]:
    return [
        invalid_value(f"spec.{field}", spec[field], _NOT_NEGATIVE)
        for field in fields
        if isinstance(spec.get(field), int) and spec[field] < 0
    ]


def _check_template(spec: Obj, policies: tuple[str, ...] = ("Always",)) -> list[Cause]:
    template = spec.get("template") or {}
    inner = template.get("spec") or {}
    labels = (template.get("metadata") or {}).get("labels")
    field = "spec.template.spec"
    causes = check_labels("spec.template.labels", labels)
    causes += check_pod_spec(inner, field)
    policy = inner.get("restartPolicy")
    if policy in POLICIES and policy not in policies:
        causes.append(unsupported_value(f"{field}.restartPolicy", policy, policies))
    return causes


def _check_expressions(field: str, selector: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for index, one in enumerate(selector.get("matchExpressions") or ()):
        here = f"{field}.matchExpressions[{index}]"
        operator = one.get("operator", "")
        if operator not in _OPERATORS:
            rule = "not a valid selector operator"
            causes.append(invalid_value(f"{here}.operator", operator, rule))
        elif operator in ("In", "NotIn") and not one.get("values"):
            detail = "must be specified when `operator` is 'In' or 'NotIn'"
            causes.append(required(f"{here}.values", detail))
    return causes


def _check_selector(spec: Obj) -> list[Cause]:
    selector = spec.get("selector")
    if selector is None:
        return [required("spec.selector")]
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        rule = "empty selector is invalid for deployment"
        return [_as_json("spec.selector", selector, rule)]
    causes = _check_expressions("spec.selector", selector)
    if causes:
        return causes
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not match_label_selector(selector).matches(labels):
        rule = "`selector` does not match template `labels`"
        return [_as_json("spec.template.metadata.labels", labels, rule)]
    return []


def _check_share(field: str, value: int | str | None) -> list[Cause]:
    """Return the cause why *value* is neither a count nor a percentage."""
    if isinstance(value, str) and not (value.endswith("%") and value[:-1].isdigit()):
        return [invalid_value(field, value, _PERCENT_RULE)]
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, value, _NOT_NEGATIVE)]
    return []


def _check_rolling(strategy: Obj, field: str) -> list[Cause]:
    rolling = strategy.get("rollingUpdate") or {}
    causes: list[Cause] = []
    for name in ("maxUnavailable", "maxSurge"):
        value = rolling.get(name)
        causes += _check_share(f"{field}.rollingUpdate.{name}", value)
    if not causes and _is_zero(rolling, "maxUnavailable") and _is_zero(rolling, "maxSurge"):
        rule = "may not be 0 when `maxSurge` is 0"
        value = rolling["maxUnavailable"]
        causes.append(invalid_value(f"{field}.rollingUpdate.maxUnavailable", value, rule))
    return causes


def _is_zero(rolling: Obj, name: str) -> bool:
    return rolling.get(name) in (0, "0%")


def check_deployment(obj: Obj) -> list[Cause]:
    """Return the causes why a Deployment is refused."""
    spec = obj.get("spec") or {}
    causes = _check_counts(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    causes += _check_selector(spec) + _check_template(spec)
    strategy = spec.get("strategy") or {}
    kinds = ("Recreate", "RollingUpdate")
    if strategy.get("type") not in kinds:
        causes.append(unsupported_value("spec.strategy.type", strategy.get("type", ""), kinds))
    elif strategy["type"] == "Recreate" and strategy.get("rollingUpdate"):
        detail = "may not be specified when strategy `type` is 'Recreate'"
        causes.append(forbidden_value("spec.strategy.rollingUpdate", detail))
    return causes + _check_rolling(strategy, "spec.strategy")


def check_replicaset(obj: Obj) -> list[Cause]:
    """Return the causes why a ReplicaSet is refused."""
    spec = obj.get("spec") or {}
    causes = _check_counts(spec, "replicas", "minReadySeconds")
    return causes + _check_selector(spec) + _check_template(spec)


def check_daemonset(obj: Obj) -> list[Cause]:
    """Return the causes why a DaemonSet is refused."""
    spec = obj.get("spec") or {}
    causes = _check_counts(spec, "minReadySeconds", "revisionHistoryLimit")
    causes += _check_selector(spec) + _check_template(spec)
    return causes + _check_rolling(spec.get("updateStrategy") or {}, "spec.updateStrategy")


def check_statefulset(obj: Obj) -> list[Cause]:
    """Return the causes why a StatefulSet is refused."""
    spec = obj.get("spec") or {}
    causes = _check_counts(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    return causes + _check_selector(spec) + _check_template(spec)


def check_job(obj: Obj) -> list[Cause]:
    """Return the causes why a Job is refused."""
    spec = obj.get("spec") or {}
    causes = _check_counts(spec, "parallelism", "completions", "backoffLimit")
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy")
    if policy == "Always":
        field = "spec.template.spec.restartPolicy"
        allowed = ("OnFailure", "Never")
        return [*causes, unsupported_value(field, policy, allowed)]
    return causes + _check_template(spec, ("OnFailure", "Never"))


def check_cronjob(obj: Obj) -> list[Cause]:
    """Return the causes why a CronJob is refused."""
    spec = obj.get("spec") or {}
    if not spec.get("schedule"):
        return [required("spec.schedule")]
    if len(spec["schedule"].split()) != 5 and not spec["schedule"].startswith("@"):
        count = len(spec["schedule"].split())
        rule = f"expected exactly 5 fields, found {count}: {spec['schedule'].split()}"
        return [invalid_value("spec.schedule", spec["schedule"], rule.replace("'", ""))]
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = (inner.get("template") or {}).get("spec") or {}
    return check_pod_spec(pod, "spec.jobTemplate.spec.template.spec")


def check_autoscaler(obj: Obj) -> list[Cause]:
    """Return the causes why a HorizontalPodAutoscaler is refused."""
    spec = obj.get("spec") or {}
    most, least = spec.get("maxReplicas", 0), spec.get("minReplicas", 1)
    target = spec.get("scaleTargetRef") or {}
    for field in ("kind", "name"):
        if not target.get(field):
            return [required(f"spec.scaleTargetRef.{field}")]
    if most < 1:
        return [invalid_value("spec.maxReplicas", most, "must be greater than 0")]
    if most < least:
        rule = "must be greater than or equal to `minReplicas`"
        return [invalid_value("spec.maxReplicas", most, rule)]
    return []


def check_budget(obj: Obj) -> list[Cause]:
    """Return the causes why a PodDisruptionBudget is refused."""
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        rule = "minAvailable and maxUnavailable cannot be both set"
        return [_as_json("spec", spec, rule)]
    causes = _check_expressions("spec.selector", spec.get("selector") or {})
    for name in ("minAvailable", "maxUnavailable"):
        causes += _check_share(f"spec.{name}", spec.get(name))
    return causes


def check_selector_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a workload's selector may not change."""
    given, held = new["spec"].get("selector"), old["spec"].get("selector")
    if given == held:
        return []
    return [_as_json("spec.selector", given, "field is immutable")]


def check_job_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a Job may not change like that."""
    return [
        _as_json(f"spec.{field}", new["spec"].get(field), "field is immutable")
        for field in ("selector", "template", "completions")
        if new["spec"].get(field) != old["spec"].get(field)
    ]


_STATEFULSET_MAY = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)


def check_statefulset_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a StatefulSet may not change like that."""
    given, held = new["spec"], old["spec"]
    fields = {**held, **given}
    if all(field in _STATEFULSET_MAY or given.get(field) == held.get(field) for field in fields):
        return []
    detail = (
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
        "'minReadySeconds' are forbidden"
    )
    return [forbidden_value("spec", detail)]
