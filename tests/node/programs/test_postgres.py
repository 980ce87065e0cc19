from __future__ import annotations

from .conftest import World

POSTGRES = "10.96.45.12"


def test_ready_over_the_service_or_not(world: World) -> None:
    ran = world.run(f"pg_isready -h {POSTGRES}", world.find(world.good, "database"))
    assert (ran.code, ran.out) == (0, f"{POSTGRES}:5432 - accepting connections\n")
    ran = world.run("pg_isready -h 10.96.99.9 -t 2", world.find(world.good, "database"))
    assert (ran.code, ran.took) == (2, 2_000)
    assert ran.out == "10.96.99.9:5432 - no response\n"


def test_psql_answers_what_needs_no_data(world: World) -> None:
    ran = world.run("psql -U postgres -c 'select 1'", world.find(world.good, "database"))
    assert ran.lines == [" ?column? ", "----------", "        1", "(1 row)", ""]
    assert world.run("psql -tAc 'SELECT 1;'", world.find(world.good, "database")).lines == ["1"]
    refused = world.run("psql -c 'select * from payments'", world.find(world.good, "database"))
    assert (refused.code, refused.out) == (1, "")
    assert "not modelled" in refused.err


def test_psql_says_why_it_cannot_connect(world: World) -> None:
    ran = world.run("psql -h 10.244.1.5 -c 'select 1'", world.find(world.good, "database"))
    assert ran.code == 2
    assert ran.err.splitlines() == [
        'psql: error: connection to server at "10.244.1.5", port 5432 failed: Connection refused',
        "\tIs the server running on that host and accepting TCP/IP connections?",
    ]


def test_psql_counts_the_sessions_that_the_network_has(world: World) -> None:
    database = world.find(world.good, "database")
    server = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    assert world.run(f'psql -tAc "{server}"', database).lines == ["1"]
    link = world.network.open(world.find(world.bad, "toolbox"), "10.244.1.19", 5432)
    assert world.run(f'psql -tAc "{server}"', database).lines == ["2"]
    grouped = (
        "SELECT state, count(*) FROM pg_stat_activity WHERE usename IS NOT NULL "
        "GROUP BY state ORDER BY count(*) DESC"
    )
    assert world.run(f'psql -c "{grouped}"', database).lines[:2] == [
        " state  | count ",
        "--------+-------",
    ]
    end = "select pg_terminate_backend(pid) from pg_stat_activity where client_addr is not null"
    assert world.run(f'psql -tAc "{end}"', database).lines == ["t"]
    assert link.lost.triggered or link.lost.processed
    assert world.run(f'psql -tAc "{server}"', database).lines == ["1"]


def test_psql_shows_settings_and_who_is_there(world: World) -> None:
    database = world.find(world.good, "database")
    assert world.run("psql -c 'SHOW max_connections'", database).lines == [
        " max_connections ",
        "-----------------",
        " 200",
        "(1 row)",
        "",
    ]
    line = "select setting from pg_settings where name = 'max_connections'"
    assert world.run(f'psql -tAc "{line}"', database).lines == ["200"]
    told = world.run(r"psql -U app shop -c '\conninfo'", database).out
    assert told == (
        'You are connected to database "shop" as user "app" via socket in "/var/run/postgresql"'
        ' at port "5432".\n'
    )
    refused = world.run("psql -c 'show nope'", database)
    assert refused.err == 'ERROR:  unrecognized configuration parameter "nope"\n'
    ran = world.run("psql -tA", database, stdin="select 1;\nselect\n 2;\n\\q\n")
    assert ran.lines == ["1", "2"]
