"""Two tools for a person in a container whose image has no others: a statement to the database, a page.

They are named for what they are, not after the tools that they stand for. This file must not know any program.
"""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.error
import urllib.request

from sim.workload import pgwire
from sim.workload.database import SOCKET_DIRECTORY
from sim.workload.dialling import hang_up

USAGE_SQL = "usage: python -m sim.workload sql STATEMENT (over the socket, as postgres)\n"
USAGE_GET = "usage: python -m sim.workload get URL\n"


def sql(arguments: list[str]) -> int:
    """Send one statement over the socket in this container and print what comes back."""
    if len(arguments) != 1:
        sys.stderr.write(USAGE_SQL)
        return 2
    environ = os.environ
    path = f"{environ.get('PGHOST', SOCKET_DIRECTORY)}/.s.PGSQL.{environ.get('PGPORT', '5432')}"
    try:
        return asyncio.run(_sql(path, arguments[0]))
    except (OSError, asyncio.IncompleteReadError) as error:
        sys.stderr.write(f"{path}: {getattr(error, 'strerror', None) or error}\n")
        return 2


async def _sql(path: str, statement: str) -> int:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(pgwire.startup(os.environ.get("PGUSER", "postgres"), "postgres"))
    asked, code = False, 0
    while True:
        message = await pgwire.read(reader)
        if message.kind == "E":
            told = pgwire.problem_of(message.body)
            sys.stderr.write(f"{told.severity}:  {told.message}\n")
            code = 1
            if not asked:
                return 2
        elif message.kind == "D":
            sys.stdout.write("|".join(pgwire.cells_of(message.body)) + "\n")
        elif message.kind == "C":
            sys.stdout.write(message.body.rstrip(b"\0").decode() + "\n")
        elif message.kind == "Z":
            if asked:
                hang_up(writer)
                return code
            asked = True
            writer.write(pgwire.packed("Q", statement.encode() + b"\0"))


def get(arguments: list[str]) -> int:
    """Fetch a page and print it."""
    if len(arguments) != 1 or not arguments[0].startswith(("http://", "https://")):
        sys.stderr.write(USAGE_GET)
        return 2
    try:
        with urllib.request.urlopen(arguments[0], timeout=10) as answer:
            sys.stdout.write(answer.read().decode(errors="replace"))
            return 0
    except urllib.error.HTTPError as error:
        sys.stdout.write(error.read().decode(errors="replace"))
        sys.stderr.write(f"HTTP {error.code}\n")
        return 1
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{getattr(error, 'reason', error)}\n")
        return 1
