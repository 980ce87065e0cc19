"""How a running container is ended: its hook, SIGTERM, and SIGKILL when it takes too long.

This file must not know why it is ended.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.apimachinery.wire import Obj
from sim.node.container import Container
from sim.node.kubelet.hooks import hook_of, run_hook

Going = Generator[simpy.Event, Any, None]


def stopping(container: Container, spec: Obj, tell: Callable[[], None]) -> Going:
    """Run the preStop hook, then send SIGTERM; call *tell* if the hook has failed."""
    hook = hook_of(spec, "preStop")
    if hook and not (yield from run_hook(container, hook)):
        tell()
    container.terminate()


def killing(container: Container, grace: int) -> Going:
    """Send SIGTERM, and SIGKILL after *grace* ms."""
    container.terminate()
    yield container.exited | container.env.timeout(grace)
    container.kill()
