"""`kubectl config view`, `current-context`, `get-contexts`, `get-clusters` and `get-users`.

They only read; it must not know a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sim.apimachinery.wire import Obj
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.goformat import quote, to_json
from sim.kubectl.invocation import Invocation
from sim.kubectl.kubeconfig import Settings
from sim.kubectl.printers.output import ObjectPrinter, output_printer
from sim.kubectl.printers.tabwriter import TabWriter
from sim.kubectl.printers.yaml import to_yaml
from sim.kubectl.results import output_options

_ORDER = (
    "server", "tls-server-name", "insecure-skip-tls-verify", "client-certificate",
    "client-certificate-data", "client-key", "client-key-data", "certificate-authority",
    "certificate-authority-data", "proxy-url", "disable-compression", "cluster", "user",
    "namespace", "token", "tokenFile", "as", "as-uid", "username", "password",
)  # fmt: skip
"""How the fields of entries follow each other in JSON (client-go, clientcmd/api/v1)."""


@dataclass
class PlainOptions:
    """A subcommand that reads only its arguments."""

    args: Sequence[str]

    @classmethod
    def complete(cls, call: Invocation) -> Self:
        """Read arguments."""
        return cls(call.args)

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> int:
        """Do nothing."""
        return 0


class ViewOptions(PlainOptions):
    """`config view`."""

    def run(self, call: Invocation) -> int:
        """Print the kubeconfig."""
        if self.args:
            raise call.usage_error(f"unexpected arguments: [{' '.join(self.args)}]")
        read = call.flags
        if not read.on("merge") and not call.kubeconfig.explicit:
            raise CommandError("if merge==false a precise file must be specified")
        settings = call.kubeconfig.read().copy()
        if read.on("minify"):
            settings = _minified(settings, read.text("context"))
        if not read.on("raw") and not read.on("flatten"):
            _redact(settings)
        obj = settings.as_object()
        if not read.text("output"):
            call.out(to_yaml(obj))
        elif read.text("output") == "json":
            call.out(to_json(_in_order(obj), indent=4, sort_keys=False) + "\n")
        else:
            printer: ObjectPrinter = output_printer(output_options(call), call.read_file)
            call.out(printer.render(obj))
        return 0


class CurrentContextOptions(PlainOptions):
    """`config current-context`."""

    def run(self, call: Invocation) -> int:
        """Print the context's name."""
        current = call.kubeconfig.read().current
        if not current:
            raise CommandError("current-context is not set")
        call.out(f"{current}\n")
        return 0


class GetContextsOptions(PlainOptions):
    """`config get-contexts`."""

    def run(self, call: Invocation) -> int:
        """Print the contexts."""
        output = call.flags.text("output")
        if output not in ("", "name"):
            raise CommandError(
                f"--output {output} is not available in kubectl config get-contexts; "
                "resetting to default output format"
            )
        settings = call.kubeconfig.read()
        names = list(self.args) or list(settings.contexts)
        rows = []
        if output == "" and not call.flags.on("no-headers"):
            rows.append(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"])
        for name in sorted(name for name in names if name in settings.contexts):
            entry = settings.contexts[name]
            fields = [str(entry.get(key, "")) for key in ("cluster", "user", "namespace")]
            mark = "*" if name == settings.current else " "
            rows.append([name] if output else [mark, name, *fields])
        call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        missing = [name for name in names if name not in settings.contexts]
        raise_all([CommandError(f"context {name} not found") for name in missing])
        return 0


class GetClustersOptions(PlainOptions):
    """`config get-clusters`."""

    def run(self, call: Invocation) -> int:
        """Print the clusters' names."""
        _print_names(call, call.kubeconfig.read().clusters)
        return 0


class GetUsersOptions(PlainOptions):
    """`config get-users`."""

    def run(self, call: Invocation) -> int:
        """Print the users' names."""
        _print_names(call, call.kubeconfig.read().users)
        return 0


def _print_names(call: Invocation, entries: dict[str, Obj]) -> None:
    call.out("".join(f"{name}\n" for name in ["NAME", *sorted(entries)]))


def _minified(settings: Settings, context: str) -> Settings:
    name = context or settings.current
    if not name:
        raise CommandError("current-context must exist in order to minify")
    entry = settings.contexts.get(name)
    if entry is None:
        raise CommandError(f"cannot locate context {name}")
    made = Settings(contexts={name: entry}, current=name)
    cluster, user = str(entry.get("cluster", "")), str(entry.get("user", ""))
    if cluster:
        if cluster not in settings.clusters:
            raise CommandError(f"cannot locate cluster {cluster}")
        made.clusters[cluster] = settings.clusters[cluster]
    if user:
        if user not in settings.users:
            raise CommandError(f"cannot locate user {user}")
        made.users[user] = settings.users[user]
    return made


def _redact(settings: Settings) -> None:
    for section in (settings.clusters, settings.users):
        for entry in section.values():
            for key in entry:
                if key.endswith("-data") and entry[key]:
                    entry[key] = "DATA+OMITTED"
                elif key in ("token", "password") and entry[key]:
                    entry[key] = "REDACTED"


def _in_order(obj: Obj) -> Obj:
    ordered: Obj = {key: obj[key] for key in ("kind", "apiVersion")}
    for section, one in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        items = obj[section]
        ordered[section] = items and [
            {"name": item["name"], one: dict(sorted(item[one].items(), key=_place))}
            for item in items
        ]
    return {**ordered, "current-context": obj["current-context"]}


def _place(pair: tuple[str, object]) -> tuple[int, str]:
    key = pair[0]
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)


def require_context(settings: Settings, name: str) -> None:
    """Raise CommandError unless a context has that name."""
    if name not in settings.contexts:
        raise CommandError(f"no context exists with the name: {quote(name)}")
