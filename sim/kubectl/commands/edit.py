"""`kubectl edit`: the objects in an editor, and what was changed there sent as a patch.

What the server finds wrong is put above the file, which is opened again. It must not know a kind.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.client.rest import MERGE, STRATEGIC_MERGE, ApiStatusError, object_path
from sim.kubectl.builder import MISSING, Info, Lookup, info_of, select
from sim.kubectl.commands.applying import remembered
from sim.kubectl.editing import Editor, Reason, header, same, stripped
from sim.kubectl.errors import CommandError, SilentExit
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote, to_json
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, parse_manifests, sources
from sim.kubectl.printers.output import OutputOptions, output_printer, without_managed_fields
from sim.kubectl.results import OUTPUT_FLAGS, Results
from sim.kubectl.threeway import is_known, merge_patch_between, three_way_patch

EDITED = "edited-file"
"""The name under which errors speak of what came back from the editor."""
_NOTHING = "error validating data: invalid object to validate; if you choose"


@dataclass
class _Outcome:
    """What sending the edited objects led to."""

    reasons: list[Reason] = field(default_factory=list)
    retryable: int = 0
    missing: int = 0


@dataclass
class EditOptions:
    """What `edit` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    output: str
    save: bool
    subresource: str
    show_patch: bool
    crlf: bool

    @classmethod
    def complete(cls, call: Invocation) -> EditOptions:
        """Read flags and arguments."""
        read = call.flags
        return cls(
            call.args,
            sources(call),
            read.text("output"),
            read.on("save-config"),
            read.text("subresource"),
            read.on("output-patch"),
            read.on("windows-line-endings"),
        )

    def validate(self) -> None:
        """Know JSON and YAML only."""

    def run(self, call: Invocation) -> Running:
        """Let the user edit, until it is sent or given up."""
        infos = yield from self._objects(call)
        if not infos:
            raise CommandError("edit cancelled, no objects found")
        if self.output not in ("", "json", "kyaml", "yaml"):
            raise CommandError(
                f"unable to match a printer suitable for the output format {quote(self.output)}, "
                "allowed formats are: json,kyaml,yaml"
            )
        editor = Editor(call, ".json" if self.output == "json" else ".yaml")
        original = self._text(infos)
        text, edited, file = self._with_header([]) + original, "", ""
        outcome: _Outcome | None = None
        while True:
            before = edited
            edited, path = yield from self._edited(editor, text, file)
            if outcome is not None and same(before, edited):
                editor.preserved(path)
                raise CommandError("Edit cancelled, no valid changes were saved.")
            if file:
                editor.remove(file)
            file = path
            if same(original, edited):
                editor.remove(file)
                call.err("Edit cancelled, no changes made.\n")
                return 0
            outcome = self._sent(call, infos, edited, editor, file)
            if outcome is None:
                editor.remove(file)
                return 0
            text = self._with_header(outcome.reasons) + stripped(edited)

    def _objects(self, call: Invocation) -> Generator[simpy.Event, Any, list[Info]]:
        lookup = Lookup(subresource=self.subresource)
        if not self.files:
            if not self.args:
                raise CommandError(MISSING)
            return select(call, self.args, lookup).require()
        manifests = yield from load_manifests(call, self.files)
        return select(call, self.args, lookup, manifests).require()

    def _text(self, infos: Sequence[Info]) -> str:
        objects = [without_managed_fields(info.object) for info in infos]
        obj: Obj = objects[0]
        if len(objects) > 1:
            obj = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {}}
        text = _printed(obj, self.output or "yaml")
        return text.replace("\n", "\r\n") if self.crlf else text

    def _with_header(self, reasons: Sequence[Reason]) -> str:
        if self.output == "json":
            return ""
        text = header(reasons)
        return text.replace("\n", "\r\n") if self.crlf else text

    def _edited(
        self, editor: Editor, text: str, file: str
    ) -> Generator[simpy.Event, Any, tuple[str, str]]:
        try:
            return (yield from editor.edit(text))
        except CommandError:
            editor.preserved(file)
            raise

    def _sent(
        self, call: Invocation, infos: Sequence[Info], edited: str, editor: Editor, file: str
    ) -> _Outcome | None:
        """Send what was changed; return why the file has to be opened again, or None."""
        manifests = parse_manifests(edited.replace("\r\n", "\n"), EDITED)
        problem = next((one.problem for one in manifests if one.problem), None)
        try:
            updated = [] if problem else [info_of(call, one) for one in manifests]
        except CommandError as error:
            problem = error
        if problem is None and not manifests:
            problem = CommandError(_NOTHING)
        if problem:
            return _Outcome([_reason(call, problem.message, infos[0])])
        outcome = _Outcome()
        try:
            for info in updated:
                require_namespace(call, info)
            for info in updated:
                self._patch(call, infos, info, outcome)
        except (CommandError, ApiStatusError):
            editor.preserved(file)
            raise
        if outcome.retryable:
            call.err(f"You can run `kubectl replace -f {file}` to try this update again.\n")
            raise SilentExit(1)
        if outcome.missing:
            call.err(f"The edits you made on deleted resources have been saved to {quote(file)}\n")
            raise SilentExit(1)
        return outcome if outcome.reasons else None

    def _patch(
        self, call: Invocation, infos: Sequence[Info], info: Info, outcome: _Outcome
    ) -> None:
        edited = info.object
        uid = (edited.get("metadata") or {}).get("uid", "")
        held = next((one for one in infos if one.object["metadata"].get("uid", "") == uid), None)
        if held is None:
            raise CommandError(
                f"no original object found for &unstructured.Unstructured{{Object:{to_json(edited)}}}"
            )
        if self.save:
            edited = remembered(without_managed_fields(edited))[0]
        before = without_managed_fields(held.object)
        if before == without_managed_fields(edited):
            Results(call).say("skipped", edited)
            return
        if is_known(info.resource.group):
            kind, patch = STRATEGIC_MERGE, three_way_patch(before, edited, before)
        else:
            kind, patch = MERGE, merge_patch_between(before, edited)
        if {"apiVersion", "kind"} & patch.keys() or "name" in patch.get("metadata", {}):
            raise CommandError("At least one of apiVersion, kind and name was changed")
        if self.show_patch:
            call.out(f"Patch: {to_json(patch)}\n")
        query = [("fieldManager", "kubectl-edit"), ("fieldValidation", "Strict")]
        path = object_path(info.resource, info.namespace, info.name, self.subresource)
        try:
            patched = call.client.patch(path, patch, kind, query)
        except ApiStatusError as error:
            call.err(_noted(error, info, outcome))
            return
        held.object = patched
        Results(call).say("edited", patched)


def _reason(call: Invocation, problem: str, info: Info) -> Reason:
    """Return why a file that cannot be sent is opened again; some of it is said at once."""
    _, converting, why = problem.partition("error converting YAML to JSON: ")
    if not converting:
        why = problem.partition("error validating data: ")[2].partition("; if you choose")[0]
    if not why:
        return Reason(f"The edited file had a syntax error: {problem}")
    resource, name = info.resource.qualified, quote(info.name)
    call.err(f"error: {resource} {name} is invalid\n")
    failed = f'<nil>: Invalid value: "The edited file failed validation": {why}'
    return Reason(f"{resource} {name} was not valid", [failed])


def require_namespace(call: Invocation, info: Info) -> None:
    """Raise CommandError if the object was moved out of the namespace in use."""
    if info.resource.namespaced and info.namespace != call.namespace:
        raise CommandError(
            f"the namespace from the provided object {quote(info.namespace)} does not match the "
            f"namespace {quote(call.namespace)}. You must pass '--namespace={info.namespace}' to "
            "perform this operation."
        )


def _printed(obj: Obj, form: str) -> str:
    return output_printer(OutputOptions(format=form), lambda _: "").render(obj)


def _noted(error: ApiStatusError, info: Info, outcome: _Outcome) -> str:
    """Keep what the server said of an object, and return the line that says it."""
    resource, name = info.resource.qualified, quote(info.name)
    if error.reason == "Invalid":
        causes = (error.status.get("details") or {}).get("causes") or []
        details = [f"{one.get('field', '')}: {one.get('message', '')}" for one in causes]
        outcome.reasons.append(Reason(f"{resource} {name} was not valid", details))
        return f"error: {resource} {name} is invalid\n"
    if error.reason == "NotFound":
        outcome.missing += 1
        return f"error: {resource} {name} could not be found on the server\n"
    outcome.retryable += 1
    return f"error: {resource} {name} could not be patched: {error.message}\n"


COMMAND = Command(
    "edit",
    "Edit a resource on the server",
    EditOptions,
    flags(
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "output-patch bool",
        "record bool",
        "recursive,R bool",
        "save-config bool",
        "subresource",
        "validate string=strict?strict",
        "windows-line-endings bool",
    )
    + OUTPUT_FLAGS,
    usage="(RESOURCE/NAME | -f FILENAME)",
)
