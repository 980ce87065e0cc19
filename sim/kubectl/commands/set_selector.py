"""`kubectl set selector`: which pods a Service stands for.

It must not know the pods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.apimachinery.labels import Requirement, SelectorError, parse_label_selector
from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Info
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags, without
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import Results, check_output
from sim.kubectl.setting import SET_FLAGS, Setting

_EXPRESSIONS = {"in": "In", "notin": "NotIn", "exists": "Exists", "!": "DoesNotExist"}


@dataclass
class SetSelectorOptions:
    """What `set selector` was asked."""

    setting: Setting
    labels: Mapping[str, str] | None
    """The labels to select by; None if nothing was said."""
    expressions: str
    """What cannot be said to a Service, as Go prints it."""

    @classmethod
    def complete(cls, call: Invocation) -> SetSelectorOptions:
        """Read arguments; the last one is the selector."""
        setting = Setting.of(call, call.args[:-1])
        if not call.args:
            return cls(setting, None, "")
        wanted = _parse(call.args[-1])
        check_output(call)
        labels = {one.key: one.values[0] for one in wanted if one.operator == "="}
        others = [_shown(one) for one in wanted if one.operator != "="]
        return cls(setting, labels, f"[{' '.join(others)}]" if others else "")

    def validate(self) -> None:
        """Require a selector."""
        if self.labels is None:
            raise CommandError("one selector is required")

    def run(self, call: Invocation) -> int:
        """Patch the Services."""
        selection = self.setting.select(call)
        results = Results(call, self.setting.dry_run)
        raise_all(selection.visit(lambda info: self._change(call, info, results)))
        return 0

    def _change(self, call: Invocation, info: Info, results: Results) -> None:
        if info.resource.kind != "Service":
            raise CommandError("setting a selector is only supported for Services")
        if self.expressions:
            raise CommandError(f"match expression {self.expressions} not supported on this object")
        wanted = self.labels or {}
        old = (info.object.get("spec") or {}).get("selector") or {}
        change: Obj = {key: value for key, value in wanted.items() if old.get(key) != value}
        change.update(dict.fromkeys(key for key in old if key not in wanted))
        patch: Obj = {"spec": {"selector": change}} if change else {}
        if version := call.flags.text("resource-version"):
            patch = {**patch, "metadata": {"resourceVersion": version}}
        results.say("selector updated", self.setting.apply(call, info, patch))


def _parse(text: str) -> list[Requirement]:
    try:
        wanted = sorted(parse_label_selector(text).requirements, key=lambda one: one.key)
    except SelectorError as error:
        raise CommandError(f"couldn't parse the selector string {quote(text)}: {error}") from None
    for one in wanted:
        if one.operator in ("gt", "lt"):
            raise CommandError(f"{quote(one.operator)} isn't supported in label selectors")
        if one.operator == "!=":
            raise CommandError('"!=" is not a valid label selector operator')
    return wanted


def _shown(one: Requirement) -> str:
    return f"{{{one.key} {_EXPRESSIONS[one.operator]} [{' '.join(sorted(one.values))}]}}"


COMMAND = Command(
    "selector",
    "Set the selector on a resource",
    SetSelectorOptions,
    flags("resource-version") + without(SET_FLAGS, "kustomize", "selector"),
    usage="(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
)
