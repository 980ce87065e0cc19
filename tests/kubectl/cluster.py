"""A small living cluster (real API server and controllers) and a terminal to type kubectl into."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import simpy

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest, Obj
from sim.apiserver import ApiServer
from sim.bash import Capture, FileSystem, Pipe, Proc
from sim.control import start_controllers
from sim.kernel import Environment, Stream
from sim.kubectl import ClientConfig, kubeconfig_text, kubectl_program
from tests.control.world import EPOCH, World
from tests.kubectl.kubelet import Kubelet

HOME = "/home/oncall"
PATIENCE_MS = 10 * 60_000


class InProcess:
    """A Transport straight into an API server; counts what goes through."""

    def __init__(self, api: ApiServer) -> None:
        self.api = api
        self.requests: list[ApiRequest] = []

    def send(self, request: ApiRequest) -> ApiResponse:
        self.requests.append(request)
        return self.api.handle(request)

    def watch(self, request: ApiRequest) -> Any:
        return self.api.watch(request)

    def stream(self, request: ApiRequest) -> Any:
        return self.api.stream(request)

    def exec(self, request: ExecRequest) -> Any:
        return self.api.exec(request)


@dataclass
class Done:
    """What a command did."""

    out: str
    err: str
    code: int | None
    """None if it still runs."""
    ms: int

    @property
    def lines(self) -> list[str]:
        """Return the lines of standard output."""
        return self.out.splitlines()


class Running:
    """A command that has been started and may still run."""

    def __init__(self, terminal: Terminal, line: str, stdin: Pipe, *, tty: bool) -> None:
        env = terminal.env
        self._env = env
        self._out, self._err = Capture(), Capture()
        self._code: list[int] = []
        self._started = env.now
        self._ended = env.now
        self.stdin = stdin
        self.asked = False
        self.proc = Proc(
            env,
            shlex.split(line),
            {},
            stdin,
            self._out,
            self._err,
            tty=tty,
            files=terminal.files,
            cwd=HOME,
            on_asked=self._note_asked,
        )
        self._process = env.process(self._main(terminal))

    def _main(self, terminal: Terminal) -> Any:
        self._code.append((yield from terminal.program(self.proc)))
        self._ended = self._env.now

    def _note_asked(self) -> None:
        self.asked = True

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.interrupt("^C")

    @property
    def done(self) -> Done:
        """Return what it has done up to now."""
        code = self._code[0] if self._code else None
        return Done(self._out.text, self._err.text, code, self._ended - self._started)


class Terminal:
    """kubectl at a prompt."""

    def __init__(
        self,
        env: Environment,
        transport: Any,
        *,
        config: ClientConfig | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.env = env
        self.config = config or ClientConfig(namespace="shop")
        self.files = FileSystem({f"{HOME}/.kube/config": kubeconfig_text(self.config)}, home=HOME)
        self.program = kubectl_program(
            transport, clock=clock or (lambda: EPOCH.at(env.now)), config=self.config
        )

    def start(self, line: str, *, stdin: str | None = "", tty: bool = False) -> Running:
        """Start a command (without the word `kubectl`); *stdin* None leaves the input open."""
        pipe = Pipe(self.env) if stdin is None else Pipe(self.env, stdin)
        running = Running(self, f"kubectl {line}", pipe, tty=tty)
        self.env.settle()
        return running

    def __call__(self, line: str, *, stdin: str | None = "", tty: bool = False) -> Done:
        """Run a command to its end; what waits for ever is left after ten minutes."""
        running = self.start(line, stdin=stdin, tty=tty)
        limit = self.env.now + PATIENCE_MS
        while running.done.code is None and self.env.now < limit:
            self.env.advance(self.env.now + 100)
        return running.done


class Cluster(World):
    """Three nodes in two zones, the namespaces `shop` and `default`, living controllers."""

    def __init__(self) -> None:
        super().__init__()
        self.api = ApiServer(self.env, EPOCH, Stream("test", 0))
        self.kubelet: Kubelet = Kubelet(self.env, self.api)
        self.api.kubelet = self.kubelet
        for name in ("default", "kube-system", "shop"):
            self.api.load("namespaces", {"metadata": {"name": name}})
        self.node("node-1", zone="a")
        self.node("node-2", zone="a")
        self.node("node-3", zone="b")
        self.controllers = start_controllers(self.env, self.api, Stream("test", 0))
        self.transport = InProcess(self.api)

    def terminal(self, **more: Any) -> Terminal:
        """Return a new terminal."""
        return Terminal(self.env, self.transport, **more)

    def web(self, replicas: int = 2) -> list[str]:
        """Create the Deployment `web`, let it come up and return its pods' names."""
        self.deployment("web", replicas)
        self.run(5_000)
        return [pod["metadata"]["name"] for pod in self.pods(app="web")]

    def pod(self, name: str, *, namespace: str = "shop", **spec: Any) -> Obj:
        """Create a pod on node-1 and let it start."""
        container = {"name": "main", "image": "busybox"}
        made = self.api.create(
            "pods",
            {
                "metadata": {"name": name, "namespace": namespace, "labels": {"run": name}},
                "spec": {"nodeName": "node-1", "containers": [container], **spec},
            },
        )
        self.run(2_000)
        return made

    def at(self, ms: int, act: Any) -> None:
        """Call *act* in *ms*."""

        def fire(_: simpy.Event) -> None:
            act()

        timeout = self.env.timeout(ms)
        assert timeout.callbacks is not None
        timeout.callbacks.append(fire)
