"""What a Job's own rules say of its ended pods: fail it, ignore them, count them, call it done.

Thanks to this file podFailurePolicy and successPolicy act as written. It must not know the API
server (pkg/controller/job/pod_failure_policy.go, success_policy.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.apimachinery.wire import Obj
from sim.control.conditions import find_condition
from sim.control.job_pods import parse_indexes


class Verdict(NamedTuple):
    """What the first rule that matches a failed pod says."""

    action: str
    """`FailJob`, `FailIndex`, `Ignore` or `Count`."""
    message: str = ""
    """Why the Job fails, for `FailJob`."""


def judge(job: Obj, pod: Obj) -> Verdict:
    """Return what *job*'s podFailurePolicy says of its failed *pod*; `Count` without a match."""
    rules = (job["spec"].get("podFailurePolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules):
        why = _exit_code(rule.get("onExitCodes"), pod) or _condition(
            rule.get("onPodConditions"), pod
        )
        if why:
            action = rule["action"]
            return Verdict(action, f"{why} matching {action} rule at index {number}")
    return Verdict("Count")


def _exit_code(wanted: Obj | None, pod: Obj) -> str:
    if not wanted:
        return ""
    status = pod.get("status") or {}
    metadata = pod["metadata"]
    for one in (
        *(status.get("containerStatuses") or ()),
        *(status.get("initContainerStatuses") or ()),
    ):
        ended = (one.get("state") or {}).get("terminated")
        named = wanted.get("containerName") in (None, one["name"])
        if ended is None or not named or not ended["exitCode"]:
            continue
        listed = ended["exitCode"] in (wanted.get("values") or ())
        if listed == (wanted["operator"] == "In"):
            where = f"{metadata['namespace']}/{metadata['name']}"
            return (
                f"Container {one['name']} for pod {where} failed with exit code {ended['exitCode']}"
            )
    return ""


def _condition(wanted: Sequence[Obj] | None, pod: Obj) -> str:
    for one in wanted or ():
        held = find_condition(pod, one["type"])
        if held is not None and held["status"] == one.get("status", "True"):
            metadata = pod["metadata"]
            where = f"{metadata['namespace']}/{metadata['name']}"
            return f"Pod {where} has condition {one['type']}"
    return ""


def met_success_rule(job: Obj, done: Sequence[int]) -> int | None:
    """Return the number of the successPolicy's first rule that the indexes *done* satisfy."""
    rules = (job["spec"].get("successPolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules):
        listed = rule.get("succeededIndexes")
        wanted = parse_indexes(listed) if listed else None
        relevant = len(done) if wanted is None else sum(one in done for one in wanted)
        enough = rule.get("succeededCount")
        if enough is None:
            enough = len(wanted) if wanted is not None else None
        if enough is not None and relevant >= enough:
            return number
    return None
