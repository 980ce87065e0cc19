"""Clusters for an own kubectl: a run's kubeconfig, and a sandbox that is served until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from pathlib import Path

from sim.session.kubeconfig import kubeconfig, secret_of

AUTHORITY = "ca.crt"
"""Where in the data folder `serve --tls` keeps the authority that clients have to trust."""
THREADS = 400
"""A watch, a followed log or a program that runs holds a thread of the sandbox's server."""
MINORS = tuple(range(30, 38))
"""Versions that a sandbox can say of itself: v1.30 to v1.37."""
LARGEST = 5000
"""Nodes of the largest cluster that Kubernetes supports."""


class NoClusterError(RuntimeError):
    """Why there is no kubeconfig or no sandbox, for the person at the terminal."""


def run_kubeconfig(run: str, server: str, data: str, database: str) -> str:
    """Return the kubeconfig that opens *run* at *server*.

    Raises:
        NoClusterError: if there is no such run, it is over, or no server has started in *data*.
    """
    folder = Path(data)
    try:
        key = (folder / "secret_key").read_bytes()
    except OSError as error:
        msg = f"no server has been started with --data {data}: {error.strerror} (secret_key)"
        raise NoClusterError(msg) from error
    _check_run(run, database)
    secret, name = secret_of(key, run), f"uncordon-{run}"
    server = server.rstrip("/")
    if server.startswith("https:"):
        authority = folder / AUTHORITY
        trusted = authority.read_bytes() if authority.exists() else b""
        return kubeconfig(server, name=name, token=secret, authority=trusted)
    return kubeconfig(f"{server}/k/{secret}", name=name)


def _check_run(run: str, database: str) -> None:
    from sim.session.storage import (  # noqa: PLC0415
        RunStore,
        UnknownRunError,
        UnusableDatabaseError,
    )
    from sim.session.wall import wall_ms  # noqa: PLC0415

    try:
        store = RunStore(database, wall_ms=wall_ms)
    except UnusableDatabaseError as error:
        raise NoClusterError(str(error)) from error
    try:
        row = store.find(run)
    except UnknownRunError as error:
        msg = f"there is no run {run!r}; the address of its room ends in its name"
        raise NoClusterError(msg) from error
    finally:
        store.close()
    if row.closed:
        msg = f"run {run} is closed; its cluster is gone"
        raise NoClusterError(msg)


def full_version(text: str) -> str:
    """Return the version that *text* names (`v1.37`, `1.37.0`); raises NoClusterError."""
    major, _, rest = text.removeprefix("v").partition(".")
    minor, _, patch = rest.partition(".")
    known = minor.isdecimal() and int(minor) in MINORS
    if major != "1" or not known or patch not in ("", "0"):
        msg = f"no version {text!r}; there are v1.{MINORS[0]} to v1.{MINORS[-1]}"
        raise NoClusterError(msg)
    return f"v1.{int(minor)}.0"


def write_private(path: str, text: str) -> None:
    """Write *text* where only its owner may read it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections from now on, for the server that is about to start."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.socket(family)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host.strip("[]"), port))
        found.listen(1024)
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error.strerror or error}"
        raise NoClusterError(msg) from error
    found.set_inheritable(True)
    return found


def sandbox_secret() -> str:
    """Return a secret for one sandbox."""
    return secrets.token_urlsafe(18).replace("_", "-")


def serve_sandbox(held: socket.socket, *, nodes: int, version: str, secret: str) -> None:
    """Become the server of a sandbox on *held*; does not return."""
    app = f"web.kubeapi.sandbox:create_sandbox(nodes={nodes}, version='{version}')"
    # Not in the command line, which the whole machine can read.
    os.environ["UNCORDON_SANDBOX_SECRET"] = secret
    options = {
        "--bind": f"fd://{held.fileno()}",
        "--workers": "1",
        "--worker-class": "gthread",
        "--threads": str(THREADS),
        "--graceful-timeout": "1",
        "--limit-request-line": "8190",
        "--log-level": "warning",
        "--logger-class": "web.gunicorn.logger_class",
    }
    words = [word for pair in options.items() for word in pair]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *words, app])
