"""`kubectl set env`: sets, removes and lists environment variables of a pod template.

It must not know what the variables mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sim.apimachinery.wire import Obj
from sim.kubectl.builder import Lookup, select
from sim.kubectl.commands.set_image import SET_FLAGS, set_lookup
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.results import dry_run_of
from sim.kubectl.templates import TemplateChange, pod_spec_of


@dataclass
class SetEnvOptions:
    """What `set env` was asked."""

    resources: Sequence[str]
    add: Mapping[str, str]
    remove: Sequence[str]
    containers: str
    listing: bool
    overwrite: bool
    lookup: Lookup
    dry_run: str

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
        if call.flags.text("from"):
            raise CommandError('"kubectl set env --from" is not supported in this simulator')
        add = dict(word.partition("=")[::2] for word in words if "=" in word)
        remove = [word.removesuffix("-") for word in words if "=" not in word]
        return cls(
            resources,
            add,
            remove,
            call.flags.text("containers"),
            call.flags.on("list"),
            call.flags.on("overwrite"),
            set_lookup(call),
            dry_run_of(call),
        )

    def validate(self) -> None:
        """Require objects; nothing may be set and removed at once."""
        if not self.resources:
            raise CommandError(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>"
            )
        if self.lookup.bulk and self.lookup.labels:
            raise CommandError("cannot set --all and --selector at the same time")
        if any(name in self.add for name in self.remove):
            raise CommandError(
                "can not both modify and remove the same environment variable in the same command"
            )

    def run(self, call: Invocation) -> int:
        """Patch the objects, or list their variables."""
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
                changes.append({"name": name, "value": value})
            elif held.get("value", "") != value or "valueFrom" in held:
                if not self.overwrite:
                    raise CommandError(
                        f"'{name}' already has a value ({held.get('value', '')}), and "
                        "--overwrite is false"
                    )
                cleared = {"valueFrom": None} if "valueFrom" in held else {}
                changes.append({"name": name, "value": value, **cleared})
        changes += [{"$patch": "delete", "name": name} for name in self.remove if name in old]
        if not changes:
            return {}
        order = [name for name in {**old, **self.add} if name not in self.remove]
        return {"$setElementOrder/env": [{"name": name} for name in order], "env": changes}

    def _list(self, call: Invocation) -> int:
        selection = select(call, self.resources, self.lookup)
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
