"""`kubectl delete`: by name, selector or file, and waits until what was deleted is gone.

It must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import load_manifests, sources
from sim.kubectl.names import check_name
from sim.kubectl.rawrequest import check_raw, send_raw
from sim.kubectl.results import CLIENT, DRY_RUN_FLAG, NONE, SERVER, dry_run_of, dry_run_query
from sim.kubectl.waiting import uid_of, until

_WEEK_MS = 7 * 24 * 3_600_000
_CASCADES = {
    "background": "Background",
    "foreground": "Foreground",
    "orphan": "Orphan",
    "true": "Background",
    "false": "Orphan",
}
_FORCED = (
    "Immediate deletion does not wait for confirmation that the running resource has been "
    "terminated. The resource may continue to run on the cluster indefinitely."
)
_WIDER = "deleting cluster-scoped resources, not scoped to the provided namespace"


@dataclass
class DeleteOptions:
    """What `delete` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    lookup: Lookup
    grace_s: int
    """Seconds; -1: the object's own."""
    now: bool
    force: bool
    wait: bool
    timeout_ms: int
    cascade: str
    ignore_missing: bool
    output: str
    interactive: bool
    dry_run: str = NONE

    @classmethod
    def complete(cls, call: Invocation) -> DeleteOptions:
        """Read flags and arguments."""
        flags = call.flags
        lookup = Lookup(
            labels=flags.text("selector"),
            fields=flags.text("field-selector"),
            select_all=flags.on("all"),
            everywhere=flags.on("all-namespaces"),
            bulk=False,
            fetch=False,
        )
        selecting = lookup.labels or lookup.fields or lookup.select_all
        return cls(
            args=call.args,
            files=sources(call),
            lookup=lookup,
            grace_s=flags.number("grace-period"),
            now=flags.on("now"),
            force=flags.on("force"),
            wait=flags.on("wait"),
            timeout_ms=flags.duration_ms("timeout"),
            cascade=flags.text("cascade"),
            ignore_missing=flags.on("ignore-not-found")
            or (bool(selecting) and not flags.is_set("ignore-not-found")),
            output=flags.text("output"),
            interactive=flags.on("interactive"),
            dry_run=dry_run_of(call),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant, and work out the grace period."""
        if self.cascade not in _CASCADES:
            raise CommandError(
                f"invalid cascade value ({self.cascade}). Must be "
                '"background", "foreground", or "orphan"'
            )
        if self.now:
            if self.grace_s != -1:
                raise CommandError("--now and --grace-period cannot be specified together")
            self.grace_s = 1
        if self.grace_s == 0 and not self.force:
            # without --force, zero means as short as possible, not unconfirmed
            self.grace_s = 1
        if self.force and self.grace_s < 0:
            self.grace_s = 0
        if self.force and self.grace_s > 0:
            raise CommandError(
                "--force and --grace-period greater than 0 cannot be specified together"
            )

    def _check_output(self) -> None:
        """Refuse all formats but one, once the arguments make sense."""
        if self.output not in ("", "name"):
            raise CommandError(
                f"unexpected -o output mode: {self.output}. We only support '-o name'"
            )

    def run(self, call: Invocation) -> Running:
        """Delete, then wait."""
        if call.flags.text("raw"):
            if self.interactive:
                raise CommandError("--interactive can not be used with --raw")
            check_raw(call, self.files, least=0)
            return (yield from send_raw(call, "DELETE", self.files))
        manifests = None
        if self.files:
            self._check_output()
            manifests = yield from load_manifests(call, self.files)
        selection = select(call, self.args, replace(self.lookup, chunk=0), manifests)
        self._check_output()
        if self.force and self.grace_s == 0:
            call.client.warn(_FORCED)
        errors = list(selection.errors)
        if self.interactive:
            agreed = yield from self._confirmed(call, selection.infos)
            if not agreed:
                return 0
        gone: list[tuple[Info, str]] = []
        warn_scope = call.namespace_given and not self.lookup.everywhere
        for info in selection.infos:
            if warn_scope and not info.resource.namespaced:
                call.client.warn(_WIDER)
                warn_scope = False
            try:
                uid = self._delete(call, info)
            except CommandError as error:
                errors.append(error)
                continue
            except ApiStatusError as error:
                if not (self.ignore_missing and error.code == 404):
                    errors.append(_with_source(error, info))
                continue
            gone.append((info, uid))
        raise_all([error for error in errors if not self._ignored(error)])
        if not selection.infos:
            call.out("No resources found\n")
        elif self.wait and self.dry_run == NONE:
            for info, uid in gone:
                yield from self._await_gone(call, info, uid)
        return 0

    def _ignored(self, error: Exception) -> bool:
        return self.ignore_missing and isinstance(error, ApiStatusError) and error.code == 404

    def _confirmed(self, call: Invocation, infos: Sequence[Info]) -> Running:
        if not infos:
            call.out("No resources found\n")
            return 0
        call.out(f"You are about to delete the following {len(infos)} resource(s):\n")
        call.out("".join(f"{info.label}\n" for info in infos))
        call.out("Do you want to continue? (y/N): ")
        answer = yield from call.proc.stdin.readline()
        if (answer or "").strip().lower() == "y":
            return 1
        call.out("deletion is cancelled\n")
        return 0

    def _delete(self, call: Invocation, info: Info) -> str:
        uid = ""
        if self.dry_run != CLIENT:
            check_name(info.name)
            options: Obj = {"propagationPolicy": _CASCADES[self.cascade]}
            if self.grace_s >= 0:
                options["gracePeriodSeconds"] = self.grace_s
            answer = call.client.delete(info.path, options, dry_run_query(self.dry_run))
            if answer.get("kind") == "Status":
                uid = (answer.get("details") or {}).get("uid", "")
            else:
                uid = uid_of(answer)
        self._say(call, info)
        return uid

    def _say(self, call: Invocation, info: Info) -> None:
        if self.output == "name":
            call.out(f"{info.label}\n")
            return
        operation = "force deleted" if self.grace_s == 0 else "deleted"
        if info.resource.namespaced:
            operation += f" from {info.namespace} namespace"
        operation += {CLIENT: " (dry run)", SERVER: " (server dry run)"}.get(self.dry_run, "")
        call.out(f"{info.resource.label} {quote(info.name)} {operation}\n")

    def _await_gone(self, call: Invocation, info: Info, uid: str) -> Running:
        try:
            present = call.client.get(info.path)
        except ApiStatusError as error:
            if error.code in (403, 404, 405):
                return 0
            raise
        if uid and uid_of(present) != uid:
            return 0

        def decide(kind: str, obj: Obj) -> bool:
            return kind == "DELETED" or bool(uid and uid_of(obj) != uid)

        done = yield from until(
            call,
            info.resource,
            info.namespace,
            info.name,
            decide,
            timeout_ms=self.timeout_ms or _WEEK_MS,
            absent=lambda: True,
        )
        if not done:
            raise CommandError(
                f"timed out waiting for the condition on {info.resource.plural}/{info.name}"
            )
        return 0


def _with_source(error: ApiStatusError, info: Info) -> ApiStatusError:
    """Name the file in the error of an object that came from one."""
    if not info.source:
        return error
    message = f"error when deleting {quote(info.source)}: {error.message}"
    return ApiStatusError({**error.status, "message": message})


COMMAND = Command(
    "delete",
    "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    DeleteOptions,
    flags(
        "all bool",
        "all-namespaces,A bool",
        "cascade string=background?background",
        "field-selector",
        "filename,f list",
        "force bool",
        "grace-period int=-1",
        "ignore-not-found bool",
        "interactive,i bool",
        "kustomize,k",
        "now bool",
        "output,o",
        "raw",
        "recursive,R bool",
        "selector,l",
        "timeout duration=0s",
        "wait bool=true",
    )
    + DRY_RUN_FLAG,
    usage="([-f FILENAME] | TYPE [(NAME | -l label | --all)])",
)
