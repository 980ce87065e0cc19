"""`kubectl patch`: strategic merge, merge and JSON patches of one or more objects.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.apimachinery.patch import PatchError, json_patch, merge_patch
from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import (
    JSON_PATCH,
    MERGE,
    STRATEGIC_MERGE,
    ApiStatusError,
    object_path,
)
from sim.kubectl.builder import Info, Lookup, from_files, local_objects, select
from sim.kubectl.documents import parse_documents
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.gojson import json_problem
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import Manifest, load_manifests
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    SERVER,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import is_typed

_TYPES = {"json": JSON_PATCH, "merge": MERGE, "strategic": STRATEGIC_MERGE}


@dataclass
class PatchOptions:
    """What `patch` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    patch: str
    patch_file: str
    kind: str
    subresource: str
    dry_run: str
    local: bool

    @classmethod
    def complete(cls, call: Invocation) -> PatchOptions:
        """Read flags and arguments."""
        flags = call.flags
        return cls(
            call.args,
            flags.many("filename"),
            flags.text("patch"),
            flags.text("patch-file"),
            flags.text("type").lower(),
            flags.text("subresource"),
            dry_run_of(call),
            flags.on("local"),
        )

    def validate(self) -> None:
        """Require one patch of a known type."""
        if self.patch and self.patch_file:
            raise CommandError("cannot specify --patch and --patch-file together")
        if not self.patch and not self.patch_file:
            raise CommandError(
                "must specify --patch or --patch-file containing the contents of the patch"
            )
        if self.local and self.args:
            raise CommandError("cannot specify --local and server resources")
        if self.local and self.dry_run == SERVER:
            raise CommandError(
                "cannot specify --local and --dry-run=server - did you mean --dry-run=client?"
            )
        if self.kind not in _TYPES:
            raise CommandError(
                f"--type must be one of [json merge strategic], not {quote(self.kind)}"
            )

    def run(self, call: Invocation) -> Running | int:
        """Patch the objects."""
        return self._from_files(call) if self.files else self._patch_all(call, None)

    def _from_files(self, call: Invocation) -> Running:
        manifests = yield from load_manifests(call, self.files)
        return self._patch_all(call, manifests)

    def _patch_all(self, call: Invocation, manifests: Sequence[Manifest] | None) -> int:
        patch = self._parsed(call)
        lookup = Lookup(bulk=False, subresource=self.subresource)
        if self.local:
            selection = local_objects(self.args, manifests)
        elif manifests is not None and not self.args:
            selection = from_files(call, manifests)
        else:
            selection = select(call, self.args, lookup, manifests)
        raise_all(selection.visit(lambda info: self._patch_one(call, info, patch)))
        if not selection.infos:
            raise CommandError("no objects passed to patch")
        return 0

    def _parsed(self, call: Invocation) -> Any:
        text = self.patch
        if self.patch_file:
            try:
                text = call.read_file(self.patch_file)
            except OSError as error:
                raise CommandError(f"unable to read patch file: {error}") from None
        if text.lstrip().startswith("{") and (problem := json_problem(text)):
            return self._refusal(problem)  # only raised once there is an object to patch
        try:
            documents = list(parse_documents(text, "patch"))
        except CommandError as error:
            why = error.message.partition("error converting YAML to JSON: ")[2]
            raise CommandError(f"unable to parse {quote(self.patch)}: {why}") from None
        return documents[0] if documents else None

    @property
    def _here(self) -> bool:
        """Return whether the server is told nothing."""
        return self.local or self.dry_run == CLIENT

    def _refusal(self, problem: str) -> Exception:
        """Return what the server says to a text that kubectl takes for JSON and sends as it is."""
        if self._here:
            json = self.kind == "json" or problem.startswith("unexpected end")
            return CommandError(problem if json else "invalid JSON document")
        prefix = "" if self.kind == "strategic" else "error decoding patch: "
        return ApiStatusError(
            {"message": prefix + problem, "reason": "BadRequest", "code": 400, "status": "Failure"}
        )

    def _patch_one(self, call: Invocation, info: Info, patch: Any) -> None:
        if self._here and self.kind == "strategic":
            _check_struct(info.object)
        if isinstance(patch, Exception):
            raise patch
        if self._here:
            obj = self._locally(info.object, patch)
        else:
            query = [("fieldManager", "kubectl-patch"), *dry_run_query(self.dry_run)]
            path = object_path(info.resource, info.namespace, info.name, self.subresource)
            obj = call.client.patch(path, patch, _TYPES[self.kind], query)
        said = "patched" if obj != info.object else "patched (no change)"
        # kubectl patch alone does not say that it was a dry run.
        Results(call).say(said, obj)

    def _locally(self, obj: Obj, patch: Any) -> Obj:
        result: Obj
        shape: Any = list if self.kind == "json" else dict
        if not isinstance(patch, shape):
            kind = "object" if isinstance(patch, dict) else type(patch).__name__
            texts = {
                "merge": "Invalid JSON Patch",
                "json": f"json: cannot unmarshal {kind} into Go value of type jsonpatch.Patch",
            }
            raise CommandError(texts.get(self.kind, "invalid JSON document"))
        try:
            if self.kind == "json":
                result = json_patch(obj, patch)
            elif self.kind == "merge":
                result = merge_patch(obj, patch)
            else:
                result = strategic_merge_patch(obj, patch, obj["kind"])
        except PatchError as error:
            _, missing, key = str(error).partition("doc is missing key: ")
            text = f"Object to be patched is missing field ({key})" if missing else str(error)
            raise CommandError(text) from None
        return result


def _check_struct(obj: Obj) -> None:
    """Refuse a strategic patch of what kubectl has no struct for."""
    if not is_typed(obj):
        group, _, version = str(obj["apiVersion"]).rpartition("/")
        raise CommandError(
            f"strategic merge patch is not supported for {group}/{version}, Kind={obj['kind']} "
            "locally, try --type merge"
        )


COMMAND = Command(
    "patch",
    "Update fields of a resource",
    PatchOptions,
    flags(
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "local bool",
        "patch,p",
        "patch-file",
        "record bool",
        "recursive,R bool",
        "subresource",
        "type string=strategic",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
)
