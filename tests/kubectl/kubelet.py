"""A kubelet for kubectl's tests: keeps logs, runs the programs of one-shot pods, execs into shells."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.apimachinery.errors import bad_request, internal_error
from sim.apimachinery.meta import key_of
from sim.apimachinery.wire import Obj
from sim.bash import TEXT_TOOLS, Shell, ShellExecution
from tests.control.world import EPOCH, PlainKubelet

RELIST_MS = 300
"""Between a program's end and the pod's status saying so."""


class Feed:
    """Text that arrives over time: a followed log, or an attached program's output."""

    def __init__(self, env: simpy.Environment, text: str = "") -> None:
        self.env = env
        self._text = text
        self._news: simpy.Event | None = None
        self._ended = False

    def add(self, text: str) -> None:
        """Hand over *text*."""
        self._text += text
        self._wake()

    def end(self) -> None:
        """Say that no more comes."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.triggered:
            self._news.succeed()

    @property
    def closed(self) -> bool:
        return self._ended and not self._text

    def poll(self) -> str:
        text, self._text = self._text, ""
        return text

    def wait(self) -> simpy.Event:
        if self._text or self._ended:
            return self.env.event().succeed()
        self._news = self.env.event()
        return self._news

    def close(self) -> None:
        self._ended = True


class Attachment:
    """What `attach` holds: a running program's output from now on, and its standard input."""

    def __init__(self, program: ShellExecution, feed: Feed) -> None:
        self._program = program
        self._feed = feed

    @property
    def exit_code(self) -> int | None:
        return self._program.exit_code if self._feed.closed else None

    def poll(self) -> list[tuple[str, str]]:
        text = self._feed.poll()
        return [("stdout", text)] if text else []

    def wait(self) -> simpy.Event:
        return self._feed.wait()

    def write(self, text: str) -> None:
        self._program.write(text)

    def close_stdin(self) -> None:
        self._program.close_stdin()

    def interrupt(self) -> None:
        self._program.interrupt()

    raw = False
    signals = True
    work = 0
    lost = False

    def resize(self, columns: int, rows: int) -> None:
        self._program.resize(columns, rows)

    def suspend(self) -> None:
        self._program.suspend()


class Kubelet(PlainKubelet):
    """PlainKubelet whose pods have logs and shells; `restartPolicy: Never` pods run to their end."""

    def __init__(self, env: Any, api: Any) -> None:
        super().__init__(env, api)
        self.lines: dict[str, list[str]] = {}
        """Pod (or pod/container) -> its log, each line `TIMESTAMP TEXT`."""
        self.programs: dict[str, ShellExecution] = {}
        self._feeds: dict[str, list[Feed]] = {}

    # -- life ------------------------------------------------------------------------------------

    def _start(self, namespace: str, name: str) -> None:
        pod = self.api.get("pods", namespace, name)
        if pod is None or pod["spec"].get("restartPolicy") != "Never":
            super()._start(namespace, name)
            return
        container = pod["spec"]["containers"][0]
        argv = (*container.get("command", ()), *container.get("args", ()))
        stdin, tty = bool(container.get("stdin")), bool(container.get("tty"))
        program = ShellExecution(self._shell(name), argv=argv, stdin=stdin, tty=tty)
        self.programs[name] = program
        self.env.process(self._supervise(pod, program))
        self._after(RELIST_MS, lambda: self._notice(pod))

    def _notice(self, pod: Obj) -> None:
        """Publish that a program runs, if it still does."""
        if self.programs[pod["metadata"]["name"]].exit_code is None:
            super()._start(*key_of(pod))

    def set_ready(self, pod: Obj, *, ready: bool, ip: str | None = None) -> None:
        """Write the status of a running pod, containers and all."""
        super().set_ready(pod, ready=ready, ip=ip)
        started = {"running": {"startedAt": EPOCH.rfc3339(self.env.now)}}
        statuses = [
            {
                "name": one["name"],
                "image": one["image"],
                "ready": ready,
                "restartCount": 0,
                "state": started,
            }
            for one in pod["spec"]["containers"]
        ]

        def change(obj: Obj) -> Obj:
            return {**obj, "status": {**obj["status"], "containerStatuses": statuses}}

        self.api.modify("pods", *key_of(pod), change, status=True)

    def _supervise(self, pod: Obj, program: ShellExecution) -> Generator[simpy.Event, Any, None]:
        name = pod["metadata"]["name"]
        while True:
            for _, text in program.poll():
                self.log(name, text)
            if program.exit_code is not None:
                break
            yield program.wait()
        for feed in self._feeds.pop(name, []):
            feed.end()
        yield self.env.timeout(RELIST_MS)
        self._finish(pod, program.exit_code)

    def _finish(self, pod: Obj, code: int) -> None:
        reason = "Error" if code else "Completed"
        state = {"terminated": {"exitCode": code, "reason": reason}}
        status = {"name": pod["spec"]["containers"][0]["name"], "state": state, "ready": False}
        phase = "Failed" if code else "Succeeded"

        def change(obj: Obj) -> Obj:
            ended = {**obj["status"], "phase": phase, "containerStatuses": [status]}
            return {**obj, "status": ended}

        self.api.modify("pods", *key_of(pod), change, status=True)

    def log(self, name: str, text: str) -> None:
        """Add lines to the log of a pod, now."""
        stamp = EPOCH.rfc3339(self.env.now)
        self.lines.setdefault(name, []).extend(f"{stamp} {line}" for line in text.splitlines())
        for feed in self._feeds.get(name, ()):
            feed.add(text)

    def _shell(self, name: str) -> Shell:
        return Shell(self.env, TEXT_TOOLS, environ={"HOSTNAME": name})

    # -- the API server's door -------------------------------------------------------------------

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
        name = pod["metadata"]["name"]
        if previous:
            raise bad_request(
                f'previous terminated container "{container}" in pod "{name}" not found'
            )
        lines = self.lines.get(f"{name}/{container}", self.lines.get(name, []))
        if since is not None:
            lines = [line for line in lines if EPOCH.since(line.split()[0]) >= since]
        if tail is not None:
            lines = lines[-tail:] if tail else []
        if not timestamps:
            lines = [line.partition(" ")[2] for line in lines]
        return "".join(f"{line}\n" for line in lines)[:limit_bytes]

    def follow(
        self, pod: Obj, container: str, *, tail: int | None, since: int | None, timestamps: bool
    ) -> Feed:
        text = self.logs(
            pod,
            container,
            previous=False,
            tail=tail,
            since=since,
            timestamps=timestamps,
            limit_bytes=None,
        )
        feed = Feed(self.env, text)
        self._feeds.setdefault(pod["metadata"]["name"], []).append(feed)
        return feed

    def hang_up(self, name: str) -> None:
        """End all followed logs of a pod."""
        for feed in self._feeds.pop(name, []):
            feed.end()

    def exec(
        self, pod: Obj, container: str, argv: tuple[str, ...], *, stdin: bool, tty: bool
    ) -> ShellExecution | Attachment:
        name = pod["metadata"]["name"]
        if argv:
            return ShellExecution(self._shell(name), argv=argv, stdin=stdin, tty=tty)
        if name not in self.programs or self.programs[name].exit_code is not None:
            raise internal_error(
                f'unable to upgrade connection: container not found ("{container}")'
            )
        feed = Feed(self.env)
        self._feeds.setdefault(name, []).append(feed)
        return Attachment(self.programs[name], feed)
