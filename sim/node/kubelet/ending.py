"""How a running container is ended: its hook, SIGTERM, and SIGKILL when it takes too long.

This file must not know why it is ended.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from sim.apimachinery.wire import Obj
from sim.kernel import Environment
from sim.node.container import Container
from sim.node.kubelet.hooks import hook_of, run_hook

if TYPE_CHECKING:
    from sim.node.kubelet.slot import Slot

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


def ending_all(
    env: Environment, slots: Sequence[Slot], begin: Callable[[Slot, Container], None], grace: int
) -> Going:
    """End what runs of *slots*: *begin* asks each to, SIGKILL follows after *grace* ms."""
    ending = []
    for slot in slots:
        running = slot.running
        if running is not None:
            begin(slot, running)
            ending.append(running)
    if ending:
        left = env.all_of([container.exited for container in ending])
        yield left | env.timeout(grace)
        for container in ending:
            container.kill()
        if not left.processed:
            yield left
    for slot in slots:
        slot.ready = slot.started = False
