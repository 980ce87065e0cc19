"""`kubectl set env --list`: where a variable's value comes from, and with `--resolve` what it is.

It must not know which variables are changed.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping

from sim.apimachinery.quantity import parse_quantity
from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, object_path
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation

_SUBSCRIPT = re.compile(r"(.+?)\['(.*)'\]\Z")
_AMOUNTS = ("cpu", "memory", "ephemeral-storage")


def reference(source: Obj) -> str:
    """Return what *source* (`valueFrom`) names, in words."""
    if ref := source.get("configMapKeyRef"):
        return f"configmap {ref.get('name', '')}, key {ref['key']}"
    if ref := source.get("secretKeyRef"):
        return f"secret {ref.get('name', '')}, key {ref['key']}"
    if ref := source.get("fieldRef"):
        return f"field path {ref['fieldPath']}"
    if ref := source.get("resourceFieldRef"):
        container = f"{ref['containerName']}/" if ref.get("containerName") else ""
        return f"resource field {container}{ref.get('resource', '')}"
    return "invalid valueFrom"


class References:
    """Looks up the values of one container's variables, and keeps what cannot be had."""

    def __init__(self, call: Invocation, obj: Obj, container: Obj) -> None:
        """Ask as *call* may, for *container* of *obj*."""
        self._call = call
        self._obj = obj
        self._container = container
        self._problems: dict[str, list[str]] = {}

    def value(self, name: str, source: Obj) -> str | None:
        """Return the value of the variable *name*, or None if it cannot be had."""
        try:
            return self._find(source)
        except (CommandError, ApiStatusError) as error:
            self._problems.setdefault(plain(error), []).append(name)
            return None

    def complain(self) -> None:
        """Say which values could not be had."""
        lines = [
            f"error retrieving reference for {', '.join(sorted(names))}: {why}\n"
            for why, names in self._problems.items()
        ]
        self._call.err("".join(sorted(lines)))

    def _find(self, source: Obj) -> str:
        if ref := source.get("secretKeyRef"):
            text = self._key("secrets", "secret", ref)
            return b64decode(text).decode(errors="replace")
        if ref := source.get("configMapKeyRef"):
            return self._key("configmaps", "config map", ref)
        if ref := source.get("fieldRef"):
            return _field(self._obj["metadata"], ref["fieldPath"])
        if ref := source.get("resourceFieldRef"):
            return self._amount(ref)
        raise CommandError("invalid valueFrom")

    def _key(self, plural: str, what: str, ref: Obj) -> str:
        name, key = ref.get("name", ""), ref["key"]
        path = object_path(self._call.known(plural), self._call.namespace, name)
        data = self._call.client.get(path).get("data") or {}
        if key not in data:
            raise CommandError(f"key {key} not found in {what} {name}")
        return str(data[key])

    def _amount(self, ref: Obj) -> str:
        which, _, name = str(ref.get("resource", "")).partition(".")
        if which not in ("limits", "requests") or name not in _AMOUNTS:
            raise CommandError(f"Unsupported container resource : {ref.get('resource', '')}")
        held = (self._container.get("resources") or {}).get(which) or {}
        divisor = parse_quantity(ref.get("divisor") or "1") or 1
        return str(-int(-parse_quantity(held.get(name, "0")) / divisor // 1))


def _field(metadata: Obj, path: str) -> str:
    if match := _SUBSCRIPT.match(path):
        if match[1] not in ("metadata.annotations", "metadata.labels"):
            raise CommandError(f"fieldPath {quote(path)} does not support subscript")
        held: Mapping[str, str] = metadata.get(match[1].partition(".")[2]) or {}
        return held.get(match[2], "")
    if path in ("metadata.annotations", "metadata.labels"):
        held = metadata.get(path.partition(".")[2]) or {}
        return "\n".join(f"{key}={quote(held[key])}" for key in sorted(held))
    if path in ("metadata.name", "metadata.namespace", "metadata.uid"):
        return str(metadata.get(path.partition(".")[2], ""))
    raise CommandError(f"unsupported fieldPath: {path}")
