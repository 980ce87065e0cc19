"""How many replicas a metric asks for: usage against requests, with what is not measured guessed.

Thanks to this file pods that are starting or silent never drive a scaling the wrong way. It must not
know the API server: pods and samples come in, a proposal goes out
(pkg/controller/podautoscaler/replica_calculator.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from sim.apimachinery.meta import is_terminating
from sim.apimachinery.quantity import millis
from sim.apimachinery.wire import Obj
from sim.control import pods as pod_facts
from sim.control.conditions import find_condition
from sim.kernel import Epoch

CPU_INITIALIZATION_MS = 300_000
"""For this long after its start a pod's CPU counts only while it is ready."""
INITIAL_READINESS_MS = 30_000
"""A pod that turned unready within this time of its start has never been ready."""


class MetricProblem(Exception):  # noqa: N818 - becomes a condition and an event
    """Why a metric says nothing; the message is the controller's."""


class Sample(NamedTuple):
    """What one pod uses."""

    milli: int
    """Millicores, or thousandths of a byte."""
    at: int
    """When it was measured (kernel ms)."""
    window_ms: int


class Tolerance(NamedTuple):
    """How far from the target usage may stray before anything is scaled; 0.1 by default."""

    down: Fraction
    up: Fraction

    def covers(self, ratio: Fraction) -> bool:
        """True when usage is near enough to the target."""
        return 1 - self.down <= ratio <= 1 + self.up


class Proposal(NamedTuple):
    """What one metric asks for."""

    replicas: int
    average_milli: int
    """Usage of a pod on average."""
    utilization: int | None
    """Percentage of the requests, where the target is one."""


class _Groups(NamedTuple):
    ready: int
    unready: list[str]
    missing: list[str]
    ignored: list[str]


def by_utilization(
    resource: str,
    pods: Sequence[Obj],
    samples: Mapping[str, Sample],
    *,
    current: int,
    target: int,
    tolerance: Tolerance,
    epoch: Epoch,
    now: int,
    container: str = "",
) -> Proposal:
    """Return the proposal for a *target* percentage of what *pods* request.

    Raises:
        MetricProblem: without pods, samples or requests.
    """
    if not pods:
        raise MetricProblem("no pods returned by selector while calculating replica count")
    groups = _group(pods, samples, resource, epoch, now)
    usage = _usable(samples, groups)
    requests = {
        pod["metadata"]["name"]: _requested(pod, resource, container)
        for pod in pods
        if pod["metadata"]["name"] not in groups.ignored
    }
    ratio, percent, average = _utilization(usage, requests, target)
    raised = bool(groups.unready) and ratio > 1
    if not raised and not groups.missing:
        replicas = current if tolerance.covers(ratio) else ceil(ratio * groups.ready)
        return Proposal(replicas, average, percent)
    if groups.missing and ratio < 1:
        # Silent pods count as if they used all they may, or the target if that is more.
        usage |= {name: requests[name] * max(100, target) // 100 for name in groups.missing}
    elif groups.missing and ratio > 1:
        usage |= dict.fromkeys(groups.missing, 0)
    if raised:
        usage |= dict.fromkeys(groups.unready, 0)
    new, _, _ = _utilization(usage, requests, target)
    replicas = _cautious(current, ratio, new, ceil(new * len(usage)), tolerance)
    return Proposal(replicas, average, percent)


def by_average(
    resource: str,
    pods: Sequence[Obj],
    samples: Mapping[str, Sample],
    *,
    current: int,
    target_milli: int,
    tolerance: Tolerance,
    epoch: Epoch,
    now: int,
) -> Proposal:
    """Return the proposal for *target_milli* a pod on average.

    Raises:
        MetricProblem: without pods or samples.
    """
    if not pods:
        raise MetricProblem("no pods returned by selector while calculating replica count")
    groups = _group(pods, samples, resource, epoch, now)
    usage = _usable(samples, groups)
    average = sum(usage.values()) // len(usage)
    ratio = Fraction(average, target_milli)
    raised = bool(groups.unready) and ratio > 1
    if not raised and not groups.missing:
        replicas = current if tolerance.covers(ratio) else ceil(ratio * groups.ready)
        return Proposal(replicas, average, None)
    if groups.missing:
        usage |= dict.fromkeys(groups.missing, target_milli if ratio < 1 else 0)
    if raised:
        usage |= dict.fromkeys(groups.unready, 0)
    new = Fraction(sum(usage.values()) // len(usage), target_milli)
    replicas = _cautious(current, ratio, new, ceil(new * len(usage)), tolerance)
    return Proposal(replicas, average, None)


def _cautious(
    current: int, before: Fraction, after: Fraction, proposed: int, tolerance: Tolerance
) -> int:
    """Return *proposed*, or *current* if guessing has turned the direction round."""
    turned = (before < 1 < after) or (after < 1 < before)
    if tolerance.covers(after) or turned:
        return current
    if (after < 1 and proposed > current) or (after > 1 and proposed < current):
        return current
    return proposed


def _usable(samples: Mapping[str, Sample], groups: _Groups) -> dict[str, int]:
    left_out = {*groups.ignored, *groups.unready}
    usage = {name: one.milli for name, one in samples.items() if name not in left_out}
    if not usage:
        raise MetricProblem("did not receive metrics for targeted pods (pods might be unready)")
    return usage


def _group(
    pods: Sequence[Obj], samples: Mapping[str, Sample], resource: str, epoch: Epoch, now: int
) -> _Groups:
    groups = _Groups(0, [], [], [])
    ready = 0
    for pod in pods:
        name = pod["metadata"]["name"]
        sample = samples.get(name)
        if is_terminating(pod) or pod_facts.phase(pod) == "Failed":
            groups.ignored.append(name)
        elif pod_facts.phase(pod) == "Pending":
            groups.unready.append(name)
        elif sample is None:
            groups.missing.append(name)
        elif resource == "cpu" and _is_warming_up(pod, sample, epoch, now):
            groups.unready.append(name)
        else:
            ready += 1
    return groups._replace(ready=ready)


def _is_warming_up(pod: Obj, sample: Sample, epoch: Epoch, now: int) -> bool:
    condition = find_condition(pod, "Ready")
    started = (pod.get("status") or {}).get("startTime")
    if condition is None or not started:
        return True
    began, turned = (
        epoch.since(started),
        epoch.since(condition.get("lastTransitionTime") or started),
    )
    is_unready = condition["status"] == "False"
    if began + CPU_INITIALIZATION_MS > now:
        return is_unready or sample.at < turned + sample.window_ms
    return is_unready and began + INITIAL_READINESS_MS > turned


def _requested(pod: Obj, resource: str, container: str) -> int:
    total = 0
    spec = pod["spec"]
    sidecars = [
        one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"
    ]
    for one in (*spec["containers"], *sidecars):
        if container and one["name"] != container:
            continue
        amount = ((one.get("resources") or {}).get("requests") or {}).get(resource)
        if amount is None:
            name = pod["metadata"]["name"]
            raise MetricProblem(
                f"missing request for {resource} in container {one['name']} of Pod {name}"
            )
        total += millis(str(amount))
    return total


def _utilization(
    usage: Mapping[str, int], requests: Mapping[str, int], target: int
) -> tuple[Fraction, int, int]:
    """Return (usage against target, percentage of requests, average of a pod)."""
    counted = [name for name in usage if name in requests]
    asked = sum(requests[name] for name in counted)
    if not asked:
        raise MetricProblem("no metrics returned matched known pods")
    used = sum(usage[name] for name in counted)
    percent = used * 100 // asked
    return Fraction(percent, target), percent, used // len(counted)
