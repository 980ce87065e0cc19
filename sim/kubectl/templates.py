"""The pod template inside a workload: where it is, and patches of its containers.

What `set image`, `set env` and `set resources` share; it must not know what they change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.errors import CommandError, plain, raise_all
from sim.kubectl.history import CHANGE_CAUSE
from sim.kubectl.invocation import Invocation
from sim.kubectl.manifests import load_now
from sim.kubectl.results import CLIENT, Results, dry_run_query

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
    if not inner:
        return {}, matching
    patch = inner
    for step in reversed(template_path(obj["kind"])):
        patch = {step: patch}
    return patch, matching


@dataclass
class TemplateChange:
    """A change of the containers of every object that the arguments name."""

    args: Sequence[str]
    lookup: Lookup
    change: Change
    said: str
    """e.g. `image updated`."""
    failed: str
    """How a refused patch is introduced."""
    dry_run: str
    pattern: str = "*"
    check: Callable[[Obj, int], Exception | None] = lambda _obj, _count: None
    """Told the object and how many containers match."""
    found: Callable[[], None] = lambda: None
    """Called once the objects are there: kubectl looks for them before it looks at the rest."""

    def run(self, call: Invocation) -> int:
        """Patch the objects and say so; an object that does not change is passed over."""
        selection = select(call, self.args, self.lookup, load_now(call))
        raise_all(selection.errors)
        self.found()
        errors: list[Exception] = []
        for info in selection.infos:
            try:
                patch, matching = containers_patch(info.object, self.change, self.pattern)
            except CommandError as error:
                errors.append(
                    CommandError(f"error: {info.resource.plural}/{info.name} {plain(error)}")
                )
                continue
            if problem := self.check(info.object, matching):
                errors.append(problem)
            if patch:
                try:
                    self._apply(call, info, record(call, patch))
                except ApiStatusError as error:
                    errors.append(CommandError(f"{self.failed} {plain(error)}"))
        raise_all(errors)
        return 0

    def _apply(self, call: Invocation, info: Info, patch: Obj) -> None:
        if self.dry_run == CLIENT:
            obj: Obj = strategic_merge_patch(info.object, patch, info.object["kind"])
        else:
            query = [("fieldManager", "kubectl-set"), *dry_run_query(self.dry_run)]
            obj = call.client.patch(info.path, patch, STRATEGIC_MERGE, query)
        Results(call, self.dry_run).say(self.said, obj)


def record(call: Invocation, patch: Obj) -> Obj:
    """Return *patch* with the command line as change cause, if `--record` was given."""
    if "record" not in call.flags.known or not call.flags.on("record"):
        return patch
    words = [word if word != "--record" else "--record=true" for word in call.proc.argv]
    annotations = {CHANGE_CAUSE: " ".join(words)}
    return {**patch, "metadata": {"annotations": annotations}}
