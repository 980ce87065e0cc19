"""`kubectl taint`: adds, changes and removes taints of nodes.

It must not know what a taint does to pods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.labels import NAME_RULE, VALUE_RULE, is_label_name
from sim.apimachinery.wire import Obj
from sim.client.rest import STRATEGIC_MERGE, ApiStatusError
from sim.kubectl.builder import Info, Lookup, select
from sim.kubectl.describers.node import format_taint
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import (
    CLIENT,
    DRY_RUN_FLAG,
    OUTPUT_FLAGS,
    Results,
    dry_run_of,
    dry_run_query,
)
from sim.kubectl.structorder import typed

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass
class TaintOptions:
    """What `taint` was asked."""

    resources: Sequence[str]
    add: Sequence[Obj]
    remove: Sequence[Obj]
    overwrite: bool
    everything: bool
    selector: str
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> TaintOptions:
        """Read flags and arguments."""
        resources: list[str] = []
        words: list[str] = []
        for arg in call.args:
            if "=" in arg or ":" in arg or arg.endswith("-"):
                words.append(arg)
            elif words:
                raise CommandError(f"all resources must be specified before taint changes: {arg}")
            else:
                resources.append(arg)
        if not resources:
            raise CommandError("one or more resources must be specified as <resource> <name>")
        if not words:
            raise CommandError("at least one taint update is required")
        try:
            add, remove = _parse(words)
        except CommandError as error:
            raise call.usage_error(error.message) from None
        word = resources[0].lower()
        if call.discovery.find(word) is None:
            named = quote(word.partition(".")[0])
            raise CommandError(f"the server doesn't have a resource type {named}", bare=True)
        if call.resource(word).kind != "Node":
            raise CommandError(f"invalid resource type {word}, only node types are supported")
        return cls(
            resources,
            add,
            remove,
            call.flags.on("overwrite"),
            call.flags.on("all"),
            call.flags.text("selector"),
            dry_run_of(call),
        )

    def validate(self) -> None:
        """Refuse what cannot be meant."""
        clashes = [
            f"{gone['key']}={gone.get('effect', '')}"
            for new in self.add
            for gone in self.remove
            if new["key"] == gone["key"] and gone.get("effect", new["effect"]) == new["effect"]
        ]
        if clashes:
            raise CommandError(
                "can not both modify and remove the following taint(s) in the same command: "
                + ", ".join(clashes)
            )
        if self.everything and self.selector:
            raise CommandError("setting 'all' parameter with a non empty selector is prohibited")
        if not self.everything and not self.selector and len(self.resources) < 2:
            raise CommandError(
                "at least one resource name must be specified since 'all' parameter is not set"
            )

    def run(self, call: Invocation) -> int:
        """Patch the nodes."""
        if self.selector or self.everything:
            lookup = Lookup(labels=self.selector, select_all=self.everything)
            selection = select(call, ["nodes"], lookup)
        else:
            selection = select(call, self.resources[1:], Lookup(default="nodes"))
        errors = list(selection.errors)
        for info in selection.infos:
            try:
                self._taint(call, info)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        return 0

    def _taint(self, call: Invocation, info: Info) -> None:
        operation, taints = self._changed(info)
        obj = info.object
        if self.dry_run == CLIENT:
            obj = {**obj, "spec": {**(obj.get("spec") or {}), "taints": taints}}
        else:
            query = [
                ("fieldManager", call.flags.text("field-manager")),
                ("fieldValidation", "Strict"),
            ]
            patch = {"spec": {"taints": taints or None}}
            obj = call.client.patch(
                info.path, patch, STRATEGIC_MERGE, [*query, *dry_run_query(self.dry_run)]
            )
        shown = typed(obj)
        if self.dry_run == CLIENT:
            shown = dict(shown)  # a struct once, then plain JSON again
        Results(call).say(operation, shown)  # not a word about --dry-run

    def _changed(self, info: Info) -> tuple[str, list[Obj]]:
        """Return what is said of the change, and the taints after it."""
        old: list[Obj] = (info.object.get("spec") or {}).get("taints") or []
        taken = [new["key"] for new in self.add for held in old if _same(new, held)]
        if taken and not self.overwrite:
            raise CommandError(
                f"node {info.name} already has {','.join(taken)} taint(s) with same effect(s) "
                "and --overwrite is false"
            )
        taints = [
            *self.add,
            *(held for held in old if not any(_same(new, held) for new in self.add)),
        ]
        added, removed = len(old) != len(taints), False
        missing: list[Exception] = []
        for gone in self.remove:
            kept = [one for one in taints if not _matches(gone, one)]
            removed = len(kept) != len(taints)
            if not removed:
                missing.append(CommandError(f"taint {quote(format_taint(gone))} not found"))
            taints = kept
        raise_all(missing)
        if (added and removed) or self.overwrite:
            return "modified", taints
        return "tainted" if added else "untainted", taints


def _same(one: Obj, other: Obj) -> bool:
    return bool(one["key"] == other["key"] and one.get("effect") == other.get("effect"))


def _matches(pattern: Obj, taint: Obj) -> bool:
    if pattern.get("effect"):
        return _same(pattern, taint)
    return bool(pattern["key"] == taint["key"])


def _parse(words: Sequence[str]) -> tuple[list[Obj], list[Obj]]:
    add: list[Obj] = []
    remove: list[Obj] = []
    for word in words:
        if word.endswith("-"):
            taint = _parse_one(word.removesuffix("-"))
            remove.append({key: taint[key] for key in ("key", "effect") if key in taint})
            continue
        taint = _parse_one(word)
        if "effect" not in taint:
            raise CommandError(f"invalid taint spec: {word}")
        if any(_same(taint, other) for other in add):
            value = taint.get("value", "")
            raise CommandError(
                "duplicated taints with the same key and effect: "
                f"{{{taint['key']} {value} {taint['effect']} <nil>}}"
            )
        add.append(taint)
    return add, remove


def _parse_one(text: str) -> Obj:
    parts = text.split(":")
    if len(parts) > 2:
        raise CommandError(f"invalid taint spec: {text}")
    if len(parts) == 1:
        return {"key": _checked(parts[0], text)}
    if parts[1] not in _EFFECTS:
        raise CommandError(f"invalid taint effect: {parts[1]}, unsupported taint effect")
    key, _, value = parts[0].partition("=")
    if "=" in value:
        raise CommandError(f"invalid taint spec: {text}")
    if value and not is_label_name(value):
        raise CommandError(f"invalid taint spec: {text}, {VALUE_RULE}")
    taint = {"key": _checked(key, text), "effect": parts[1]}
    if value:
        taint["value"] = value
    return taint


def _checked(key: str, text: str) -> str:
    name = key.rpartition("/")[2]
    if not is_label_name(name):
        empty = "" if name else "name part must be non-empty; "
        raise CommandError(f"invalid taint spec: {text}, {empty}{NAME_RULE}")
    return key


COMMAND = Command(
    "taint",
    "Update the taints on one or more nodes",
    TaintOptions,
    flags(
        "all bool",
        "field-manager string=kubectl-taint",
        "overwrite bool",
        "selector,l",
        "validate string=strict?strict",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
)
