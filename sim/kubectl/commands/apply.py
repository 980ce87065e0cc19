"""`kubectl apply`: makes what a file describes true, and remembers what was applied.

It must not know any kind.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import (
    APPLY_PATCH,
    STRATEGIC_MERGE,
    ApiStatusError,
    collection_path,
)
from sim.kubectl.builder import Info, info_of
from sim.kubectl.commands.unsupported import unsupported
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote, to_json
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.threeway import three_way_patch

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass
class ApplyOptions:
    """What `apply` was asked."""

    files: Sequence[str]
    server_side: bool
    force_conflicts: bool
    dry_run: str
    refused: Sequence[str] = field(default_factory=tuple)
    """Flags that were given and are not modelled."""

    @classmethod
    def complete(cls, call: Invocation) -> ApplyOptions:
        """Read flags and arguments."""
        flags = call.flags
        if call.args:
            raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
        refused = [name for name in ("prune", "kustomize") if flags.is_set(name)]
        return cls(
            flags.many("filename"),
            flags.on("server-side"),
            flags.on("force-conflicts"),
            dry_run_of(call),
            refused,
        )

    def validate(self) -> None:
        """Require files."""
        for name in self.refused:
            raise CommandError(f'"kubectl apply --{name}" is not supported in this simulator')
        if not self.files:
            raise CommandError("must specify one of -f and -k")
        if self.force_conflicts and not self.server_side:
            raise CommandError("--force-conflicts only works with --server-side")
        if self.dry_run == CLIENT and self.server_side:
            raise CommandError(
                "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server "
                "instead?)"
            )

    def run(self, call: Invocation) -> Running:
        """Apply every object of the files."""
        manifests = yield from load_manifests(call, self.files)
        if not manifests:
            raise CommandError("no objects passed to apply")
        errors: list[Exception] = []
        for manifest in manifests:
            try:
                info = info_of(call, manifest)
                said, obj = self._apply(call, info)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
                continue
            Results(call, self.dry_run).say(said, obj)
        raise_all(errors)
        return 0

    def _apply(self, call: Invocation, info: Info) -> tuple[str, Obj]:
        if not info.name:
            what = f"{info.resource.kind}"
            raise CommandError(f"from {what}: cannot use generate name with apply")
        if self.server_side:
            return self._apply_on_server(call, info)
        wanted, text = remembered(info.object)
        try:
            current: Obj | None = call.client.get(info.path)
        except ApiStatusError as error:
            if error.code != 404:
                raise _sourced("retrieving current configuration of", error, info) from None
            current = None
        if current is None:
            return "created", self._create(call, info, wanted)
        return self._change(call, info, wanted, current, text)

    def _create(self, call: Invocation, info: Info, wanted: Obj) -> Obj:
        if self.dry_run == CLIENT:
            return wanted
        try:
            path = collection_path(info.resource, info.namespace)
            return call.client.create(path, wanted, self._query())
        except ApiStatusError as error:
            raise _sourced("creating", error, info) from None

    def _change(
        self, call: Invocation, info: Info, wanted: Obj, current: Obj, text: str
    ) -> tuple[str, Obj]:
        annotations = current["metadata"].get("annotations") or {}
        before = annotations.get(LAST_APPLIED)
        if before is None:
            call.err(
                f"Warning: resource {info.resource.plural}/{info.name} is missing the "
                f"{LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply "
                "should only be used on resources created declaratively by either kubectl create "
                "--save-config or kubectl apply. The missing annotation will be patched "
                "automatically.\n"
            )
        patch = three_way_patch(json.loads(before) if before else None, wanted, current)
        if not patch:
            return "unchanged", current
        if self.dry_run == CLIENT:
            changed: Obj = strategic_merge_patch(current, patch, current["kind"])
            return "configured", changed
        try:
            return "configured", call.client.patch(info.path, patch, STRATEGIC_MERGE, self._query())
        except ApiStatusError as error:
            verb = f"applying patch:\n{to_json(patch)}\nto:\n{text.strip()}\nfor:"
            raise _sourced(verb, error, info) from None

    def _apply_on_server(self, call: Invocation, info: Info) -> tuple[str, Obj]:
        query = [
            ("fieldManager", "kubectl"),
            ("fieldValidation", "Strict"),
            ("force", "true" if self.force_conflicts else "false"),
            *dry_run_query(self.dry_run),
        ]
        obj = call.client.patch(info.path, info.object, APPLY_PATCH, query)
        return "serverside-applied", obj

    def _query(self) -> list[tuple[str, str]]:
        manager = ("fieldManager", "kubectl-client-side-apply")
        return [manager, ("fieldValidation", "Strict"), *dry_run_query(self.dry_run)]


def remembered(obj: Obj) -> tuple[Obj, str]:
    """Return *obj* with the annotation that remembers it, and that annotation's text."""
    metadata = obj["metadata"]
    annotations = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key != LAST_APPLIED
    }
    plain = {**obj, "metadata": {**metadata, "annotations": annotations}}
    text = to_json(plain) + "\n"
    marked = {**annotations, LAST_APPLIED: text}
    return {**obj, "metadata": {**metadata, "annotations": marked}}, text


def _sourced(verb: str, error: ApiStatusError, info: Info) -> ApiStatusError:
    message = f"error when {verb} {quote(info.source)}: {error.message}"
    return ApiStatusError({**error.status, "message": message})


COMMAND = Command(
    "apply",
    "Apply a configuration to a resource by file name or stdin",
    ApplyOptions,
    flags(
        "all bool",
        "cascade string=background?background",
        "field-manager",
        "filename,f list",
        "force bool",
        "force-conflicts bool",
        "grace-period int=-1",
        "kustomize,k",
        "openapi-patch bool=true",
        "overwrite bool=true",
        "prune bool",
        "prune-allowlist array",
        "record bool",
        "recursive,R bool",
        "selector,l",
        "server-side bool",
        "timeout duration=0s",
        "validate string=strict?strict",
        "wait bool",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="(-f FILENAME | -k DIRECTORY)",
    subcommands=unsupported("edit-last-applied", "set-last-applied", "view-last-applied"),
)
