"""One cluster in one instant, asked by the real kubectl over HTTP and by this one in process.

Its time stands still, so that both see the same world; only the clients' own clock goes on.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from sim.apimachinery.wire import ApiRequest
from sim.bash import FileSystem
from sim.client.discovery import Discovery
from sim.kubectl import ClientConfig
from sim.session.sandbox import Sandbox, SandboxAccess
from tests.corpus.conftest import WORLD
from tests.kubectl.cluster import HOME, Done, Terminal
from tests.kubectl.gateway import real_kubectl, without_logs
from tests.web.kubeapi.scripted import listening
from web.kubeapi import Door, OneCluster

NAMESPACE = "shop"
OBJECTS = Path(__file__).with_name("objects.yaml")
AGE_MS = 25 * 60_000
"""How long the world has lived: ages are in minutes by then."""
MOMENT_MS = 20
CREDENTIALS = {"token": "none"}
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: kubernetes, cluster: {{server: "{server}"}}}}]
users: [{{name: kubernetes-admin, user: {{token: none}}}}]
contexts:
- name: kubernetes-admin@kubernetes
  context: {{cluster: kubernetes, user: kubernetes-admin, namespace: shop}}
current-context: kubernetes-admin@kubernetes
"""
FILES = {
    "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {LOG_LEVEL: warn}\n",
    "new.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\ndata: {a: b}\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: fresh, labels: {app: fresh}}\n"
        "spec:\n  selector: {matchLabels: {app: fresh}}\n  template:\n"
        "    metadata: {labels: {app: fresh}}\n"
        "    spec: {containers: [{name: main, image: nginx, env: [{name: A, value: b}]}]}\n"
    ),
    "list.json": (
        '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Service",'
        ' "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}]}'
    ),
    "bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\ndata: [}\n",
    "odd.yaml": "kind: Nonsense\napiVersion: v1\nmetadata: {name: x}\n",
    "strict.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatta: {a: b}\n",
    "columns.txt": "NAME          NODE\nmetadata.name spec.nodeName\n",
    "names.tmpl": '{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}',
    "names.jsonpath": '{range .items[*]}{.metadata.name}{"\\n"}{end}',
    "patch.yaml": "metadata:\n  labels: {from: file}\n",
    "env.txt": "A=1\nB=two words\n# note\n\nC=\n",
}


@dataclass(frozen=True)
class Both:
    """What each of the two did with one command line."""

    words: tuple[str, ...]
    theirs: Done
    ours: Done

    @property
    def line(self) -> str:
        """Return what would be typed."""
        return f"kubectl {shlex.join(self.words)}"

    def __str__(self) -> str:
        """Return where they part."""
        parts = [f"$ {self.line}"]
        for name in ("err", "out"):
            texts = [getattr(one, name).splitlines() for one in (self.theirs, self.ours)]
            parts += list(unified_diff(*texts, f"theirs {name}", f"ours {name}", "", "", 0, ""))[
                :12
            ]
        if self.theirs.code != self.ours.code:
            parts.append(f"exit code {self.theirs.code}, not {self.ours.code}")
        return "\n".join(part[:300] for part in parts)

    @property
    def agree(self) -> bool:
        """Return whether they print the same bytes, by the rules of `same`."""
        return same(self.theirs, self.ours)


RULES = (
    (
        re.compile(r"^([WEF])\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ ", re.MULTILINE),
        r"\1 ",
        "a line of the program's own log begins with its clock and its process",
    ),
    (
        re.compile(r"(LIVE-|MERGED-)\d+(\S*)(?:\t\d{4}-\S+ \S+ \S+)?"),
        r"\1DRAWN\2",
        "diff compares files whose names kubectl draws, made at that instant",
    ),
    (
        re.compile(r"(debugger-(?:[a-z0-9-]+-)?)[a-z0-9]{5}\b"),
        r"\1DRAWN",
        "kubectl itself draws the end of such a name",
    ),
    (
        re.compile(r"^(Waiting for .*\n)(?:Waiting for .*\n)+", re.MULTILINE),
        r"\1",
        "how many steps of a rollout a client sees depends on how fast it reads",
    ),
    (
        re.compile(
            r"\A(.*)\n[\s\S]*\nUsage:\n[\s\S]*\Z"
            r"|\A(The following options can be passed to any command)[\s\S]*\Z"
        ),
        r"\1\2\n(a page of help)\n",
        "pages of help are shorter here: how they begin counts",
    ),
)
"""What may differ, what it is taken for, and why."""


_LIMITS = "Max Limit/Request Ratio"
_PAIRS = re.compile(r"(?:[^\s=]+=.*\n){2,}\Z")


def same(theirs: Done, ours: Done) -> bool:
    """Return whether two outcomes are equal but for what RULES allow."""
    if told(theirs) == told(ours):
        return True
    # Labels under --list and the rows of a LimitRange come out of a Go map, in any order.
    mapped = _LIMITS in theirs.out or _PAIRS.match(theirs.out)
    return bool(mapped) and (theirs.err, theirs.code, _lines(theirs)) == (
        ours.err,
        ours.code,
        _lines(ours),
    )


def told(done: Done) -> tuple[str, str, int | None]:
    """Return what a command printed, and its code, after RULES."""
    out, err = done.out, done.err
    for pattern, instead, _ in RULES:
        out, err = pattern.sub(instead, out), pattern.sub(instead, err)
    return out, _WARNED.sub(_in_order, err), done.code


_WARNED = re.compile(
    r"(?<=^Warning: )(?:ignoring DaemonSet-managed|deleting Pods) .*; .*$", re.MULTILINE
)
"""What drain warns of comes out of a Go map, in any order."""


def _in_order(found: re.Match[str]) -> str:
    return "; ".join(sorted(found[0].split("; ")))


class Standing:
    """The cluster, the real program with a home of its own, and ours."""

    def __init__(self, sandbox: Sandbox, server: str, home: Path) -> None:
        self.sandbox = sandbox
        self._binary = real_kubectl()
        self._home = home
        self._unix_ms = 0
        self._terminal = Terminal(
            sandbox.env,
            sandbox.transport,
            config=ClientConfig(server=server, namespace=NAMESPACE, credentials=CREDENTIALS),
            clock=lambda: self._unix_ms,
        )
        self._kubeconfig = KUBECONFIG.format(server=server)
        self._furnish(home)

    def _furnish(self, home: Path) -> None:
        (home / ".kube").mkdir()
        (home / ".kube" / "config").write_text(self._kubeconfig)
        for name, text in FILES.items():
            (home / name).write_text(text)

    def theirs(self, words: Sequence[str]) -> Done:
        """Run the real kubectl; what writes into its home has one of its own, as ours always has."""
        if list(words[:1]) != ["config"]:
            return self._run(words, self._home)
        with TemporaryDirectory(prefix="home") as own:
            self._furnish(Path(own))
            done = self._run(words, Path(own))
            kept = (Path(own) / ".kube" / "config").read_text()
        return self._left(done, kept)

    def _left(self, done: Done, kept: str) -> Done:
        """Return what was printed, and the kubeconfig that it left, if it is another one."""
        if kept == self._kubeconfig:
            return done
        return replace(done, out=f"{done.out}-- ~/.kube/config afterwards:\n{kept}")

    def _run(self, words: Sequence[str], home: Path) -> Done:
        ran = subprocess.run(
            [self._binary, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=home,
            env={
                "HOME": str(home),
                "KUBECACHEDIR": f"{self._home}.cache",
                "TZ": "UTC",
                "PATH": os.defpath,
                # one short process after the other: collecting garbage would only cost
                "GOGC": "off",
                "GOMAXPROCS": "1",
            },
            timeout=60,
            check=False,
            close_fds=False,
        )
        # its home lies elsewhere
        out, err = (text.decode().replace(str(home), HOME) for text in (ran.stdout, ran.stderr))
        return Done(out, without_logs(err), ran.returncode, 0)

    def ours(self, words: Sequence[str], unix_ms: int) -> Done:
        """Run this kubectl, for which it is *unix_ms*."""
        with self.sandbox.lock:
            self._unix_ms = unix_ms
            self._terminal.files = FileSystem(home=HOME)
            self._terminal.files.mkdir(f"{HOME}/.kube")
            config = f"{HOME}/.kube/config"
            self._terminal.files.write(config, self._kubeconfig)
            for name, text in FILES.items():
                self._terminal.files.write(f"{HOME}/{name}", text)
            done = self._terminal.start(shlex.join(words)).done
            if list(words[:1]) != ["config"]:
                return done
            return self._left(done, self._terminal.files.read(config))

    def both(self, words: Sequence[str]) -> Both:
        """Run both; an age may turn while the real one runs, so ours is tried at moments of that time."""
        before = _now()
        theirs = self.theirs(words)
        after = _now()
        ours = self.ours(words, before)
        # what is stamped in microseconds does not turn at a whole second
        for moment in range(before + MOMENT_MS, after + MOMENT_MS, MOMENT_MS):
            if same(theirs, ours):
                break
            ours = self.ours(words, moment)
        if not same(theirs, ours) and self._cannot_tell(words, theirs, ours):
            theirs = ours
        return Both(tuple(words), theirs, ours)

    def _cannot_tell(self, words: Sequence[str], theirs: Done, ours: Done) -> bool:
        """Return whether the real kubectl breaks here, or prints something else each time.

        A nil that it runs into ends it with Go's own trace; and Go walks maps in a random order, as
        `{..name}` and `{.*}` show: then only the pieces can be the same.
        """
        if theirs.code == 2 and theirs.err.startswith("panic: "):
            return ours.code is not None
        others = [self.theirs(words) for _ in range(7)]
        if all(same(theirs, other) for other in others):
            return False
        return any(_pieces(ours) == _pieces(one) for one in (theirs, *others)) or (
            ours.code == theirs.code == 1
        )


def _lines(done: Done) -> list[str]:
    return sorted(done.out.splitlines())


def _pieces(done: Done) -> list[str]:
    return sorted(re.split(r"[\s,;]+", done.out + done.err))


def _now() -> int:
    return round(time.time() * 1000)


@contextmanager
def standing(home: Path) -> Iterator[Standing]:
    """Yield a cluster in which everything has come up and nothing happens any more."""
    clock = [0]
    sandbox = Sandbox(unix_ms=_now() - AGE_MS, steady_ms=lambda: clock[0])
    yaml = YAML(typ="safe")
    discovery = Discovery(sandbox.transport)
    for obj in yaml.load_all(WORLD.read_text()):
        create(sandbox, discovery, obj)
    clock[0] = AGE_MS
    sandbox.advance()
    # from here on no time passes, so that no controller touches what is loaded
    for obj in yaml.load_all(OBJECTS.read_text()):
        resource = discovery.of_kind(obj["apiVersion"], obj["kind"])
        assert resource is not None
        sandbox.load(resource.plural, obj)
    with listening(Door(OneCluster(SandboxAccess(sandbox)))) as (host, port):
        yield Standing(sandbox, f"http://{host}:{port}", home)
    sandbox.close()


def create(sandbox: Sandbox, discovery: Discovery, obj: dict[str, object]) -> None:
    resource = discovery.of_kind(str(obj["apiVersion"]), str(obj["kind"]))
    assert resource is not None, obj
    metadata = obj["metadata"]
    assert isinstance(metadata, dict)
    root = f"/apis/{resource.group_version}" if resource.group else f"/api/{resource.version}"
    space = f"/namespaces/{metadata['namespace']}" if resource.namespaced else ""
    path = f"{root}{space}/{resource.plural}"
    answer = sandbox.transport.send(ApiRequest("POST", path, (), {}, obj))
    assert answer.code == 201, answer.body
    sandbox.env.settle()
