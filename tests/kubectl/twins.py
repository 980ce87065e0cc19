"""Two clusters made alike: one for the real kubectl over HTTP, one for this one in process.

A story's lines run in both, each after the one before; then both go on to the same instant. Time
stands in the first while its kubectl asks, and passes as the wall's while it waits for something.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML

from sim.bash import TEXT_TOOLS, Capture, FileSystem, Pipe, Shell, date_program
from sim.client.discovery import Discovery
from sim.client.localports import LocalPorts
from sim.kubectl import ClientConfig, kubectl_program
from sim.session.sandbox import Sandbox, SandboxAccess
from sim.shell.localnet import network_tools
from tests.corpus.conftest import WORLD
from tests.corpus.reading import STORIES, Story
from tests.kubectl.cluster import Done
from tests.kubectl.gateway import real_kubectl, without_logs
from tests.kubectl.standing import CREDENTIALS, KUBECONFIG, create, same
from tests.web.kubeapi.scripted import listening
from web.kubeapi import Door, OneCluster

HOME = "/home/oncall"
GROWN_MS = 10 * 60_000
"""How old the prepared world is when a story begins."""
_READS = re.compile(r"kubectl (get|describe|events|top) (?!.*-w)")
_STAMPS = re.compile(r"rollout restart")
LONGEST_S = 60
THINKS_S = 2.0
"""A client that has not ended by then polls: time passes for it, though it watches nothing."""


class Pace:
    """Simulated time that stands until somebody waits for it."""

    def __init__(self) -> None:
        self._at_ms = 0
        self._since: float | None = None
        self._asked: float | None = None

    def __call__(self) -> int:
        """Return the simulated time in ms."""
        if (
            self._since is None
            and self._asked is not None
            and time.monotonic() - self._asked > THINKS_S
        ):
            self.go()
        passed = 0.0 if self._since is None else time.monotonic() - self._since
        return self._at_ms + int(passed * 1000)

    def begin(self) -> None:
        """A command begins."""
        self._asked = time.monotonic()

    def go(self) -> None:
        """Somebody waits from now on."""
        if self._since is None:
            self._since = time.monotonic()

    def stand(self, at_ms: int) -> None:
        """Stand at *at_ms*."""
        self._at_ms, self._since, self._asked = at_ms, None, None


class PacedSandbox(Sandbox):
    """A sandbox whose time begins to pass when a channel is opened."""

    def __init__(self, unix_ms: int) -> None:
        self.pace = Pace()
        super().__init__(unix_ms=unix_ms, steady_ms=self.pace)

    def tick(self) -> None:
        self.pace.go()
        super().tick()


class Twins:
    """Both clusters, with a home for each kubectl."""

    def __init__(self, story: Story, number: int, home: Path) -> None:
        self._unix_ms = round(time.time() * 1000) - GROWN_MS
        self.namespace = "shop" if story.shared else story.name
        self.theirs = PacedSandbox(self._unix_ms)
        self.ours = PacedSandbox(self._unix_ms)
        self._home = home
        self._late_ms = 0
        self._environment = {
            "NS": self.namespace,
            "NODE": f"sandbox-worker-{number % 3 + 1}",
            "TERM": "xterm",
            "TZ": "UTC",
        }
        for sandbox in (self.theirs, self.ours):
            self._prepare(sandbox, story)

    def _prepare(self, sandbox: PacedSandbox, story: Story) -> None:
        discovery = Discovery(sandbox.transport)
        if story.shared:
            for obj in YAML(typ="safe").load_all(WORLD.read_text()):
                create(sandbox, discovery, obj)
        else:
            meta = {"name": self.namespace}
            create(
                sandbox,
                discovery,
                {"apiVersion": "v1", "kind": "Namespace", "metadata": meta},
            )
        self._stand(sandbox, GROWN_MS)

    def _stand(self, sandbox: PacedSandbox, at_ms: int) -> None:
        sandbox.pace.stand(at_ms)
        sandbox.advance()

    def serve(self, server: str) -> None:
        """Take note of where the first one is served."""
        bin_ = self._home / "bin"
        bin_.mkdir()
        (bin_ / "kubectl").symlink_to(real_kubectl())
        config = KUBECONFIG.format(server=server).replace("shop", self.namespace)
        (self._home / "config").write_text(config)
        self._real = {
            **self._environment,
            "PATH": f"{bin_}:{os.environ['PATH']}",
            "HOME": str(self._home),
            "KUBECONFIG": str(self._home / "config"),
            "KUBECACHEDIR": str(self._home / "cache"),
            "STORIES": str(STORIES),
            "GOGC": "off",
        }
        (self._home / "work").mkdir()
        files = FileSystem(home=HOME)
        files.mkdir(f"{HOME}/.corpus")
        files.mkdir(f"{HOME}/.corpus/stories")
        for path in STORIES.parent.glob("*.yaml"):
            files.write(f"{HOME}/.corpus/{path.name}", path.read_text())
        files.mkdir(f"{HOME}/.kube")
        files.write(f"{HOME}/.kube/config", config)

        def clock() -> int:
            return self._unix_ms + self.ours.env.now + self._late_ms

        ports = LocalPorts()
        kubectl = kubectl_program(
            self.ours.transport,
            clock=clock,
            ports=ports,
            config=ClientConfig(server=server, namespace=self.namespace, credentials=CREDENTIALS),
        )
        programs = {
            **TEXT_TOOLS,
            **network_tools(ports, self.ours.transport),
            "kubectl": kubectl,
            "date": date_program(clock),
        }
        self._shell = Shell(
            self.ours.env,
            programs,
            files=files,
            environ={**self._environment, "STORIES": f"{HOME}/.corpus/stories"},
        )

    def run(self, line: str) -> tuple[Done, Done]:
        """Run *line* in both, at the same instant, which is now by the real one's clock too."""
        self._stand_now()
        if _STAMPS.search(line):
            # the stamp that the client itself makes is of this second
            time.sleep(max(0.0, 1.001 - time.time() % 1))
            self._stand_now()
        theirs = self._run_theirs(line)
        ours = self._run_ours(line)
        if _READS.match(line):
            # ages are told by the client's clock, and a second may have turned while it ran
            for self._late_ms in (1_000, 2_000):
                if same(theirs, ours):
                    break
                ours = self._run_ours(line)
            self._late_ms = 0
        end = max(self.theirs.env.now, self.ours.env.now)
        self._stand(self.theirs, end)
        self._stand(self.ours, end)
        return theirs, ours

    def _stand_now(self) -> None:
        now = round(time.time() * 1000) - self._unix_ms
        for sandbox in (self.theirs, self.ours):
            self._stand(sandbox, max(now, self.theirs.env.now, self.ours.env.now))

    def _run_theirs(self, line: str) -> Done:
        self.theirs.pace.begin()
        with subprocess.Popen(
            ["bash", "-c", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._home / "work",
            env=self._real,
        ) as process:
            timer = threading.Timer(LONGEST_S, process.kill)
            timer.start()
            out, err = process.communicate()
            timer.cancel()
        return Done(
            out.decode(errors="replace"),
            without_logs(err.decode(errors="replace")),
            process.returncode,
            0,
        )

    def _run_ours(self, line: str) -> Done:
        env = self.ours.env
        out, err = Capture(), Capture()
        code: list[int] = []

        def main() -> Iterator[object]:
            code.append((yield from self._shell.run(line, Pipe(env, ""), out, err)))

        with self.ours.lock:
            env.process(main())  # type: ignore[arg-type]
            env.settle()
            end = env.now + LONGEST_S * 1000
            while not code and env.peek() < end:
                env.step()
            env.settle()
        return Done(out.text, err.text, code[0] if code else None, 0)


@contextmanager
def twins(story: Story, number: int, home: Path) -> Iterator[Twins]:
    """Yield the two clusters of a story."""
    made = Twins(story, number, home)
    with listening(Door(OneCluster(SandboxAccess(made.theirs)))) as (host, port):
        made.serve(f"http://{host}:{port}")
        yield made
    made.theirs.close()
    made.ours.close()
