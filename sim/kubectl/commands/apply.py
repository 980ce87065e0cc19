"""`kubectl apply`: makes what a file describes true, and remembers what was applied.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.labels import parse_label_selector
from sim.apimachinery.patch import merge_patch
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import (
    APPLY_PATCH,
    MERGE,
    ApiStatusError,
    collection_path,
    object_path,
)
from sim.kubectl.builder import Info, info_of
from sim.kubectl.commands.apply_last import LAST_COMMANDS
from sim.kubectl.commands.applying import LAST_APPLIED, change_of, remembered
from sim.kubectl.commands.migrating import MANAGER, hand_on, keep_mark
from sim.kubectl.commands.pruning import prunable, prune
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote, to_json
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    SERVER,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import listed
from sim.kubectl.validation import tell_unchecked, validation_of

_CONFLICT = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


@dataclass
class ApplyOptions:
    """What `apply` was asked."""

    files: Sequence[str]
    server_side: bool
    force_conflicts: bool
    dry_run: str
    prune: bool
    everything: bool
    """`--all`: prune whatever was applied and is not in the files."""
    selector: str
    force: bool
    validation: str
    pruned_kinds: Sequence[str]
    applyset: bool
    subresource: str

    @classmethod
    def complete(cls, call: Invocation) -> ApplyOptions:
        """Read flags and arguments."""
        flags = call.flags
        if call.args:
            raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
        files = sources(call)
        if not files:
            raise CommandError("must specify one of -f and -k")
        return cls(
            files,
            flags.on("server-side"),
            flags.on("force-conflicts"),
            dry_run_of(call),
            flags.on("prune"),
            flags.on("all"),
            flags.text("selector"),
            flags.on("force"),
            validation_of(call),
            flags.many("prune-allowlist"),
            flags.is_set("applyset"),
            flags.text("subresource"),
        )

    def validate(self) -> None:
        """Require files."""
        if self.applyset:
            raise CommandError('"kubectl apply --applyset" is not supported in this simulator')
        if self.force_conflicts and not self.server_side:
            raise CommandError("--force-conflicts only works with --server-side")
        if self.dry_run == CLIENT and self.server_side:
            raise CommandError(
                "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server "
                "instead?)"
            )
        if self.force and self.server_side:
            raise CommandError("--force cannot be used with --server-side")
        if self.force and self.dry_run == SERVER:
            raise CommandError("--dry-run=server cannot be used with --force")
        if self.everything and self.selector:
            raise CommandError("cannot set --all and --selector at the same time")
        if self.prune and self.force:
            raise CommandError("--force cannot be used with --prune")
        if self.prune and not self.everything and not self.selector:
            raise CommandError(
                "all resources selected for prune without explicitly passing --all. To prune all "
                "resources, pass the --all flag. If you did not mean to prune all resources, "
                "specify a label selector"
            )
        if self.prune and self.server_side:
            raise CommandError(
                "--prune is in alpha and doesn't currently work on objects created by server-side "
                "apply"
            )
        if self.subresource and not self.server_side:
            raise CommandError("--subresource can only be specified for --server-side")

    def run(self, call: Invocation) -> Running:
        """Apply every object of the files."""
        kinds = prunable(call, self.pruned_kinds) if self.prune else []
        manifests = yield from load_manifests(call, self.files)
        tell_unchecked(call, manifests, self.validation)
        selector = parse_label_selector(self.selector) if self.selector else None
        # names are told as they come, anything else once all is well
        whole = call.flags.text("output") not in ("", "name")
        errors: list[Exception] = []
        visited: list[Obj] = []
        for manifest in manifests:
            try:
                info = info_of(call, manifest)
                labels = (info.object.get("metadata") or {}).get("labels") or {}
                if selector is not None and not selector.matches(labels):
                    continue
                said, obj = self._apply(call, info)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
                continue
            visited.append(obj)
            if not whole:
                Results(call, self.dry_run).say(said, obj)
        if not visited and not errors:
            raise CommandError("no objects passed to apply")
        raise_all(errors)
        if whole:
            Results(call, self.dry_run).say(
                "", visited[0] if len(visited) == 1 else listed(visited)
            )
        if self.prune:
            prune(call, kinds, visited, self.selector, self.dry_run)
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
            return call.client.create(path, wanted, self._query(call))
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
        patch, kind = change_of(info, wanted, current)
        if not patch:
            return "unchanged", current
        if self.dry_run == CLIENT:
            if kind == MERGE:
                return "configured", merge_patch(current, patch)
            changed: Obj = strategic_merge_patch(current, patch, current["kind"])
            return "configured", changed
        try:
            return "configured", call.client.patch(info.path, patch, kind, self._query(call))
        except ApiStatusError as error:
            verb = f"applying patch:\n{to_json(patch)}\nto:\n{text.strip()}\nfor:"
            raise _sourced(verb, error, info) from None

    def _apply_on_server(self, call: Invocation, info: Info) -> tuple[str, Obj]:
        manager = call.flags.text("field-manager") or MANAGER
        rehearsed = dry_run_query(self.dry_run)
        query = [
            ("fieldManager", manager),
            ("fieldValidation", self.validation),
            ("force", "true" if self.force_conflicts else "false"),
            *rehearsed,
        ]
        path = object_path(info.resource, info.namespace, info.name, self.subresource)
        try:
            obj = call.client.patch(path, info.object, APPLY_PATCH, query)
            if manager == MANAGER:
                # under another name the annotation would not be kept up to date
                obj = keep_mark(call, info, obj, rehearsed)
            if hand_on(call, info, obj, manager, rehearsed):
                obj = call.client.patch(path, info.object, APPLY_PATCH, query)
        except ApiStatusError as error:
            if error.code != 409:
                raise
            raise CommandError(error.message + _CONFLICT) from None
        return "serverside-applied", obj

    def _query(self, call: Invocation) -> list[tuple[str, str]]:
        named = call.flags.text("field-manager") or "kubectl-client-side-apply"
        manager = ("fieldManager", named)
        return [manager, ("fieldValidation", self.validation), *dry_run_query(self.dry_run)]


def _sourced(verb: str, error: ApiStatusError, info: Info) -> ApiStatusError:
    message = f"error when {verb} {quote(info.source)}: {error.message}"
    return ApiStatusError({**error.status, "message": message})


COMMAND = Command(
    "apply",
    "Apply a configuration to a resource by file name or stdin",
    ApplyOptions,
    flags(
        "all bool",
        "applyset",
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
        "subresource",
        "timeout duration=0s",
        "validate string=strict?strict",
        "wait bool",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="(-f FILENAME | -k DIRECTORY)",
    subcommands=LAST_COMMANDS,
)
