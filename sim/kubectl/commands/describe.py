"""`kubectl describe`: finds objects, by prefix if need be, and prints their pages.

What a page shows is the describers' work; it must not know any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sim.client.rest import ApiStatusError
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.describers import Looking, describer_for
from sim.kubectl.errors import Aggregate, CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import Manifest, load_manifests, sources


@dataclass
class DescribeOptions:
    """What `describe` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    lookup: Lookup
    show_events: bool
    events_wanted: bool
    """`--show-events` was given, so several objects get theirs too."""

    @classmethod
    def complete(cls, call: Invocation) -> DescribeOptions:
        """Read flags and arguments."""
        flags = call.flags
        if not call.args and not sources(call):
            raise CommandError(
                'You must specify the type of resource to describe. Use "kubectl api-resources" '
                "for a complete list of supported resources.\n"
            )
        return cls(
            call.args,
            sources(call),
            Lookup(
                labels=flags.text("selector"),
                everywhere=flags.on("all-namespaces"),
                chunk=flags.number("chunk-size"),
            ),
            flags.on("show-events"),
            flags.is_set("show-events"),
        )

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> Running | int:
        """Print the pages."""
        return self._from_files(call) if self.files else self._describe(call, None)

    def _from_files(self, call: Invocation) -> Running:
        manifests = yield from load_manifests(call, self.files)
        return self._describe(call, manifests)

    def _describe(self, call: Invocation, manifests: Sequence[Manifest] | None) -> int:
        try:
            selection = select(call, self.args, self.lookup, manifests)
        except CommandError as error:
            named = manifests is not None and not self.args
            raise (Aggregate([error]) if named else error) from None
        errors = selection.errors
        if (errors or len(selection.infos) > 1) and not self.events_wanted:
            self.show_events = False
        if len(errors) == 1 and len(self.args) == 2 and _is_not_found(errors[0]):
            return self._by_prefix(call, errors[0])
        looking = Looking(call, self.show_events, self.lookup.chunk)
        pages = []
        for info in selection.infos:
            try:
                pages.append(_page(looking, info))
            except ApiStatusError as error:
                errors.append(error)
        call.out("\n\n".join(pages))
        if not selection.infos and not errors:
            where = "" if self.lookup.everywhere else f" in {call.namespace} namespace."
            call.err(f"No resources found{where}\n")
        raise_all(errors)
        return 0

    def _by_prefix(self, call: Invocation, missing: Exception) -> int:
        kind, prefix = self.args
        looking = Looking(call, self.show_events, self.lookup.chunk)
        found = select(call, [kind], replace(self.lookup, everywhere=False)).require()
        matching = [info for info in found if info.name.startswith(prefix)]
        if not matching:
            raise missing
        for info in matching:
            call.out(_page(looking, info) + "\n")
        return 0


def _page(looking: Looking, info: Info) -> str:
    describe = describer_for(info.resource.group, info.resource.kind)
    return describe(looking, info.object)


def _is_not_found(error: Exception) -> bool:
    return isinstance(error, ApiStatusError) and error.code == 404


COMMAND = Command(
    "describe",
    "Show details of a specific resource or group of resources",
    DescribeOptions,
    flags(
        "all-namespaces,A bool",
        "chunk-size int=500",
        "filename,f list",
        "kustomize,k",
        "recursive,R bool",
        "selector,l",
        "show-events bool=true",
    ),
    usage="(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
)
