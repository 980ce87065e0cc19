"""The commands of kubectl, one file each, entered in this one table.

Their order is that of kubectl's own help, which decides what it suggests for a mistyped verb.
"""

from __future__ import annotations

from sim.kubectl.commands import (
    api_resources,
    apply,
    attach,
    auth,
    config,
    create,
    debug,
    delete,
    describe,
    drain,
    events,
    exec,
    explain,
    expose,
    get,
    label,
    logs,
    patch,
    replace,
    rollout_history,
    rollout_pause,
    rollout_restart,
    rollout_status,
    rollout_undo,
    run,
    scale,
    set_env,
    set_image,
    set_resources,
    taint,
    top,
    unsupported,
    version,
    wait,
)
from sim.kubectl.invocation import Command

SET = Command(
    "set",
    "Set specific features on objects",
    subcommands=(
        set_env.COMMAND,
        set_image.COMMAND,
        set_resources.COMMAND,
        *unsupported.unsupported("selector", "serviceaccount", "subject"),
    ),
)
ROLLOUT = Command(
    "rollout",
    "Manage the rollout of a resource",
    subcommands=(
        rollout_history.COMMAND,
        rollout_pause.PAUSE,
        rollout_restart.COMMAND,
        rollout_pause.RESUME,
        rollout_status.COMMAND,
        rollout_undo.COMMAND,
    ),
)

COMMANDS: tuple[Command, ...] = (
    create.COMMAND,
    expose.COMMAND,
    run.COMMAND,
    SET,
    explain.COMMAND,
    get.COMMAND,
    delete.COMMAND,
    ROLLOUT,
    scale.COMMAND,
    version.CLUSTER_INFO,
    top.COMMAND,
    drain.CORDON,
    drain.UNCORDON,
    drain.DRAIN,
    taint.COMMAND,
    describe.COMMAND,
    logs.COMMAND,
    attach.COMMAND,
    exec.COMMAND,
    auth.COMMAND,
    debug.COMMAND,
    events.COMMAND,
    apply.COMMAND,
    patch.COMMAND,
    replace.COMMAND,
    wait.COMMAND,
    label.LABEL,
    label.ANNOTATE,
    api_resources.RESOURCES,
    api_resources.VERSIONS,
    config.COMMAND,
    version.VERSION,
    *unsupported.COMMANDS,
)
