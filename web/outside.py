"""The kubeconfig of a run, for the trainee's own kubectl; the door itself is `web.kubeapi`.

Whoever holds the file can act in the run, so only the run's visitor is given it.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request

from sim.session.kubeconfig import kubeconfig, secret_of
from web.access import open_run

blueprint = Blueprint("outside", __name__)

SHOWN = 8
"""Characters of a run's id in names that a person reads."""


def name_of(run: str) -> str:
    """Return what the context, and the file before its `.yaml`, are called."""
    return f"uncordon-{run[:SHOWN]}"


def kubeconfig_of(run: str) -> str:
    """Return the kubeconfig that opens *run* on the address that this request has reached."""
    key = current_app.secret_key
    assert isinstance(key, bytes), "made by the factory"
    secret, server = secret_of(key, run), request.host_url.rstrip("/")
    if not request.is_secure:
        return kubeconfig(f"{server}/k/{secret}", name=name_of(run))
    path = current_app.config.get("AUTHORITY")
    authority = Path(path).read_bytes() if path else b""
    return kubeconfig(server, name=name_of(run), token=secret, authority=authority)


@blueprint.get("/run/<run>/kubeconfig")
def file(run: str) -> Response:
    """Return the kubeconfig as a file."""
    if open_run(run).closed:
        abort(404, "The incident is closed; its kubeconfig opens nothing any more.")
    answer = Response(kubeconfig_of(run), content_type="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name_of(run)}.yaml"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
