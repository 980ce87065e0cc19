"""A real server in a process of its own, on a free loopback port, ended by its own pid."""

from __future__ import annotations

import os
import signal
import socket
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
def serving(data: Path, port: int = 0) -> Iterator[str]:
    """Run `uncordon serve` with its files below *data*; yields its address."""
    port = port or free_port()
    environment = {name: value for name, value in os.environ.items() if "UNCORDON" not in name}
    command = [sys.executable, "-c", "from sim.cli import main; main()", "serve"]
    log = (data / "server.log").open("a")
    process = subprocess.Popen(
        [*command, "--port", str(port), "--data", str(data / "var")],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process, data)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait(address: str, process: subprocess.Popen[bytes], data: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/guide", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{(data / 'server.log').read_text()}")
