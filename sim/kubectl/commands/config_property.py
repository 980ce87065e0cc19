"""`kubectl config set` and `unset`: one value of the kubeconfig, by its dotted path.

Names may hold dots: what stands before a known field is the name. It must not know what a value
leads to.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from sim.apimachinery.wire import Obj
from sim.kubectl.commands.config_view import PlainOptions
from sim.kubectl.errors import ArgumentsError, CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.kubeconfig import SECTIONS, Settings

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_FIELDS = {
    "clusters": {
        "server": "text",
        "tls-server-name": "text",
        "insecure-skip-tls-verify": "bool",
        "certificate-authority": "text",
        "certificate-authority-data": "bytes",
        "proxy-url": "text",
        "disable-compression": "bool",
    },
    "contexts": {"cluster": "text", "user": "text", "namespace": "text"},
    "users": {
        "client-certificate": "text",
        "client-certificate-data": "bytes",
        "client-key": "text",
        "client-key-data": "bytes",
        "token": "text",
        "tokenFile": "text",
        "as": "text",
        "as-uid": "text",
        "username": "text",
        "password": "text",
    },
}
"""The fields that can be set, of each section (client-go, clientcmd/api)."""


@dataclass(frozen=True)
class _Target:
    """What a path names: the current context, a section, an entry or a field of one."""

    section: str
    name: str = ""
    field: str = ""


class SetOptions(PlainOptions):
    """`config set`."""

    def run(self, call: Invocation) -> int:
        """Set one value."""
        if len(self.args) != 2:
            raise ArgumentsError(f"Unexpected args: [{' '.join(self.args)}]")
        path, value = self.args
        if not value:
            raise CommandError("you cannot use set to unset a property")
        target = _target(path)
        settings = call.kubeconfig.read().copy()
        if target.section == "current-context":
            settings.current = value
        elif not target.field:
            shown = settings.section(target.section)
            held = " ".join(f"{name}:0xc000010000" for name in sorted(shown))
            raise CommandError(f"can't set a map to a value: map[{held}]")
        else:
            entry = settings.section(target.section).setdefault(target.name, _blank(target))
            entry[target.field] = _value(target, value, raw=call.flags.on("set-raw-bytes"))
        call.kubeconfig.change(settings)
        call.out(f"Property {quote(path)} set.\n")
        return 0


class UnsetOptions(PlainOptions):
    """`config unset`."""

    def run(self, call: Invocation) -> int:
        """Take one value, entry or section away."""
        if len(self.args) != 1:
            raise ArgumentsError(f"Unexpected args: [{' '.join(self.args)}]")
        target = _target(self.args[0])
        settings = call.kubeconfig.read().copy()
        _unset(settings, target)
        call.kubeconfig.change(settings)
        call.out(f"Property {quote(self.args[0])} unset.\n")
        return 0


def _unset(settings: Settings, target: _Target) -> None:
    if target.section == "current-context":
        settings.current = ""
        return
    entries = settings.section(target.section)
    if not target.name:
        entries.clear()
    elif not target.field:
        entries.pop(target.name, None)
    elif target.name not in entries:
        raise CommandError(f"current map key `{target.name}` is invalid")
    elif target.field in ("cluster", "user", "server") and target.section != "users":
        entries[target.name][target.field] = ""
    else:
        entries[target.name].pop(target.field, None)


def _target(path: str) -> _Target:
    if not path:
        raise CommandError("you must specify a property")
    section, *rest = path.split(".")
    if section != "current-context" and section not in SECTIONS:
        raise CommandError(f"unable to parse {path} after [] at api.Config")
    if section == "current-context" or not rest:
        if rest:
            raise CommandError(f"unable to parse one or more field values of {path}")
        return _Target(section)
    fields = _FIELDS[section]
    at = next((i for i, word in enumerate(rest) if i and word in fields), len(rest))
    if at < len(rest) - 1:
        raise CommandError(f"unable to parse one or more field values of {path}")
    return _Target(section, ".".join(rest[:at]), rest[at] if at < len(rest) else "")


def _blank(target: _Target) -> Obj:
    return {"clusters": {"server": ""}, "contexts": {"cluster": "", "user": ""}, "users": {}}[
        target.section
    ]


def _value(target: _Target, text: str, *, raw: bool) -> str | bool:
    kind = _FIELDS[target.section][target.field]
    if kind == "bool":
        if text not in (*_TRUE, *_FALSE):
            raise CommandError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")
        return text in _TRUE
    if kind == "bytes":
        if raw:
            return base64.b64encode(text.encode()).decode()
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            odd = re.search(r"[^A-Za-z0-9+/]", text)
            at = odd.start() if odd else len(text) - len(text) % 4
            raise CommandError(
                f"error decoding input value: illegal base64 data at input byte {at}"
            ) from None
    return text
