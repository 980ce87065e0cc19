"""`kubectl api-resources` and `api-versions`: what discovery says, as a table.

It must not know any resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.client.discovery import Resource
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.printers.output import OutputOptions, output_printer
from sim.kubectl.printers.tabwriter import TabWriter
from sim.kubectl.structorder import Typed

_OBJECTS = ("json", "kyaml", "yaml")
_HEADER = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]


@dataclass
class ApiResourcesOptions:
    """What `api-resources` was asked."""

    output: str
    headers: bool
    group: str | None
    namespaced: bool | None
    verbs: Sequence[str]
    categories: Sequence[str]
    sort: str

    @classmethod
    def complete(cls, call: Invocation) -> ApiResourcesOptions:
        """Read flags and arguments."""
        flags = call.flags
        if call.args:
            raise call.usage_error(f"unexpected arguments: [{' '.join(call.args)}]")
        return cls(
            flags.text("output"),
            not flags.on("no-headers"),
            flags.text("api-group") if flags.is_set("api-group") else None,
            flags.on("namespaced") if flags.is_set("namespaced") else None,
            flags.many("verbs"),
            flags.many("categories"),
            flags.text("sort-by"),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.sort not in ("", "name", "kind"):
            raise CommandError("--sort-by accepts only name or kind")
        if self.output not in ("", "wide", "name", *_OBJECTS):
            raise CommandError(
                f"unable to match a printer suitable for the output format {quote(self.output)}, "
                "allowed formats are: json,kyaml,name,wide,yaml"
            )

    def run(self, call: Invocation) -> int:
        """Print one line a resource."""
        found = [one for one in call.discovery.preferred() if self._wanted(one)]
        found.sort(key=self._order)
        if self.output == "name":
            call.out("".join(f"{one.qualified}\n" for one in found))
            return 0
        if self.output in _OBJECTS:
            listed = {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": "",
                "resources": [_entry(one) for one in found] or None,
            }
            printer = output_printer(OutputOptions(format=self.output), call.read_file)
            call.out(printer.render(Typed(listed)))
            return 0
        wide = self.output == "wide"
        rows = [[*_HEADER, "VERBS", "CATEGORIES"] if wide else _HEADER] if self.headers else []
        rows += [_row(one, wide=wide) for one in found]
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        return 0

    def _wanted(self, one: Resource) -> bool:
        return (
            bool(one.verbs)
            and self.group in (None, one.group)
            and self.namespaced in (None, one.namespaced)
            and set(self.verbs) <= set(one.verbs)
            and set(self.categories) <= set(one.categories)
        )

    def _order(self, one: Resource) -> tuple[str, str]:
        first = {"name": one.plural, "kind": one.kind}.get(self.sort, one.group)
        return first, one.plural


def _entry(one: Resource) -> Obj:
    entry: Obj = {
        "name": one.plural,
        "singularName": one.declared_singular,
        "namespaced": one.namespaced,
    }
    if one.group:
        entry["group"] = one.group
    entry |= {"version": one.version, "kind": one.kind, "verbs": list(one.verbs)}
    if one.short_names:
        entry["shortNames"] = list(one.short_names)
    if one.categories:
        entry["categories"] = list(one.categories)
    return entry


def _row(one: Resource, *, wide: bool) -> list[str]:
    row = [
        one.plural,
        ",".join(one.short_names),
        one.group_version,
        "true" if one.namespaced else "false",
        one.kind,
    ]
    return [*row, ",".join(one.verbs), ",".join(one.categories)] if wide else row


@dataclass
class ApiVersionsOptions:
    """What `api-versions` was asked."""

    @classmethod
    def complete(cls, call: Invocation) -> ApiVersionsOptions:
        """Read no arguments."""
        if call.args:
            raise call.usage_error(f"unexpected arguments: [{' '.join(call.args)}]")
        return cls()

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Print one line a version."""
        call.out("".join(f"{one}\n" for one in sorted(call.discovery.group_versions())))
        return 0


RESOURCES = Command(
    "api-resources",
    "Print the supported API resources on the server",
    ApiResourcesOptions,
    flags(
        "api-group",
        "cached bool",
        "categories list",
        "namespaced bool=true",
        "no-headers bool",
        "output,o",
        "show-managed-fields bool",
        "sort-by",
        "verbs list",
    ),
)
VERSIONS = Command(
    "api-versions",
    'Print the supported API versions on the server, in the form of "group/version"',
    ApiVersionsOptions,
)
