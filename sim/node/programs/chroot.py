"""chroot into the node from a debug container that has the node's root mounted.

`kubectl debug node/...` makes such a container, with the node at /host. This file must not know who
made it.
"""

from __future__ import annotations

from dataclasses import replace

from sim.bash.process import Proc, Running
from sim.node.programs.host import container_of, machine_of
from sim.node.programs.options import UsageError, waiting


@waiting(125)
def chroot(proc: Proc) -> Running:
    """Run a program, or a shell, with the node's root as its own."""
    words = proc.argv[1:]
    if not words:
        raise UsageError("chroot: missing operand\nTry 'chroot --help' for more information.")
    container, machine = container_of(proc), machine_of(proc)
    target = words[0].rstrip("/") or "/"
    mounts = [] if container is None else container.spec.get("volumeMounts") or ()
    if container is None or all(one["mountPath"].rstrip("/") != target for one in mounts):
        raise UsageError(
            f"chroot: cannot change root directory to '{words[0]}': No such file or directory"
        )
    if machine.files is None:
        raise UsageError("chroot: failed to run command '/bin/bash': No such file or directory")
    inside = replace(
        proc,
        host=machine,
        programs=machine.programs,
        files=machine.files,
        cwd="/",
        environ={**proc.environ, "HOME": "/root", "USER": "root"},
    )
    return (yield from inside.call(words[1:] or ["bash"]))
