"""One sandbox behind its HTTP door, one prepared namespace, every kubectl there is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.corpus.reading import Line, read
from tests.corpus.running import Client, Corpus
from tests.serving import sandbox

WORLD = Path(__file__).with_name("world.yaml")
BESIDE = Path(sys.executable).parent
FOUND = {
    "1.37": BESIDE / "kubectl",
    "1.36": BESIDE.parent / "kubectl-1.36" / "bin" / "kubectl",
}
"""Where set-up puts the two that are required."""
MORE = "UNCORDON_KUBECTLS"
"""Further ones, as `1.30=/path/to/kubectl:1.33=/path/to/another`."""


def binaries() -> dict[str, Path]:
    """Return the binaries by version."""
    more = os.environ.get(MORE, "")
    return {
        **FOUND,
        **{v: Path(p) for v, _, p in (one.partition("=") for one in more.split(":") if one)},
    }


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every line with every kubectl."""
    if "line" not in metafunc.fixturenames:
        return
    cases = [
        pytest.param(label, line, id=f"{label}-{line.at}-{story.name}")
        for label in binaries()
        for story in read()
        for line in story.lines
        if tuple(int(part) for part in label.split(".")) >= line.since
    ]
    metafunc.parametrize(("label", "line"), cases)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """Start every story; yield what fills with their results."""
    clients = {label: path for label, path in binaries().items() if path.exists()}
    with sandbox(tmp_path_factory.mktemp("sandbox")) as server:
        made = [
            Client((int(label.split(".")[0]), int(label.split(".")[1])), path, server)
            for label, path in clients.items()
        ]
        _prepare(made[0])
        running = Corpus(made, read(), tmp_path_factory.mktemp("homes"))
        yield running
        running.close()


def _prepare(client: Client) -> None:
    ask = [str(client.binary), "--server", client.server]
    subprocess.run([*ask, "apply", "-f", str(WORLD)], check=True, capture_output=True)
    for ready in (
        ["--for=condition=Available", "deploy/web"],
        ["--for=condition=Ready", "pod/client", "pod/two", "pod/db-0"],
        ["--for=condition=Complete", "job/import"],
        [
            "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=1",
            "pod/crashy",
        ],
    ):
        subprocess.run(
            [*ask, "-n", "shop", "wait", "--timeout=60s", *ready], check=True, capture_output=True
        )


@pytest.fixture
def told(corpus: Corpus, label: str, line: Line) -> list[str]:
    """Return what a line did wrong."""
    future = corpus.results.get((label, line.at))
    if future is None:
        missing("kubectl", f"no kubectl {label}: make test installs it")
    done = future.result(timeout=600)
    return (
        [*done.mistakes(line), f"stdout: {done.out}", f"stderr: {done.err}"]
        if done.mistakes(line)
        else []
    )
