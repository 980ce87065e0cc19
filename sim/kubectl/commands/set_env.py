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
from sim.kubectl.commands.set_env_values import References, reference
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags, without
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.manifests import sources
from sim.kubectl.results import check_output
from sim.kubectl.setting import SET_FLAGS, Setting
from sim.kubectl.templates import containers_patch, pod_spec_of, template_path

_NO_LETTER = re.compile(r"[^a-zA-Z0-9_]")


@dataclass
class SetEnvOptions:
    """What `set env` was asked."""

    setting: Setting
    add: Mapping[str, str | Obj]
    remove: Sequence[str]
    containers: str
    listing: bool
    overwrite: bool
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
        setting = Setting.of(call, resources)
        setting.check_choice()
        check_output(call)
        setting.check_local()
        if call.flags.on("list") and call.flags.text("output"):
            raise CommandError("--list and --output may not be specified together")
        return cls(
            setting,
            add,
            remove,
            call.flags.text("containers"),
            call.flags.on("list"),
            call.flags.on("overwrite"),
            bool(sources(call)),
            call.flags.text("from"),
            call.flags.many("keys"),
            prefix,
        )

    def validate(self) -> None:
        """Require objects; nothing may be set and removed at once."""
        if not self.setting.args and not self.files:
            raise CommandError(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>"
            )
        if self.keys and not self.source:
            raise CommandError(
                "when specifying --keys, a configmap or secret must be provided with --from"
            )
        if any(name in self.add for name in self.remove):
            raise CommandError(
                "can not both modify and remove the same environment variable in the same command"
            )

    def run(self, call: Invocation) -> int:
        """Patch the objects, or list their variables."""
        if self.source:
            self.add = {**self.add, **self._from_source(call)}
        infos = self.setting.find(call, ignored=True)
        if self.listing:
            for info in infos:
                self._list(call, info.object)
            return 0

        def patch(obj: Obj, _problems: list[Exception]) -> Obj:
            change, matching = containers_patch(obj, self._change, self.containers)
            if not matching:
                name = f"{obj['kind']}/{obj['metadata']['name']}"
                call.client.warn(
                    f'{name} does not have any containers matching "{self.containers}"'
                )
            return change

        failed = "failed to patch env update to pod template:"
        self.setting.change(call, infos, patch, "env updated", failed)
        return 0

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
        if self.setting.local:
            infos = self.setting.find(call, ignored=True)
        else:
            labels = self.setting.lookup.labels
            infos = select(call, [self.source], Lookup(labels=labels)).require()
        for info in infos:
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

    def _list(self, call: Invocation, obj: Obj) -> None:
        if not template_path(obj["kind"]):
            return
        spec = pod_spec_of(obj)
        for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
            if not fnmatchcase(container["name"], self.containers):
                continue
            call.out(f"# {obj['kind']} {obj['metadata']['name']}, container {container['name']}\n")
            found = References(call, obj, container)
            for one in self._changed(container):
                source: Obj = one.get("valueFrom") or {}
                value = None if source else one.get("value", "")
                if source and call.flags.on("resolve"):
                    value = found.value(one["name"], source)
                if value is None:
                    call.out(f"# {one['name']} from {reference(source)}\n")
                else:
                    call.out(f"{one['name']}={value}\n")
            found.complain()

    def _changed(self, container: Obj) -> list[Obj]:
        """Return the variables as they would be."""
        held = {one["name"]: one for one in container.get("env") or []}
        held |= {name: _variable(name, value) for name, value in self.add.items()}
        return [one for name, one in held.items() if name not in self.remove]


def _variable(name: str, value: str | Obj) -> Obj:
    field = "valueFrom" if isinstance(value, dict) else "value"
    return {"name": name, field: value}


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
    + without(SET_FLAGS, "record"),
    usage="RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
)
