"""What opens one run to clients outside: its secret, and the kubeconfig that carries it.

A secret is derived, never stored: whoever has the server's key can make it again and check it.
Nothing here opens a run or knows how it is served.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

_PURPOSE = b"uncordon kubeconfig\0"
"""Keeps these secrets apart from whatever else the server's key signs."""
_DIGITS = 40
"""Hexadecimal digits of a secret after the run's id: 160 bits."""


def secret_of(key: bytes, run: str) -> str:
    """Return the secret of *run*: its id, a hyphen, and a proof that only *key* can make."""
    proof = hmac.new(key, _PURPOSE + run.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
    return f"{run}-{proof}"


def run_of(key: bytes, secret: str) -> str | None:
    """Return the run that *secret* opens, None if it was not made with *key*; in constant time."""
    run, _, _ = secret.rpartition("-")
    expected = secret_of(key, run).encode()
    return run if hmac.compare_digest(expected, secret.encode("utf-8", "replace")) else None


def kubeconfig(
    server: str,
    *,
    name: str = "uncordon",
    token: str = "",
    authority: bytes = b"",
    namespace: str = "default",
) -> str:
    """Return a kubeconfig file that opens *server*.

    With TLS, *token* is the bearer token and *authority* the certificate (PEM) to trust; without,
    the secret is in *server*'s path, since clients send no token over plain HTTP.
    """
    cluster: dict[str, Any] = {"server": server}
    if authority:
        cluster["certificate-authority-data"] = b64encode(authority).decode()
    file: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token} if token else {}}],
        "contexts": [
            {"name": name, "context": {"cluster": name, "namespace": namespace, "user": name}}
        ],
        "current-context": name,
        "preferences": {},
    }
    return _yaml(file)


def _yaml(value: Any, indent: str = "") -> str:
    """Return *value* as YAML; texts are quoted as JSON, which every YAML reader takes."""
    lines = []
    for key, one in value.items():
        if isinstance(one, dict) and one:
            lines.append(f"{indent}{key}:\n{_yaml(one, indent + '  ')}")
        elif isinstance(one, list):
            lines.append(f"{indent}{key}:\n")
            for part in one:
                inner = _yaml(part, indent + "  ")
                lines.append(f"{indent}- {inner[len(indent) + 2 :]}")
        else:
            plain = isinstance(one, str) and one.isalnum() and not one.isdecimal()
            lines.append(f"{indent}{key}: {one if plain else json.dumps(one)}\n")
    return "".join(lines)
