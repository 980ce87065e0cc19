"""A real server in a process of its own, on a free loopback port, ended by its own pid."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(data: Path, port: int = 0, *, tls: bool = False, context: str = "") -> Iterator[str]:
    """Run `uncordon serve` with its files below *data*; yields its address."""
    port = port or free_port()
    address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    words = ["serve", "--port", str(port), "--data", str(data / "var"), *(["--tls"] if tls else [])]
    words += ["--context", context] if context else []
    with _running(data, *words) as process:
        _wait(f"{address}/guide", process, data)
        yield address


@contextmanager
def sandbox(data: Path, *options: str) -> Iterator[str]:
    """Run `uncordon sandbox` with *options*; yields the server's address as its kubeconfig has it."""
    config = data / "kubeconfig"
    with _running(data, "sandbox", "--port", "0", "--kubeconfig", str(config), *options) as process:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and process.poll() is None and not config.exists():
            time.sleep(0.05)
        if not config.exists():
            raise RuntimeError(f"no sandbox:\n{(data / 'server.log').read_text()}")
        found = re.search(r"server: \"?([^\s\"]+)", config.read_text())
        assert found is not None
        _wait(f"{found[1]}/version", process, data)
        yield found[1]


@contextmanager
def _running(data: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if "UNCORDON" not in name}
    environment["UNCORDON_STRICT"] = "1"
    log = (data / "server.log").open("a")
    process = subprocess.Popen(
        [sys.executable, "-c", "from sim.cli import main; main()", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait(page: str, process: subprocess.Popen[bytes], data: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(page, timeout=5, context=ssl._create_unverified_context()):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{(data / 'server.log').read_text()}")
