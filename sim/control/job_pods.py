"""The pods of a Job: how they are made, which of them count, and how sets of indexes are written.

Thanks to this file an indexed Job knows its completions by number. It must not know the API server
(pkg/controller/job/indexed_job_utils.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sim.apimachinery.meta import annotations_of, is_terminating
from sim.apimachinery.wire import Obj
from sim.control import pods

FINALIZER = "batch.kubernetes.io/job-tracking"
"""A pod carries it until the Job's status has counted it."""
INDEX = "batch.kubernetes.io/job-completion-index"
"""Annotation and label of a pod of an indexed Job."""
FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count"
"""Annotation: how often the index had failed before, where each has its own limit."""
INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
MAX_HOSTNAME = 63
MOST_INDEXES = 100_000
"""No field lists more than this (maxParallelismForIndexedJob)."""


def is_indexed(job: Obj) -> bool:
    """True when the Job's completions are numbered."""
    return bool(job["spec"].get("completionMode") == "Indexed")


def is_uncounted(pod: Obj) -> bool:
    """True while the pod's end is not in the Job's status yet."""
    return FINALIZER in (pod["metadata"].get("finalizers") or ())


def replaces_only_failed(job: Obj) -> bool:
    """True when a pod that is being deleted is not replaced before it has ended."""
    return bool(job["spec"].get("podReplacementPolicy") == "Failed")


def has_failed(pod: Obj, job: Obj) -> bool:
    """True when the pod counts as failed: also one that is being deleted, unless it is awaited."""
    if pods.phase(pod) == "Failed":
        return True
    if replaces_only_failed(job):
        return False
    return is_terminating(pod) and pods.phase(pod) != "Succeeded"


def index_of(pod: Obj) -> int:
    """Return the pod's completion index, -1 without one."""
    text = annotations_of(pod).get(INDEX, "")
    return int(text) if text.isdecimal() else -1


def job_pod(job: Obj, name: str, index: int | None = None) -> Obj:
    """Return the pod *name* of *job* (with apiVersion, kind, uid), number *index* if it has one."""
    pod = pods.pod_from_template(job["spec"]["template"], job, name)
    metadata, spec = pod["metadata"], pod["spec"]
    metadata = {**metadata, "finalizers": [*(metadata.get("finalizers") or ()), FINALIZER]}
    if index is None:
        return {**pod, "metadata": metadata}
    base = f"{job['metadata']['name']}-{index}"
    metadata |= {
        "generateName": f"{base}-",
        "labels": {**(metadata.get("labels") or {}), INDEX: str(index)},
        "annotations": {**(metadata.get("annotations") or {}), INDEX: str(index)},
    }
    variable = {
        "name": INDEX_VARIABLE,
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}},
    }
    spec = {**spec, "hostname": base[:MAX_HOSTNAME]}
    for field in ("initContainers", "containers"):
        if spec.get(field):
            spec[field] = [_with_variable(one, variable) for one in spec[field]]
    return {**pod, "metadata": metadata, "spec": spec}


def _with_variable(container: Obj, variable: Obj) -> Obj:
    held = container.get("env") or []
    if any(one["name"] == variable["name"] for one in held):
        return container
    return {**container, "env": [*held, variable]}


def parse_indexes(text: str) -> list[int]:
    """Return the numbers that a field lists, in order; what is no number is left out.

    >>> parse_indexes("0,2-4")
    [0, 2, 3, 4]
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        last = last or first
        if first.isdecimal() and last.isdecimal():
            found.extend(range(int(first), min(int(last), int(first) + MOST_INDEXES) + 1))
    return found


def format_indexes(numbers: Iterable[int]) -> str:
    """Return *numbers* as a status writes them: three or more in a row become a range.

    >>> format_indexes([4, 2, 0, 3, 7, 8])
    '0,2-4,7,8'
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts: list[str] = []
    for run in runs:
        parts += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run)
    return ",".join(parts)


def missing_indexes(job: Obj, active: Sequence[Obj], done: Sequence[int], count: int) -> list[int]:
    """Return the *count* lowest indexes that are neither *done* nor worked on by *active* pods."""
    taken = {*done, *map(index_of, active)}
    completions = int(job["spec"].get("completions") or 0)
    missing = (number for number in range(completions) if number not in taken)
    return list(islice(missing, count))
