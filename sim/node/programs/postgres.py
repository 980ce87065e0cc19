"""pg_isready and psql, as far as an incident needs them: does a server accept, does it answer.

Texts are those of PostgreSQL 16's clients; this file must not know what a database holds.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import Proc, Running
from sim.node.programs.host import container_of, unix_ms
from sim.node.programs.nc import ERRORS
from sim.node.programs.options import Options, parse, waiting
from sim.node.programs.reach import dial, resolve, seconds

SOCKETS = "/var/run/postgresql"
READY_PATIENCE_S = "3"
QUERY_MS = 4
_LONG = (
    "host=", "port=", "username=", "dbname=", "command=", "timeout=", "quiet", "tuples-only",
    "no-align", "no-psqlrc", "no-password", "version",
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
    """Ask a server one of the questions that need no data."""
    options = parse(proc, "h:p:U:d:c:qtAXwWV", _LONG)
    if options.has("-V", "--version"):
        proc.print("psql (PostgreSQL) 16")
        return 0
    port = int(options.value("-p", "--port", default="5432"))
    host = options.value("-h", "--host")
    kind = yield from _reached(proc, host, port, None)
    if kind != "ok":
        proc.stderr.write(_unreached(host, port, kind))
        return 2
    yield proc.env.timeout(QUERY_MS)
    statements = options.values("-c", "--command")
    if not statements:
        proc.stderr.write("psql: only psql -c 'STATEMENT' is supported in this simulator\n")
        return 2
    for statement in statements:
        answer = _answer(proc, statement)
        if answer is None:
            proc.stderr.write(
                "psql: the data of the database is not modelled here;"
                " SELECT 1, now(), version() and pg_is_in_recovery() are answered\n"
            )
            return 1
        _print(proc, options, *answer)
    return 0


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


def _unreached(host: str, port: int, kind: str) -> str:
    if kind == "unknown":
        return (
            f'psql: error: could not translate host name "{host}" to address:'
            " Name or service not known\n"
        )
    if not host or host.startswith("/"):
        where = f'on socket "{host or SOCKETS}/.s.PGSQL.{port}"'
        return (
            f"psql: error: connection to server {where} failed: No such file or directory\n"
            "\tIs the server running locally and accepting connections on that socket?\n"
        )
    return (
        f'psql: error: connection to server at "{host}", port {port} failed: {ERRORS[kind]}\n'
        "\tIs the server running on that host and accepting TCP/IP connections?\n"
    )


def _answer(proc: Proc, statement: str) -> tuple[str, str] | None:
    """Return (column, value) of a statement that needs no data, None for any other."""
    words = " ".join(statement.lower().rstrip("; \n").split())
    if not words.startswith("select "):
        return None
    wanted = words.removeprefix("select ")
    if wanted.isdigit():
        return "?column?", wanted
    moment = unix_ms(proc)
    known = {
        "now()": ("now", _moment(proc, moment)),
        "current_timestamp": ("current_timestamp", _moment(proc, moment)),
        "version()": ("version", "PostgreSQL 16 on x86_64-pc-linux-gnu, 64-bit"),
        "pg_is_in_recovery()": ("pg_is_in_recovery", "f"),
    }
    return known.get(wanted)


def _moment(proc: Proc, unix: int) -> str:
    container = container_of(proc)
    assert container is not None, "psql comes in images only"
    moment = container.epoch.datetime(proc.env.now)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{unix % 1000:03d}+00"


def _print(proc: Proc, options: Options, column: str, value: str) -> None:
    bare = options.has("-t", "--tuples-only")
    if options.has("-A", "--no-align"):
        proc.print(*([value] if bare else [column, value, "(1 row)"]))
        return
    width = max(len(column), len(value))
    shown = f" {value:>{width}}" if value.isdigit() else f" {value}"
    if bare:
        proc.print(shown, "")
        return
    proc.print(f" {column:^{width}} ", "-" * (width + 2), shown, "(1 row)", "")
