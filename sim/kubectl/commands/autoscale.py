"""`kubectl autoscale`: a HorizontalPodAutoscaler for a workload.

It must not know when it scales.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path
from sim.kubectl.builder import Info, Lookup, from_files, select
from sim.kubectl.errors import CommandError, raise_all, shown_before
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import load_now
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed
from sim.kubectl.templates import recorded

_TOO_NEW = (
    "failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1"
)
_SCALED = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")
_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[KMGTPE]i|[munkMGTPE])?\Z")
_UNITS = {"cpu": "m", "memory": "Mi"}
"""The unit of a bare number."""


@dataclass
class AutoscaleOptions:
    """What `autoscale` was asked."""

    args: Sequence[str]
    least: int
    most: int
    name: str
    targets: Sequence[tuple[str, str]]
    """(resource, `70%` or a quantity)."""
    both: bool
    """`--cpu-percent` and `--cpu`."""
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> AutoscaleOptions:
        """Read flags and arguments."""
        read = call.flags
        targets = []
        percent = read.number("cpu-percent")
        if percent > 0:
            targets.append(("cpu", f"{percent}%"))
        targets += [(name, read.text(name).strip()) for name in _UNITS if read.text(name)]
        return cls(
            call.args,
            read.number("min"),
            read.number("max"),
            read.text("name"),
            targets,
            percent > 0 and bool(read.text("cpu")),
            dry_run_of(call),
        )

    def validate(self) -> None:
        """Require bounds that make sense."""
        if self.most < 1:
            raise CommandError(
                f"--max=MAXPODS is required and must be at least 1, max: {self.most}"
            )
        if self.most < self.least:
            raise CommandError(
                "--max=MAXPODS must be larger or equal to --min=MINPODS, max: "
                f"{self.most}, min: {self.least}"
            )
        if self.both:
            raise CommandError("--cpu-percent and --cpu are mutually exclusive")
        for name, text in self.targets:
            _target(name, text)

    def run(self, call: Invocation) -> int:
        """Create the autoscalers."""
        manifests = load_now(call)
        if manifests is not None and not self.args:
            selection = from_files(call, manifests)
        else:
            selection = select(call, self.args, Lookup(bulk=False), manifests)
        raise_all(selection.visit(lambda info: self._autoscale(call, info)))
        if not selection.infos:
            raise CommandError("no objects passed to autoscale")
        return 0

    def _autoscale(self, call: Invocation, info: Info) -> None:
        if info.resource.kind not in _SCALED:
            group_version = info.resource.group_version
            named = f"{group_version}, Resource={info.resource.plural}"
            raise CommandError(
                f"cannot autoscale a {info.resource.kind}: could not find scale subresource for "
                f"{named if info.resource.group else f'/{named}'} in discovery information"
            )
        obj = recorded(call, self._autoscaler(call, info))
        try:
            self._create(call, obj)
        except (ApiStatusError, CommandError) as error:
            # kubectl tries an older version then, and says only that it does not fit
            cpu, memory = call.flags.text("cpu"), call.flags.text("memory")
            share = cpu.endswith("%") or call.flags.number("cpu-percent") >= 0
            if cpu and share and not memory:
                raise
            why = "%!w(<nil>)" if cpu else "empty input"
            raise CommandError(f"{_TOO_NEW}: {why}", shown=shown_before(error)) from None

    def _create(self, call: Invocation, obj: Obj) -> None:
        said = "created"
        if self.dry_run != CLIENT:
            said = "autoscaled"
            path = collection_path(call.known("horizontalpodautoscalers"), call.namespace)
            query = [("fieldManager", "kubectl-autoscale"), *dry_run_query(self.dry_run)]
            obj = call.client.create(path, obj, query)
        Results(call, self.dry_run).say(said, typed(obj))

    def _autoscaler(self, call: Invocation, info: Info) -> Obj:
        metadata: Obj = {"name": self.name or info.name}
        if call.namespace_given:
            metadata["namespace"] = call.namespace
        spec: Obj = {"maxReplicas": self.most}
        if self.targets:
            spec["metrics"] = [
                {"resource": {"name": name, "target": _target(name, text)}, "type": "Resource"}
                for name, text in self.targets
            ]
        if self.least > 0:
            spec["minReplicas"] = self.least
        spec["scaleTargetRef"] = {
            "apiVersion": info.resource.group_version,
            "kind": info.resource.kind,
            "name": info.name,
        }
        return {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata,
            "spec": spec,
            "status": {"currentMetrics": None, "desiredReplicas": 0},
        }


def _target(name: str, text: str) -> Obj:
    if text.endswith("%"):
        number = text[:-1]
        if not number.isdecimal():
            raise CommandError(f"invalid percentage value: {number}")
        return {"averageUtilization": int(number), "type": "Utilization"}
    try:
        float(text)
    except ValueError:
        if not _QUANTITY.match(text):
            raise CommandError(f"invalid resource {name} value: {text}") from None
        return {"averageValue": text, "type": "AverageValue"}
    return {"averageValue": f"{float(text):g}{_UNITS[name]}", "type": "AverageValue"}


COMMAND = Command(
    "autoscale",
    "Auto-scale a deployment, replica set, stateful set, or replication controller",
    AutoscaleOptions,
    flags(
        "cpu",
        "cpu-percent int32=-1",
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "max int32=-1",
        "memory",
        "min int32=-1",
        "name",
        "record bool",
        "recursive,R bool",
        "save-config bool",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU]",
    required=("max",),
)
