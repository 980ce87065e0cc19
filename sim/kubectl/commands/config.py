"""`kubectl config`: the table of its subcommands.

They work on files alone and must not ask a cluster.
"""

from __future__ import annotations

from sim.kubectl.commands import config_change as change
from sim.kubectl.commands import config_entries as entries
from sim.kubectl.commands import config_property as single
from sim.kubectl.commands import config_view as view
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command
from sim.kubectl.results import OUTPUT_FLAGS

COMMAND = Command(
    "config",
    "Modify kubeconfig files",
    subcommands=(
        Command(
            "current-context",
            "Display the current-context",
            view.CurrentContextOptions,
            offline=True,
        ),
        Command(
            "delete-cluster",
            "Delete the specified cluster from the kubeconfig",
            change.DeleteClusterOptions,
            usage="NAME",
            offline=True,
        ),
        Command(
            "delete-context",
            "Delete the specified context from the kubeconfig",
            change.DeleteContextOptions,
            usage="NAME",
            offline=True,
        ),
        Command(
            "delete-user",
            "Delete the specified user from the kubeconfig",
            change.DeleteUserOptions,
            usage="NAME",
            offline=True,
        ),
        Command(
            "get-clusters",
            "Display clusters defined in the kubeconfig",
            view.GetClustersOptions,
            offline=True,
        ),
        Command(
            "get-contexts",
            "Describe one or many contexts",
            view.GetContextsOptions,
            flags("no-headers bool", "output,o"),
            offline=True,
        ),
        Command(
            "get-users",
            "Display users defined in the kubeconfig",
            view.GetUsersOptions,
            offline=True,
        ),
        Command(
            "rename-context",
            "Rename a context from the kubeconfig file",
            change.RenameContextOptions,
            usage="CONTEXT_NAME NEW_NAME",
            offline=True,
        ),
        Command(
            "set",
            "Set an individual value in a kubeconfig file",
            single.SetOptions,
            flags("set-raw-bytes bool"),
            usage="PROPERTY_NAME PROPERTY_VALUE",
            offline=True,
        ),
        Command(
            "set-cluster",
            "Set a cluster entry in kubeconfig",
            entries.SetClusterOptions,
            flags("embed-certs bool"),
            usage="NAME [--server=server] [--insecure-skip-tls-verify=true]",
            offline=True,
        ),
        Command(
            "set-context",
            "Set a context entry in kubeconfig",
            entries.SetContextOptions,
            flags("current bool"),
            usage="[NAME | --current] [--namespace=namespace]",
            offline=True,
        ),
        Command(
            "set-credentials",
            "Set a user entry in kubeconfig",
            entries.SetCredentialsOptions,
            flags(
                "auth-provider",
                "auth-provider-arg list",
                "embed-certs bool",
                "exec-api-version",
                "exec-arg list",
                "exec-command",
                "exec-env array",
                "exec-interactive-mode",
                "exec-provide-cluster-info bool",
            ),
            usage="NAME [--token=bearer_token] [--client-certificate=path/to/certfile]",
            offline=True,
        ),
        Command(
            "unset",
            "Unset an individual value in a kubeconfig file",
            single.UnsetOptions,
            usage="PROPERTY_NAME",
            offline=True,
        ),
        Command(
            "use-context",
            "Set the current-context in a kubeconfig file",
            change.UseContextOptions,
            usage="CONTEXT_NAME",
            aliases=("use",),
            offline=True,
        ),
        Command(
            "view",
            "Display merged kubeconfig settings or a specified kubeconfig file",
            view.ViewOptions,
            flags("flatten bool", "merge bool=true", "minify bool", "raw bool") + OUTPUT_FLAGS,
            offline=True,
        ),
    ),
)
