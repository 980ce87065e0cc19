"""What one asks a server about its sessions, in a small part of SQL."""

from __future__ import annotations

import pytest

from sim.workload.selecting import NoColumn, NotKnown, select

ACTIVITY = [
    {"pid": "31", "usename": "payments", "client_addr": "10.0.0.7", "state": "idle"},
    {"pid": "7", "usename": "payments", "client_addr": "10.0.0.8", "state": "idle"},
    {"pid": "112", "usename": "postgres", "client_addr": "", "state": "active"},
]
COLUMNS = ("pid", "usename", "client_addr", "state")


def ask(words: str) -> tuple[list[str], list[list[str]]]:
    views = {"pg_stat_activity": ACTIVITY, "pg_empty": []}
    return select(words, views, {"pg_stat_activity": COLUMNS, "pg_empty": ("a",)})


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("select pid from pg_stat_activity order by pid", [["7"], ["31"], ["112"]]),
        ("SELECT usename, pid FROM pg_catalog.pg_stat_activity WHERE client_addr IS NULL",
         [["postgres", "112"]]),
        ("select usename, count(*), min(pid) from pg_stat_activity group by 1 order by 2 desc",
         [["payments", "2", "7"], ["postgres", "1", "112"]]),
        ("select count(*) from pg_stat_activity where usename = 'payments' and state<>'idle'",
         [["0"]]),
        ("select count(client_addr) from pg_stat_activity where usename is not null", [["2"]]),
        ("table pg_stat_activity limit 1", [["31", "payments", "10.0.0.7", "idle"]]),
        ("select * from pg_empty", []),
        ("select count(*) from pg_empty", [["0"]]),
    ],
)  # fmt: skip
def test_rows(words: str, rows: list[list[str]]) -> None:
    assert ask(words)[1] == rows


def test_columns_have_their_names() -> None:
    assert ask("select usename, count(*) from pg_stat_activity group by usename")[0] == [
        "usename",
        "count",
    ]
    assert ask("select * from pg_stat_activity")[0] == list(COLUMNS)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("select 1 + 1", NotKnown),
        ("select count(*) from orders", NotKnown),
        ("select pid from pg_stat_activity where pid like '1'", NotKnown),
        ("select pid, count(*) from pg_stat_activity", NotKnown),
        ("select pid from pg_stat_activity group by 7", NotKnown),
        ("select foo from pg_stat_activity", NoColumn),
        ("select pid from pg_stat_activity where foo = '1'", NoColumn),
    ],
)
def test_what_is_not_answered(words: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(words)
