"""The roles of one PostgreSQL server: who may log in, and with which password since when.

They belong to the server's data, so they outlive its processes. This file must not know SQL, logs
or connections.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.kernel import Stream

ITERATIONS = 4096
"""scram_iterations' default."""
SCRAM = "SCRAM-SHA-256$"
_VERIFIER = re.compile(
    rf"SCRAM-SHA-256\${ITERATIONS}:(?P<salt>[A-Za-z0-9+/]{{22}}==)"
    r"\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}="
)
"""What counts as a stored form; anything else that is given is a plain password."""


@dataclass(slots=True)
class Role:
    """One role."""

    name: str
    superuser: bool = False
    login: bool = True
    valid_until: str = ""
    """As VALID UNTIL gave it; only `infinity` is known."""
    passwords: list[tuple[int, str | None]] = field(default_factory=list)
    """(since when in simulated ms, plain text or SCRAM verifier or none), oldest first."""

    def password(self, at: int | None = None) -> str | None:
        """Return the password that counted at *at*; None for the newest."""
        known = [one for since, one in self.passwords if at is None or since <= at]
        return known[-1] if known else None


class Roles:
    """Every role of a server."""

    def __init__(self, roles: Iterable[Role] = (), *, stream: Stream | None = None) -> None:
        """Know *roles* beside `postgres`; with none of them anybody may log in with any password."""
        self._known = {one.name: one for one in roles}
        self.open = not self._known
        """True where nobody has described who may log in."""
        self._known.setdefault("postgres", Role("postgres", superuser=True))
        self._stream = stream or Stream("roles")

    def names(self) -> list[str]:
        """Return the names in order."""
        return sorted(self._known)

    def get(self, name: str) -> Role | None:
        """Return a role, None if there is none."""
        return self._known.get(name)

    def add(self, role: Role) -> None:
        """Create *role*."""
        self._known[role.name] = role

    def drop(self, name: str) -> None:
        """Forget a role."""
        del self._known[name]

    def set_password(self, name: str, password: str | None, at: int) -> None:
        """Let *password* (plain text, a SCRAM verifier, or none) count for *name* from *at* on."""
        role = self._known[name]
        role.passwords = sorted([*role.passwords, (at, password)], key=lambda one: one[0])

    def fits(self, name: str, password: str, at: int | None = None) -> bool:
        """Return whether *password* is that of *name* now, or was at *at*."""
        role = self._known.get(name)
        held = role.password(at) if role is not None else None
        if held is None:
            return False
        stored = _VERIFIER.fullmatch(held)
        if stored is None:
            return held == password
        return held == scram_verifier(password, b64decode(stored["salt"]))

    def verifier(self, name: str) -> str | None:
        """Return what pg_authid holds for *name*."""
        role = self._known[name]
        held = role.password()
        if held is None or _VERIFIER.fullmatch(held):
            return held
        return self.verifier_of(held, name, role.passwords[-1][0])

    def verifier_of(self, password: str, name: str, at: int) -> str:
        """Return what a client makes of *password* before it sends it for *name* at *at*."""
        salt = bytes.fromhex(self._stream.at("salt", name, at).hex(32))
        return scram_verifier(password, salt)


def scram_verifier(password: str, salt: bytes) -> str:
    """Return the stored form of a password (RFC 5803, as PostgreSQL writes it).

    >>> scram_verifier("pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))[:48]
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d'
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    stored, told = b64encode(hashlib.sha256(client).digest()), b64encode(server)
    return f"{SCRAM}{ITERATIONS}:{b64encode(salt).decode()}${stored.decode()}:{told.decode()}"
