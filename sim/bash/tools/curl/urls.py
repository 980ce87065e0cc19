"""URLs as curl takes them apart.

It must not know what is transferred.
"""

from __future__ import annotations

from dataclasses import dataclass

_PORTS = {"http": 80, "https": 443, "ftp": 21}
SCHEMES = ("http", "https")
"""What can be transferred here."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL, taken apart."""

    scheme: str
    host: str
    port: int
    path: str
    """Path and query."""
    user: str = ""
    """`name:password`, if it was written."""

    @property
    def authority(self) -> str:
        """Return what the Host header says: the port only if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """Return it in one piece."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def file(self) -> str:
        """Return the last part of the path, without the query."""
        return self.path.partition("?")[0].rpartition("/")[2]

    def joined(self, location: str) -> Url | None:
        """Return where a redirect to *location* leads."""
        if "://" in location:
            return parse_url(location)
        if location.startswith("//"):
            return parse_url(f"{self.scheme}:{location}")
        if location.startswith("/"):
            return Url(self.scheme, self.host, self.port, location, self.user)
        base = self.path.partition("?")[0].rpartition("/")[0]
        return Url(self.scheme, self.host, self.port, f"{base}/{location}", self.user)


def parse_url(text: str) -> Url | None:
    """Return *text* taken apart, http assumed; None if it is not a URL."""
    scheme, colon, rest = text.partition("://")
    if not colon:
        scheme, rest = "http", text
    rest = rest.partition("#")[0]
    cut = min((rest.find(sign) for sign in "/?" if sign in rest), default=len(rest))
    authority, path = rest[:cut], rest[cut:]
    if path.startswith("?"):
        path = f"/{path}"
    user, _, authority = authority.rpartition("@")
    if authority.startswith("["):
        host, bracket, number = authority[1:].partition("]")
        if not bracket or (number and not number.startswith(":")):
            return None
        number = number[1:]
    else:
        host, _, number = authority.partition(":")
    if not host or any(char.isspace() for char in text) or (number and not number.isdecimal()):
        return None
    scheme = scheme.lower()
    port = int(number) if number else _PORTS.get(scheme, 80)
    if port > 65535:
        return None
    return Url(scheme, host, port, path or "/", user)
