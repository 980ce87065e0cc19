"""The records that cross the API door, in process or through HTTP; no behaviour.

JSON bodies stay Python objects (never mutated by either side); the HTTP door is who encodes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Obj = dict[str, Any]
"""A Kubernetes object as JSON. Shared: whoever wants a change makes a new dict."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request to a Kubernetes API server."""

    method: str
    """`GET`, `POST`, `PUT`, `PATCH` or `DELETE`."""
    path: str
    """Decoded path, e.g. `/api/v1/namespaces/payments/pods`."""
    query: tuple[tuple[str, str], ...] = ()
    """Decoded query, in order, e.g. `(("labelSelector", "app=web"), ("limit", "500"))`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names, e.g. `{"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}`."""
    body: Any = None
    """The JSON body as Python objects, or None."""

    def param(self, name: str, default: str = "") -> str:
        """Return the first query parameter called *name*."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    def params(self, name: str) -> list[str]:
        """Return every query parameter called *name*."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """One answer of a Kubernetes API server."""

    code: int
    """HTTP status, e.g. 200."""
    body: Any
    """JSON as Python objects, str for text/plain, bytes for what has a content type of its own."""
    content_type: str = "application/json"
    warnings: tuple[str, ...] = ()
    """Texts of `Warning: 299` headers."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers by lower-case name, e.g. `{"etag": '"5F1A"'}`."""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change as a watch streams it."""

    type: str
    """`ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`."""
    object: Obj
    """The object (or Table of one row, or Status)."""


@dataclass(frozen=True, slots=True)
class ExecRequest:
    """A command to run in a container (pods/exec) or, for attach, nothing to run."""

    namespace: str
    pod: str
    container: str
    """Empty: the pod's only or first container."""
    argv: tuple[str, ...]
    """Empty for attach."""
    stdin: bool = False
    tty: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Who asks, as a request's headers say it."""


@dataclass(frozen=True, slots=True)
class ForwardRequest:
    """One connection to a port of a pod (pods/portforward)."""

    namespace: str
    pod: str
    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Who asks, as a request's headers say it."""


class Document(dict[str, Any]):
    """A large JSON body that is the same for everyone; its bytes are made once, on first need.

    Whoever sends it asks `encoded`; in process it is the dict that it looks like. Never changed.
    """

    __slots__ = ("_encoded",)

    @property
    def encoded(self) -> bytes:
        """Return it as JSON."""
        try:
            return self._encoded
        except AttributeError:
            self._encoded: bytes = json.dumps(self, separators=(",", ":")).encode()
            return self._encoded
