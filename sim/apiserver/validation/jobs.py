"""Jobs and CronJobs: counts, modes, policies, templates; and what may change of a Job later.

It must not know pods that run.
"""

from __future__ import annotations

from typing import Any

from sim.apimachinery.errors import (
    Cause,
    duplicate_value,
    invalid_value,
    required,
    unsupported_value,
)
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_key, check_label_name
from sim.apiserver.validation.pods import check_template
from sim.apiserver.validation.schedules import check_schedule, check_zone
from sim.apiserver.validation.selectors import check_selector
from sim.apiserver.validation.values import immutable, not_negative, one_of, structured
from sim.apiserver.validation.workloads import check_match

_MODES = ("NonIndexed", "Indexed")
_MAX_PARALLEL = 100_000
"""Of an indexed Job (pkg/apis/batch/validation)."""
_RESTARTS = ("OnFailure", "Never")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_CONCURRENCY = ("Allow", "Forbid", "Replace")


def _check_spec(field: str, spec: Obj) -> list[Cause]:
    causes = not_negative(
        spec,
        field,
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    )
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        detail = "when maxFailedIndexes is specified"
        causes.append(required(f"{field}.backoffLimitPerIndex", detail))
    causes += _check_mode(field, spec)
    causes += _check_policies(field, spec)
    causes += check_template(f"{field}.template", spec.get("template") or {})
    return causes + _check_restarts(f"{field}.template.spec.restartPolicy", spec)


def _check_mode(field: str, spec: Obj) -> list[Cause]:
    mode = spec.get("completionMode") or "NonIndexed"
    if mode not in _MODES:
        return [unsupported_value(f"{field}.completionMode", mode, _MODES)]
    causes: list[Cause] = []
    if mode == "Indexed":
        completions, failed = spec.get("completions"), spec.get("maxFailedIndexes")
        if completions is None:
            causes.append(required(f"{field}.completions", "when completion mode is Indexed"))
        if spec.get("parallelism", 0) > _MAX_PARALLEL:
            rule = f"must be less than or equal to {_MAX_PARALLEL} when completion mode is Indexed"
            causes.append(invalid_value(f"{field}.parallelism", spec["parallelism"], rule))
        if completions is not None and failed is not None and failed > completions:
            rule = "must be less than or equal to completions"
            causes.append(invalid_value(f"{field}.maxFailedIndexes", failed, rule))
        return causes
    rule = "requires indexed completion mode"
    causes += [
        invalid_value(f"{field}.{name}", spec[name], rule)
        for name in ("backoffLimitPerIndex", "maxFailedIndexes")
        if spec.get(name) is not None
    ]
    if spec.get("successPolicy") is not None:
        causes.append(structured(f"{field}.successPolicy", spec["successPolicy"], rule))
    return causes


def _check_policies(field: str, spec: Obj) -> list[Cause]:
    causes: list[Cause] = []
    policy = spec.get("podFailurePolicy")
    for index, rule in enumerate((policy or {}).get("rules") or ()):
        causes += _check_rule(f"{field}.podFailurePolicy.rules[{index}]", rule, spec)
    replacing = spec.get("podReplacementPolicy")
    known = ("Failed",) if policy is not None else ("Failed", "TerminatingOrFailed")
    return causes + one_of(f"{field}.podReplacementPolicy", replacing, known, optional=True)


def _check_rule(field: str, rule: Obj, spec: Obj) -> list[Cause]:
    action = rule.get("action", "")
    causes: list[Cause] = []
    if action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        why = "requires the backoffLimitPerIndex to be set"
        causes.append(invalid_value(f"{field}.action", action, why))
    elif not action:
        causes.append(required(f"{field}.action", _valid(_ACTIONS)))
    elif action not in _ACTIONS:
        causes.append(unsupported_value(f"{field}.action", action, _ACTIONS))
    codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or []
    if codes is not None:
        causes += _check_codes(f"{field}.onExitCodes", codes, spec)
    for index, one in enumerate(conditions):
        here = f"{field}.onPodConditions[{index}]"
        causes += check_key(f"{here}.type", one.get("type", ""))
        status = one.get("status", "True")
        if status not in _STATUSES:
            causes.append(unsupported_value(f"{here}.status", status, _STATUSES))
    if codes is not None and conditions:
        why = "specifying both OnExitCodes and OnPodConditions is not supported"
        causes.append(Cause("FieldValueInvalid", f"Invalid value: {why}", field))
    if codes is None and not conditions:
        why = "specifying one of OnExitCodes and OnPodConditions is required"
        causes.append(Cause("FieldValueInvalid", f"Invalid value: {why}", field))
    return causes


def _valid(known: tuple[str, ...]) -> str:
    return "valid values: [" + " ".join(f'"{one}"' for one in known) + "]"


def _check_codes(field: str, codes: Obj, spec: Obj) -> list[Cause]:
    causes: list[Cause] = []
    operator, values = codes.get("operator", ""), codes.get("values") or []
    if not operator:
        causes.append(required(f"{field}.operator", _valid(_OPERATORS)))
    elif operator not in _OPERATORS:
        causes.append(unsupported_value(f"{field}.operator", operator, _OPERATORS))
    pods = (spec.get("template") or {}).get("spec") or {}
    names = [
        one.get("name") for part in ("containers", "initContainers") for one in pods.get(part) or ()
    ]
    container = codes.get("containerName")
    if container is not None and container not in names:
        rule = "must be one of the container or initContainer names in the pod template"
        causes.append(invalid_value(f"{field}.containerName", container, rule))
    here = f"{field}.values"
    if not values:
        causes.append(structured(here, values or None, "at least one value is required"))
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            rule = "must not be 0 for the In operator"
            causes.append(invalid_value(f"{here}[{index}]", value, rule))
        if value in values[:index]:
            causes.append(duplicate_value(f"{here}[{index}]", value))
    if values != sorted(values):
        causes.append(structured(here, values, "must be ordered"))
    return causes


def _check_restarts(field: str, spec: Obj) -> list[Cause]:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy", "")
    if policy in ("", "Always"):
        return [required(field, 'valid values: "OnFailure", "Never"')]
    if policy not in _RESTARTS:
        return [unsupported_value(field, policy, _RESTARTS)]
    if spec.get("podFailurePolicy") is not None and policy != "Never":
        rule = 'only "Never" is supported when podFailurePolicy is specified'
        return [invalid_value(field, policy, rule)]
    return []


def check_job(obj: Obj) -> list[Cause]:
    """Return the causes why a Job is refused."""
    spec = obj.get("spec") or {}
    causes = _check_spec("spec", spec)
    if spec.get("selector") is None:
        causes.append(required("spec.selector"))
    else:
        causes += check_selector("spec.selector", spec["selector"]) + check_match(spec)
    name, completions = obj["metadata"]["name"], spec.get("completions") or 0
    if spec.get("completionMode") == "Indexed" and completions > 0:
        host = f"{name}-{completions - 1}"
        if check_label_name("", host):
            rule = f"will not able to create pod with invalid DNS label: {host}"
            causes.append(invalid_value("metadata.name", name, rule))
    return causes


def _is_elastic(new: Obj, old: Obj) -> bool:
    """Return whether an indexed Job's completions change together with its parallelism."""
    return new.get("completionMode") == "Indexed" and (
        new.get("completions") == new.get("parallelism")
        and old.get("completions") is not None
        and new.get("completions") is not None
    )


_SUSPENDED_MAY = ("nodeSelector", "tolerations", "schedulingGates", "affinity")


def _unscheduled(template: Obj) -> Obj:
    """Return a template without what may change while a Job is suspended and has not started."""
    spec = {
        key: one for key, one in (template.get("spec") or {}).items() if key not in _SUSPENDED_MAY
    }
    metadata: dict[str, Any] = {
        key: one
        for key, one in (template.get("metadata") or {}).items()
        if key not in ("labels", "annotations")
    }
    return {"metadata": metadata, "spec": spec}


def check_job_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the causes why a Job may not change like that."""
    given, held = new["spec"], old["spec"]
    causes: list[Cause] = []
    if not _is_elastic(given, held):
        causes += immutable("spec.completions", given.get("completions"), held.get("completions"))
    causes += immutable("spec.selector", given.get("selector"), held.get("selector"))
    template, before = given.get("template") or {}, held.get("template") or {}
    waiting = held.get("suspend") and not (old.get("status") or {}).get("startTime")
    if not (waiting and _unscheduled(template) == _unscheduled(before)):
        causes += immutable("spec.template", template, before)
    for name in (
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ):
        causes += immutable(f"spec.{name}", given.get(name), held.get(name))
    return causes


def check_cronjob(obj: Obj) -> list[Cause]:
    """Return the causes why a CronJob is refused."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    if spec.get("schedule"):
        causes += check_schedule("spec.schedule", spec["schedule"], spec.get("timeZone"))
    else:
        causes.append(required("spec.schedule"))
    causes += not_negative(spec, "spec", "startingDeadlineSeconds")
    causes += check_zone("spec.timeZone", spec.get("timeZone"))
    causes += one_of("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), _CONCURRENCY)
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    here = "spec.jobTemplate.spec"
    causes += _check_spec(here, job)
    if job.get("selector") is not None:
        rule = "`selector` will be auto-generated"
        causes.append(structured(f"{here}.selector", job["selector"], rule))
    if job.get("manualSelector"):
        known = ("nil", "false")
        causes.append(unsupported_value(f"{here}.manualSelector", True, known))
    return causes + not_negative(
        spec, "spec", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"
    )
