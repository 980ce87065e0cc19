"""`kubectl config`: the one context of the workstation and the namespace chosen in it.

It must not know a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sim.apimachinery.wire import Obj
from sim.kubectl.commands.unsupported import unsupported
from sim.kubectl.config import ClientConfig
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote, to_json
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.printers.output import ObjectPrinter, output_printer
from sim.kubectl.printers.tabwriter import TabWriter
from sim.kubectl.printers.yaml import to_yaml
from sim.kubectl.results import OUTPUT_FLAGS, output_options


def as_object(config: ClientConfig) -> Obj:
    """Return the kubeconfig in kubectl's order of fields, certificates left out as it does."""
    cluster = {"server": config.server, "certificate-authority-data": "DATA+OMITTED"}
    user = {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}
    context: Obj = {"cluster": config.cluster, "user": config.user}
    if config.namespace:
        context["namespace"] = config.namespace
    return {
        "kind": "Config",
        "apiVersion": "v1",
        "clusters": [{"name": config.cluster, "cluster": cluster}],
        "users": [{"name": config.user, "user": user}],
        "contexts": [{"name": config.context, "context": context}],
        "current-context": config.context,
    }


@dataclass
class _Plain:
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


class ViewOptions(_Plain):
    """`config view`."""

    def run(self, call: Invocation) -> int:
        """Print the kubeconfig."""
        obj = as_object(call.config)
        if not call.flags.text("output"):
            call.out(to_yaml(obj))
            return 0
        if call.flags.text("output") == "json":
            call.out(to_json(obj, indent=4, sort_keys=False) + "\n")
            return 0
        printer: ObjectPrinter = output_printer(output_options(call), call.read_file)
        call.out(printer.render(obj))
        return 0


class CurrentContextOptions(_Plain):
    """`config current-context`."""

    def run(self, call: Invocation) -> int:
        """Print the context's name."""
        call.out(f"{call.config.context}\n")
        return 0


class GetContextsOptions(_Plain):
    """`config get-contexts`."""

    def run(self, call: Invocation) -> int:
        """Print the one context."""
        config, output = call.config, call.flags.text("output")
        if output not in ("", "name"):
            raise CommandError(
                f"--output {output} is not available in kubectl config get-contexts; "
                "resetting to default output format"
            )
        names = list(self.args) or [config.context]
        if output == "name":
            call.out("".join(f"{name}\n" for name in names if name == config.context))
        else:
            rows = []
            if not call.flags.on("no-headers"):
                rows.append(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"])
            if config.context in names:
                rows.append(["*", config.context, config.cluster, config.user, config.namespace])
            call.out(TabWriter().align("".join("\t".join(row) + "\n" for row in rows)))
        for name in names:
            if name != config.context:
                raise CommandError(f"context {name} not found")
        return 0


class UseContextOptions(_Plain):
    """`config use-context`."""

    def run(self, call: Invocation) -> int:
        """Accept the one context there is."""
        if len(self.args) != 1:
            raise CommandError(f"Unexpected args: [{' '.join(self.args)}]")
        if self.args[0] != call.config.context:
            raise CommandError(f"no context exists with the name: {quote(self.args[0])}")
        call.out(f"Switched to context {quote(self.args[0])}.\n")
        return 0


class SetContextOptions(_Plain):
    """`config set-context`."""

    def run(self, call: Invocation) -> int:
        """Change the namespace of the one context."""
        current, config = call.flags.on("current"), call.config
        if len(self.args) > 1:
            raise CommandError(f"Unexpected args: [{' '.join(self.args)}]")
        if not self.args and not current:
            raise CommandError("you must specify a non-empty context name or --current")
        if self.args and current:
            raise CommandError("you cannot specify both a context name and --current")
        if self.args and self.args[0] != config.context:
            raise CommandError("creating contexts is not supported in this simulator")
        for name in ("cluster", "user"):
            if call.flags.is_set(name) and call.flags.text(name) != getattr(config, name):
                raise CommandError(f"changing the {name} is not supported in this simulator")
        if call.flags.is_set("namespace"):
            config.namespace = call.flags.text("namespace")
        call.out(f"Context {quote(config.context)} modified.\n")
        return 0


class GetClustersOptions(_Plain):
    """`config get-clusters`."""

    def run(self, call: Invocation) -> int:
        """Print the one cluster."""
        call.out(f"NAME\n{call.config.cluster}\n")
        return 0


class GetUsersOptions(_Plain):
    """`config get-users`."""

    def run(self, call: Invocation) -> int:
        """Print the one user."""
        call.out(f"NAME\n{call.config.user}\n")
        return 0


COMMAND = Command(
    "config",
    "Modify kubeconfig files",
    subcommands=(
        Command("current-context", "Display the current-context", CurrentContextOptions),
        Command("get-clusters", "Display clusters defined in the kubeconfig", GetClustersOptions),
        Command(
            "get-contexts",
            "Describe one or many contexts",
            GetContextsOptions,
            flags("no-headers bool", "output,o"),
        ),
        Command("get-users", "Display users defined in the kubeconfig", GetUsersOptions),
        Command(
            "set-context",
            "Set a context entry in kubeconfig",
            SetContextOptions,
            flags("current bool"),
            usage="[NAME | --current] [--namespace=namespace]",
        ),
        Command(
            "use-context",
            "Set the current-context in a kubeconfig file",
            UseContextOptions,
            usage="CONTEXT_NAME",
            aliases=("use",),
        ),
        Command(
            "view",
            "Display merged kubeconfig settings or a specified kubeconfig file",
            ViewOptions,
            flags("flatten bool", "merge bool=true", "minify bool", "raw bool") + OUTPUT_FLAGS,
        ),
        *unsupported(
            "delete-cluster",
            "delete-context",
            "delete-user",
            "rename-context",
            "set",
            "set-cluster",
            "set-credentials",
            "unset",
        ),
    ),
)
