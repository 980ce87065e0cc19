"""One container instance: from its start to its exit, with its log, memory and connections.

Behaviours get it as their context. This file must not know why it was started or whether it will be again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from sim.apimachinery.quantity import millis
from sim.apimachinery.wire import Obj
from sim.bash import FileSystem, Shell, ShellExecution
from sim.kernel import Environment, Epoch, Interrupted, Stream
from sim.node.behaviour import KILL, TERMINATE, Behaviour, Life, OutOfMemory
from sim.node.images import ImageSpec
from sim.node.logs import DrawnLine, LogBuffer
from sim.node.network import Connect, Connection
from sim.node.oom import Task, cgroup_path, comm_of, oom_lines
from sim.node.resources import memory_limit, oom_score_adjust

if TYPE_CHECKING:
    from sim.apiserver import ApiServer
    from sim.bash import Program
    from sim.node.behaviour import Factory
    from sim.node.machine import Machine
    from sim.node.network import Network

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_ERROR_CODE = 128
"""containerd's code for a container whose command could not be started."""
EPOCH_START = 0
"""Unix ms of the start that is reported of a container that never started."""
SIGKILL_CODE = 137
SIGTERM_CODE = 143


class Container:
    """A container on a machine.

    | state   | by                                     | then    |
    |---------|----------------------------------------|---------|
    | created | the kubelet                            | running |
    | running | `start` or `adopt`                     | exited  |
    | exited  | its behaviour, a signal, the OOM killer | -      |
    """

    def __init__(
        self,
        machine: Machine,
        pod: Obj,
        spec: Obj,
        *,
        container_id: str,
        attempt: int,
        ip: str,
        image: ImageSpec,
        factory: Factory,
        environ: Mapping[str, str] | Callable[[], dict[str, str]],
    ) -> None:
        """Create the container *spec* of *pod*; *ip* is the pod's address.

        An *environ* that has to be made is made when it is first asked for.
        """
        metadata = pod["metadata"]
        self.machine = machine
        self.id = container_id
        """64 hexadecimal digits."""
        self.name: str = spec["name"]
        self.image: str = spec["image"]
        self.image_spec = image
        self.spec = spec
        self.attempt = attempt
        """How many instances of this container there were before: `crictl ps` ATTEMPT."""
        self.pod_name: str = metadata["name"]
        self.namespace: str = metadata["namespace"]
        self.pod_uid: str = metadata["uid"]
        self.labels: Mapping[str, str] = metadata.get("labels") or {}
        self.qos: str = (pod.get("status") or {}).get("qosClass") or "BestEffort"
        self.host_network = bool(pod["spec"].get("hostNetwork"))
        self.ip = ip
        self._environ = environ
        self.limit = memory_limit(spec)
        """Bytes; 0 when there is no limit."""
        self.adjust = oom_score_adjust(pod, spec, self.qos, machine.facts.memory_bytes)
        self.state = "created"
        self.created_at = machine.env.now
        self.started_at: int | None = None
        self.finished_at: int | None = None
        self.exit_code: int | None = None
        self.reason = ""
        """`Completed`, `Error`, `OOMKilled` ... once exited."""
        self.signal = ""
        """The signal that ended it, if one did."""
        self.pid = 0
        self.exited = machine.env.event()
        """Fires when it ends, with the exit code."""
        self.behaviour: Behaviour = factory(self)
        self.log = LogBuffer(self._drawn, self.created_at)
        self.attended: ShellExecution | None = None
        self._shells = 0
        """Takes what an attached client types; set by a behaviour that reads."""
        self.files: FileSystem | None = None
        self.on_health: Callable[[], None] = _nothing
        """Set by the kubelet: called when what probes would find has changed."""
        self.listeners: list[Callable[[str, str], None]] = []
        """Called with (stream, text) as it is printed; attached clients."""
        self._process: simpy.Process | None = None
        self._oom_killed = False
        self._partial: dict[str, str] = {}
        self._message = ""

    # -- what a behaviour asks of its container ----------------------------------------------------

    @property
    def env(self) -> Environment:
        """The kernel's environment."""
        return self.machine.env

    @property
    def epoch(self) -> Epoch:
        """The calendar."""
        return self.machine.epoch

    @property
    def api(self) -> ApiServer:
        """The API server, for behaviours that are part of the cluster."""
        return self.machine.api

    @property
    def network(self) -> Network:
        """The cluster's network."""
        return self.machine.network

    @property
    def stream(self) -> Stream:
        """Random numbers of this instance."""
        return self.machine.stream.at("container", self.pod_uid, self.name, self.attempt)

    @property
    def environ(self) -> dict[str, str]:
        """The variables it was started with."""
        if not isinstance(self._environ, dict):
            self._environ = self._environ() if callable(self._environ) else dict(self._environ)
        return self._environ

    @property
    def hostname(self) -> str:
        """What `hostname` prints inside."""
        return self.machine.name if self.host_network else self.pod_name

    @property
    def argv(self) -> list[str]:
        """The command line: the pod's command and args, or the image's own."""
        command, args = self.spec.get("command"), self.spec.get("args")
        image = self.image_spec
        if command:
            parts = [*command, *(args or ())]
        else:
            given = args or image.command
            aside = image.steps_aside and given and given[0] in self.programs
            parts = [*(() if aside else image.entrypoint), *given] or [f"/{self.name}"]
        return [expand(part, self.environ) if "$" in part else part for part in parts]

    @property
    def command_line(self) -> str:
        """The command line as `ps` prints it."""
        return " ".join(self.argv)

    @property
    def cgroup(self) -> str:
        """The path of its memory cgroup."""
        return cgroup_path(self.pod_uid, self.qos, self.id)

    @property
    def memory_bytes(self) -> int:
        """Bytes its cgroup is charged with now; 0 when it does not run."""
        if self.state != "running":
            return 0
        used = self.behaviour.memory(self, self.env.now)
        return min(used, self.limit) if self.limit else used

    @property
    def cpu_limit(self) -> int:
        """Thousandths of a core that it may use; 0 when there is no limit."""
        limits = (self.spec.get("resources") or {}).get("limits") or {}
        return millis(str(limits["cpu"])) if "cpu" in limits else 0

    @property
    def cpu_request(self) -> int:
        """Thousandths of a core that it asks for; the limit stands in for a missing request."""
        requests = (self.spec.get("resources") or {}).get("requests") or {}
        return millis(str(requests["cpu"])) if "cpu" in requests else self.cpu_limit or 2

    @property
    def ran_ms(self) -> int:
        """How long it ran, once it has ended."""
        if self.finished_at is None or self.started_at is None or self.reason == "StartError":
            return 0
        return self.finished_at - self.started_at

    @property
    def termination_message(self) -> str:
        """What the kubelet copies into a terminated status: by policy the end of a failed log."""
        if self._message:
            return self._message
        policy = self.spec.get("terminationMessagePolicy", "File")
        if self.state != "exited" or self.exit_code == 0 or policy != "FallbackToLogsOnError":
            return ""
        lines = self.log.read(self.finished_at or 0, tail=80)
        return "".join(f"{line.text}\n" for line in lines)[-2048:]

    @property
    def programs(self) -> Mapping[str, Program]:
        """What a shell inside finds."""
        return self.machine.kubelet.programs(self.image_spec.tools)

    @property
    def privileged(self) -> bool:
        """True if its programs may see and change the node's kernel."""
        return self.host_network and bool(
            (self.spec.get("securityContext") or {}).get("privileged")
        )

    def shell(self, **options: Any) -> Shell:
        """Return a shell inside."""
        self._shells += 1
        shell = Shell(
            self.env,
            self.programs,
            environ={"PATH": PATH, "HOSTNAME": self.hostname, **self.environ, "HOME": "/root"},
            files=self.machine.kubelet.files_of(self),
            host=self,
            seed=self.stream.at("RANDOM", self._shells).bits(),
            pid=7 + 6 * self._shells,
            name="sh" if self.image_spec.tools in {"busybox", "curl"} else "bash",
            **options,
        )
        shell.cwd = shell.variables["PWD"] = self.spec.get("workingDir") or "/"
        return shell

    def write(self, text: str, stream: str = "stdout") -> None:
        """Print *text* (whole lines without the last newline)."""
        self.output(text + "\n", stream)

    def output(self, text: str, stream: str = "stdout") -> None:
        """Print *text* as it is; the log takes whole lines."""
        for listener in tuple(self.listeners):
            listener(stream, text)
        *lines, rest = (self._partial.pop(stream, "") + text).split("\n")
        if lines:
            self.log.write(self.env.now, "\n".join(lines), stream)
        if rest:
            self._partial[stream] = rest

    def charge(self, size: int) -> None:
        """Charge the cgroup with *size* bytes in all; to be called from the behaviour's own life.

        Raises:
            OutOfMemory: if that is over the limit; the behaviour must let it pass.
        """
        if self.limit and size > self.limit:
            raise OutOfMemory

    def backdate(self, at: int, text: str) -> None:
        """Have printed a line before the run began."""
        self.log.backdate(at, text)

    def resolve(self, name: str) -> str | None:
        """Return the address of *name* as seen from here, None if there is none."""
        return self.network.resolve(name, self.namespace, self)

    def connect(self, ip: str, port: int) -> Connect:
        """Return how a connection from here would end."""
        return self.network.connect(self, ip, port)

    def open(self, ip: str, port: int) -> Connection | Connect:
        """Return an established connection or the failure."""
        return self.network.open(self, ip, port)

    def dial(self, ip: str, port: int) -> tuple[Connection | None, Connect | None]:
        """Return an established connection and None, or None and the failure."""
        opened = self.network.open(self, ip, port)
        return (opened, None) if isinstance(opened, Connection) else (None, opened)

    def hang_up(self, link: Connection) -> None:
        """Close a connection from this side."""
        self.network.close(link)

    def drop_connections(self) -> int:
        """Close every connection that others have to here; return how many."""
        return self.network.drop_connections(self)

    def route(self, ip: str, port: int) -> str:
        """Return `ok`, `refused` or `timeout`: what rules and policies do to a new connection."""
        return self.network.fate(self, ip, port)

    def on_rules(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call *listener* after the node's rules or the policies changed; the answer stops that."""
        listeners = self.machine.proxy.on_change
        policies = self.network.policies
        others = policies.on_change if policies is not None else []
        hands = self.network.on_change

        def changed(_proxy: object) -> None:
            listener()

        def stop() -> None:
            listeners.remove(changed)
            others.remove(listener)
            hands.remove(listener)

        listeners.append(changed)
        others.append(listener)
        hands.append(listener)
        return stop

    def take_input(self, program: ShellExecution) -> None:
        """Hand what an attached client types to *program*."""
        self.attended = program

    def health_changed(self) -> None:
        """Tell the kubelet that `ready` or `alive` now answers differently."""
        self.on_health()

    # -- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it now."""
        self._begin(self.env.now)
        self.machine.container_started()
        self._process = self.env.spawn(self._living(self.behaviour.run(self)))

    def fail_to_start(self, message: str) -> None:
        """Take it as refused by the runtime, in whose words *message* is."""
        self.started_at = EPOCH_START - self.epoch.unix_ms
        self._message = message
        self._exit(self.env.now, START_ERROR_CODE, "StartError")

    def adopt(self, started_at: int) -> None:
        """Take it as running since *started_at*, before the simulation began or was looked at."""
        self._begin(started_at)
        life = self.behaviour.adopt(self)
        if life is not None:
            self._process = self.env.spawn(self._living(life))

    def mark_exited(self, started_at: int, finished_at: int, code: int, reason: str) -> None:
        """Take it as ended in the past."""
        self.started_at = started_at
        self.created_at = self.log.starts_at = started_at
        self._exit(finished_at, code, reason)

    def terminate(self) -> None:
        """Send SIGTERM."""
        if self.state == "running":
            self._life().interrupt(TERMINATE)

    def kill(self) -> None:
        """Send SIGKILL: it ends at once."""
        if self.state == "running":
            self._life().interrupt(KILL)

    def kill_out_of_memory(self) -> None:
        """Let the kernel's OOM killer end it at once."""
        if self.state == "running":
            self._oom_killed = True
            self._life().interrupt(KILL)

    def _life(self) -> simpy.Process:
        if (
            self._process is None
        ):  # adopted with nothing to do: `run` of such a behaviour only waits
            self._process = self.env.spawn(self._living(self.behaviour.run(self)))
        return self._process

    def _begin(self, at: int) -> None:
        self.state = "running"
        self.started_at = at
        self.created_at = min(self.created_at, at)
        self.log.starts_at = at
        if at == self.env.now:
            self.pid = self.machine.new_pid()
        else:
            drawn = self.machine.stream.at("adopted-pid", self.id).integer(450, 1_900)
            self.pid = self.machine.pid_at(at) + drawn

    def _living(self, life: Life) -> Generator[simpy.Event, Any, None]:
        """Run *life*, keeping SIGKILL and the OOM killer out of its reach."""
        answer: Any = None
        problem: BaseException | None = None
        code = 0
        try:
            while True:
                event = life.send(answer) if problem is None else life.throw(problem)
                problem = answer = None
                try:
                    answer = yield event
                except Interrupted as stop:
                    if stop.cause == KILL:
                        life.close()
                        code, self.signal = SIGKILL_CODE, KILL
                        break
                    problem = stop
        except StopIteration as end:
            code = int(end.value or 0)
        except Interrupted:
            code, self.signal = SIGTERM_CODE, TERMINATE
        except OutOfMemory:
            self._oom_killed = True
        if self._oom_killed:
            self._report_oom()
            self._exit(self.env.now, SIGKILL_CODE, "OOMKilled")
        else:
            self._exit(self.env.now, code, "Completed" if code == 0 else "Error")

    def _exit(self, at: int, code: int, reason: str) -> None:
        for stream, text in self._partial.items():
            self.log.write(at, text, stream)
        self.state = "exited"
        self.finished_at = self.log.ends_at = at
        self.exit_code = code
        self.reason = reason
        if at == self.env.now and self._process is not None:
            self.network.container_died(self)
        self.exited.succeed(code)

    def _report_oom(self) -> None:
        """Write the kernel's lines; the journal stamps them with now."""
        tasks = self.oom_tasks()
        lines = oom_lines(
            invoker=tasks[-1],
            tasks=tasks,
            cgroup=self.cgroup,
            limit_bytes=self.limit,
            adjust=self.adjust,
            failures=self.stream.at("oom-failures").integer(180, 2_400),
            kernel=self.machine.facts.kernel_version,
        )
        for line in lines:
            self.machine.journal.write(self.env.now, "kernel", line, priority=4)

    def oom_tasks(self) -> list[Task]:
        """Return its processes as the OOM killer counts them, fattest first, filling the limit."""
        commands = self.behaviour.commands(self)
        total = sum(size for _, _, size in commands) or 1
        held = int((self.limit or total) * 0.985)
        tasks = []
        for index, (command, _, size) in enumerate(commands):
            share = held * size // total
            anon = share * 94 // 100
            pid = self.pid + 7 * index
            virtual = share * 3 + (1_150 << 20 if index == 0 else 6 << 20)
            tasks.append(Task(pid, comm_of(command), virtual, anon, share - anon))
        return sorted(tasks, key=lambda task: -task.anon_bytes)

    def _drawn(self, since: int, until: int, limit: int | None) -> Sequence[DrawnLine]:
        return self.behaviour.routine(self, since, until, limit)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return *text* with `$(NAME)` replaced, as the kubelet does in command, args and env.

    >>> expand("--host=$(NODE) $$(X) $(MISSING)", {"NODE": "a"})
    '--host=a $(X) $(MISSING)'
    """
    if "$" not in text:
        return text
    parts: list[str] = []
    position = 0
    while (found := text.find("$", position)) != -1:
        parts.append(text[position:found])
        if text.startswith("$$", found):
            parts.append("$")
            position = found + 2
            continue
        end = text.find(")", found)
        name = text[found + 2 : end] if text.startswith("$(", found) and end != -1 else None
        if name is not None and name in environ:
            parts.append(environ[name])
            position = end + 1
        else:
            parts.append("$")
            position = found + 1
    parts.append(text[position:])
    return "".join(parts)


def _nothing() -> None:
    pass
