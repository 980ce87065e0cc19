"""Diagnosis: structured picks after recovery, each with a quote of what was on the screen."""

import pytest

from tests.scoring.evening import PICKS, UNTOUCHED, Evening

PROOF = {
    "component": "rules-sparse",
    "failure": "proxy-oom-killed",
    "trigger": "services-grew-last-week",
    "mechanism": "proxy-limit-128",
    "scope": "crashing-pods-share-node",
}


def diagnosed(curve=None, *, at: float = 20, **given) -> Evening:
    evening = Evening() if curve is None else Evening(curve)
    cite = {pick: [evening.look(10, fact)] for pick, fact in PROOF.items()}
    evening.close(at, **{"cite": cite, **given})
    return evening


def got(evening: Evening) -> list[float]:
    return [part.points for part in evening.finding("diagnosis").parts]


def test_right_picks_with_their_proof_earn_all():
    assert got(diagnosed()) == [3, 1, 1, 4, 4]


@pytest.mark.parametrize("pick", list(PICKS))
def test_pick_that_is_left_out_earns_nothing(pick):
    picks = {name: id_ for name, id_ in PICKS.items() if name != pick}
    evening = diagnosed(picks=picks)
    part = evening.finding("diagnosis").parts[list(PICKS).index(pick)]
    assert (part.points, part.why) == (0, f"{pick}: nothing was picked")


def test_second_right_answer_is_as_right():
    assert got(diagnosed(picks={**PICKS, "failure": "stale-state"})) == [3, 1, 1, 4, 4]


def test_picks_without_citation_earn_nothing():
    assert got(diagnosed(cite={})) == [0, 0, 0, 0, 0]


def test_citing_what_never_was_on_the_screen_earns_nothing():
    assert got(diagnosed(cite=["command:99", "panel:0", "command:-1", "nonsense"])) == [0] * 5


def test_citing_a_look_that_shows_nothing_earns_nothing():
    evening = Evening()
    nothing = evening.look(9)
    evening.look(10, *PROOF.values())
    evening.close(20, cite=nothing)
    assert got(evening) == [0] * 5


def test_citing_a_look_that_shows_something_else_earns_nothing_for_that_pick():
    evening = Evening()
    scope = evening.look(10, PROOF["scope"])
    evening.close(20, cite=scope)
    assert got(evening) == [0, 0, 0, 0, 4]


def test_command_line_and_its_panel_can_both_be_cited():
    evening = Evening()
    number = evening.types(10, "incident changes")
    evening.prints(10, number, "it shows services-grew-last-week\n")
    panel = evening.panel(10, PROOF["trigger"], name="changes", command=number)
    rules = evening.look(11, PROOF["component"])
    picks = {"component": PICKS["component"], "trigger": PICKS["trigger"]}
    evening.close(20, picks, {"component": [rules], "trigger": [panel]})
    assert got(evening)[2] == 1
    again = Evening()
    number = again.types(10, "incident changes")
    again.prints(10, number, "it shows services-grew-last-week\n")
    rules = again.look(11, PROOF["component"])
    again.close(20, picks, {"component": [rules], "trigger": [f"command:{number}"]})
    assert got(again)[2] == 1


def test_panel_of_the_room_can_be_cited():
    evening = Evening()
    scope = evening.panel(10, PROOF["scope"], name="ready", by="node")
    evening.close(20, {"scope": PICKS["scope"]}, scope)
    assert got(evening)[4] == 4


def test_victim_instead_of_the_origin_earns_one_of_five():
    evening = diagnosed(picks={**PICKS, "component": "app-code"})
    assert got(evening) == [1, 0, 0, 4, 4]


def test_victim_without_a_citation_earns_nothing():
    assert got(diagnosed(picks={"component": "app-code"}, cite={})) == [0] * 5


def test_victims_elsewhere_earn_nothing():
    picks = {**PICKS, "failure": "crash", "trigger": "app-deploy", "mechanism": "database-down"}
    assert got(diagnosed(picks=picks)) == [3, 0, 0, 0, 4]


def test_failure_and_trigger_of_another_component_earn_nothing():
    assert got(diagnosed(picks={**PICKS, "component": "dns"})) == [0, 0, 0, 4, 4]


def test_closing_while_users_are_still_failing_earns_nothing():
    assert got(diagnosed(UNTOUCHED)) == [0] * 5
    assert got(diagnosed([(-4, 0.12), (21, 0.001)])) == [0] * 5


def test_right_answer_is_told_in_words():
    part = diagnosed(picks={**PICKS, "scope": "one-zone"}).finding("diagnosis").parts[4]
    assert part.why == (
        "scope: Everything in one zone; it was: New connections to Service addresses from one node"
    )
