"""The real kubectl on a real server, with TLS: what goes through the door crosses gunicorn, too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.cli.certificate import made
from sim.session.kubeconfig import kubeconfig
from tests.kubectl.gateway import real_kubectl
from tests.serving import PATIENCE_S, ROOT, free_port

SECRET = "only-for-this-test-0123456789"
NAME = "web"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the kubeconfig of a sandbox that gunicorn serves with TLS."""
    folder = tmp_path_factory.mktemp("own")
    own, port = made(folder, "127.0.0.1"), free_port()
    assert own.authority is not None
    path = folder / "config"
    authority = own.authority.read_bytes()
    path.write_text(kubeconfig(f"https://127.0.0.1:{port}", token=SECRET, authority=authority))
    options = {
        "--bind": f"127.0.0.1:{port}",
        "--worker-class": "gthread",
        "--threads": "14",
        "--certfile": str(own.chain),
        "--keyfile": str(own.key),
        "--access-logfile": str(folder / "access.log"),
        "--logger-class": "web.gunicorn.logger_class",
    }
    words = [word for pair in options.items() for word in pair]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                *words,
                "web.kubeapi.sandbox:create_sandbox(nodes=1)",
            ],
            cwd=ROOT,
            env={**os.environ, "UNCORDON_SANDBOX_SECRET": SECRET},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            end = time.monotonic() + PATIENCE_S
            while kubectl(path, "get", "--raw", "/healthz").returncode:
                assert server.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < end, (folder / "server.log").read_text()
                time.sleep(0.2)
            done = kubectl(path, "run", NAME, "--image=nginx", "--port=80")
            assert done.returncode == 0, done.stderr
            done = kubectl(path, "wait", "--for=condition=Ready", f"pod/{NAME}", "--timeout=30s")
            assert done.returncode == 0, done.stderr
            yield path
        finally:
            server.terminate()
            server.wait(timeout=15)


def kubectl(
    config: Path, *words: str, given: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [real_kubectl(), "--kubeconfig", config, *words],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env={"HOME": str(config.parent), **environment},
    )


@pytest.mark.parametrize("websockets", ["true", "false"])
def test_program_has_its_streams_and_its_code(config: Path, websockets: str):
    command = ["exec", "-i", NAME, "--", "sh", "-c", "cat; echo err >&2; exit 3"]
    how = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": websockets}
    done = kubectl(config, *command, given=b"hello\n", **how)
    assert done.stdout == b"hello\n"
    assert done.stderr == b"err\ncommand terminated with exit code 3\n"
    assert done.returncode == 3


def test_watch_that_is_left_gives_its_thread_back(config: Path):
    """More watches are opened and left than the server has threads."""
    for _ in range(2):
        watches = [
            subprocess.Popen(
                [real_kubectl(), "--kubeconfig", config, "get", "pods", "-w"],
                stdout=subprocess.PIPE,
                env={"HOME": str(config.parent)},
            )
            for _ in range(10)
        ]
        for watch in watches:
            assert watch.stdout is not None
            assert watch.stdout.readline().startswith(b"NAME")
        for watch in watches:
            watch.kill()
            watch.communicate()
    assert kubectl(config, "get", "pods").returncode == 0


def test_logs_of_the_server_hold_no_secret(config: Path):
    kubectl(config, "get", "--raw", f"/k/{SECRET}/api")
    logs = (config.parent / "access.log").read_text() + (config.parent / "server.log").read_text()
    assert "GET /k/***/api" in logs
    assert SECRET not in logs
