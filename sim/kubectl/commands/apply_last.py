"""`kubectl apply view-last-applied`, `set-last-applied` and `edit-last-applied`.

They read and write the annotation that remembers what was applied. They must not know any kind.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import simpy

from sim.apimachinery.wire import Obj
from sim.client.rest import MERGE, ApiStatusError
from sim.kubectl.builder import MISSING, Info, Lookup, info_of, select
from sim.kubectl.commands.applying import LAST_APPLIED
from sim.kubectl.editing import Editor, header, same
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import to_json
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, parse_manifests, sources
from sim.kubectl.printers.output import short_name
from sim.kubectl.printers.yaml import to_yaml
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    dry_run_of,
    dry_run_query,
)

_NONE_FOUND = (
    "no last-applied-configuration annotation found on resources, to create the annotation, use "
    "command `kubectl apply set-last-applied --create-annotation`"
)


@dataclass
class _ObjectsOptions:
    """A subcommand over objects that arguments or files name."""

    args: Sequence[str]
    files: Sequence[str]

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read flags and arguments."""
        return cls(call.args, sources(call))

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def objects(self, call: Invocation) -> Generator[simpy.Event, Any, list[Info]]:
        """Return what is named, as the server has it."""
        read = call.flags
        lookup = Lookup(
            labels=read.text("selector") if "selector" in read.known else "",
            select_all="all" in read.known and read.on("all"),
        )
        manifests = None
        if self.files:
            manifests = yield from load_manifests(call, self.files)
        return select(call, self.args, lookup, manifests).require()

    def run(self, call: Invocation) -> Running:
        """Do nothing."""
        return 0
        yield


class ViewLastOptions(_ObjectsOptions):
    """`apply view-last-applied`."""

    def run(self, call: Invocation) -> Running:
        """Print what was applied last."""
        output = call.flags.text("output")
        infos = yield from self.objects(call)
        texts = [_annotation(info.object) for info in infos]
        # kubectl has an error for objects without the annotation, and never shows it
        for text in filter(None, texts):
            if output == "json":
                shown = to_json(json.loads(text), indent=2, sort_keys=False)
                call.out(shown + ("\n" if text.endswith("\n") else ""))
            elif output == "yaml":
                call.out(to_yaml(json.loads(text)))
            else:
                raise call.usage_error(
                    f"Unexpected -o output mode: {output}, the flag 'output' must be one of "
                    "yaml|json"
                )
        return 0


class SetLastOptions(_ObjectsOptions):
    """`apply set-last-applied`."""

    def run(self, call: Invocation) -> Running:
        """Write what files say into the annotation, and change nothing else."""
        if not self.files:
            raise CommandError(MISSING)
        dry_run = dry_run_of(call)
        manifests = yield from load_manifests(call, self.files)
        changes: list[tuple[Info, Obj, Obj]] = []
        for manifest in manifests:
            info = info_of(call, manifest)
            current: Obj = call.client.get(info.path)
            before = _annotation(current)
            if before is None and not call.flags.on("create-annotation"):
                raise CommandError(
                    f"no last-applied-configuration annotation found on resource: {info.name}, to "
                    "create the annotation, run the command with --create-annotation"
                )
            if before is not None and json.loads(before) == info.object:
                call.out(f"set-last-applied {info.name}: no changes required.\n")
                continue
            changes.append((info, current, _marking(info.object)))
        for info, current, patch in changes:
            obj = current
            if dry_run != CLIENT:
                obj = call.client.patch(info.path, patch, MERGE, dry_run_query(dry_run))
            Results(call, dry_run).say("configured", obj)
        return 0


class EditLastOptions(_ObjectsOptions):
    """`apply edit-last-applied`."""

    def run(self, call: Invocation) -> Running:
        """Let the user edit what was applied last."""
        infos = yield from self.objects(call)
        applied = [
            Info(info.resource, info.namespace, info.name, json.loads(text))
            for info in infos
            if (text := _annotation(info.object)) is not None
        ]
        if not applied:
            raise CommandError(_NONE_FOUND)
        as_json = call.flags.text("output") == "json"
        editor = Editor(call, ".json" if as_json else ".yaml")
        original = _text([info.object for info in applied], as_json=as_json)
        top = "" if as_json else header((), applied=True)
        edited, path = yield from editor.edit(top + original)
        if same(original, edited):
            editor.remove(path)
            call.err("Edit cancelled, no changes made.\n")
            return 0
        try:
            for manifest in parse_manifests(edited, "edited-file"):
                self._keep(call, info_of(call, manifest), applied)
        except (CommandError, ApiStatusError):
            editor.preserved(path)
            raise
        editor.remove(path)
        return 0

    def _keep(self, call: Invocation, info: Info, applied: Sequence[Info]) -> None:
        held = next((one for one in applied if one.path == info.path), None)
        if held is None:
            raise CommandError(f"no original object found for {short_name(info.object)}")
        if held.object == info.object:
            Results(call).say("skipped", info.object)
            return
        call.client.patch(info.path, _marking(info.object), MERGE)
        Results(call).say("edited", info.object)


def _annotation(obj: Obj) -> str | None:
    return (obj.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)


def _marking(obj: Obj) -> Obj:
    return {"metadata": {"annotations": {LAST_APPLIED: to_json(obj) + "\n"}}}


def _text(objects: Sequence[Obj], *, as_json: bool) -> str:
    obj: Obj = objects[0]
    if len(objects) > 1:
        obj = {"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": {}}
    return to_json(obj, indent=4) + "\n" if as_json else to_yaml(obj)


_FILES = ("filename,f list", "kustomize,k", "recursive,R bool")
LAST_COMMANDS = (
    Command(
        "edit-last-applied",
        "Edit latest last-applied-configuration annotations of a resource/object",
        EditLastOptions,
        flags(*_FILES, "field-manager", "record bool", "validate string=strict?strict")
        + flags("windows-line-endings bool")
        + OUTPUT_FLAGS,
        usage="(RESOURCE/NAME | -f FILENAME)",
    ),
    Command(
        "set-last-applied",
        "Set the last-applied-configuration annotation on a live object to match the contents of a "
        "file",
        SetLastOptions,
        flags(*_FILES, "create-annotation bool") + OUTPUT_FLAGS + DRY_RUN_FLAG,
        usage="-f FILENAME",
    ),
    Command(
        "view-last-applied",
        "View the latest last-applied-configuration annotations of a resource/object",
        ViewLastOptions,
        flags(*_FILES, "all bool", "output,o string=yaml", "selector,l"),
        usage="(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
    ),
)
