"""Inputs: everything that a trainee or player did, in the form in which it is stored and replayed.

A run is a pure function of its scenario, seed, engine and these; so nothing else may reach a run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sim.bash.tty import MOST_COLUMNS, MOST_ROWS
from sim.session.outside_inputs import OUTSIDE_KINDS, BadRequestError, parse_outside

KINDS = (
    "command",  # {terminal, line}
    "keys",  # {terminal, data}
    "resize",  # {terminal, columns, rows}
    "interrupt",  # {terminal}, and {signal} if it is not SIGINT
    "suspend",  # {terminal}
    "eof",  # {terminal}
    "look",  # {panel, by}
    "acknowledge",
    "update",  # {text, to, fields}
    "note",  # {text}
    "think",  # {text}
    "bet",  # {text, by, sure}
    "freeze",  # {ranking}
    "ticket",  # {origin, fix, owner, text}
    "remind",  # {due, text}
    "silence",  # {alert, duration_ms}
    "pause",
    "resume",
    "skip",  # {amount_ms}
    "close",  # {picks, citations, handover}
    "request",  # {client, method, path, query, headers, body}
    "open",  # {client, channel, of, and a request or what runs in which pod}
    "write",  # {channel, data, end}
    "size",  # {channel, columns, rows}
    "hangup",  # {channel}
)
"""The closed list of kinds, each with the keys of its payload."""
TERMINAL_KINDS = ("command", "keys", "resize", "interrupt", "suspend", "eof")
"""What is done at a terminal."""

MAX_TEXT = 64 * 1024
"""Longest text of one input in characters, as a terminal line; longer ones are refused, not cut."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that was done, stamped with simulated time."""

    at: int
    """Simulated ms; inputs of a run never go back in time."""
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)

    def dumps(self) -> str:
        """Return the payload as JSON, the same bytes for the same input."""
        return json.dumps(self.payload, sort_keys=True, separators=(",", ":"))


class BadInputError(ValueError):
    """An input that cannot be taken; the message is for the person who sent it. Nothing was logged."""


_TEXTS: dict[str, tuple[str, ...]] = {
    "command": ("terminal", "line"),
    "keys": ("terminal", "data"),
    "resize": ("terminal",),
    "interrupt": ("terminal",),
    "suspend": ("terminal",),
    "eof": ("terminal",),
    "look": ("panel", "by"),
    "acknowledge": (),
    "update": ("text", "to"),
    "note": ("text",),
    "think": ("text",),
    "bet": ("text", "by"),
    "freeze": (),
    "ticket": ("origin", "fix", "owner", "text"),
    "remind": ("due", "text"),
    "silence": ("alert",),
    "pause": (),
    "resume": (),
    "skip": (),
    "close": ("handover",),
}
_TERMINALS = ("t1", "t2", "t3", "t4")


def parse_input(at: int, kind: str, payload: dict[str, Any]) -> Input:
    """Check what came from outside and return it as an input.

    Raises:
        BadInputError: if the kind does not exist, a value has the wrong type, or a text is too long.
    """
    if kind not in KINDS:
        msg = f"no such input {kind!r}; there are: {', '.join(KINDS)}"
        raise BadInputError(msg)
    if kind in OUTSIDE_KINDS:
        try:
            return Input(at, kind, parse_outside(kind, payload))
        except BadRequestError as error:
            raise BadInputError(str(error)) from error
    clean: dict[str, Any] = {}
    for name in _TEXTS[kind]:
        value = payload.get(name, "")
        if not isinstance(value, str):
            msg = f"{kind}.{name} must be text, not {type(value).__name__}"
            raise BadInputError(msg)
        if len(value) > MAX_TEXT:
            msg = f"{kind}.{name} has {len(value)} characters; at most {MAX_TEXT} are taken"
            raise BadInputError(msg)
        clean[name] = value.encode("utf-8", "replace").decode()
    if "terminal" in clean:
        clean["terminal"] = clean["terminal"] or _TERMINALS[0]
        if clean["terminal"] not in _TERMINALS:
            msg = f"no terminal {clean['terminal']!r}; there are: {', '.join(_TERMINALS)}"
            raise BadInputError(msg)
    if kind == "resize":
        clean["columns"] = _whole(payload, "columns", 1, MOST_COLUMNS)
        clean["rows"] = _whole(payload, "rows", 1, MOST_ROWS)
    if kind == "interrupt" and payload.get("signal") == "SIGQUIT":
        clean["signal"] = "SIGQUIT"
    if kind == "skip":
        clean["amount_ms"] = _whole(payload, "amount_ms", 1, 60 * 60_000)
    if kind == "silence":
        clean["duration_ms"] = _whole(payload, "duration_ms", 1, 7 * 24 * 3_600_000)
    if kind == "bet" and payload.get("sure") is not None:
        clean["sure"] = _whole(payload, "sure", 0, 100)
    if kind == "freeze":
        clean["ranking"] = _words(payload.get("ranking"), "freeze.ranking")
    if kind == "update":
        clean["fields"] = _texts(payload.get("fields", {}), "update.fields")
    if kind == "close":
        clean["picks"] = _texts(payload.get("picks", {}), "close.picks")
        clean["citations"] = _citations(payload.get("citations", {}))
    return Input(at, kind, clean)


def _whole(payload: dict[str, Any], name: str, low: int, high: int) -> int:
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        msg = f"{name} must be a whole number from {low} to {high}"
        raise BadInputError(msg)
    return value


def _words(value: object, where: str) -> list[str]:
    words = [one for one in value if isinstance(one, str)] if isinstance(value, list) else None
    if words is None or value != words or len(words) > 20 or any(len(one) > 99 for one in words):
        msg = f"{where} must be a list of at most 20 ids"
        raise BadInputError(msg)
    return words


def _texts(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 20:
        msg = f"{where} must be a small mapping of texts"
        raise BadInputError(msg)
    for key, text in value.items():
        if not isinstance(key, str) or not isinstance(text, str) or len(key) + len(text) > 4000:
            msg = f"{where} must hold texts of at most 4000 characters"
            raise BadInputError(msg)
    return dict(sorted(value.items()))


def _citations(value: object) -> dict[str, list[str]]:
    if not isinstance(value, dict) or len(value) > 20:
        msg = "close.citations must map a pick to a list of citations"
        raise BadInputError(msg)
    for key, cited in value.items():
        good = isinstance(key, str) and isinstance(cited, list) and len(cited) <= 20
        if not good or not all(isinstance(one, str) and len(one) < 100 for one in cited):
            msg = "close.citations must map a pick to a list of citations such as command:12"
            raise BadInputError(msg)
    return {key: list(cited) for key, cited in sorted(value.items())}
