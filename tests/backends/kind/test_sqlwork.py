"""What psql changes in a database's container, by its words, and when that counts as done."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sim.apimachinery.wire import ApiRequest, ApiResponse, ExecRequest
from sim.backends.kind.doors import Doors
from sim.backends.kind.sqlwork import Typed, roles_changed
from sim.evidence import ActionRecord, EvidenceLog
from sim.kernel import Environment

ALTER = "ALTER ROLE payments PASSWORD 'it''s; new'"
DONE = ("role/payments", "alter", "password: changed")


@pytest.mark.parametrize(
    ("argv", "changes"),
    [
        (["psql", "-U", "postgres", "-c", ALTER], [DONE]),
        (["/usr/bin/psql", f"--command={ALTER};"], [DONE]),
        (["psql", "-Upostgres", f"-c{ALTER}", "-c", "SELECT 1"], [DONE]),
        (["psql", "-c", f"SELECT 1; {ALTER}; ALTER USER ledger NOLOGIN"],
         [DONE, ("role/ledger", "alter", "nologin")]),
        (["sh", "-c", f'PGUSER=postgres psql -c "{ALTER}" | cat'], [DONE]),
        (["psql", "-c", "CREATE USER payments2 PASSWORD 'x'"],
         [("role/payments2", "create", "password: changed")]),
        (["psql", "-c", "ALTER ROLE payments"], []),
        (["psql", "-c", "ALTER ROLE payments PASSWORT 'x'"], []),
        (["psql", "-c", "select * from pg_stat_activity"], []),
        (["psql", "-c"], []),
        (["psql", "-U", "postgres"], []),
        (["sh", "-c", "sh -c 'sh -c ls'"], []),
        (["sh", "-c", "psql -c 'ALTER"], []),
        (["cat", "/etc/passwd"], []),
        ([], []),
    ],
)  # fmt: skip
def test_roles_changed(argv: list[str], changes: list[tuple[str, str, str]]) -> None:
    assert roles_changed(argv) == changes


@pytest.mark.parametrize(
    ("argv", "texts", "changes"),
    [
        (["psql", "-U", "postgres"], [ALTER, ";\n"], [[], [DONE]]),
        (["psql"], ["ALTER ROLE payments\n", "PASSWORD 'x';\n\\q\n"], [[], [DONE]]),
        (["psql"], ["select 1;\nALTER USER ledger NOLOGIN;\n"], [[("role/ledger", "alter", "nologin")]]),
        (["psql"], [*"ALTER ROLE payx", "\x7f", "ments PASSWORD 'x';", "\r"], [*[[]] * 17, [DONE]]),
        (["psql"], ["\\du\n", "ALTER ROLE payments\n", ";\n"], [[], [], []]),
        (["bash"], [f'psql -U postgres -c "{ALTER}"\n', "exit\n"], [[DONE], []]),
        (["bash"], ["psql -U postgres\n", f"{ALTER};\n"], [[], [DONE]]),
        (["psql", "-c", "select 1"], [f"{ALTER};\n"], [[]]),
        (["cat"], [f"{ALTER};\n"], [[]]),
        ([], [f"{ALTER};\n"], [[]]),
    ],
)  # fmt: skip
def test_what_is_typed(
    argv: list[str], texts: list[str], changes: list[list[tuple[str, str, str]]]
) -> None:
    typed = Typed(argv)
    assert [typed.more(text) for text in texts] == changes
    assert typed.more("", over=True) == []


def test_what_is_piped_needs_no_semicolon_at_its_end() -> None:
    typed = Typed(["psql"])
    assert typed.more(ALTER) == []
    assert typed.more("", over=True) == [DONE]


class Server:
    """Starts what it is told to, and knows one pod."""

    def __init__(self, code: int | None) -> None:
        self.program = SimpleNamespace(exit_code=None, poll=lambda: [("stdout", "ALTER ROLE\n")])
        self._code = code

    def send(self, request: ApiRequest) -> ApiResponse:
        pod = {"metadata": {"name": "postgres-1", "labels": {"app": "postgres"}}}
        return ApiResponse(200, pod)

    def exec(self, request: ExecRequest) -> Any:
        return self.program if self._code is not None else ApiResponse(403, {})

    def end(self) -> None:
        self.program.exit_code = self._code


@pytest.mark.parametrize(("code", "times"), [(0, 1), (1, 0), (None, 0)])
def test_it_is_a_deed_once_it_has_ended_well(code: int | None, times: int) -> None:
    server, log = Server(code), EvidenceLog()
    doors = Doors(server, Environment(), log)  # type: ignore[arg-type]
    doors.heed(lambda: (7, 3))
    started = doors.trainee.exec(ExecRequest("payments", "postgres-1", "", ("psql", "-c", ALTER)))
    if not isinstance(started, ApiResponse):
        assert started.exit_code is None
        assert started.poll() == [("stdout", "ALTER ROLE\n")]
        assert not len(log)
        server.end()
        assert (started.exit_code, started.exit_code) == (code, code)
    deed = ActionRecord(
        at=0,
        input=7,
        command=3,
        target="database:postgres/role/payments",
        verb="alter",
        detail="password: changed",
    )
    assert list(log) == [deed] * times
