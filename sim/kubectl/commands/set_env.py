"""`kubectl set env`: sets, removes and lists environment variables of a pod template.

It must not know what the variables mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Lookup, select
from sim.kubectl.commands.set_image import SET_FLAGS, set_lookup
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import load_now, sources
from sim.kubectl.results import check_output, dry_run_of
from sim.kubectl.templates import TemplateChange, pod_spec_of

_NO_LETTER = re.compile(r"[^a-zA-Z0-9_]")


@dataclass
class SetEnvOptions:
    """What `set env` was asked."""

    resources: Sequence[str]
    add: Mapping[str, str | Obj]
    remove: Sequence[str]
    containers: str
    listing: bool
    overwrite: bool
    lookup: Lookup
    dry_run: str
    files: bool
    """The objects are named by files."""
    source: str
    """The ConfigMap or Secret that `--from` names."""
    keys: Sequence[str]
    prefix: str

    @classmethod
    def complete(cls, call: Invocation) -> SetEnvOptions:
        """Read flags and arguments."""
        resources: list[str] = []
        words: list[str] = list(call.flags.many("env"))
        behind = False
        for arg in call.args:
            if "=" in arg or arg.endswith("-"):
                behind = True
                words.append(arg)
            elif behind:
                raise CommandError(
                    "all resources must be specified before environment changes: "
                    + " ".join(call.args)
                )
            else:
                resources.append(arg)
        prefix = call.flags.text("prefix")
        pairs = (word.partition("=") for word in words if "=" in word)
        add: dict[str, str | Obj] = {prefix + name: value for name, _, value in pairs}
        remove = [word.removesuffix("-") for word in words if "=" not in word]
        check_output(call)
        if call.flags.on("list") and call.flags.text("output"):
            raise CommandError("--list and --output may not be specified together")
        return cls(
            resources,
            add,
            remove,
            call.flags.text("containers"),
            call.flags.on("list"),
            call.flags.on("overwrite"),
            set_lookup(call),
            dry_run_of(call),
            bool(sources(call)),
            call.flags.text("from"),
            call.flags.many("keys"),
            prefix,
        )

    def validate(self) -> None:
        """Require objects; nothing may be set and removed at once."""
        if not self.resources and not self.files:
            raise CommandError(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>"
            )
        if self.keys and not self.source:
            raise CommandError(
                "when specifying --keys, a configmap or secret must be provided with --from"
            )
        if self.lookup.bulk and self.lookup.labels:
            raise CommandError("cannot set --all and --selector at the same time")
        if any(name in self.add for name in self.remove):
            raise CommandError(
                "can not both modify and remove the same environment variable in the same command"
            )

    def run(self, call: Invocation) -> int:
        """Patch the objects, or list their variables."""
        if self.source:
            self.add = {**self.add, **self._from_source(call)}
        if self.listing:
            return self._list(call)
        if not self.add and not self.remove:
            raise CommandError("at least one environment variable must be provided")
        change = TemplateChange(
            self.resources,
            self.lookup,
            self._change,
            "env updated",
            "failed to patch env update to pod template:",
            self.dry_run,
            self.containers,
            lambda obj, matching: self._check(call, obj, matching),
        )
        return change.run(call)

    def _check(self, call: Invocation, obj: Obj, matching: int) -> None:
        if not matching:
            name = f"{obj['kind']}/{obj['metadata']['name']}"
            call.client.warn(f'{name} does not have any containers matching "{self.containers}"')

    def _change(self, container: Obj) -> Obj:
        old = {one["name"]: one for one in container.get("env") or []}
        changes: list[Obj] = []
        for name, value in self.add.items():
            held = old.get(name)
            if held is None:
                changes.append(_variable(name, value))
            elif isinstance(value, dict) or held.get("value", "") != value or "valueFrom" in held:
                if not self.overwrite:
                    raise CommandError(
                        f"'{name}' already has a value ({held.get('value', '')}), and "
                        "--overwrite is false"
                    )
                cleared: Obj = {"valueFrom": None} if "valueFrom" in held else {}
                if isinstance(value, dict):
                    cleared = {"value": None} if "value" in held else {}
                changes.append({**cleared, **_variable(name, value)})
        changes += [{"$patch": "delete", "name": name} for name in self.remove if name in old]
        if not changes:
            return {}
        order = [name for name in {**old, **self.add} if name not in self.remove]
        return {"$setElementOrder/env": [{"name": name} for name in order], "env": changes}

    def _from_source(self, call: Invocation) -> dict[str, str | Obj]:
        """Return a variable for each key of the ConfigMap or Secret."""
        made: dict[str, str | Obj] = {}
        for info in select(call, [self.source], Lookup(labels=self.lookup.labels)).require():
            kind = info.resource.kind
            if kind not in ("ConfigMap", "Secret"):
                raise CommandError("unsupported resource specified in --from")
            ref = "configMapKeyRef" if kind == "ConfigMap" else "secretKeyRef"
            for key in sorted(info.object.get("data") or {}):
                if not self.keys or key in self.keys:
                    name = _NO_LETTER.sub("_", key).upper()
                    if name != key:
                        call.client.warn(f"key {key} transferred to {name}")
                    made[self.prefix + name] = {ref: {"key": key, "name": info.name}}
        return made

    def _list(self, call: Invocation) -> int:
        selection = select(call, self.resources, self.lookup, load_now(call))
        raise_all(selection.errors)
        for info in selection.infos:
            spec = pod_spec_of(info.object)
            for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
                if not fnmatchcase(container["name"], self.containers):
                    continue
                name = f"{info.resource.kind} {info.name}"
                call.out(f"# {name}, container {container['name']}\n")
                for one in container.get("env") or []:
                    call.out(_line(one))
        return 0


def _variable(name: str, value: str | Obj) -> Obj:
    field = "valueFrom" if isinstance(value, dict) else "value"
    return {"name": name, field: value}


def _line(variable: Obj) -> str:
    name, source = variable["name"], variable.get("valueFrom")
    if source is None:
        return f"{name}={variable.get('value', '')}\n"
    if ref := source.get("configMapKeyRef"):
        what = f"configmap {ref.get('name', '')}, key {ref['key']}"
    elif ref := source.get("secretKeyRef"):
        what = f"secret {ref.get('name', '')}, key {ref['key']}"
    elif ref := source.get("fieldRef"):
        what = f"field path {ref['fieldPath']}"
    else:
        ref = source.get("resourceFieldRef") or {}
        container = f"{ref['containerName']}/" if ref.get("containerName") else ""
        what = f"resource field {container}{ref.get('resource', '')}"
    return f"# {name} from {what}\n"


COMMAND = Command(
    "env",
    "Update environment variables on a pod template",
    SetEnvOptions,
    flags(
        "containers,c string=*",
        "env,e array",
        "from",
        "keys list",
        "list bool",
        "overwrite bool=true",
        "prefix",
        "resolve bool",
    )
    + SET_FLAGS,
    usage="RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
)
