"""Clients outside of a session, as tests write them: requests of kubectl and of scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sim.apimachinery.wire import ApiRequest, ExecRequest
from sim.session.access import RunAccess

ROOT = Path(__file__).resolve().parents[2]
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PAYMENTS = "/api/v1/namespaces/payments"


def kubectl(session) -> RunAccess:
    return RunAccess(session, "kubectl/v1.37.1")


def script(session) -> RunAccess:
    return RunAccess(session, "python-requests/2.32")


def called(command: str, call: str) -> dict[str, str]:
    """Return kubectl's headers of one call."""
    return {"kubectl-command": f"kubectl {command}", "kubectl-session": call}


def get(path: str, call: str = "", command: str = "get", *, table: bool = False, **query: str):
    headers = called(command, call) if call else {}
    if table:
        headers["accept"] = TABLE
    return ApiRequest("GET", path, tuple(query.items()), headers)


def watch(path: str, call: str = "", *, table: bool = False):
    return get(path, call, table=table, watch="true")


def run_in(pod: str, *argv: str, stdin: bool = False, tty: bool = False, call: str = "x"):
    headers = called("exec", call)
    return ExecRequest("payments", pod, "", argv, stdin=stdin, tty=tty, headers=headers)


def pods_of(access: RunAccess, app: str = "payment-service") -> list[str]:
    answer = access.handle(get(f"{PAYMENTS}/pods", labelSelector=f"app={app}"))
    return [pod["metadata"]["name"] for pod in answer.body["items"]]


def frames(channel) -> list:
    """Return everything that a channel has brought so far."""
    found = []
    while part := channel.read(0):
        found += part
    return found


def bytes_of(found: list, stream: str = "stdout") -> bytes:
    return b"".join(value for kind, value in found if kind == stream)


def replayed(url: str, run: str, seed: str) -> str:
    """Return the digest of a stored run's evidence as another process finds it."""
    code = (
        "import sys, hashlib\n"
        "from sim.scenario import Catalogue\n"
        "from sim.session.live import Session\n"
        "from sim.session.storage import RunStore\n"
        "store = RunStore(sys.argv[1], wall_ms=lambda: 1_000_000)\n"
        "row = store.find(sys.argv[2])\n"
        "from sim.session.run import Run, try_apply\n"
        "from sim.session.inputs import Input\n"
        "import json\n"
        "run = Run(Catalogue()[row.scenario], row.seed, epoch=row.epoch)\n"
        "run.start()\n"
        "for at, kind, payload in store.inputs(row.id):\n"
        "    try_apply(run, Input(at, kind, json.loads(payload)))\n"
        "run.advance(row.sim_ms)\n"
        "print(hashlib.sha256(run.log.dumps().encode()).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, url, run],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.strip()
