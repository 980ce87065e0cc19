"""`kubectl exec`: runs a program in a container and joins it to the terminal.

It must not know the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.apimachinery.wire import ExecRequest
from sim.client.attending import attend
from sim.client.doors import Execution
from sim.client.rest import ApiStatusError
from sim.kubectl.errors import CommandError
from sim.kubectl.flags import flags
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.pods import default_container, find_object, pod_for, require_container

_NO_TTY = "Unable to use a TTY - input is not a terminal or the right kind of file\n"


@dataclass
class ExecOptions:
    """What `exec` was asked."""

    resource: str
    command: Sequence[str]
    container: str
    stdin: bool
    tty: bool
    quiet: bool
    timeout_ms: int

    @classmethod
    def complete(cls, call: Invocation) -> ExecOptions:
        """Read flags and arguments; the program stands behind `--`."""
        flags, args, dash = call.flags, call.args, call.flags.before_dash
        resource = args[0] if args and dash != 0 else ""
        command: Sequence[str] = ()
        if dash in (0, 1):
            command = args[dash:]
        elif len(args) > 1:
            raise call.usage_error(
                "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"
            )
        return cls(
            resource,
            command,
            flags.text("container"),
            flags.on("stdin"),
            flags.on("tty"),
            flags.on("quiet"),
            flags.duration_ms("pod-running-timeout"),
        )

    def validate(self) -> None:
        """Require a pod and a program."""
        if not self.resource:
            raise CommandError("pod, type/name or --filename must be specified")
        if not self.command:
            raise CommandError("you must specify at least one command for the container")

    def run(self, call: Invocation) -> Running:
        """Run the program and return its exit code."""
        obj = find_object(call, [self.resource])
        pod = yield from pod_for(call, obj, self.timeout_ms)
        phase = (pod.get("status") or {}).get("phase")
        if phase in ("Succeeded", "Failed"):
            raise CommandError(
                f"cannot exec into a container in a completed pod; current phase is {phase}"
            )
        if self.container:
            container = require_container(pod, self.container)
        else:
            container = default_container(call, pod, quiet=self.quiet)
        tty = use_tty(call, stdin=self.stdin, tty=self.tty, quiet=self.quiet)
        metadata = pod["metadata"]
        request = ExecRequest(
            metadata["namespace"],
            metadata["name"],
            container["name"],
            tuple(self.command),
            stdin=self.stdin,
            tty=tty,
        )
        execution = start(call, request)
        code = yield from attend(call.proc, execution, stdin=self.stdin, tty=tty)
        if code and not execution.lost:
            call.err(f"command terminated with exit code {code}\n")
        return code


def use_tty(call: Invocation, *, stdin: bool, tty: bool, quiet: bool) -> bool:
    """Return whether the remote side gets a terminal; say so if `-t` cannot be had."""
    if not stdin or not tty:
        return False
    if not call.proc.tty:
        if not quiet:
            call.err(_NO_TTY)
        return False
    return True


def start(call: Invocation, request: ExecRequest) -> Execution:
    """Start (or attach to) a program; a refusal reads as a failed upgrade does.

    Raises:
        CommandError: if the server refuses.
    """
    try:
        return call.client.exec(request)
    except ApiStatusError as error:
        if error.code == 500:
            raise CommandError(error.message) from None
        raise CommandError(f"unable to upgrade connection: {error.message}") from None


COMMAND = Command(
    "exec",
    "Execute a command in a container",
    ExecOptions,
    flags(
        "container,c",
        "filename,f list",
        "pod-running-timeout duration=60s",
        "quiet,q bool",
        "stdin,i bool",
        "tty,t bool",
    ),
    usage="(POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [args...]",
)
