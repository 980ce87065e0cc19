"""What a program is told: one packed JSON object in its environment, checked once at the start.

This file must not know any program.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, NoReturn, TypeVar

VARIABLE = "UNCORDON_WORKLOAD"
Told = TypeVar("Told")


def settings(kind: type[Told]) -> Told:
    """Return the settings in the environment as *kind*, a dataclass; ends the program if they do not fit."""
    text = os.environ.get(VARIABLE)
    try:
        told = unpacked(text) if text else {}
    except ValueError as error:
        _refuse(f"{VARIABLE} is not what packed() makes: {error}")
    return made(kind, told)


def packed(told: Mapping[str, Any]) -> str:
    """Return settings as they stand in the environment.

    Packed, so that a look at a container's environment does not tell by the way what its program breaks.
    """
    return b64encode(zlib.compress(json.dumps(told).encode(), 9)).decode()


def unpacked(text: str) -> dict[str, Any]:
    """Return settings that were packed; raises ValueError for any other text."""
    try:
        return dict(json.loads(zlib.decompress(b64decode(text, validate=True))))
    except (zlib.error, TypeError) as error:
        raise ValueError(str(error)) from error


def made(kind: type[Told], told: dict[str, Any]) -> Told:
    """Return *told* as *kind*; lists become tuples."""
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    unknown = [name for name in told if name not in known]
    if unknown:
        _refuse(f"{VARIABLE}: unknown: {', '.join(unknown)}")
    missing = [
        name
        for name, one in known.items()
        if name not in told and one.default is MISSING and one.default_factory is MISSING
    ]
    if missing:
        _refuse(f"{VARIABLE}: missing: {', '.join(missing)}")
    return kind(**{name: _frozen(value) for name, value in told.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _refuse(text: str) -> NoReturn:
    sys.stderr.write(f"sim.workload: {text}\n")
    sys.exit(2)


class Place:
    """Where a program runs, by what Kubernetes and its image told it."""

    def __init__(self) -> None:
        """Read the environment once."""
        environ = os.environ
        self.pod = environ.get("POD_NAME") or environ.get("HOSTNAME", "")
        self.node = environ.get("NODE_NAME", "")
        self.version = environ.get("VERSION", "")
