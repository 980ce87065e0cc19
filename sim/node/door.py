"""What the API server reaches a kubelet for: a pod's logs, and programs run in its containers.

Texts are the kubelet's and containerd's. This file must not know who asks.
"""

from __future__ import annotations

import simpy

from sim.apimachinery.errors import ApiError, bad_request, internal_error
from sim.apimachinery.wire import Obj
from sim.apiserver.doors import ConnectionLike, ExecutionLike, TextStreamLike
from sim.bash import ShellExecution
from sim.kernel import Stream
from sim.node.container import Container
from sim.node.execrefusal import exec_refusal
from sim.node.forwarding import Forwarded, Refused, refusal
from sim.node.kubelet import Kubelets
from sim.node.kubelet.slot import Slot
from sim.node.logs import LogFollower, LogLine

KUBELET_PORT = 10250
_PULL_WORDS = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


class KubeletDoor:
    """The kubelets as the API server sees them."""

    def __init__(self, kubelets: Kubelets) -> None:
        """Answer for the pods of *kubelets*."""
        self._kubelets = kubelets

    def logs(
        self,
        pod: Obj,
        container: str,
        *,
        previous: bool,
        tail: int | None,
        since: int | None,
        timestamps: bool,
        limit_bytes: int | None,
    ) -> str:
        """Return log text; *since* is simulated ms.

        Raises:
            ApiError: BadRequest in the kubelet's words.
        """
        instance = self._logged(pod, container, previous=previous)
        if instance is None:
            return ""
        lines = instance.log.read(instance.env.now, since=since, tail=tail)
        text = "".join(self._render(instance, line, timestamps=timestamps) for line in lines)
        return text if limit_bytes is None else text.encode()[:limit_bytes].decode(errors="ignore")

    def follow(
        self, pod: Obj, container: str, *, tail: int | None, since: int | None, timestamps: bool
    ) -> TextStreamLike:
        """Open a log for following; the stream closes when the container ends."""
        instance = self._logged(pod, container, previous=False)
        if instance is None:
            raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
        lines = instance.log.read(instance.env.now, since=since, tail=tail)

        def render(line: LogLine) -> str:
            return self._render(instance, line, timestamps=timestamps)

        follower = LogFollower(
            instance.env,
            instance.log,
            first="".join(map(render, lines)),
            render=render,
            routine=instance.behaviour.chatty,
        )
        if instance.state == "running":
            instance.exited.callbacks.append(lambda _event: follower.finish())
        else:
            follower.close()
        return follower

    def exec(
        self, pod: Obj, container: str, argv: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> ExecutionLike:
        """Start *argv* in the container; empty attaches to its first process.

        Raises:
            ApiError: if the container does not run or has no such program.
        """
        self._dial(pod, "error dialing backend: ")
        slot = self._slot(pod, container)
        instance = slot.running if slot is not None else None
        if instance is None or slot is None:
            name = container or pod["spec"]["containers"][0]["name"]
            raise internal_error(f'unable to upgrade connection: container not found ("{name}")')
        if not argv:
            return Attachment(instance, stdin=stdin)
        shell = instance.shell()
        if shell.find(argv[0]) is None:
            raise no_such_program(instance, argv[0])
        return ShellExecution(shell, argv=argv, stdin=stdin, tty=tty, prompt=lambda: "/ # ")

    def forward(self, pod: Obj, port: int) -> ConnectionLike:
        """Open one connection to a port in the pod's own network.

        Raises:
            ApiError: if the pod does not run.
        """
        self._dial(pod, "error dialing backend: ")
        worker = self._kubelets.worker(pod)
        running = worker.running() if worker is not None else []
        if worker is None or not running:
            name = pod["metadata"]["name"]
            raise internal_error(f"error forwarding port {port} to pod {name}, uid : not running")
        for container in running:
            if container.behaviour.listening(port):
                return Forwarded(container, port)
        machine = worker.kubelet.machine
        sandbox = machine.sandbox_id(worker.uid)
        network = f"/var/run/netns/cni-{Stream('netns', worker.uid).uuid()}"
        return Refused(machine.env, refusal(network, sandbox, port))

    def _dial(self, pod: Obj, doing: str) -> None:
        """Reach the kubelet of the pod's node as the API server does.

        Raises:
            ApiError: in Go's words, if packets are lost on the way or nobody listens.
        """
        kubelet = self._kubelets.by_node.get(pod["spec"].get("nodeName", ""))
        if kubelet is None:
            return
        machine = kubelet.machine
        if not machine.network.api_reaches(machine, KUBELET_PORT):
            where = f"{machine.internal_ip}:{KUBELET_PORT}"
            raise ApiError(500, "", f"{doing}dial tcp {where}: i/o timeout")

    def _slot(self, pod: Obj, container: str) -> Slot | None:
        worker = self._kubelets.worker(pod)
        if worker is None:
            return None
        return worker.slot(container) if container else worker.slots[0]

    def _logged(self, pod: Obj, container: str, *, previous: bool) -> Container | None:
        """Return the instance whose log is asked for; None for a pod that no node has yet."""
        name = pod["metadata"]["name"]
        if not pod["spec"].get("nodeName"):
            return None
        address = (pod.get("status") or {}).get("hostIP", "")
        space = pod["metadata"].get("namespace", "")
        named = container or pod["spec"]["containers"][0]["name"]
        url = f"https://{address}:{KUBELET_PORT}/containerLogs/{space}/{name}/{named}"
        self._dial(pod, f'Get "{url}": ')
        slot = self._slot(pod, container)
        if slot is None:
            raise bad_request(f"container {container} is not valid for pod {name}")
        current = slot.current
        if previous:
            ended = current is not None and current.state == "exited" and bool(slot.waiting)
            instance = current if ended else slot.previous
            if instance is None:
                raise bad_request(
                    f'previous terminated container "{slot.name}" in pod "{name}" not found'
                )
            return instance
        if current is None:
            reason = _PULL_WORDS.get(slot.waiting, slot.waiting)
            raise bad_request(
                f'container "{slot.name}" in pod "{name}" is waiting to start: {reason}'
            )
        return current

    @staticmethod
    def _render(instance: Container, line: LogLine, *, timestamps: bool) -> str:
        return (line.stamped(instance.epoch) if timestamps else line.text) + "\n"


def no_such_program(container: Container, name: str) -> ApiError:
    """Return containerd's refusal to start a program that the image does not have."""
    return internal_error(f"error executing command in container: {exec_refusal(container, name)}")


class Attachment:
    """A client attached to a container's first process.

    It hears what is printed from then on, and nothing of how the program ends: that the stream is
    over is all that a container runtime says of it.
    """

    def __init__(self, container: Container, *, stdin: bool) -> None:
        """Attach to *container*; with *stdin* the client's input reaches it."""
        self._container = container
        self._stdin = stdin
        self._unread: list[tuple[str, str]] = []
        self._news: simpy.Event | None = None
        container.listeners.append(self._hear)
        container.exited.callbacks.append(lambda _event: self._tell())

    lost = False

    @property
    def exit_code(self) -> int | None:
        """Zero once the container has ended, however it did; None while it runs."""
        return 0 if self._container.state == "exited" else None

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (stream, text) pairs."""
        unread, self._unread = self._unread, []
        return unread

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the container has ended."""
        env = self._container.env
        if self._unread or self.exit_code is not None:
            return env.event().succeed()
        if self._news is None:
            self._news = env.event()
        return self._news

    def write(self, text: str) -> None:
        """Hand *text* to the container's standard input."""
        if self._stdin and self._container.attended is not None:
            self._container.attended.write(text)

    def close_stdin(self) -> None:
        """Close the container's standard input, if the spec says `stdinOnce`."""
        once = self._container.spec.get("stdinOnce")
        if self._stdin and once and self._container.attended is not None:
            self._container.attended.close_stdin()

    def interrupt(self) -> None:
        """Send SIGINT: through the terminal if there is one, else to the first process."""
        if self._terminal is None:
            self._container.terminate()
        else:
            self._terminal.interrupt()

    @property
    def work(self) -> int:
        """What the program inside has done so far."""
        attended = self._container.attended
        return 0 if attended is None else attended.work

    @property
    def raw(self) -> bool:
        """Whether what runs there reads keys one by one."""
        return self._terminal is not None and self._terminal.raw

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C and Ctrl-Z are signals even so."""
        return self._terminal is None or self._terminal.signals

    def resize(self, columns: int, rows: int) -> None:
        """Tell the container's terminal its size."""
        if self._terminal is not None:
            self._terminal.resize(columns, rows)

    def suspend(self) -> None:
        """Send SIGTSTP through the terminal."""
        if self._terminal is not None:
            self._terminal.suspend()

    def complete(self, line: str) -> list[str]:
        """Return what may replace the last word of *line* at the prompt of a shell."""
        return [] if self._terminal is None else self._terminal.complete(line)

    @property
    def _terminal(self) -> ShellExecution | None:
        return self._container.attended if self._container.spec.get("tty") else None

    def _hear(self, stream: str, text: str) -> None:
        self._unread.append((stream, text))
        self._tell()

    def _tell(self) -> None:
        event, self._news = self._news, None
        if event is not None:
            event.succeed()
