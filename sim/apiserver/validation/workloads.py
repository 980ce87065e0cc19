"""Deployments, sets and replication controllers: counts, selectors, templates, strategies.

It must not know which pods they own.
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
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.wire import Obj
from sim.apiserver.validation.names import check_annotations, check_labels
from sim.apiserver.validation.pods import check_template
from sim.apiserver.validation.selectors import check_selector, is_empty, is_readable
from sim.apiserver.validation.storage import check_claim_spec
from sim.apiserver.validation.values import (
    at_most_all,
    immutable,
    is_zero,
    not_negative,
    share,
    structured,
)

MISMATCH = "`selector` does not match template `labels`"


def template_labels(spec: Obj) -> Obj:
    """Return the labels of a spec's pod template."""
    return ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}


def check_match(spec: Obj, field: str = "spec") -> list[Cause]:
    """Return the cause why a selector does not select the pods of its own template."""
    selector, labels = spec.get("selector"), template_labels(spec)
    if selector is None or not is_readable(selector):
        return []
    if match_label_selector(selector).matches(labels):
        return []
    return [structured(f"{field}.template.metadata.labels", labels or None, MISMATCH)]


def _check_selector(spec: Obj, kind: str) -> list[Cause]:
    selector = spec.get("selector")
    if selector is None:
        return [required("spec.selector")]
    causes = check_selector("spec.selector", selector)
    if is_empty(selector):
        rule = f"empty selector is invalid for {kind}"
        return [*causes, structured("spec.selector", selector, rule)]
    if not is_readable(selector):
        causes.append(structured("spec.selector", selector, "invalid label selector"))
    return causes


def _check_restarts(spec: Obj, kind: str) -> list[Cause]:
    inner = (spec.get("template") or {}).get("spec") or {}
    field = "spec.template.spec"
    causes: list[Cause] = []
    if inner.get("restartPolicy") != "Always":
        policy = inner.get("restartPolicy", "")
        causes.append(unsupported_value(f"{field}.restartPolicy", policy, ("Always",)))
    if inner.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        causes.append(forbidden_value(f"{field}.activeDeadlineSeconds", detail))
    return causes


def _check_template(spec: Obj, kind: str) -> list[Cause]:
    causes = check_match(spec) if not is_empty(spec.get("selector")) else []
    causes += check_template("spec.template", spec.get("template") or {})
    return causes + _check_restarts(spec, kind)


def check_deployment(obj: Obj) -> list[Cause]:
    """Return the causes why a Deployment is refused."""
    spec = obj.get("spec") or {}
    causes = not_negative(spec, "spec", "replicas") + _check_selector(spec, "deployment")
    causes += _check_template(spec, "ReplicaSet")
    causes += _check_strategy(spec.get("strategy") or {})
    causes += not_negative(
        spec, "spec", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        rule = "must be greater than minReadySeconds"
        causes.append(invalid_value("spec.progressDeadlineSeconds", deadline, rule))
    return causes


def _unsupported_strategy(field: str, strategy: Obj, kinds: tuple[str, ...]) -> Cause:
    """Return the cause of an unknown strategy, which is shown as a whole as the server's type."""
    shown = f'{{"Type":"{strategy.get("type", "")}","RollingUpdate":null}}'
    known = ", ".join(f'"{one}"' for one in kinds)
    message = f"Unsupported value: {shown}: supported values: {known}"
    return Cause("FieldValueNotSupported", message, field)


def _check_strategy(strategy: Obj) -> list[Cause]:
    field, kinds = "spec.strategy", ("Recreate", "RollingUpdate")
    if strategy.get("type") not in kinds:
        return [_unsupported_strategy(field, strategy, kinds)]
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "Recreate":
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [] if rolling is None else [forbidden_value(f"{field}.rollingUpdate", detail)]
    here, held = f"{field}.rollingUpdate", rolling or {}
    unavailable, surge = held.get("maxUnavailable"), held.get("maxSurge")
    causes = share(f"{here}.maxUnavailable", unavailable) + share(f"{here}.maxSurge", surge)
    if is_zero(unavailable) and is_zero(surge):
        rule = "may not be 0 when `maxSurge` is 0"
        causes.append(invalid_value(f"{here}.maxUnavailable", unavailable, rule))
    return causes + at_most_all(f"{here}.maxUnavailable", unavailable)


def check_replicaset(obj: Obj) -> list[Cause]:
    """Return the causes why a ReplicaSet is refused."""
    spec = obj.get("spec") or {}
    causes = not_negative(spec, "spec", "replicas", "minReadySeconds")
    return causes + _check_selector(spec, "deployment") + _check_template(spec, "ReplicaSet")


def check_replicationcontroller(obj: Obj) -> list[Cause]:
    """Return the causes why a ReplicationController is refused."""
    spec = obj.get("spec") or {}
    causes = not_negative(spec, "spec", "minReadySeconds")
    selector, labels = spec.get("selector") or {}, template_labels(spec)
    if not selector:
        causes.append(required("spec.selector"))
    causes += not_negative(spec, "spec", "replicas")
    if not spec.get("template"):
        return [*causes, required("spec.template")]
    if any(labels.get(key) != value for key, value in selector.items()):
        causes.append(structured("spec.template.metadata.labels", labels or None, MISMATCH))
    causes += check_template("spec.template", spec["template"])
    return causes + _check_restarts(spec, "ReplicationController")


def check_daemonset(obj: Obj) -> list[Cause]:
    """Return the causes why a DaemonSet is refused."""
    spec = obj.get("spec") or {}
    selector = spec.get("selector")
    causes = check_selector("spec.selector", selector)
    if selector is None:
        rule = MISMATCH
        causes.append(
            structured("spec.template.metadata.labels", template_labels(spec) or None, rule)
        )
    else:
        causes += check_match(spec)
        if is_empty(selector):
            rule = "empty selector is invalid for daemonset"
            causes.append(structured("spec.selector", selector, rule))
    causes += check_template("spec.template", spec.get("template") or {})
    causes += _check_restarts(spec, "DaemonSet")
    causes += not_negative(spec, "spec", "minReadySeconds")
    causes += _check_daemon_strategy(spec.get("updateStrategy") or {})
    return causes + not_negative(spec, "spec", "revisionHistoryLimit")


def _check_daemon_strategy(strategy: Obj) -> list[Cause]:
    field, kinds = "spec.updateStrategy", ("RollingUpdate", "OnDelete")
    if strategy.get("type") not in kinds:
        return [_unsupported_strategy(field, strategy, kinds)]
    if strategy["type"] == "OnDelete":
        return []
    held, here = strategy.get("rollingUpdate") or {}, f"{field}.rollingUpdate"
    unavailable, surge = held.get("maxUnavailable"), held.get("maxSurge")
    causes = share(f"{here}.maxUnavailable", unavailable) + share(f"{here}.maxSurge", surge)
    causes += at_most_all(f"{here}.maxUnavailable", unavailable)
    causes += at_most_all(f"{here}.maxSurge", surge)
    if not is_zero(unavailable) and not is_zero(surge):
        rule = "may not be set when maxUnavailable is non-zero"
        causes.append(invalid_value(f"{here}.maxSurge", surge, rule))
    elif is_zero(unavailable) and is_zero(surge):
        causes.append(required(f"{here}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return causes


def check_statefulset(obj: Obj) -> list[Cause]:
    """Return the causes why a StatefulSet is refused."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    policy = spec.get("podManagementPolicy", "")
    if policy not in ("OrderedReady", "Parallel"):
        rule = "must be 'OrderedReady' or 'Parallel'"
        causes.append(invalid_value("spec.podManagementPolicy", policy, rule))
    causes += _check_set_strategy(spec.get("updateStrategy") or {})
    for name, held in (spec.get("persistentVolumeClaimRetentionPolicy") or {}).items():
        if held not in ("Retain", "Delete"):
            field = f"spec.persistentVolumeClaimRetentionPolicy.{name}"
            causes.append(unsupported_value(field, held, ("Retain", "Delete")))
    causes += not_negative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit")
    start = (spec.get("ordinals") or {}).get("start", 0)
    causes += not_negative({"start": start}, "spec.ordinals", "start")
    causes += _check_selector(spec, "statefulset")
    if not is_empty(spec.get("selector")):
        causes += check_match(spec)
    metadata = (spec.get("template") or {}).get("metadata") or {}
    causes += check_labels("spec.template.labels", metadata.get("labels"))
    causes += check_annotations("spec.template.annotations", metadata.get("annotations"))
    causes += _check_set_template(spec)
    return causes + _check_restarts(spec, "StatefulSet")


def _check_set_template(spec: Obj) -> list[Cause]:
    """Check the pods, which may mount the claims that the set makes for each of them.

    A real server leaves this to the creation of the pods; here nobody would notice then, since what
    the cluster's own controllers create is not validated.
    """
    claims = spec.get("volumeClaimTemplates") or []
    template = spec.get("template") or {}
    inner = template.get("spec") or {}
    own = {one.get("name") for one in inner.get("volumes") or ()}
    promised = [
        {"name": name, "persistentVolumeClaim": {"claimName": name}}
        for name in ((one.get("metadata") or {}).get("name", "") for one in claims)
        if name not in own
    ]
    pods = {**inner, "volumes": [*(inner.get("volumes") or ()), *promised]}
    causes = check_template("spec.template", {"spec": pods})
    for index, claim in enumerate(claims):
        here = f"spec.volumeClaimTemplates[{index}].spec"
        causes += check_claim_spec(here, claim.get("spec") or {})
    return causes


def _check_set_strategy(strategy: Obj) -> list[Cause]:
    field, rolling = "spec.updateStrategy", strategy.get("rollingUpdate")
    match strategy.get("type"):
        case "OnDelete":
            rule = "only allowed for updateStrategy 'RollingUpdate'"
            return [structured(f"{field}.rollingUpdate", rolling, rule)] if rolling else []
        case "RollingUpdate":
            held, here = rolling or {}, f"{field}.rollingUpdate"
            causes = not_negative(held, here, "partition")
            unavailable: Any = held.get("maxUnavailable")
            if unavailable is not None:
                causes += share(f"{here}.maxUnavailable", unavailable)
                if is_zero(unavailable):
                    rule = "cannot be 0"
                    causes.append(invalid_value(f"{here}.maxUnavailable", unavailable, rule))
                causes += at_most_all(f"{here}.maxUnavailable", unavailable)
            return causes
    shown = f'{{"Type":"{strategy.get("type", "")}","RollingUpdate":null}}'
    detail = "must be 'RollingUpdate' or 'OnDelete'"
    return [Cause("FieldValueInvalid", f"Invalid value: {shown}: {detail}", field)]


def check_selector_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a workload's selector may not change."""
    return immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


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


def check_podtemplate(obj: Obj) -> list[Cause]:
    """Return the causes why a PodTemplate is refused."""
    return check_template("template", obj.get("template") or {})


def check_revision(obj: Obj) -> list[Cause]:
    """Return the causes why a ControllerRevision is refused."""
    causes = [] if obj.get("data") is not None else [required("data", "data is mandatory")]
    if obj.get("revision", 0) < 0:
        rule = "must be greater than or equal to 0"
        causes.append(invalid_value("revision", obj["revision"], rule))
    return causes


def check_revision_kept(new: Obj, old: Obj) -> list[Cause]:
    """Return the cause why a ControllerRevision may not change."""
    return immutable("data", new.get("data"), old.get("data"))
