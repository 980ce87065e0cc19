"""`kubectl replace`: puts the objects of files in the place of those that exist.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.builder import Info, info_of
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
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


@dataclass
class ReplaceOptions:
    """What `replace` was asked."""

    files: Sequence[str]
    force: bool
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> ReplaceOptions:
        """Read flags and arguments."""
        return cls(call.flags.many("filename"), call.flags.on("force"), dry_run_of(call))

    def validate(self) -> None:
        """Require files."""
        if self.force:
            raise CommandError('"kubectl replace --force" is not supported in this simulator')
        if not self.files:
            raise CommandError("must specify one of -f and -k")

    def run(self, call: Invocation) -> Running:
        """Replace every object of the files."""
        manifests = yield from load_manifests(call, self.files)
        if not manifests:
            raise CommandError("no objects passed to replace")
        errors: list[Exception] = []
        for manifest in manifests:
            try:
                info = info_of(call, manifest)
                Results(call, self.dry_run).say("replaced", self._replace(call, info))
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        return 0

    def _replace(self, call: Invocation, info: Info) -> Obj:
        obj = info.object
        if self.dry_run == CLIENT:
            return obj
        try:
            if not obj["metadata"].get("resourceVersion"):
                # without a version the newest one is replaced, whatever it is
                version = call.client.get(info.path)["metadata"].get("resourceVersion")
                obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
            query = [
                ("fieldManager", "kubectl-replace"),
                ("fieldValidation", "Strict"),
                *dry_run_query(self.dry_run),
            ]
            return call.client.replace(info.path, obj, query)
        except ApiStatusError as error:
            message = f"error when replacing {quote(info.source)}: {error.message}"
            raise ApiStatusError({**error.status, "message": message}) from None


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
