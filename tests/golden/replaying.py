"""The recorded workload in a sandbox, and our kubectl at a prompt before it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from sim.kubectl import ClientConfig
from sim.session.sandbox import Sandbox
from tests.kubectl.cluster import HOME, Done, Terminal

MANIFESTS = Path(__file__).with_name("manifests")
BEGINNING = 1_795_000_000_000
SETTLED_MS = 7 * 60_000
"""The recordings began seven minutes after the workload was made."""
STAND_INS = [
    (r"node-worker-", "sandbox-worker-"),
    # the recorded program exits, or takes memory, by its argument; the sandbox' images have a shell
    (r"command: \[/app, crash, -code=1\]", 'command: [sh, -c, "sleep 1; exit 1"]'),
    # by its tag, an image that is not there
    (r"payment-service:v9", "payment-service:does-not-exist"),
    (r"apiVersion: batch/v1beta1", "apiVersion: batch/v1"),
    (r"apiVersion: policy/v1beta1", "apiVersion: policy/v1"),
]
"""What is written differently for this cluster: names of nodes, programs, versions that are gone."""
LEFT_OUT = ("oom", "oom-never")
"""Pods whose program takes memory: a sandbox' images have none that does."""


class Replay:
    """A sandbox with the recorded workload."""

    def __init__(self) -> None:
        self._clock = 0
        self.sandbox = Sandbox(nodes=3, unix_ms=BEGINNING, steady_ms=lambda: self._clock)
        self.terminal = Terminal(
            self.sandbox.env,
            self.sandbox.transport,
            config=ClientConfig(namespace="default"),
            clock=lambda: BEGINNING + self.sandbox.env.now,
        )
        self.terminal.files.mkdir(f"{HOME}/manifests")
        for path in sorted(MANIFESTS.glob("*.yaml")):
            self.terminal.files.write(f"{HOME}/manifests/{path.name}", adapted(path.read_text()))
        for name in ("base", "extra", "d1"):
            done = self.terminal(f"apply -f manifests/{name}.yaml")
            assert done.code == 0, done.err
        self.sandbox.env.advance(self.sandbox.env.now + SETTLED_MS)

    def run(self, command: str) -> Done:
        """Run a recorded command line: pipes from printf, `timeout`, `;` and kubectl."""
        done = Done("", "", 0, 0)
        for part in _parts(adapted(command)):
            if part.startswith("sleep "):
                self.sandbox.env.advance(
                    self.sandbox.env.now + round(float(part.split()[1]) * 1000)
                )
                continue
            quiet = part.endswith(">/dev/null")
            line, stdin = part.removesuffix(">/dev/null"), ""
            if part.startswith("printf "):
                printed, _, line = line.partition(" | ")
                stdin = shlex.split(printed)[1].encode().decode("unicode_escape")
            found = re.match(r"(?:timeout (\d+) )?(?:kubectl|k) (.*)", line)
            assert found is not None, part
            if found[1]:
                done = self._interrupted(found[2], int(found[1]))
            else:
                ran = self.terminal(found[2], stdin=stdin)
                done = Done("", "", ran.code, ran.ms) if quiet else ran
        return done

    def _interrupted(self, line: str, seconds: int) -> Done:
        running = self.terminal.start(line)
        self.sandbox.env.advance(self.sandbox.env.now + seconds * 1000)
        running.interrupt()
        self.sandbox.env.settle()
        return Done(running.done.out, running.done.err, 124, seconds * 1000)


def adapted(text: str) -> str:
    """Return a manifest or command line as it is for this cluster."""
    for pattern, replacement in STAND_INS:
        text = re.sub(pattern, replacement, text)
    documents = text.split("\n---\n")
    kept = [
        one
        for one in documents
        if not any(
            f"metadata: {{name: {name}, labels" in one or f"metadata: {{name: {name}}}" in one
            for name in LEFT_OUT
        )
    ]
    return "\n---\n".join(kept)


def _parts(command: str) -> list[str]:
    return [part.strip() for part in re.split(r";(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)", command)]
