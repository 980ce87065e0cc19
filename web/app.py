"""The application factory: configuration, extensions, one blueprint per page group."""

from __future__ import annotations

import atexit
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from sim.scenario import Catalogue
from sim.session.hub import Hub
from sim.session.storage import RunStore
from sim.session.wall import wall_ms
from web import api, compare, debrief, outside, pages, real, shared, stream
from web.filters import FILTERS
from web.kubeapi import Door, RunClusters

MAX_BODY = 256 * 1024
"""Largest request body in bytes; a command line of more than 64 KiB is refused with a sentence."""

_POLICY = {
    "default-src": "'self'",
    "img-src": ["'self'", "data:"],
    # xterm.js and uPlot set element styles from script.
    "style-src": ["'self'", "'unsafe-inline'"],
    "script-src": "'self'",
    "connect-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """Return the application.

    *config* may set `DATABASE` (SQLAlchemy URL), `DATA` (folder for the secret key and the default
    database), `CATALOGUE` (folder of scenarios), `AUTHORITY` (the certificate that clients of an
    https server are to trust), `CONTEXT` (the real cluster of your kubeconfig that runs may be played
    on, instead of uncordon's own). Each may also come from the environment as `UNCORDON_<NAME>`.
    """
    app = Flask(__name__)
    given = {"DATA": "var", **_from_environment(), **(config or {})}
    data = Path(given["DATA"])
    given.setdefault("DATABASE", f"sqlite:///{(data / 'uncordon.db').resolve()}")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="uncordon",
        PERMANENT_SESSION_LIFETIME=365 * 24 * 3600,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        SOCK_SERVER_OPTIONS={"ping_interval": 20, "max_message_size": stream.MAX_MESSAGE},
        WTF_CSRF_TIME_LIMIT=None,
        **given,
    )
    app.secret_key = _secret_key(data)
    CSRFProtect(app)
    # Before Talisman's, which would come last otherwise: what comes last counts.
    app.after_request(_keep_quiet)
    Talisman(
        app,
        force_https=False,
        session_cookie_secure=False,
        content_security_policy=_POLICY,
        strict_transport_security=False,
        referrer_policy="same-origin",
    )
    app.jinja_env.filters.update(FILTERS)
    store = RunStore(app.config["DATABASE"], wall_ms=wall_ms)
    catalogue = Catalogue(app.config["CATALOGUE"]) if app.config.get("CATALOGUE") else Catalogue()
    hub = Hub(store, catalogue)
    app.extensions["hub"] = hub
    atexit.register(hub.close)
    for part in (pages, api, compare, debrief, shared, stream, outside, real):
        app.register_blueprint(part.blueprint)
    stream.sock.init_app(app)
    # Before Flask: an API client is sent no cookie, no redirect and no page of ours.
    clusters = RunClusters(hub, app.secret_key)
    app.wsgi_app = Door(clusters, app.wsgi_app)  # type: ignore[method-assign, assignment]
    app.register_error_handler(HTTPException, _error)
    return app


def _from_environment() -> dict[str, str]:
    names = ("DATABASE", "DATA", "CATALOGUE", "AUTHORITY", "CONTEXT")
    found = {name: os.environ.get(f"UNCORDON_{name}", "") for name in names}
    return {name: value for name, value in found.items() if value}


def _secret_key(data: Path) -> bytes:
    """Return the key that signs cookies; made at the first start, readable by its owner only."""
    path = data / "secret_key"
    data.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written in full before it has its name: a start that is killed leaves no empty key.
        part = data / f"secret_key.{secrets.token_hex(8)}"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        with suppress(FileExistsError):
            path.hardlink_to(part)
        part.unlink()
    return path.read_bytes()


def _keep_quiet(response: Response) -> Response:
    """Keep an address that holds a link to a run out of search engines, caches and referrers."""
    if request.blueprint in (shared.blueprint.name, compare.blueprint.name):
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _error(error: HTTPException) -> Response | tuple[str | dict[str, str], int]:
    code = error.code or 500
    if request.path.startswith("/api/"):
        return {"error": error.description or error.name}, code
    return render_template("error.html", error=error), code
