"""Nothing that a fresh run shows gives the answer away, and what would is found."""

from __future__ import annotations

import pytest

from sim.scenario import Scenario
from sim.session.leaks import leaks, offered
from sim.session.run import Run


@pytest.fixture(scope="module")
def fresh(request: pytest.FixtureRequest) -> Run:
    from sim.scenario import Catalogue

    run = Run(Catalogue()["payments-0247"], 5)
    run.start()
    return run


def test_a_fresh_run_is_silent(fresh: Run) -> None:
    assert leaks(fresh) == []


def test_it_is_asked_for_everything_there_is(fresh: Run) -> None:
    where = [place for place, _ in offered(fresh)]

    scenario: Scenario = fresh.scenario
    assert {f"document {one.id}" for one in scenario.documents} <= set(where)
    assert {
        "panel people",
        "panel changes",
        "panel errors by node",
        "ticket list ticket_fix",
    } <= set(where)
    assert len(where) == len(set(where)) or where.count("alert firing") > 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see crashing-pods-share-node", "the id of a fact"),
        ("the role node.bad", "the name of a role"),
        ("call {app} now", "a role that was not filled in"),
        ("quarantine-node", "a class of mitigation"),
        (
            "One node cannot open new\nconnections to Service addresses.",
            "the hypothesis that is true",
        ),
        ("incident payments-0247", "the slug of a night that is drawn"),
        ("The 02:47 page (Kestrel)", "the title of a night that is drawn"),
        ("in players/senior.yaml", "the name of a file"),
    ],
)
def test_what_would_tell_is_found(fresh: Run, text: str, what: str) -> None:
    (told,) = leaks(fresh, iter([("here", text)]))

    assert told.startswith(f"here: {what}: ")


@pytest.mark.parametrize("text", ["payments-02471", "node.badly", "the credential", "a release"])
def test_what_only_looks_like_it_is_not(fresh: Run, text: str) -> None:
    assert leaks(fresh, iter([("here", text)])) == []
