"""Where psql connects to and as whom: options, variables, a connection string or a URI.

Order and names as in libpq's "Database Connection Control Functions". This file must not know networks.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from sim.bash.process import Proc
from sim.node.programs.options import Options

_URI = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^:@/]*)(?::(?P<password>[^@/]*))?@)?(?P<host>[^:/?]*)"
    r"(?::(?P<port>\d*))?(?:/(?P<dbname>[^?]*))?(?:\?(?P<more>.*))?"
)
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))")


class Target(NamedTuple):
    """One connection that is wanted."""

    host: str
    """Empty, or a directory, for a socket."""
    port: int
    user: str
    database: str
    password: str

    @property
    def local(self) -> bool:
        """True for a socket of the same place."""
        return not self.host or self.host.startswith("/")


def read_target(proc: Proc, options: Options) -> Target | str:
    """Return what psql's command line and environment ask for, or libpq's complaint."""
    environ = proc.environ
    operands = options.operands
    named = options.value("-d", "--dbname", default=operands[0] if operands else "")
    given: dict[str, str] = {}
    if "://" in named or "=" in named:
        parts = _parts(named)
        if isinstance(parts, str):
            return parts
        given, named = parts, ""

    def wanted(short: str, long: str, key: str, variable: str) -> str:
        return options.value(short, long) or given.get(key) or environ.get(variable, "")

    port = wanted("-p", "--port", "port", "PGPORT") or "5432"
    if not port.isdecimal():
        return f'invalid integer value "{port}" for connection option "port"'
    if not 0 < int(port) < 65_536:
        return f'invalid port number: "{port}"'
    second = operands[1] if len(operands) > 1 and not options.has("-U", "--username") else ""
    user = second or wanted("-U", "--username", "user", "PGUSER") or "postgres"
    database = named or given.get("dbname") or environ.get("PGDATABASE") or user
    host = wanted("-h", "--host", "host", "PGHOST")
    password = given.get("password") or environ.get("PGPASSWORD", "")
    return Target(host, int(port), user, database, password)


def _parts(text: str) -> dict[str, str] | str:
    if "://" in text:
        found = _URI.fullmatch(text)
        if found is None:
            return f'missing "=" after "{text}" in connection info string'
        told = {key: unquote(value) for key, value in found.groupdict().items() if value}
        more = told.pop("more", "")
        return told | dict(parse_qsl(more))
    parts: dict[str, str] = {}
    position = 0
    while text[position:].strip():
        pair = _PAIR.match(text, position)
        if pair is None:
            return f'missing "=" after "{text[position:].split(maxsplit=1)[0]}" in connection info string'
        parts[pair[1]] = pair[3] if pair[2] is None else re.sub(r"\\(.)", r"\1", pair[2])
        position = pair.end()
    return parts
