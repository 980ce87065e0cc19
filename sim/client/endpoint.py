"""Where a real API server is and how to show who asks, as a kubeconfig says it.

Nothing here sends anything. What it reads of a kubeconfig: the server, its authority, client
certificates, tokens and passwords. Credential plugins (`exec`) are not run: that would be a program
of somebody else's choice.
"""

from __future__ import annotations

import ssl
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
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
        return cls._merged([path], context)

    @classmethod
    def find(cls, context: str, environ: Mapping[str, str]) -> Endpoint:
        """Read *context* of the files that kubectl would read: `KUBECONFIG`'s, or the home's.

        Raises:
            KubeconfigError: if none of them is there, or something that is named is in none.
            OSError: if a file cannot be read.
        """
        listed = [Path(one) for one in environ.get("KUBECONFIG", "").split(":") if one]
        files = listed or [Path(environ.get("HOME", "")) / ".kube" / "config"]
        if not any(file.exists() for file in files):
            raise KubeconfigError(f"there is no kubeconfig at {', '.join(map(str, files))}")
        return cls._merged([file for file in files if file.exists()], context)

    @classmethod
    def _merged(cls, files: Sequence[Path], context: str) -> Endpoint:
        """Read *context* of *files* together; the first that names something wins."""
        configs = [(_read(file), file.parent) for file in files]
        current = next((c["current-context"] for c, _ in configs if c.get("current-context")), "")
        chosen, _ = _named(configs, "context", context or current)
        cluster, beside = _named(configs, "cluster", chosen.get("cluster", ""))
        server = str(cluster.get("server", "")).rstrip("/")
        namespace = chosen.get("namespace") or "default"
        if not server.startswith("https:"):
            return cls(server, namespace)
        user, folder = (
            _named(configs, "user", chosen["user"]) if chosen.get("user") else ({}, beside)
        )
        authority = _data(cluster, "certificate-authority", beside)
        return cls(
            server, namespace, _headers(user, folder), _tls(cluster, authority, user, folder)
        )


def _read(path: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML  # noqa: PLC0415 - 40 ms that only real clusters cost
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        config = YAML(typ="safe").load(path.read_text())
    except YAMLError as error:
        raise KubeconfigError(f"{path} is no kubeconfig") from error
    if not isinstance(config, dict):
        raise KubeconfigError(f"{path} is no kubeconfig")
    return config


def _named(
    configs: Sequence[tuple[Mapping[str, Any], Path]], kind: str, name: str
) -> tuple[Mapping[str, Any], Path]:
    """Return an entry and the folder of its file, from which its paths start."""
    for config, folder in configs:
        for one in config.get(f"{kind}s") or ():
            if one.get("name") == name:
                return one.get(kind) or {}, folder
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


def _tls(
    cluster: Mapping[str, Any], authority: str, user: Mapping[str, Any], folder: Path
) -> ssl.SSLContext:
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
