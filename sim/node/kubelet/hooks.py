"""Lifecycle hooks of a container: a command run inside it, or a pause.

This file must not know what a failed hook leads to.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.bash import ShellExecution
from sim.node.container import Container

NOT_FOUND = 127
"""What a shell says of a program that is not there."""

Hooking = Generator[simpy.Event, Any, bool]
"""Waits for a hook; the answer is False if it failed."""


def hook_of(spec: Obj, when: str) -> Obj:
    """Return the handler of a container's `postStart` or `preStop` hook; {} without one."""
    hook: Obj = (spec.get("lifecycle") or {}).get(when) or {}
    return hook


def run_hook(container: Container, hook: Obj) -> Hooking:
    """Run *hook* in *container* until it is over or the container is.

    A call to an HTTP port counts as answered. A pause works in every image: what it is good for is
    the pause, and images that nobody describes have no programs here.
    """
    seconds = _pause(hook)
    command = (hook.get("exec") or {}).get("command") or ()
    if seconds:
        yield container.env.timeout(seconds * 1000) | container.exited
    elif command:
        return (yield from _running(container, command)) == 0
    return True


def _pause(hook: Obj) -> int:
    """Return the seconds that the hook only waits."""
    asked = (hook.get("sleep") or {}).get("seconds")
    if asked is not None:
        return int(asked)
    words = " ".join((hook.get("exec") or {}).get("command") or ()).split()
    if "sleep" in words[:-1] and words[words.index("sleep") + 1].rstrip("s;").isdecimal():
        return int(words[words.index("sleep") + 1].rstrip("s;"))
    return 0


def _running(container: Container, command: Sequence[str]) -> Generator[simpy.Event, Any, int]:
    shell = container.shell()
    if shell.find(command[0]) is None:
        return NOT_FOUND
    execution = ShellExecution(shell, argv=tuple(command))
    while execution.exit_code is None and container.state == "running":
        yield execution.wait() | container.exited
        execution.poll()
    return execution.exit_code or 0
