"""The pod template inside a workload: where it is, and patches of its containers.

It must not know what is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError
from sim.kubectl.history import CHANGE_CAUSE
from sim.kubectl.invocation import Invocation

_KINDS = (
    "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet",
)  # fmt: skip
_LISTS = ("containers", "initContainers")

Change = Callable[[Obj], Obj]
"""Takes a container and returns what to merge into it; empty for no change."""


def template_path(kind: str) -> tuple[str, ...]:
    """Return where the pod spec lies in an object of *kind*; empty if it has none."""
    if kind == "Pod":
        return ("spec",)
    if kind == "CronJob":
        return ("spec", "jobTemplate", "spec", "template", "spec")
    return ("spec", "template", "spec") if kind in _KINDS else ()


def pod_spec_of(obj: Obj) -> Obj:
    """Return the pod spec inside *obj*.

    Raises:
        CommandError: if its kind has none.
    """
    path = template_path(obj.get("kind", ""))
    if not path:
        raise CommandError(
            f"the object is not a pod or does not have a pod template: *v1.{obj.get('kind')}"
        )
    spec: Obj = obj
    for step in path:
        spec = spec.get(step) or {}
    return spec


def containers_patch(obj: Obj, change: Change, pattern: str = "*") -> tuple[Obj, int]:
    """Return the patch of *obj* that *change* makes of its containers, and how many match."""
    spec = pod_spec_of(obj)
    inner: Obj = {}
    matching = 0
    for key in _LISTS:
        containers = spec.get(key) or []
        changes = []
        for container in containers:
            if not fnmatchcase(container["name"], pattern):
                continue
            matching += 1
            if merged := change(container):
                changes.append({"name": container["name"], **merged})
        if changes:
            inner[f"$setElementOrder/{key}"] = [{"name": one["name"]} for one in containers]
            inner[key] = changes
    return in_template(obj, inner) if inner else {}, matching


def in_template(obj: Obj, inner: Obj) -> Obj:
    """Return the patch of *obj* that is *inner* where its pods' spec lies."""
    for step in reversed(template_path(obj["kind"])):
        inner = {step: inner}
    return inner


def record(call: Invocation, patch: Obj) -> Obj:
    """Return *patch* with the command line as change cause, if `--record` was given."""
    if "record" not in call.flags.known or not call.flags.on("record"):
        return patch
    return {**patch, "metadata": {"annotations": {CHANGE_CAUSE: _cause(call)}}}


def recorded(call: Invocation, obj: Obj) -> Obj:
    """Return *obj* with the command line as change cause, if `--record` was given."""
    if "record" not in call.flags.known or not call.flags.on("record"):
        return obj
    annotations = {**(obj["metadata"].get("annotations") or {}), CHANGE_CAUSE: _cause(call)}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}


def _cause(call: Invocation) -> str:
    given = [f"--{name}={value}" for name, values in call.flags.given.items() for value in values]
    return " ".join([call.path, *call.args, *given])
