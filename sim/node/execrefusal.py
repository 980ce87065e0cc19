"""The runtime's words when a program cannot be started in a container.

This file must not know who asked.
"""

from __future__ import annotations

from sim.kernel import Stream
from sim.node.container import Container


def exec_refusal(container: Container, name: str) -> str:
    """Return the runtime's words when a program cannot be started in a container."""
    number = Stream("exec", container.id, container.env.now, name).hex(64)
    why = (
        f'exec: "{name}": stat {name}: no such file or directory'
        if "/" in name
        else f'exec: "{name}": executable file not found in $PATH'
    )
    return (
        f'failed to exec in container: failed to start exec "{number}": OCI runtime exec failed: '
        f"exec failed: unable to start container process: {why}: unknown"
    )
