"""Two clusters that are alike: one asked by the real kubectl, one by ours, with the same lines.

Lines are shell lines; both see the same files in their home, and what differs by nature (the home's
path, drawn suffixes) is made alike.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sim.bash import TEXT_TOOLS, Capture, FileSystem, Pipe, Shell
from sim.kubectl import ClientConfig, kubectl_program
from tests.control.world import service
from tests.kubectl.cluster import HOME, PATIENCE_MS, Cluster, Done
from tests.kubectl.gateway import real_kubectl, serving, without_logs

CONFIG = """\
apiVersion: v1
kind: Config
clusters:
- cluster:
    server: {url}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    namespace: shop
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
users:
- name: kubernetes-admin
  user:
    token: none
"""
LONGEST_S = 120
"""A line of several real kubectl, on a machine that does much else."""
_DRAWN = re.compile(r"(kubectl-edit-|LIVE-|MERGED-)\d+")
_MOMENT = re.compile(r"^((?:---|\+\+\+) \S+)\t.*$", re.MULTILINE)
_SECONDS = re.compile(r"^([IWE]\d{4}) [\d:.]+ +\d+ ", re.MULTILINE)


def living() -> Cluster:
    """Return a cluster in which `web` runs two pods behind a Service."""
    made = Cluster()
    made.web()
    made.api.create("services", service("web"))
    made.run(2_000)
    return made


class Ours:
    """A terminal with our kubectl and the text tools over a cluster of its own."""

    def __init__(self, cluster: Cluster, url: str) -> None:
        self.cluster = cluster
        self.files = FileSystem({f"{HOME}/.kube/config": CONFIG.format(url=url)}, home=HOME)
        program = kubectl_program(
            cluster.transport,
            clock=lambda: round(time.time() * 1000),
            config=ClientConfig(server=url, credentials={"token": "none"}),
            in_cluster=False,
        )
        self._programs = {**TEXT_TOOLS, "kubectl": program}

    def __call__(self, line: str, stdin: str = "") -> Done:
        """Run a line to its end."""
        env = self.cluster.env
        out, err, code = Capture(), Capture(), list[int]()
        environ = {"HOME": HOME, "PATH": "/usr/bin:/bin"}
        shell = Shell(env, self._programs, environ=environ, files=self.files)

        def main() -> Iterator[object]:
            code.append((yield from shell.run(line, Pipe(env, stdin), out, err)))

        env.process(main())
        env.settle()
        limit = env.now + PATIENCE_MS
        while not code and env.now < limit:
            env.advance(env.now + 100)
        return _plain(Done(out.text, err.text, code[0] if code else None, 0), HOME)


class Theirs:
    """A shell of this machine with the real kubectl and nothing of its owner's."""

    def __init__(self, home: Path, url: str) -> None:
        (home / ".kube").mkdir(parents=True)
        (home / ".kube" / "config").write_text(CONFIG.format(url=url))
        self.home = home
        self._path = f"{Path(real_kubectl()).parent}:{os.environ['PATH']}"

    def __call__(self, line: str, stdin: str = "") -> Done:
        """Run a line to its end."""
        ran = subprocess.run(
            ["bash", "-c", line],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.home,
            env={"HOME": str(self.home), "PATH": self._path, "TZ": "UTC"},
            timeout=LONGEST_S,
            check=False,
        )
        return _plain(Done(ran.stdout, without_logs(ran.stderr), ran.returncode, 0), str(self.home))


def _plain(done: Done, home: str) -> Done:
    def plain(text: str) -> str:
        text = _SECONDS.sub(r"\1 ", text.replace(home, "HOME"))
        return _DRAWN.sub(r"\1N", _MOMENT.sub(r"\1", text))

    return Done(plain(done.out), plain(done.err), done.code, 0)


class Pair:
    """Both; what is written goes into both homes."""

    def __init__(self, ours: Ours, theirs: Theirs) -> None:
        self.ours = ours
        self.theirs = theirs

    def write(self, files: Mapping[str, str]) -> None:
        """Put files into the homes, by their path there."""
        for name, text in files.items():
            path = self.theirs.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self.ours.files.mkdir(f"{HOME}/{name}".rpartition("/")[0])
            self.ours.files.write(f"{HOME}/{name}", text)

    def same(self, line: str, stdin: str = "") -> None:
        """Run *line* in both and assert that nothing that is seen differs."""
        theirs, ours = self.theirs(line, stdin), self.ours(line, stdin)
        seen = [(one.out, one.err, one.code) for one in (ours, theirs)]
        assert seen[0] == seen[1], seen


@contextmanager
def paired(home: Path, make: Callable[[], Cluster] = living) -> Iterator[Pair]:
    """Yield both over two clusters that *make* made."""
    real_kubectl()
    theirs = make()
    with serving(theirs.transport) as url:
        yield Pair(Ours(make(), url), Theirs(home, url))
