"""`kubectl config set-context`, `set-cluster` and `set-credentials`.

What is given is laid over the entry of that name; it must not know what the entry leads to.
"""

from __future__ import annotations

import base64
from typing import Any

from sim.apimachinery.wire import Obj
from sim.kubectl.commands.config_view import PlainOptions
from sim.kubectl.errors import ArgumentsError, CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation

_MODES = ("IfAvailable", "Never", "Always")


class SetContextOptions(PlainOptions):
    """`config set-context`."""

    def run(self, call: Invocation) -> int:
        """Change or make a context."""
        current = call.flags.on("current")
        if len(self.args) > 1:
            raise ArgumentsError(f"Unexpected args: [{' '.join(self.args)}]")
        name = self.args[0] if self.args else ""
        if not name and not current:
            raise CommandError("you must specify a non-empty context name or --current")
        if name and current:
            raise CommandError("you cannot specify both a context name and --current")
        settings = call.kubeconfig.read().copy()
        if current and not settings.current:
            raise CommandError("no current context is set")
        name = name or settings.current
        existed = name in settings.contexts
        entry = settings.contexts.setdefault(name, {"cluster": "", "user": ""})
        for key in ("cluster", "user", "namespace"):
            if call.flags.is_set(key):
                _put(entry, key, call.flags.text(key))
        entry.setdefault("cluster", "")
        entry.setdefault("user", "")
        call.kubeconfig.change(settings)
        call.out(f"Context {quote(name)} {'modified' if existed else 'created'}.\n")
        return 0


class _EntryOptions(PlainOptions):
    """Changes one entry; subclasses say which section, and how."""

    section, what = "", ""

    def run(self, call: Invocation) -> int:
        """Change or make the entry."""
        if len(self.args) != 1:
            unexpected = "unexpected" if self.section == "users" else "Unexpected"
            raise ArgumentsError(f"{unexpected} args: [{' '.join(self.args)}]")
        name = self.args[0]
        if not name:
            raise CommandError(f"you must specify a non-empty {self.what.lower()} name")
        self.check(call)
        settings = call.kubeconfig.read().copy()
        entry = settings.section(self.section).setdefault(name, {})
        self.modify(call, entry)
        call.kubeconfig.change(settings)
        call.out(f"{self.what} {quote(name)} set.\n")
        return 0

    def check(self, call: Invocation) -> None:
        """Refuse flags that contradict each other."""

    def modify(self, call: Invocation, entry: Obj) -> None:
        """Lay the flags over *entry*."""


class SetClusterOptions(_EntryOptions):
    """`config set-cluster`."""

    section, what = "clusters", "Cluster"

    def check(self, call: Invocation) -> None:
        """Refuse a certificate together with none."""
        read = call.flags
        if read.on("insecure-skip-tls-verify") and read.text("certificate-authority"):
            raise CommandError(
                "you cannot specify a certificate authority and insecure mode at the same time"
            )
        _check_embedded(call, "certificate-authority")

    def modify(self, call: Invocation, entry: Obj) -> None:
        """Lay the flags over *entry*."""
        read = call.flags
        if read.is_set("server"):
            entry["server"] = read.text("server")
            entry.pop("tls-server-name", None)
        for key in ("tls-server-name", "proxy-url"):
            if read.is_set(key):
                _put(entry, key, read.text(key))
        if read.is_set("insecure-skip-tls-verify"):
            _put(entry, "insecure-skip-tls-verify", read.on("insecure-skip-tls-verify"))
            if read.on("insecure-skip-tls-verify"):
                entry.pop("certificate-authority", None)
                entry.pop("certificate-authority-data", None)
        if _certificate(call, entry, "certificate-authority"):
            entry.pop("insecure-skip-tls-verify", None)
        entry.setdefault("server", "")


class SetCredentialsOptions(_EntryOptions):
    """`config set-credentials`."""

    section, what = "users", "User"

    def check(self, call: Invocation) -> None:
        """Refuse two ways of showing who one is."""
        read = call.flags
        basic = read.text("username") or read.text("password")
        if read.text("token") and basic:
            raise CommandError(
                "you cannot specify more than one authentication method at the same time: --token, "
                "--username/--password"
            )
        _check_embedded(call, "client-certificate", "client-key")
        mode = read.text("exec-interactive-mode")
        if read.is_set("exec-interactive-mode") and mode not in _MODES:
            raise CommandError(
                "invalid interactive mode type, can be only IfAvailable, Never, Always"
            )

    def modify(self, call: Invocation, entry: Obj) -> None:
        """Lay the flags over *entry*."""
        read = call.flags
        for key in ("client-certificate", "client-key"):
            _certificate(call, entry, key)
        for key in ("token", "username", "password"):
            if read.is_set(key):
                _put(entry, key, read.text(key))
        if read.text("token"):
            entry.pop("username", None)
            entry.pop("password", None)
        elif read.text("username") or read.text("password"):
            entry.pop("token", None)
        if read.is_set("auth-provider"):
            name = read.text("auth-provider")
            if (entry.get("auth-provider") or {}).get("name") != name:
                entry["auth-provider"] = {"config": None, "name": name}
        if entry.get("auth-provider"):
            provider = dict(entry["auth-provider"])
            provider["config"] = _pairs(provider.get("config"), read.many("auth-provider-arg"))
            entry["auth-provider"] = provider
        self._plugin(call, entry)

    def _plugin(self, call: Invocation, entry: Obj) -> None:
        read = call.flags
        if read.is_set("exec-command"):
            old = dict(entry.get("exec") or {"apiVersion": "", "env": None})
            entry["exec"] = {**old, "command": read.text("exec-command"), "args": None}
        if not entry.get("exec"):
            return
        plugin = dict(entry["exec"])
        if read.is_set("exec-api-version"):
            plugin["apiVersion"] = read.text("exec-api-version")
        if read.many("exec-arg"):
            plugin["args"] = read.many("exec-arg")
        if read.is_set("exec-interactive-mode"):
            plugin["interactiveMode"] = read.text("exec-interactive-mode")
        plugin.setdefault("provideClusterInfo", False)
        if read.is_set("exec-provide-cluster-info"):
            plugin["provideClusterInfo"] = read.on("exec-provide-cluster-info")
        if read.many("exec-env"):
            old_env = {one["name"]: one["value"] for one in plugin.get("env") or []}
            env = _pairs(old_env, read.many("exec-env"))
            plugin["env"] = [{"name": key, "value": value} for key, value in env.items()]
        entry["exec"] = plugin


def _put(entry: Obj, key: str, value: Any) -> None:
    """Set a field; what is empty is not written."""
    if value or key in ("cluster", "user"):
        entry[key] = value
    else:
        entry.pop(key, None)


def _pairs(old: dict[str, str] | None, words: list[str]) -> dict[str, str]:
    """Return *old* with `key=value` set and `key-` removed."""
    made = dict(old or {})
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            made[key] = value
        else:
            made.pop(word.removesuffix("-"), None)
    return made


def _check_embedded(call: Invocation, *names: str) -> None:
    if not call.flags.on("embed-certs"):
        return
    if not any(call.flags.text(name) for name in names):
        flags = " or ".join(f"--{name}" for name in names)
        raise CommandError(f"you must specify a {flags} to embed")
    for name in names:
        path = call.flags.text(name)
        if path and not call.proc.files.exists(call.proc.path(path)):
            raise CommandError(
                f"could not stat {name} file {path}: stat {path}: no such file or directory"
            )


def _certificate(call: Invocation, entry: Obj, name: str) -> bool:
    """Put the file that a flag names, or its path, into *entry*; return whether there was one."""
    path = call.flags.text(name)
    if not call.flags.is_set(name):
        return False
    if call.flags.on("embed-certs"):
        data = call.read_file(path).encode("utf-8", "surrogateescape")
        entry[f"{name}-data"] = base64.b64encode(data).decode()
        entry.pop(name, None)
    else:
        entry[name] = call.proc.path(path)
        entry.pop(f"{name}-data", None)
    return True
