"""`kubectl label` and `kubectl annotate`: set and remove `key=value` pairs of objects.

The two differ in a few words only; this must not know what the pairs mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sim.apimachinery.labels import is_label_name
from sim.apimachinery.meta import with_metadata
from sim.apimachinery.wire import Obj
from sim.client.rest import MERGE, ApiStatusError
from sim.kubectl.builder import Info, Lookup, local_objects, select
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.history import CHANGE_CAUSE
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import Manifest, load_manifests, sources
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    SERVER,
    Results,
    check_output,
    dry_run_of,
    dry_run_query,
)

_BAD_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@dataclass
class PairOptions:
    """What `label` or `annotate` was asked."""

    what = "label"
    field = "labels"

    resources: Sequence[str]
    files: Sequence[str]
    lookup: Lookup
    add: Mapping[str, str]
    remove: Sequence[str]
    overwrite: bool
    listing: bool
    resource_version: str
    output: str
    dry_run: str
    local: bool

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read flags and arguments."""
        flags = call.flags
        resources, words = split_pairs(call.args, cls.what)
        add, remove = cls.parse(words)
        return cls(
            resources,
            sources(call),
            Lookup(
                labels=flags.text("selector"),
                fields=flags.text("field-selector"),
                everywhere=flags.on("all-namespaces"),
                bulk=flags.on("all"),
            ),
            add,
            remove,
            flags.on("overwrite"),
            flags.on("list"),
            flags.text("resource-version"),
            flags.text("output"),
            dry_run_of(call),
            flags.on("local"),
        )

    @classmethod
    def parse(cls, words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """Return the pairs to set and the keys to remove."""
        add: dict[str, str] = {}
        remove: list[str] = []
        for word in words:
            key, equals, value = word.partition("=")
            if equals:
                if "=" in value:
                    raise CommandError(f"invalid label spec: {word}")
                if value and not is_label_name(value):
                    raise CommandError(f"invalid label value: {quote(word)}: {_BAD_VALUE}")
                add[key] = value
            else:
                remove.append(word.removesuffix("-"))
        if any(key in add for key in remove):
            raise CommandError("can not both modify and remove a label in the same command")
        return add, remove

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        if self.listing and self.output:
            raise CommandError("--list and --output may not be specified together")
        for name, value in (
            ("selector", self.lookup.labels),
            ("field-selector", self.lookup.fields),
        ):
            if self.lookup.bulk and value:
                raise CommandError(f"cannot set --all and --{name} at the same time")
        if self.local and self.dry_run == SERVER:
            raise CommandError(
                "cannot specify --local and --dry-run=server - did you mean --dry-run=client?"
            )
        example = "pod" if self.what == "label" else "rsrc"
        if self.local and self.resources:
            raise CommandError(
                f"can only use local files by -f {example}.yaml or --filename={example}.json when "
                "--local=true is set"
            )
        if self.local and not self.files:
            raise CommandError(
                f"one or more files must be specified as -f {example}.yaml or "
                f"--filename={example}.json"
            )
        if not self.resources and not self.files:
            raise CommandError(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>"
            )
        if not self.add and not self.remove and not self.listing:
            raise CommandError(f"at least one {self.what} update is required")

    def run(self, call: Invocation) -> Running | int:
        """Change the objects."""
        if self.what == "annotation":
            check_output(call)
        return self._from_files(call) if self.files else self._change_all(call, None)

    def _from_files(self, call: Invocation) -> Running:
        manifests = yield from load_manifests(call, self.files)
        return self._change_all(call, manifests)

    def _change_all(self, call: Invocation, manifests: Sequence[Manifest] | None) -> int:
        if self.local:
            selection = local_objects([], manifests)
        else:
            selection = select(call, self.resources, self.lookup, manifests)
        if self.resource_version and not selection.single:
            raise CommandError("--resource-version may only be used with a single resource")
        errors = list(selection.errors)
        results = Results(call, self.dry_run)
        for info in selection.infos:
            if self.what == "label":
                # the real one makes a printer for each object there, so that nothing parts them
                results = Results(call, self.dry_run)
            try:
                self._change(call, info, results, single=selection.single)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        return 0

    def _change(self, call: Invocation, info: Info, results: Results, *, single: bool) -> None:
        old: Mapping[str, str] = info.object["metadata"].get(self.field) or {}
        if not self.overwrite:
            self.forbid_overwrites(old)
        self.tell_missing(call, old)
        new = {key: value for key, value in {**old, **self.add}.items() if key not in self.remove}
        added = any(old.get(key) != value for key, value in self.add.items())
        removed = any(key in old for key in self.remove)
        obj = with_metadata(info.object, **{self.field: new})
        if self.listing:
            self._list(call, info, new, single=single)
            return
        if not self._here and self.must_send(added=added, removed=removed):
            obj = self._send(call, info, old)
        results.say(self.said(added=added, removed=removed), obj)

    @property
    def _here(self) -> bool:
        """Return whether the server is told nothing."""
        return self.local or self.dry_run == CLIENT

    def _send(self, call: Invocation, info: Info, old: Mapping[str, str]) -> Obj:
        changes: dict[str, str | None] = {
            key: value for key, value in self.add.items() if old.get(key) != value
        }
        changes.update({key: None for key in self.remove if key in old})
        patch: Obj = {"metadata": {self.field: changes}} if changes else {}
        if self.resource_version:
            patch.setdefault("metadata", {})["resourceVersion"] = self.resource_version
        manager = "kubectl-label" if self.what == "label" else "kubectl-annotate"
        query = [("fieldManager", manager), *dry_run_query(self.dry_run)]
        return call.client.patch(info.path, patch, MERGE, query)

    def _list(
        self, call: Invocation, info: Info, pairs: Mapping[str, str], *, single: bool
    ) -> None:
        indent = ""
        if not single:
            indent = " "
            kind = f"{info.resource.kind}.{info.resource.group}"
            call.out(f"Listing {self.field} for {kind}/{info.name}:\n")
        call.out("".join(f"{indent}{key}={pairs[key]}\n" for key in sorted(pairs)))

    def forbid_overwrites(self, old: Mapping[str, str]) -> None:
        """Raise for every pair that would replace another value."""
        raise_all(
            [
                CommandError(f"'{key}' already has a value ({old[key]}), and --overwrite is false")
                for key, value in self.add.items()
                if old.get(key, value) != value
            ]
        )

    def tell_missing(self, call: Invocation, old: Mapping[str, str]) -> None:
        """Say which labels to remove are not there."""
        if not self._here and not self.listing:
            for key in self.remove:
                if key not in old:
                    call.out(f"label {quote(key)} not found.\n")

    def must_send(self, *, added: bool, removed: bool) -> bool:
        """Return whether there is anything to ask the server for."""
        return added or removed

    def said(self, *, added: bool, removed: bool) -> str:
        """Return what is said of the change."""
        if added and removed:
            return "modified"
        if added:
            return "labeled"
        return "unlabeled" if removed else "not labeled"


class AnnotateOptions(PairOptions):
    """What `annotate` was asked."""

    what = "annotation"
    field = "annotations"

    @classmethod
    def parse(cls, words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """Return the pairs to set and the keys to remove."""
        add: dict[str, str] = {}
        remove: list[str] = []
        for word in words:
            key, equals, value = word.partition("=")
            if equals:
                add[key] = value
            else:
                remove.append(word.removesuffix("-"))
        both = [key for key in remove if key in add]
        if both:
            raise CommandError(
                "can not both modify and remove the following annotation(s) in the same command: "
                + ", ".join(both)
            )
        return add, remove

    def forbid_overwrites(self, old: Mapping[str, str]) -> None:
        """Raise for pairs that would replace another value; the change cause always may."""
        taken = [
            f"'{key}' already has a value ({old[key]})"
            for key, value in self.add.items()
            if key != CHANGE_CAUSE and old.get(key, value) != value
        ]
        if taken:
            raise CommandError(
                "--overwrite is false but found the following declared annotation(s): "
                + "; ".join(taken)
            )

    def tell_missing(self, call: Invocation, old: Mapping[str, str]) -> None:
        """Say nothing: annotations are removed silently."""

    def must_send(self, *, added: bool, removed: bool) -> bool:
        """Return True: annotate always patches."""
        return True

    def said(self, *, added: bool, removed: bool) -> str:
        """Return what is said of the change."""
        return "annotated"


def split_pairs(args: Sequence[str], what: str) -> tuple[list[str], list[str]]:
    """Return the words that name objects and the pairs behind them.

    Raises:
        CommandError: if an object stands behind a pair.
    """
    resources: list[str] = []
    pairs: list[str] = []
    for arg in args:
        is_pair = ("=" in arg and arg[0] != "=") or (arg.endswith("-") and arg != "-")
        if is_pair:
            pairs.append(arg)
        elif pairs:
            raise CommandError(f"all resources must be specified before {what} changes: {arg}")
        else:
            resources.append(arg)
    return resources, pairs


_FLAGS = (
    flags(
        "all bool",
        "all-namespaces,A bool",
        "field-manager",
        "field-selector",
        "filename,f list",
        "kustomize,k",
        "list bool",
        "local bool",
        "overwrite bool",
        "record bool",
        "recursive,R bool",
        "resource-version",
        "selector,l",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG
)

LABEL = Command(
    "label",
    "Update the labels on a resource",
    PairOptions,
    _FLAGS,
    usage="[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
)
ANNOTATE = Command(
    "annotate",
    "Update the annotations on a resource",
    AnnotateOptions,
    _FLAGS,
    usage="[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
)
