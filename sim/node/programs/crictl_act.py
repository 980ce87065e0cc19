"""What crictl does: logs, exec, stop, rm, rmi, pull and their forms for pods.

The kubelet looks after what it is told to run: what is stopped here is started again there. This
file must not know how.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.bash.process import Proc, Running
from sim.kernel import Interrupted
from sim.node.container import PATH, Container
from sim.node.execrefusal import exec_refusal
from sim.node.images import PULL_BYTES_PER_S
from sim.node.logs import LogFollower, LogLine
from sim.node.machine import Machine
from sim.node.programs.host import changed, unix_ms
from sim.node.programs.options import UsageError
from sim.node.programs.runtime import (
    config_id,
    digest,
    find_images,
    image_parts,
    one_container,
    one_sandbox,
    pod_id,
    read_flags,
)
from sim.node.programs.timespec import parse_span, parse_timestamp

_LOGS = {
    "--tail": True, "-f": False, "--follow": False, "-t": False, "--timestamps": False,
    "--since": True, "-p": False, "--previous": False, "-r": False, "--limit-bytes": True,
}  # fmt: skip
STOP_S = 10
"""crictl gives a container ten seconds less than nothing says otherwise."""


def follow_logs(proc: Proc, machine: Machine, words: Sequence[str]) -> Running:
    """Print a container's log, and go on with -f."""
    options = read_flags(words, _LOGS)
    if len(options.operands) != 1:
        raise UsageError("FATA[0000] container id is required")
    container = one_container(machine, options.operands[0])
    if options.has("-p", "--previous"):
        container = _previous(machine, container)
    tail = options.value("--tail")
    count = int(tail) if tail.isdecimal() else None
    since = _since(proc, machine, options.value("--since"))
    stamped = options.has("-t", "--timestamps")

    def render(line: LogLine) -> str:
        return (line.stamped(machine.epoch) if stamped else line.text) + "\n"

    lines = container.log.read(proc.env.now, since=since, tail=count)
    for line in lines:
        (proc.stderr if line.stream == "stderr" else proc.stdout).write(render(line))
    if not options.has("-f", "--follow") or container.state != "running":
        return 0
    follower = LogFollower(
        proc.env, container.log, first="", render=render, routine=container.behaviour.chatty
    )
    container.exited.callbacks.append(lambda _event: follower.finish())
    try:
        while not follower.closed:
            yield follower.wait()
            proc.stdout.write(follower.poll())
    finally:
        follower.close()
    return 0


def _since(proc: Proc, machine: Machine, text: str) -> int | None:
    if not text:
        return None
    span = parse_span(text)
    at = unix_ms(proc) - span if span is not None else parse_timestamp(text, unix_ms(proc))
    if at is None:
        raise UsageError(f'FATA[0000] failed to parse timestamp value "{text}"')
    return at - machine.epoch.at(0)


def _previous(machine: Machine, container: Container) -> Container:
    for one in machine.containers.values():
        same = (one.pod_uid, one.name) == (container.pod_uid, container.name)
        if same and one.attempt == container.attempt - 1:
            return one
    raise UsageError(
        f"FATA[0000] rpc error: code = NotFound desc = previous container of {container.id} not found"
    )


def execute(proc: Proc, machine: Machine, words: Sequence[str]) -> Running:
    """Run a program inside a container."""
    flags: list[str] = []
    rest = list(words)
    while rest and rest[0].startswith("-"):
        flags.append(rest.pop(0))
        if flags[-1] in ("--timeout", "--transport", "-r"):
            flags.append(rest.pop(0) if rest else "")
    if len(rest) < 2:
        raise UsageError("FATA[0000] ID and command cannot be empty")
    container = one_container(machine, rest[0])
    if container.state != "running":
        raise UsageError(
            "FATA[0000] execing command in container: container is in CONTAINER_"
            f"{container.state.upper()} state"
        )
    argv = rest[1:]
    programs = container.programs
    if argv[0] not in programs and argv[0].rpartition("/")[2] not in programs:
        raise UsageError(
            f"FATA[0000] execing command in container: {exec_refusal(container, argv[0])}"
        )
    inside = replace(
        proc,
        host=container,
        programs=programs,
        files=machine.kubelet.files_of(container),
        cwd="/",
        environ={
            "PATH": PATH,
            "HOSTNAME": container.hostname,
            **container.environ,
            "HOME": "/root",
        },
    )
    return (yield from inside.call(argv))


def _targets(machine: Machine, wanted: Sequence[str], *, pods: bool) -> list[list[Container]]:
    if not wanted:
        raise UsageError("FATA[0000] ID cannot be empty")
    return [one_sandbox(machine, w) if pods else [one_container(machine, w)] for w in wanted]


def stop(proc: Proc, machine: Machine, words: Sequence[str], verb: str) -> Running:
    """Stop containers or whole sandboxes; SIGKILL follows when the time is up."""
    options = read_flags(words, {"-t": True, "--timeout": True})
    text = options.value("-t", "--timeout", default="0" if verb == "stop" else str(STOP_S))
    if not text.isdecimal():
        raise UsageError(f'Incorrect Usage: invalid value "{text}" for flag -timeout: parse error')
    pods = verb == "stopp"
    for wanted, found in zip(
        options.operands, _targets(machine, options.operands, pods=pods), strict=True
    ):
        running = [one for one in found if one.state == "running"]
        for container in running:
            yield from _end(proc, container, int(text) * 1000)
        names = ", ".join(sorted({f"{one.namespace}/{one.pod_name}" for one in found}))
        changed(proc, "crictl", f"{verb} {names}")
        if pods:
            machine.kubelet.sandbox_changed(found[0].namespace, found[0].pod_name)
            proc.print(f"Stopped sandbox {pod_id(machine, found[0])}")
        else:
            proc.print(wanted)
    return 0


def _end(proc: Proc, container: Container, grace: int) -> Running:
    if grace <= 0:
        container.kill()
    else:
        container.terminate()
    try:
        yield container.exited | proc.env.timeout(max(grace, 50))
    except Interrupted:
        return 130
    if container.state == "running":
        container.kill()
        yield container.exited
    return 0


def remove(proc: Proc, machine: Machine, words: Sequence[str], verb: str) -> Running:
    """Remove containers that have ended, or sandboxes; -f stops them first."""
    options = read_flags(words, {
        "-f": False, "--force": False, "-a": False, "--all": False, "-k": False, "--keep-logs": False,
    })  # fmt: skip
    pods = verb == "rmp"
    wanted = list(options.operands)
    if options.has("-a", "--all"):
        ended = [one for one in machine.containers.values() if one.state == "exited"]
        wanted = [pod_id(machine, one) if pods else one.id for one in ended]
    code = 0
    for given, found in zip(
        wanted, _targets(machine, wanted, pods=pods) if wanted else [], strict=True
    ):
        running = [one for one in found if one.state == "running"]
        if running and not options.has("-f", "--force"):
            what = "sandbox" if pods else "container"
            proc.stderr.write(f'ERRO[0000] removing {what} "{given}" failed: {what} is running,'
                              " please stop it first\n")  # fmt: skip
            code = 1
            continue
        for container in running:
            yield from _end(proc, container, 0)
        for container in found:
            machine.kubelet.forget(container)
        changed(proc, "crictl", f"{verb} {found[0].namespace}/{found[0].pod_name}")
        proc.print(f"Removed sandbox {pod_id(machine, found[0])}" if pods else given)
    if not wanted and not options.has("-a", "--all"):
        raise UsageError("FATA[0000] ID cannot be empty")
    if code:
        proc.stderr.write(f"FATA[0000] unable to remove {'sandbox' if pods else 'container'}(s)\n")
    return code


def remove_images(proc: Proc, machine: Machine, words: Sequence[str]) -> int:
    """Remove images; who starts next from one pulls it again."""
    options = read_flags(words, {"-a": False, "--all": False, "-q": False, "--prune": False})
    kubelet = machine.kubelet
    if options.has("--prune"):
        wanted = kubelet.unused_images()
    elif options.has("-a", "--all"):
        wanted = kubelet.images_present()
    else:
        if not options.operands:
            raise UsageError("FATA[0000] image name or ID is required")
        wanted = []
        for given in options.operands:
            found = find_images(machine, given)
            if not found:
                proc.stderr.write(f"ERRO[0000] no such image {given}\n")
                proc.stderr.write("FATA[0000] unable to remove the image(s)\n")
                return 1
            wanted += found
    for image in wanted:
        kubelet.remove_image(image)
        changed(proc, "crictl", f"rmi {image}")
        proc.print(f"Deleted: {':'.join(image_parts(image))}")
    return 0


def pull(proc: Proc, machine: Machine, words: Sequence[str]) -> Running:
    """Pull an image."""
    options = read_flags(
        words, {"-a": False, "--creds": True, "--auth": True, "--annotation": True}
    )
    if not options.operands:
        raise UsageError("FATA[0000] Image name cannot be empty")
    image = options.operands[0]
    kubelet = machine.kubelet
    found = kubelet.images.find(image)
    if found is None:
        yield proc.env.timeout(900)
        error = kubelet.images.pull_error(image)
        text = error.partition("desc = ")[2] or error
        raise UsageError(f"FATA[0001] pulling image: rpc error: code = NotFound desc = {text}")
    present = bool(find_images(machine, image))
    yield proc.env.timeout(400 + (0 if present else found.size_bytes * 1000 // PULL_BYTES_PER_S))
    if not find_images(machine, image):
        kubelet.image_pulled(image)
    changed(proc, "crictl", f"pull {image}")
    name, _ = image_parts(image)
    proc.print(f"Image is up to date for {name}@{digest(image)}" if "@" in image
               else f"Image is up to date for sha256:{config_id(image)}")  # fmt: skip
    return 0
