"""What the `set` commands share: finding objects, changing each by a patch, and saying so.

With `--local` the objects of files are changed and printed, and no server is asked. It must not know
what is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.apimachinery.strategic import strategic_merge_patch
from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Info, Lookup, Selection, check_structs, local_objects, select
from sim.kubectl.errors import CommandError, plain, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Invocation
from sim.kubectl.manifests import load_now
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    SERVER,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed
from sim.kubectl.templates import record

SET_FLAGS = (
    flags(
        "all bool",
        "field-manager",
        "filename,f list",
        "kustomize,k",
        "local bool",
        "record bool",
        "recursive,R bool",
        "selector,l",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG
)


@dataclass(frozen=True)
class Setting:
    """Which objects are changed, and where."""

    args: Sequence[str]
    lookup: Lookup
    dry_run: str
    local: bool

    @classmethod
    def of(cls, call: Invocation, args: Sequence[str]) -> Setting:
        """Read the flags."""
        read = call.flags
        # set serviceaccount alone has no selector
        labels = read.text("selector") if "selector" in read.known else ""
        lookup = Lookup(labels=labels, bulk=read.on("all"), typed=True)
        return cls(args, lookup, dry_run_of(call), read.on("local"))

    def check_local(self) -> None:
        """Refuse to ask the server and not to."""
        if self.local and self.dry_run == SERVER:
            raise CommandError(
                "cannot specify --local and --dry-run=server - did you mean --dry-run=client?"
            )

    def check_choice(self) -> None:
        """Refuse two ways to choose the objects at once."""
        if self.lookup.bulk and self.lookup.labels:
            raise CommandError("cannot set --all and --selector at the same time")

    def select(self, call: Invocation, *, ignored: bool = False) -> Selection:
        """Return the objects; with *ignored*, arguments beside `--local` are no mistake."""
        manifests = load_now(call)
        if not self.local:
            return select(call, self.args, self.lookup, manifests)
        selection = local_objects([] if ignored else self.args, manifests)
        check_structs(manifests or [])
        return selection

    def find(self, call: Invocation, *, ignored: bool = False) -> list[Info]:
        """Return the objects as `select` does, or raise what went wrong with any of them."""
        selection = self.select(call, ignored=ignored)
        raise_all(selection.errors)
        return selection.infos

    def change(
        self,
        call: Invocation,
        infos: Sequence[Info],
        patch_of: Callable[[Obj, list[Exception]], Obj],
        said: str,
        failed: str,
        *,
        always: bool = False,
    ) -> None:
        """Patch *infos* and say so; an object that does not change is passed over.

        Args:
            call: The command.
            infos: The objects.
            patch_of: Returns the patch of one, or raises CommandError if its kind cannot have it; what
                else is wrong it puts into the list, which is told first.
            said: e.g. `image updated`.
            failed: How a refused patch is introduced.
            always: Patch what does not change, too.
        """
        results = Results(call, self.dry_run)
        errors: list[Exception] = []
        patches: list[tuple[Info, Obj | CommandError]] = []
        for info in infos:
            try:
                patches.append((info, patch_of(info.object, errors)))
            except CommandError as error:
                patches.append((info, error))
        for info, patch in patches:
            if isinstance(patch, CommandError):
                errors.append(CommandError(f"error: {info.called} {plain(patch)}\n"))
            elif patch or always:
                try:
                    results.say(said, self.apply(call, info, patch))
                except ApiStatusError as error:
                    errors.append(CommandError(f"{failed} {plain(error)}"))
        raise_all(errors)

    def apply(self, call: Invocation, info: Info, patch: Obj) -> Obj:
        """Patch one object and return what came of it."""
        patch = record(call, patch)
        if self.local or self.dry_run == CLIENT:
            obj: Obj = strategic_merge_patch(info.object, patch, info.resource.kind)
        else:
            query = [("fieldManager", "kubectl-set"), *dry_run_query(self.dry_run)]
            obj = call.client.patch(info.path, patch, STRATEGIC_MERGE, query)
        return typed(obj)
