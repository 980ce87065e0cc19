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
