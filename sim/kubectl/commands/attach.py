"""`kubectl attach`: joins the terminal to a container's main program.

It must not know the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import ExecRequest, Obj
from sim.client.attending import attend
from sim.kubectl.commands.exec import start, use_tty
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.pods import default_container, find_object, pod_for

RECORDED = (
    "All commands and output from this session will be recorded in container logs, including "
    "credentials and sensitive information passed through the command prompt.\n"
    "If you don't see a command prompt, try pressing enter.\n"
)


@dataclass
class AttachOptions:
    """What `attach` was asked."""

    args: Sequence[str]
    container: str = ""
    stdin: bool = False
    tty: bool = False
    quiet: bool = False
    timeout_ms: int = 60_000
    name: str = "kubectl attach"

    @classmethod
    def complete(cls, call: Invocation) -> AttachOptions:
        """Read flags and arguments."""
        flags = call.flags
        return cls(
            call.args,
            flags.text("container"),
            flags.on("stdin"),
            flags.on("tty"),
            flags.on("quiet"),
            flags.duration_ms("pod-running-timeout"),
        )

    def validate(self) -> None:
        """Require one object."""
        if not self.args:
            raise CommandError("at least 1 argument is required for attach")
        if len(self.args) > 2:
            raise CommandError(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw "
                f"{len(self.args)}: [{' '.join(self.args)}]"
            )

    def run(self, call: Invocation) -> Running:
        """Attach until the program ends."""
        obj = find_object(call, self.args)
        pod = yield from pod_for(call, obj, self.timeout_ms)
        phase = (pod.get("status") or {}).get("phase")
        if phase in ("Succeeded", "Failed"):
            raise CommandError(
                f"cannot attach a container in a completed pod; current phase is {phase}"
            )
        return (yield from self.attach_to(call, pod))

    def attach_to(self, call: Invocation, pod: Obj) -> Running:
        """Attach to *pod*'s container; what the program returns is not attach's to report."""
        container = default_container(call, pod, self.container, quiet=self.quiet)
        tty = self.tty
        if tty and not container.get("tty"):
            tty = False
            if not self.quiet:
                call.err(
                    f"error: Unable to use a TTY - container {container['name']} "
                    "did not allocate one\n"
                )
        tty = use_tty(call, stdin=self.stdin, tty=tty or bool(container.get("tty")), quiet=True)
        if not self.quiet:
            call.err(RECORDED)
        metadata = pod["metadata"]
        request = ExecRequest(
            metadata["namespace"], metadata["name"], container["name"], (), self.stdin, tty
        )
        execution = start(call, request)
        yield from attend(call.proc, execution, stdin=self.stdin, tty=tty)
        if self.stdin and tty and not self.quiet:
            call.out(way_back(self.name, pod, container["name"]))
        return 0


def way_back(command: str, pod: Obj, container: str) -> str:
    """Return what is said after a session in a pod whose containers are started again."""
    metadata, spec = pod["metadata"], pod["spec"]
    if spec.get("restartPolicy", "Always") != "Always":
        return ""
    again = f"'{command} {metadata['name']} -c {container} -n {metadata['namespace']} -i -t'"
    if any(one["name"] == container for one in spec.get("ephemeralContainers") or ()):
        return (
            "Session ended, the ephemeral container will not be restarted but may be "
            f"reattached using {again} if it is still running\n"
        )
    return f"Session ended, resume using {again} command\n"


COMMAND = Command(
    "attach",
    "Attach to a running container",
    AttachOptions,
    flags(
        "container,c",
        "detach-keys",
        "pod-running-timeout duration=60s",
        "quiet,q bool",
        "stdin,i bool",
        "tty,t bool",
    ),
    usage="(POD | TYPE/NAME) -c CONTAINER",
)
