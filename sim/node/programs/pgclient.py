"""psql's conversation: statements, backslash commands, the prompt, and how answers are printed.

This file must not know where answers come from.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from sim.bash.process import Proc, Running
from sim.node.programs.options import Options
from sim.node.programs.pgroles import is_about_roles, split_statements
from sim.node.programs.pgserver import Server
from sim.node.programs.sql import NotSupported, Result, SqlError, Value, select, show

NOT_HERE = (
    "psql: the data of the database is not modelled here; pg_stat_activity, pg_settings, pg_locks,"
    " pg_database, pg_roles, pg_hba_file_rules, SHOW, now(), version() and CREATE, ALTER, DROP of roles"
    " are answered\n"
)
_TAGS = {
    "begin": "BEGIN", "commit": "COMMIT", "end": "COMMIT", "rollback": "ROLLBACK", "set": "SET",
    "reset": "RESET", "discard": "DISCARD ALL",
}  # fmt: skip
_DATA = ("insert", "update", "delete", "create", "drop", "alter", "truncate", "vacuum", "copy", "grant",
         "revoke", "explain", "analyze", "with", "reindex", "cluster", "lock", "do", "listen")  # fmt: skip


class Client:
    """One psql."""

    def __init__(
        self, proc: Proc, server: Server, host: str, address: str, port: int, options: Options
    ) -> None:
        """Talk to *server* on *host*, which has *address*; on a socket there is none."""
        self._proc = proc
        self._server = server
        self._where = (host, port)
        self._address = address
        self._bare = options.has("-t", "--tuples-only")
        self._aligned = not options.has("-A", "--no-align")
        self._expanded = options.has("-x", "--expanded")
        self._separator = options.value("-F", "--field-separator", default="|")
        self._over = False

    def run(self, text: str) -> int:
        """Run statements; return psql's exit code."""
        code = 0
        if text.lstrip().startswith("\\"):
            return self._command(text.strip())
        for statement in split_statements(text):
            code = self._statement(statement)
            if code:
                return code
        return code

    def converse(self) -> Running:
        """Read statements from standard input, with a prompt on a terminal."""
        proc, server = self._proc, self._server
        if proc.tty:
            proc.print(f"psql ({server.version} (Debian {server.version}-1.pgdg120+1))",
                       'Type "help" for help.', "")  # fmt: skip
        held, code = "", 0
        while not self._over:
            if proc.tty:
                sign = "#" if server.superuser else ">"
                proc.stdout.write(f"{server.database}{'-' if held else '='}{sign} ")
            line = yield from proc.stdin.readline()
            if line is None:
                if proc.tty:
                    proc.print("\\q")
                break
            word = line.strip()
            if not held and word.lower() in ("exit", "quit", "help"):
                if word.lower() == "help":
                    proc.print("You are using psql, the command-line interface to PostgreSQL.",
                               "Type:  \\q to quit, \\l to list databases, \\conninfo, \\x, \\du")  # fmt: skip
                    continue
                break
            if not held and word.startswith("\\"):
                self._command(word)
                continue
            held = f"{held}\n{line}" if held else line
            if held.rstrip().endswith(";") or not held.strip():
                code = self.run(held)
                held = ""
        return 0 if proc.tty or not code else code

    def _show(self, result: Result, *, title: str = "", footer: bool = True) -> None:
        text = show(result, bare=self._bare, aligned=self._aligned, expanded=self._expanded,
                    separator=self._separator, footer=footer)  # fmt: skip
        if title and self._aligned and not self._bare:
            width = len(text.split("\n", 1)[0])
            text = f"{title:^{width}}".rstrip() + "\n" + text
        self._proc.stdout.write(text)

    def _statement(self, statement: str) -> int:
        try:
            self._answer(statement)
        except NotSupported:
            self._proc.stderr.write(NOT_HERE)
            return 1
        except SqlError as problem:
            self._proc.stderr.write(f"ERROR:  {problem}\n")
            return 1
        return 0

    def _answer(self, sent: str) -> None:
        if is_about_roles(sent):
            self._proc.print(self._server.change_roles(sent))
            return
        statement = sent.rstrip("; \n\t")
        words = statement.split()
        first = words[0].lower()
        if first in _TAGS:
            self._proc.print(_TAGS[first])
        elif first == "show" and len(words) == 2:
            self._setting(words[1].lower())
        elif first == "select":
            self._show(self._select(" ".join(words)))
        elif first in _DATA:
            raise NotSupported
        else:
            where = f"LINE 1: {statement}\n        ^"
            raise SqlError(f'syntax error at or near "{words[0]}"\n{where}')

    def _setting(self, name: str) -> None:
        if name == "all":
            rows: list[list[Value]] = [
                [str(one["name"]), str(one["setting"])] for one in self._server.settings()
            ]
            self._show(Result(["name", "setting"], rows))
            return
        value = self._server.setting(name)
        if value is None:
            raise SqlError(f'unrecognized configuration parameter "{name}"')
        self._show(Result([name], [[value]]))

    def _select(self, text: str) -> Result:
        ended: list[int] = []

        def end(pid: Value) -> Value:
            if not isinstance(pid, int):
                return None
            ended.append(pid)
            return True

        functions = {
            "pg_terminate_backend": end,
            "pg_cancel_backend": lambda pid: isinstance(pid, int),
            "pg_backend_pid": lambda _: self._server.own_pid(),
            "current_database": lambda _: self._server.database,
            "pg_size_pretty": lambda value: (
                f"{int(str(value)) // 1024} kB" if value is not None else None
            ),
        }
        if re.search(r"\sfrom\s", text, re.IGNORECASE):
            result = select(text, self._server.tables(), functions)
        else:
            result = self._without_table(text.partition(" ")[2], end)
        if ended:
            self._server.terminate(ended)
        return result

    def _without_table(self, text: str, end: object) -> Result:
        server, now = self._server, self._now()
        wanted = " ".join(text.lower().split())
        version = (
            f"PostgreSQL {server.version} (Debian {server.version}-1.pgdg120+1) on x86_64-pc-linux-gnu, "
            "compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit"
        )
        known: dict[str, tuple[str, Value]] = {
            "now()": ("now", now), "current_timestamp": ("current_timestamp", now),
            "version()": ("version", version), "pg_is_in_recovery()": ("pg_is_in_recovery", False),
            "current_user": ("current_user", server.user), "current_database()": ("current_database", server.database),
            "pg_backend_pid()": ("pg_backend_pid", server.own_pid()),
            "inet_server_port()": ("inet_server_port", self._where[1]),
        }  # fmt: skip
        if wanted in known:
            name, value = known[wanted]
            return Result([name], [[value]])
        if wanted.isdecimal():
            return Result(["?column?"], [[int(wanted[:18])]])
        quoted = re.fullmatch(r"'([^']*)'", text.strip())
        if quoted is not None:
            return Result(["?column?"], [[quoted[1]]])
        call = re.fullmatch(r"pg_(terminate|cancel)_backend\((\d{1,9})\)", wanted)
        if call is not None:
            pids = {one["pid"] for one in server.activity()}
            done = int(call[2]) in pids
            if not done:
                self._proc.stderr.write(
                    f"WARNING:  PID {call[2]} is not a PostgreSQL backend process\n"
                )
            elif call[1] == "terminate" and callable(end):
                end(int(call[2]))
            return Result([f"pg_{call[1]}_backend"], [[done]])
        raise NotSupported

    def _now(self) -> str:
        machine = self._proc.host.machine
        moment = machine.epoch.datetime(self._proc.env.now)
        return f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3] + "+00"

    def _command(self, text: str) -> int:
        words = text.split()
        name, server = words[0].rstrip(";"), self._server
        if name in ("\\q", "\\quit"):
            self._over = True
        elif name == "\\x":
            self._expanded = not self._expanded
            self._proc.print(f"Expanded display is {'on' if self._expanded else 'off'}.")
        elif name == "\\t":
            self._bare = not self._bare
            self._proc.print(f"Tuples only is {'on' if self._bare else 'off'}.")
        elif name == "\\conninfo":
            host, port = self._where
            also = f' (address "{self._address}")' if self._address not in ("", host) else ""
            way = f'via socket in "{host}"' if host.startswith("/") else f'on host "{host}"{also}'
            self._proc.print(
                f'You are connected to database "{server.database}" as user "{server.user}" {way} at port "{port}".'
            )
        elif name in ("\\l", "\\l+", "\\list"):
            rows: list[list[Value]] = [
                [one, "postgres", "UTF8", "libc", "en_US.utf8", "en_US.utf8", None, None, None]
                for one in server.databases()
            ]
            titles = ["Name", "Owner", "Encoding", "Locale Provider", "Collate", "Ctype", "ICU Locale",
                      "ICU Rules", "Access privileges"]  # fmt: skip
            self._show(Result(titles, rows), title="List of databases")
        elif name in ("\\du", "\\dg", "\\du+"):
            wanted = words[1].strip('"').rstrip(";") if len(words) > 1 else ""
            roles: list[list[Value]] = [
                [one, server.attributes(one)]
                for one in server.roles()
                if fnmatchcase(one, wanted or "*")
            ]
            told = Result(["Role name", "Attributes"], roles)
            self._show(told, title="List of roles", footer=False)
        elif name in ("\\dt", "\\d", "\\dt+", "\\dn", "\\di", "\\df"):
            self._proc.stderr.write(NOT_HERE)
            return 1
        elif name in (
            "\\password",
            "\\timing",
            "\\pset",
            "\\set",
            "\\c",
            "\\e",
            "\\i",
            "\\watch",
            "\\copy",
            "\\h",
            "\\?",
            "\\!",
        ):
            self._proc.stderr.write(f"psql: {name} is not supported in this simulator\n")
            return 1
        else:
            self._proc.stderr.write(f"invalid command {name}\nTry \\? for help.\n")
            return 1
        return 0
