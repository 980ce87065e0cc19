"""`kubectl scale`: sets the number of replicas through the scale subresource.

It must not know which kinds can be scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.meta import replace
from sim.apimachinery.wire import Obj
from sim.client.rest import MERGE, ApiStatusError, object_path
from sim.kubectl.builder import Info, Lookup, from_files, select
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    NONE,
    OUTPUT_FLAGS,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)

_POLL_MS = 1000


@dataclass
class ScaleOptions:
    """What `scale` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    lookup: Lookup
    replicas: int
    current: int
    """The size that is required before, or -1."""
    resource_version: str
    timeout_ms: int
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> ScaleOptions:
        """Read flags and arguments."""
        check_output(call)
        flags = call.flags
        return cls(
            call.args,
            sources(call),
            Lookup(labels=flags.text("selector"), bulk=flags.on("all")),
            flags.number("replicas"),
            flags.number("current-replicas"),
            flags.text("resource-version"),
            flags.duration_ms("timeout"),
            dry_run_of(call),
        )

    def validate(self) -> None:
        """Refuse sizes that cannot be."""
        if self.replicas < 0:
            raise CommandError(
                "The --replicas=COUNT flag is required, and COUNT must be greater than or "
                "equal to 0"
            )
        if self.current < -1:
            raise CommandError("The --current-replicas must specify an integer of -1 or greater")

    def run(self, call: Invocation) -> Running:
        """Scale the objects, waiting for the size if a timeout is given."""
        manifests = None
        if self.files:
            manifests = yield from load_manifests(call, self.files)
        if manifests is not None and not self.args:
            selection = from_files(call, manifests)
        else:
            selection = select(call, self.args, self.lookup, manifests)
        if self.resource_version and len(selection.infos) > 1:
            raise CommandError("cannot use --resource-version with multiple resources")
        if not selection.infos:
            raise_all(selection.errors)
            raise CommandError("no objects passed to scale")
        results = Results(call, self.dry_run)
        for info in selection.infos:
            size = self.replicas if self.dry_run == CLIENT else self._scale(call, info)
            if self.timeout_ms and self.dry_run == NONE:
                yield from self._await_size(call, info)
            obj = replace(info.object, "spec", "replicas", value=size)
            results.say("scaled", obj)
        raise_all(selection.errors)
        return 0

    def _path(self, info: Info) -> str:
        return object_path(info.resource, info.namespace, info.name, "scale")

    def _scale(self, call: Invocation, info: Info) -> int:
        query = dry_run_query(self.dry_run)
        if self.current == -1 and not self.resource_version:
            patch = {"spec": {"replicas": self.replicas}}
            made = call.client.patch(self._path(info), patch, MERGE, query)
        else:
            scale = call.client.get(self._path(info))
            self._check(scale)
            wanted = replace(scale, "spec", "replicas", value=self.replicas)
            made = call.client.replace(self._path(info), wanted, query)
        return int((made.get("spec") or {}).get("replicas", 0))

    def _check(self, scale: Obj) -> None:
        size = (scale.get("spec") or {}).get("replicas", 0)
        if self.current not in (-1, size):
            raise CommandError(f"Expected replicas to be {self.current}, was {size}")
        version = scale["metadata"].get("resourceVersion", "")
        if self.resource_version and version != self.resource_version:
            raise CommandError(
                f"Expected resource version to be {self.resource_version}, was {version}"
            )

    def _await_size(self, call: Invocation, info: Info) -> Running:
        env = call.proc.env
        deadline = env.now + self.timeout_ms
        while True:
            try:
                scale = call.client.get(self._path(info))
            except ApiStatusError as error:
                raise CommandError(error.message) from None
            wanted = (scale.get("spec") or {}).get("replicas", 0)
            if wanted != self.replicas or wanted == (scale.get("status") or {}).get("replicas"):
                return 0
            if env.now >= deadline:
                raise CommandError(f"timed out waiting for {quote(info.name)} to be synced")
            yield env.at(min(env.now + _POLL_MS, deadline))


COMMAND = Command(
    "scale",
    "Set a new size for a deployment, replica set, or replication controller",
    ScaleOptions,
    flags(
        "all bool",
        "current-replicas int=-1",
        "filename,f list",
        "kustomize,k",
        "record bool",
        "recursive,R bool",
        "replicas int=0",
        "resource-version",
        "selector,l",
        "timeout duration=0s",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="--replicas=COUNT (-f FILENAME | TYPE NAME)",
    required=("replicas",),
)
