"""Runs stories with a real kubectl: several at a time, each line of a story after the one before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.corpus.reading import STORIES, Line, Story

AT_ONCE = 5
PATIENCE_S = 120
SHARED = "shop"
CONTEXT = """\
apiVersion: v1
kind: Config
clusters: [{{name: corpus, cluster: {{server: "{server}"}}}}]
users: [{{name: corpus, user: {{}}}}]
contexts: [{{name: corpus, context: {{cluster: corpus, user: corpus, namespace: "{namespace}"}}}}]
current-context: corpus
"""


@dataclass(frozen=True)
class Done:
    """What a line did."""

    out: str
    err: str
    code: int
    seconds: float

    def mistakes(self, line: Line) -> list[str]:
        """Return what is not as *line* says."""
        found = [f"exit code {self.code}, not {line.code}"] if self.code != line.code else []
        found += [f"not in stdout: {one}" for one in line.out if not _seen(one, self.out)]
        found += [f"in stdout: {one}" for one in line.without if _seen(one, self.out)]
        found += [f"not in stderr: {one}" for one in line.err if not _seen(one, self.err)]
        return found


@dataclass(frozen=True)
class Client:
    """A kubectl and the server it asks."""

    version: tuple[int, int]
    binary: Path
    server: str

    @property
    def label(self) -> str:
        """Return `1.37`."""
        return f"{self.version[0]}.{self.version[1]}"


Results = dict[tuple[str, str], "Future[Done]"]
"""By the client's label and the place of the line."""


class Corpus:
    """All stories with all clients; `results` fills while they run."""

    def __init__(self, clients: Iterable[Client], stories: list[Story], folder: Path) -> None:
        self.results: Results = {}
        self._folder = folder
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._prepared: dict[str, Path] = {}
        # the longest first, so that none is left alone at the end
        stories = sorted(stories, key=lambda story: (story.shared, -len(story.lines)))
        clients = list(clients)
        for client in clients:
            self._make_place(client)
        number = 0
        for story in stories:
            for client in clients:
                number += 1
                waiting = [
                    (line, Future[Done]()) for line in story.lines if client.version >= line.since
                ]
                for line, future in waiting:
                    self.results[client.label, line.at] = future
                self._pool.submit(self._tell, client, story, number, waiting)

    def close(self) -> None:
        """Wait for what still runs."""
        self._pool.shutdown(cancel_futures=True)

    def _make_place(self, client: Client) -> None:
        place = self._folder / client.label
        (place / "bin").mkdir(parents=True)
        (place / "bin" / "kubectl").symlink_to(client.binary.resolve())
        self._prepared[client.label] = place

    def _tell(
        self, client: Client, story: Story, number: int, waiting: list[tuple[Line, Future[Done]]]
    ) -> None:
        try:
            home = self._folder / client.label / story.name
            home.mkdir()
            namespace = SHARED if story.shared else f"{story.name}-{client.version[1]}"
            config = home / "config"
            config.write_text(CONTEXT.format(server=client.server, namespace=namespace))
            place = self._prepared[client.label]
            environment = {
                "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
                "HOME": str(home),
                "KUBECONFIG": str(config),
                "KUBECACHEDIR": str(place / "cache"),
                "TZ": "UTC",
                "NS": namespace,
                "NODE": f"sandbox-worker-{number % 3 + 1}",
                "STORIES": str(STORIES),
                "TERM": "xterm",
            }
            if not story.shared:
                _run(f"kubectl create namespace {namespace}", home, environment)
            for line, future in waiting:
                future.set_result(_run(line.command, home, environment))
            if not story.shared:
                _run(f"kubectl delete namespace {namespace} --wait=false", home, environment)
        except BaseException as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            raise


def _seen(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.MULTILINE) is not None


def _run(command: str, home: Path, environment: dict[str, str]) -> Done:
    began = time.monotonic()
    with subprocess.Popen(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=home,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += b"\n(no end within the patience)"
    took = time.monotonic() - began
    return Done(
        out.decode(errors="replace"), err.decode(errors="replace"), process.returncode, took
    )
