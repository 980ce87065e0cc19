"""Who may log in to the database stand-in, with what, and what is kept of it between two servers.

A password may be given as a SCRAM verifier (RFC 5803), as psql sends it. This file must not know the wire.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

FILE = "uncordon.json"
SUPERUSER = "postgres"


@dataclass(slots=True)
class Role:
    """Somebody."""

    name: str
    password: str | None = None
    """As it was given; None: may not log in over the network."""
    login: bool = True
    superuser: bool = False

    def fits(self, password: str) -> bool:
        """Return whether *password* is the right one."""
        if self.password is None:
            return False
        if self.password.startswith("SCRAM-SHA-256$"):
            return _fits_verifier(self.password, password)
        return hmac.compare_digest(self.password.encode(), password.encode())


class Roles:
    """All roles of a server, on its volume if it has one."""

    def __init__(self, directory: str, users: Sequence[Any], token: str) -> None:
        """Read what a server before left in *directory*, unless it was of another *token*.

        Without such: *users* (`name`, `password`, `superuser`); if there are none, anybody may log in.
        """
        self._path = os.path.join(directory, FILE) if directory else ""
        self._token = token
        self.open = not users
        self.closed_at = ""
        """When the server before was shut down, in its log's words; empty: it was not."""
        self.used = False
        """A server has had this volume before."""
        kept = self._kept()
        roles = (
            [Role(**one) for one in kept["roles"]]
            if kept
            else [
                Role(one["name"], one.get("password"), True, bool(one.get("superuser")))
                for one in users
            ]
        )
        self.by_name = {one.name: one for one in (Role(SUPERUSER, superuser=True), *roles)}
        if kept:
            self.used, self.closed_at = True, kept["closed_at"]
        self.keep(closed_at="")

    def keep(self, *, closed_at: str) -> None:
        """Write everything down; without a volume that can be written nothing is kept."""
        if not self._path:
            return
        told = {
            "token": self._token,
            "closed_at": closed_at,
            "roles": [asdict(one) for one in self.by_name.values()],
        }
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            with open(f"{self._path}.new", "w", encoding="utf-8") as file:
                json.dump(told, file)
            os.replace(f"{self._path}.new", self._path)
        except OSError:
            self._path = ""

    def _kept(self) -> dict[str, Any] | None:
        try:
            with open(self._path, encoding="utf-8") as file:
                kept = json.load(file)
        except (OSError, ValueError):
            return None
        fits = isinstance(kept, dict) and kept.get("token") == self._token
        return kept if fits else None


def _fits_verifier(verifier: str, password: str) -> bool:
    try:
        _, costs, keys = verifier.split("$")
        rounds, salt = costs.split(":")
        stored = base64.b64decode(keys.split(":")[0])
        salted = hashlib.pbkdf2_hmac(
            "sha256", password.encode(), base64.b64decode(salt), int(rounds)
        )
    except ValueError:
        return False
    client = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hashlib.sha256(client).digest(), stored)
