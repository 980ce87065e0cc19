"""`kubectl --help` and `kubectl COMMAND --help`, made from the table of commands.

Shorter than the real pages, which are documentation; it must not know what commands do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from sim.kubectl.flags import GLOBAL_FLAGS, Flag
from sim.kubectl.invocation import Command

_GLOBALS = (
    'Use "kubectl options" for a list of global command-line options (applies to all commands).\n'
)
_DOCS = "https://kubernetes.io/docs/reference/kubectl/"


def overview(commands: Sequence[Command]) -> str:
    """Return the list of commands."""
    rows = [f"  {one.name:<15} {one.summary}\n" for one in commands if one.summary]
    return (
        "kubectl controls the Kubernetes cluster manager.\n\n"
        f" Find more information at: {_DOCS}\n\n"
        "Commands of this simulator's kubectl:\n"
        + "".join(rows)
        + "\nUsage:\n  kubectl [flags] [options]\n\n"
        'Use "kubectl <command> --help" for more information about a given command.\n' + _GLOBALS
    )


def command_help(command: Command, path: str) -> str:
    """Return the page of one command or group."""
    text = _headlines().get(path.removeprefix("kubectl "), f"{command.summary}.") + "\n"
    if command.subcommands:
        text += "\nAvailable Commands:\n"
        shown = [one for one in command.subcommands if one.summary]
        width = max((len(one.name) for one in shown), default=0) + 2
        text += "".join(f"  {one.name:<{width}} {one.summary}\n" for one in shown)
    if command.flags:
        text += "\nOptions:\n" + "".join(map(_row, sorted(command.flags, key=lambda one: one.name)))
    usage = command.usage or ("SUBCOMMAND" if command.subcommands else "")
    text += f"\nUsage:\n  {path} {usage} [flags] [options]\n".replace("  [", " [")
    return f"{text}\n{_GLOBALS}"


@cache
def _headlines() -> dict[str, str]:
    lines = files(__package__).joinpath("headlines.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {path: text for path, _, text in pairs}


def options_help() -> str:
    """Return the flags that every command takes."""
    return "The following options can be passed to any command:\n\n" + "".join(
        map(_row, GLOBAL_FLAGS)
    )


def _row(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else ""
    default = flag.default or {"bool": "false", "int": "0", "list": "[]", "array": "[]"}.get(
        flag.kind, "''"
    )
    return f"    {short}--{flag.name}={default}\n"
