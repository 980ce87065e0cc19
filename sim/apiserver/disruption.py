"""Evictions: what a PodDisruptionBudget says of a pod that shall go.

The budget's status decides, which its controller keeps and each eviction draws down
(pkg/registry/core/pod/storage/eviction.go). This file must not know how the status comes about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.apimachinery.errors import ApiError, bad_request, conflict, forbidden
from sim.apimachinery.labels import match_label_selector
from sim.apimachinery.meta import read
from sim.apimachinery.wire import Obj

if TYPE_CHECKING:
    from sim.apiserver.registry import Registry

ALLOWED = "DisruptionAllowed"
SYNC_FAILED = "SyncFailed"
ENOUGH, TOO_FEW = "SufficientPods", "InsufficientPods"
CANNOT = "Cannot evict pod as it would violate the pod's disruption budget."
RETRY_S = 10
"""When to come back for a budget whose controller has not seen its last change."""


def is_ready(pod: Obj) -> bool:
    """True when the pod's Ready condition is."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            return bool(condition.get("status") == "True")
    return False


def covers(pdb: Obj, pod: Obj) -> bool:
    """True when *pdb* selects *pod*."""
    selector = match_label_selector((pdb.get("spec") or {}).get("selector"))
    return selector.matches(pod["metadata"].get("labels") or {})


def evict(registry: Registry, pod: Obj, body: Any, *, user: str, dry_run: bool) -> bool:
    """Delete *pod* if its budget lets it go; *body* is the Eviction. True unless it was a dry run.

    Raises:
        ApiError: TooManyRequests where the budget is used up, InternalError where two cover the pod,
            Conflict where a precondition does not hold.
    """
    options = read(body, "deleteOptions", default=None) or {}
    if not isinstance(options, dict):
        raise bad_request("json: cannot unmarshal into Go struct field Eviction.deleteOptions")
    dry_run = dry_run or bool(options.get("dryRun"))
    metadata = pod["metadata"]
    _check_preconditions(pod, options)
    if not _may_always_go(pod):
        _draw_down(registry, pod, dry_run=dry_run)
    if dry_run:
        return False
    _mark(registry, pod)
    registry.delete(
        "pods",
        metadata["namespace"],
        metadata["name"],
        grace_s=options.get("gracePeriodSeconds"),
        user=user,
    )
    return True


def _check_preconditions(pod: Obj, options: Obj) -> None:
    wanted = read(options, "preconditions", "uid")
    held = pod["metadata"]["uid"]
    if wanted and wanted != held:
        why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {held}"
        raise conflict("pods", pod["metadata"]["name"], "", why)


def _may_always_go(pod: Obj) -> bool:
    """True for pods that no budget is asked about (canIgnorePDB)."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or "deletionTimestamp" in pod["metadata"]


def _draw_down(registry: Registry, pod: Obj, *, dry_run: bool) -> None:
    budgets = [
        one
        for one in registry.store.list("poddisruptionbudgets", pod["metadata"]["namespace"])
        if covers(one, pod)
    ]
    if not budgets:
        return
    if len(budgets) > 1:
        message = (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource "
            "does not support."
        )
        raise ApiError(500, "InternalError", message, {})
    pdb = budgets[0]
    status = pdb.get("status") or {}
    healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    always = (pdb.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
    if not is_ready(pod) and (always or healthy >= desired > 0):
        return
    drawn = _drawn_down(pdb, pod["metadata"]["name"], registry.timestamp())
    if not dry_run:
        registry.modify(
            "poddisruptionbudgets",
            pdb["metadata"]["namespace"],
            pdb["metadata"]["name"],
            lambda _old: drawn,
            status=True,
        )


def _drawn_down(pdb: Obj, pod: str, now: str) -> Obj:
    """Return *pdb* with one disruption fewer, for *pod*; raises ApiError if there is none."""
    name, status = pdb["metadata"]["name"], pdb.get("status") or {}
    if status.get("observedGeneration", 0) < pdb["metadata"].get("generation", 1):
        text = f"The disruption budget {name} is still being processed by the server."
        raise _too_many(text, RETRY_S)
    allowed = status.get("disruptionsAllowed", 0)
    if allowed < 0:
        raise forbidden(
            "poddisruptionbudget", name, "pdb disruptions allowed is negative", "policy"
        )
    if allowed == 0:
        raise _too_many(_why_not(name, status), 0)
    status = {
        **status,
        "disruptionsAllowed": allowed - 1,
        "disruptedPods": {**(status.get("disruptedPods") or {}), pod: now},
    }
    if allowed == 1:
        status["conditions"] = with_condition(
            status.get("conditions") or [], "False", TOO_FEW, "", now, pdb["metadata"]
        )
    return {**pdb, "status": status}


def with_condition(
    held: list[Obj], status: str, reason: str, message: str, now: str, metadata: Obj
) -> list[Obj]:
    """Return the conditions of a budget with DisruptionAllowed set."""
    before = next((one for one in held if one.get("type") == ALLOWED), None)
    since = now
    if before is not None and before.get("status") == status:
        since = before.get("lastTransitionTime", now)
    condition = {
        "type": ALLOWED,
        "status": status,
        "observedGeneration": metadata.get("generation", 1),
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    return [*(one for one in held if one.get("type") != ALLOWED), condition]


def _why_not(name: str, status: Obj) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == ALLOWED and condition.get("reason") == SYNC_FAILED:
            return (
                f"The disruption budget {name} does not allow evicting pods currently because it "
                f"failed sync: {condition.get('message', '')}"
            )
    return (
        f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and "
        f"has {status.get('currentHealthy', 0)} currently"
    )


def _too_many(text: str, retry_s: int) -> ApiError:
    details: Obj = {"causes": [{"reason": "DisruptionBudget", "message": text}]}
    if retry_s:
        details["retryAfterSeconds"] = retry_s
    return ApiError(429, "TooManyRequests", CANNOT, details)


def _mark(registry: Registry, pod: Obj) -> None:
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": registry.timestamp(),
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }

    def marked(held: Obj) -> Obj:
        status = held.get("status") or {}
        others = [one for one in status.get("conditions") or () if one["type"] != condition["type"]]
        return {**held, "status": {**status, "conditions": [*others, condition]}}

    metadata = pod["metadata"]
    registry.modify("pods", metadata["namespace"], metadata["name"], marked, status=True)
