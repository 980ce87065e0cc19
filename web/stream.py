"""One WebSocket per tab: news and state come down, inputs and questions go up.

Two tabs on one run read the same evidence, so they cannot disagree. A lost connection loses
nothing: the browser comes back with the number of the last record it has.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from sim.session.live import Session
from sim.session.storage import LeaseLostError
from web import api
from web.access import open_run
from web.real import interrupted
from web.view import state
from web.visible import visible

blueprint = Blueprint("stream", __name__)
sock = Sock()

WAIT_S = 1.0
"""How often the state line is sent when nothing happens."""
MAX_MESSAGE = 2 * 1024 * 1024
"""Largest message in bytes: far above the longest line, so that a longer one is told why it is not taken."""
MAX_RECORDS = 200
"""Most records in one message, so that a ping gets in between."""

_log = logging.getLogger(__name__)


@blueprint.before_request
def admit() -> None:
    """Refuse a foreign page and a foreign run before the handshake, as plain HTTP."""
    origin = request.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403, "This page may not open a stream here.")
    if why := interrupted(open_run(str((request.view_args or {})["run"]))):
        abort(409, f"this run was interrupted: {why}")


@sock.route("/run/<run>/stream", bp=blueprint)  # type: ignore[untyped-decorator]
def stream(server: Server, run: str) -> None:
    """Serve a tab until it goes away."""
    session = open_run(run)
    since = request.args.get("since", "0")
    tab = _Tab(server, session, int(since) if since.isdecimal() else 0)
    try:
        with session.viewing():
            reader = threading.Thread(target=tab.read, name=f"tab {run}", daemon=True)
            reader.start()
            tab.write()
    except (ConnectionClosed, LeaseLostError, OSError):
        pass
    finally:
        tab.gone.set()


class _Tab:
    """One connection: this thread writes news, another reads requests."""

    def __init__(self, server: Server, session: Session, since: int) -> None:
        self._server = server
        self._session = session
        self._since = since
        self._sending = threading.Lock()
        self.gone = threading.Event()

    def _send(self, message: dict[str, Any]) -> None:
        with self._sending:
            self._server.send(json.dumps(message, separators=(",", ":")))

    def write(self) -> None:
        """Send news as it comes and the state at least each second."""
        while not self.gone.is_set():
            records, end = self._session.read(self._since)
            for first in range(0, len(records), MAX_RECORDS):
                shown = visible(records[first : first + MAX_RECORDS])
                self._since = min(self._since + MAX_RECORDS, end)
                if shown:
                    self._send({"type": "records", "records": shown, "next": self._since})
            self._since = end
            self._send({"type": "state", **state(self._session)})
            self._session.wait(self._since, WAIT_S)

    def read(self) -> None:
        """Answer what the tab asks until it goes away."""
        try:
            while not self.gone.is_set():
                text = self._server.receive()
                if text is not None:
                    self._send(self._answer(text))
        except (ConnectionClosed, OSError):
            pass
        except Exception:  # the edge: the tab comes back, a silent one would not
            _log.exception("a message could not be answered")
            with suppress(ConnectionClosed, OSError):
                self._server.close()
        finally:
            self.gone.set()

    def _answer(self, text: str | bytes) -> dict[str, Any]:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return {"type": "error", "id": None, "error": "not JSON"}
        if not isinstance(message, dict):
            return {"type": "error", "id": None, "error": "a message is a JSON object"}
        number, kind = message.get("id"), message.get("type")
        answer: dict[str, Any]
        match kind:
            case "input":
                said, error = api.submit(self._session, message.get("kind"), message.get("payload"))
                answer = {"error": error} if error else {"answer": said}
            case "chart":
                answer = api.chart(
                    self._session, str(message.get("panel")), str(message.get("by") or "")
                )
            case "text":
                answer = api.text(
                    self._session, str(message.get("panel")), str(message.get("by") or "")
                )
            case "alerts":
                answer = api.alerts(self._session)
            case "changes":
                answer = api.changes(self._session)
            case "complete":
                answer = api.complete(
                    self._session, str(message.get("line")), str(message.get("terminal") or "t1")
                )
            case _:
                answer = {"error": f"no such message {kind!r}"}
        return {"type": "error" if "error" in answer else kind, "id": number, **answer}
