"""pg_isready and psql: does a server accept, does it answer. Texts are those of PostgreSQL 16's clients.

This file must not know what a database holds.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.node.programs.host import container_of, machine_of
from sim.node.programs.nc import ERRORS
from sim.node.programs.options import Options, parse, waiting
from sim.node.programs.pgclient import Client
from sim.node.programs.pgserver import Server
from sim.node.programs.pgtarget import Target, read_target
from sim.node.programs.reach import dial, resolve, seconds

SOCKETS = "/var/run/postgresql"
READY_PATIENCE_S = "3"
QUERY_MS = 4
_LONG = (
    "host=", "port=", "username=", "dbname=", "command=", "timeout=", "quiet", "tuples-only",
    "no-align", "no-psqlrc", "no-password", "version", "expanded", "list", "file=", "set=", "pset=",
    "field-separator=", "csv", "echo-all", "single-transaction",
)  # fmt: skip


@waiting(3)
def pg_isready(proc: Proc) -> Running:
    """Say whether a server accepts connections."""
    options = parse(proc, "h:p:U:d:t:qV", _LONG)
    port = int(options.value("-p", "--port", default="5432"))
    host = options.value("-h", "--host")
    limit = seconds(options.value("-t", "--timeout", default=READY_PATIENCE_S))
    kind = yield from _reached(proc, host, port, limit)
    told = {"ok": "accepting connections"}.get(kind, "no response")
    if not options.has("-q", "--quiet"):
        proc.print(f"{host or SOCKETS}:{port} - {told}")
    return 0 if kind == "ok" else 2


@waiting(2)
def psql(proc: Proc) -> Running:
    """Ask a server about itself, by -c, from standard input or at a prompt."""
    options = parse(proc, "h:p:U:d:c:f:v:P:F:qtAXwWVxlEae1", _LONG)
    if options.has("-V", "--version"):
        proc.print("psql (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)")
        return 0
    target = read_target(proc, options)
    if isinstance(target, str):
        proc.stderr.write(f"psql: error: {target}\n")
        return 2
    host, port = target.host, target.port
    kind = yield from _reached(proc, host, port, None)
    if kind != "ok":
        proc.stderr.write(_unreached(proc, host, port, kind))
        return 2
    yield proc.env.timeout(QUERY_MS)
    server = _server(proc, target)
    refused = yield from _logging_in(proc, server, target, options)
    if refused:
        place = _place(proc, host, port)
        proc.stderr.write(f"psql: error: connection to server {place} failed: {refused}\n")
        return 2
    address = "" if target.local else resolve(proc, host) or host
    client = Client(proc, server, host or SOCKETS, address, port, options)
    if options.has("-l", "--list"):
        return client.run("\\l")
    statements = options.values("-c", "--command")
    if options.has("-f", "--file"):
        statements = [proc.files.read(proc.path(options.value("-f", "--file")))]
    code = 0
    for statement in statements:
        code = client.run(statement)
        if code:
            return code
    if statements:
        return code
    return (yield from client.converse())


def _server(proc: Proc, target: Target) -> Server:
    container = container_of(proc)
    if not target.local:
        machine = machine_of(proc)
        ip = resolve(proc, target.host) or target.host
        found = machine.network.connect(proc.host, ip, target.port)
        container = found.container or container
    assert container is not None, "psql comes in images only"
    return Server(container, target.database, target.user)


def _logging_in(
    proc: Proc, server: Server, target: Target, options: Options
) -> Generator[simpy.Event, Any, str]:
    """Log in, asking for a password where one is needed; return why it failed, empty if it did not."""
    ip = "" if target.local else resolve(proc, target.host) or target.host
    password: str | None = None
    if ip and not ip.startswith("127."):
        password = target.password
        if not password and server.wants_password and not options.has("-w", "--no-password"):
            prompt = proc.stdout if proc.tty else proc.stderr
            prompt.write(f"Password for user {target.user}: ")
            password = ((yield from proc.stdin.readline()) or "").rstrip("\n")
            prompt.write("\n")
        if not password and server.wants_password:
            return "fe_sendauth: no password supplied"
    refusal = server.let_in(password)
    return f"FATAL:  {refusal.message}" if refusal is not None else ""


def _reached(
    proc: Proc, host: str, port: int, limit: int | None
) -> Generator[simpy.Event, Any, str]:
    """Return how a connection ends: `ok`, an error's name, or `unknown` for a bad host name."""
    if not host or host.startswith("/"):
        proc.asked()
        container = container_of(proc)
        served = container is not None and container.behaviour.listening(port)
        return "ok" if served else "unreachable"
    ip = resolve(proc, host)
    if ip is None:
        return "unknown"
    done = yield from dial(proc, ip, port, limit_ms=limit)
    return done.result.kind


def _place(proc: Proc, host: str, port: int) -> str:
    """Return where a server is, as libpq names it."""
    if not host or host.startswith("/"):
        return f'on socket "{host or SOCKETS}/.s.PGSQL.{port}"'
    ip = resolve(proc, host) or host
    return f'at "{host}"{f" ({ip})" if ip != host else ""}, port {port}'


def _unreached(proc: Proc, host: str, port: int, kind: str) -> str:
    if kind == "unknown":
        return (
            f'psql: error: could not translate host name "{host}" to address:'
            " Name or service not known\n"
        )
    place = _place(proc, host, port)
    if not host or host.startswith("/"):
        return (
            f"psql: error: connection to server {place} failed: No such file or directory\n"
            "\tIs the server running locally and accepting connections on that socket?\n"
        )
    return (
        f"psql: error: connection to server {place} failed: {ERRORS[kind]}\n"
        "\tIs the server running on that host and accepting TCP/IP connections?\n"
    )
