"""Where a real API server is and how to show who asks, as a kubeconfig says it.

Nothing here sends anything. What it reads of a kubeconfig: the server, its authority, client
certificates, tokens and passwords. Credential plugins (`exec`) are not run: that would be a program
of somebody else's choice.
"""

from __future__ import annotations

import ssl
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class KubeconfigError(ValueError):
    """A kubeconfig does not say what is needed; the message says which part."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One context of a kubeconfig."""

    server: str
    """`https://127.0.0.1:6443`, with a path if there is one."""
    namespace: str = "default"
    headers: Mapping[str, str] = field(default_factory=dict)
    """What proves who asks: `{"authorization": "Bearer ..."}`; empty with a client certificate."""
    tls: ssl.SSLContext | None = None
    """None for plain HTTP, over which no credentials are sent."""

    @classmethod
    def of(cls, path: Path, context: str = "") -> Endpoint:
        """Read *context* (default: the current one) of the file at *path*.

        Raises:
            KubeconfigError: if something that it names is not there.
            OSError: if a file cannot be read.
        """
        from ruamel.yaml import YAML  # noqa: PLC0415 - 40 ms that only real clusters cost

        config = YAML(typ="safe").load(path.read_text())
        if not isinstance(config, dict):
            raise KubeconfigError(f"{path} is no kubeconfig")
        name = context or config.get("current-context") or ""
        chosen = _named(config, "context", name)
        cluster = _named(config, "cluster", chosen.get("cluster", ""))
        user = _named(config, "user", chosen["user"]) if chosen.get("user") else {}
        server = str(cluster.get("server", "")).rstrip("/")
        namespace = chosen.get("namespace") or "default"
        if not server.startswith("https:"):
            return cls(server, namespace)
        folder = path.parent
        return cls(server, namespace, _headers(user, folder), _tls(cluster, user, folder))


def _named(config: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    for one in config.get(f"{kind}s") or ():
        if one.get("name") == name:
            return one.get(kind) or {}
    raise KubeconfigError(f"there is no {kind} {name!r} in the kubeconfig")


def _data(record: Mapping[str, Any], name: str, folder: Path) -> str:
    """Return a PEM that stands in the file, or in one that it names; empty if neither."""
    if inline := record.get(f"{name}-data"):
        return b64decode(inline).decode()
    return (folder / record[name]).read_text() if record.get(name) else ""


def _headers(user: Mapping[str, Any], folder: Path) -> dict[str, str]:
    if user.get("exec") or user.get("auth-provider"):
        raise KubeconfigError("credential plugins (exec, auth-provider) are not run")
    token = user.get("token") or ""
    if not token and user.get("tokenFile"):
        token = (folder / user["tokenFile"]).read_text().strip()
    if token:
        return {"authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}"
        return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return {}


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    authority = _data(cluster, "certificate-authority", folder)
    tls = ssl.create_default_context(cadata=authority or None)
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    certificate, key = _data(user, "client-certificate", folder), _data(user, "client-key", folder)
    if certificate and key:
        # The standard library reads a certificate from a file only.
        with tempfile.NamedTemporaryFile("w") as both:
            both.write(f"{certificate}\n{key}")
            both.flush()
            tls.load_cert_chain(both.name)
    return tls
