"""`kubectl replace`: puts the objects of files in the place of those that exist.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path
from sim.kubectl.builder import Info, info_of
from sim.kubectl.commands.applying import remembered
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.rawrequest import check_raw, send_raw
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
from sim.kubectl.validation import tell_unchecked, validation_of

PATIENCE_MS = 5 * 60_000
"""How long the deleted objects are waited for unless `--timeout` says (pkg/cmd/replace)."""


@dataclass
class ReplaceOptions:
    """What `replace` was asked."""

    files: Sequence[str]
    force: bool
    dry_run: str
    save: bool
    grace: int
    timeout_ms: int
    validation: str
    raw: str

    @classmethod
    def complete(cls, call: Invocation) -> ReplaceOptions:
        """Read flags and arguments."""
        check_output(call)
        read = call.flags
        return cls(
            sources(call),
            read.on("force"),
            dry_run_of(call),
            read.on("save-config"),
            read.number("grace-period"),
            read.duration_ms("timeout"),
            validation_of(call),
            read.text("raw"),
        )

    def validate(self) -> None:
        """Require files."""
        if self.grace >= 0 and not self.force:
            raise CommandError("--grace-period must have --force specified")
        if self.timeout_ms and not self.force:
            raise CommandError("--timeout must have --force specified")
        if self.force and self.dry_run != NONE:
            raise CommandError("--dry-run can not be used when --force is set")
        if not self.files:
            raise CommandError("must specify one of -f and -k")

    def run(self, call: Invocation) -> Running:
        """Replace every object of the files."""
        if self.raw:
            check_raw(call, self.files, least=1)
            return (yield from send_raw(call, "PUT", self.files))
        manifests = yield from load_manifests(call, self.files)
        tell_unchecked(call, manifests, self.validation)
        if not manifests:
            raise CommandError("no objects passed to replace")
        errors: list[Exception] = []
        if self.force:
            return (yield from self._anew(call, [info_of(call, one) for one in manifests]))
        for manifest in manifests:
            try:
                info = info_of(call, manifest)
                Results(call, self.dry_run).say("replaced", self._replace(call, info))
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        return 0

    def _anew(self, call: Invocation, infos: Sequence[Info]) -> Running:
        """Delete the objects, wait until they are gone, and create them again."""
        for info in infos:
            cascade = call.flags.text("cascade").capitalize()
            options: Obj = {
                "kind": "DeleteOptions",
                "apiVersion": "v1",
                "propagationPolicy": cascade,
            }
            if self.grace >= 0:
                options["gracePeriodSeconds"] = self.grace
            try:
                call.client.delete(info.path, options)
            except ApiStatusError as error:
                if error.code != 404:
                    raise
                continue
            where = f" from {info.namespace} namespace" if info.namespace else ""
            forced = " force" if self.grace == 0 else ""
            call.out(f"{info.resource.label} {quote(info.name)}{forced} deleted{where}\n")
        deadline = call.proc.env.now + (self.timeout_ms or PATIENCE_MS)
        for info in infos:
            while _is_there(call, info):
                if call.proc.env.now >= deadline:
                    raise CommandError("timed out waiting for the condition")
                yield call.proc.env.timeout(1000)
        for info in infos:
            obj = remembered(info.object)[0] if self.save else info.object
            query = [("fieldManager", "kubectl-replace"), ("fieldValidation", self.validation)]
            path = collection_path(info.resource, info.namespace)
            Results(call).say("replaced", call.client.create(path, obj, query))
        return 0

    def _replace(self, call: Invocation, info: Info) -> Obj:
        obj = remembered(info.object)[0] if self.save else info.object
        if self.dry_run == CLIENT:
            return obj
        try:
            if not obj["metadata"].get("resourceVersion"):
                # without a version the newest one is replaced, whatever it is
                version = call.client.get(info.path)["metadata"].get("resourceVersion")
                obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
            query = [
                ("fieldManager", "kubectl-replace"),
                ("fieldValidation", self.validation),
                *dry_run_query(self.dry_run),
            ]
            return call.client.replace(info.path, obj, query)
        except ApiStatusError as error:
            message = f"error when replacing {quote(info.source)}: {error.message}"
            raise ApiStatusError({**error.status, "message": message}) from None


def _is_there(call: Invocation, info: Info) -> bool:
    try:
        call.client.get(info.path)
    except ApiStatusError as error:
        if error.code == 404:
            return False
        raise
    return True


COMMAND = Command(
    "replace",
    "Replace a resource by file name or stdin",
    ReplaceOptions,
    flags(
        "cascade string=background?background",
        "field-manager",
        "filename,f list",
        "force bool",
        "grace-period int=-1",
        "kustomize,k",
        "raw",
        "recursive,R bool",
        "save-config bool",
        "subresource",
        "timeout duration=0s",
        "validate string=strict?strict",
        "wait bool",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="-f FILENAME",
)
