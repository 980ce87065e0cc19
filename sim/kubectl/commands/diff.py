"""`kubectl diff`: what applying files would change, shown by `diff` over two directories.

The exit code is 0 without differences, 1 with some, above 1 if something failed. It must not know
a kind.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import simpy

from sim.apimachinery.labels import parse_label_selector
from sim.apimachinery.wire import Obj
from sim.bash import FileProblem
from sim.client.rest import APPLY_PATCH, ApiStatusError, collection_path
from sim.kernel import Stream
from sim.kubectl.builder import Info, info_of
from sim.kubectl.commands.applying import change_of, unmarked
from sim.kubectl.errors import CommandError, SilentExit, report
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.printers.output import without_managed_fields
from sim.kubectl.printers.yaml import to_yaml

_SAME, _BEFORE, _AFTER = "***", "*** (before)", "*** (after)"
_DRY = ("dryRun", "All")


@dataclass
class DiffOptions:
    """What `diff` was asked."""

    files: Sequence[str]
    selector: str
    server_side: bool
    force_conflicts: bool
    managed_fields: bool
    secrets: bool

    @classmethod
    def complete(cls, call: Invocation) -> DiffOptions:
        """Read flags and arguments."""
        read = call.flags
        if call.args:
            raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
        return cls(
            sources(call),
            read.text("selector"),
            read.on("server-side"),
            read.on("force-conflicts"),
            read.on("show-managed-fields"),
            read.on("show-secrets"),
        )

    def validate(self) -> None:
        """Require files."""
        if not self.files:
            raise CommandError("must specify one of -f and -k", code=2)
        if self.force_conflicts and not self.server_side:
            raise CommandError("--force-conflicts only works with --server-side", code=2)

    def run(self, call: Invocation) -> Running:
        """Show the differences; errors end with a code above 1."""
        draw = Stream("kubectl", "diff", call.clock())
        live, merged = (
            f"/tmp/{name}-{draw.at(name).integer(10**8, 4 * 10**9)}" for name in ("LIVE", "MERGED")
        )
        try:
            return (yield from self._shown(call, live, merged))
        except (CommandError, ApiStatusError) as error:
            text, code = report(error)
            call.err(text)
            raise SilentExit(code + 1) from None
        finally:
            for folder in (live, merged):
                _remove(call, folder)

    def _shown(self, call: Invocation, live: str, merged: str) -> Running:
        manifests = yield from load_manifests(call, self.files)
        selector = parse_label_selector(self.selector) if self.selector else None
        for folder in (live, merged):
            call.proc.files.mkdir(folder)
        for manifest in manifests:
            info = info_of(call, manifest)
            labels = (info.object.get("metadata") or {}).get("labels") or {}
            if selector is not None and not selector.matches(labels):
                continue
            before, after = self._versions(call, info)
            name = _file_name(info)
            _write(call, posixpath.join(live, name), before)
            _write(call, posixpath.join(merged, name), after)
        return (yield from _differences(call, live, merged))

    def _versions(self, call: Invocation, info: Info) -> tuple[Obj | str | None, Obj]:
        before: Obj | None
        try:
            before = call.client.get(info.path)
        except ApiStatusError as error:
            if error.code != 404:
                raise
            before = None
        after = self._merged(call, info, before)
        if not self.managed_fields:
            before = before and without_managed_fields(before)
            after = without_managed_fields(after)
        if after.get("kind") == "Secret" and not self.secrets:
            return _masked(before, after)
        return before or "", after

    def _merged(self, call: Invocation, info: Info, before: Obj | None) -> Obj:
        if self.server_side:
            query = [
                ("force", "true" if self.force_conflicts else "false"),
                ("fieldManager", call.flags.text("field-manager") or "kubectl"),
                _DRY,
            ]
            try:
                return call.client.patch(info.path, info.object, APPLY_PATCH, query)
            except ApiStatusError as error:
                if error.code == 409:
                    # kubectl takes a conflict of owners for one of versions, and asks four times
                    at = datetime.fromtimestamp(call.clock() / 1000, UTC)
                    kind = f"{info.resource.group}/{info.resource.version}"
                    call.err(
                        f"W{at:%m%d %H:%M:%S.%f}    4711 diff.go:723] Object ({kind}, "
                        f"Kind={info.resource.kind}: {info.name}) keeps changing, diffing without "
                        "lock\n"
                    )
                raise
        query = [("fieldManager", "kubectl-client-side-apply"), _DRY]
        if before is None:
            path = collection_path(info.resource, info.namespace)
            return call.client.create(path, info.object, query)
        patch, kind = change_of(info, unmarked(info.object), before)
        return call.client.patch(info.path, patch, kind, query) if patch else before


def _file_name(info: Info) -> str:
    resource = info.resource
    group = f"{resource.group}." if resource.group else ""
    return f"{group}{resource.version}.{resource.kind}.{info.namespace}.{info.name}"


def _write(call: Invocation, path: str, obj: Obj | str | None) -> None:
    try:
        call.proc.files.write(path, obj if isinstance(obj, str) else to_yaml(obj))
    except FileProblem as problem:
        raise CommandError(f"open {path}: {str(problem).lower()}") from None


def _differences(call: Invocation, live: str, merged: str) -> Generator[simpy.Event, Any, int]:
    proc = call.proc
    words = [word for word in proc.environ.get("KUBECTL_EXTERNAL_DIFF", "").split(" ") if word]
    if words:
        argv = [words[0], live, merged]
        argv += [word for word in words[1:] if re.fullmatch(r"[a-zA-Z0-9-=]+", word)]
    else:
        argv = ["diff", "-u", "-N", live, merged]
    if argv[0] not in proc.programs:
        raise CommandError(
            f"failed to run {quote(argv[0])}: exec: {quote(argv[0])}: executable file not found in "
            "$PATH"
        )
    code = yield from proc.call(argv)
    if code > 1:
        raise SilentExit(code)
    return code


def _masked(before: Obj | None, after: Obj) -> tuple[Obj | None, Obj]:
    """Return both Secrets with their values covered; what changed is seen, not how."""
    old = dict((before or {}).get("data") or {})
    new = dict(after.get("data") or {})
    shown_old = {
        key: _BEFORE if key in new and new[key] != value else _SAME for key, value in old.items()
    }
    shown_new = {
        key: _AFTER if key in old and old[key] != value else _SAME for key, value in new.items()
    }
    if before is not None and old:
        before = {**before, "data": shown_old}
    return before, {**after, "data": shown_new} if new else after


def _remove(call: Invocation, folder: str) -> None:
    files = call.proc.files
    if not files.is_dir(folder):
        return
    for name in files.listdir(folder):
        files.remove(posixpath.join(folder, name))
    files.rmdir(folder)


COMMAND = Command(
    "diff",
    "Diff the live version against a would-be applied version",
    DiffOptions,
    flags(
        "concurrency int=1",
        "field-manager",
        "filename,f list",
        "force-conflicts bool",
        "kustomize,k",
        "prune bool",
        "prune-allowlist array",
        "recursive,R bool",
        "selector,l",
        "server-side bool",
        "show-managed-fields bool",
        "show-secrets bool",
    ),
    usage="-f FILENAME",
)
