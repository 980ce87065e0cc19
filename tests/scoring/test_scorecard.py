"""The whole card: bands, the pass, weights, what is reported, and actions that help together."""

import pytest

from sim.scoring import Scorecard, band
from sim.scoring.scorecard import Finding, Part
from tests.scoring.evening import EXPERT, FIELDS, PICKS, UNTOUCHED, Evening, scenario
from tests.scoring.test_diagnosis import PROOF


def perfect() -> Evening:
    evening = Evening()
    evening.acknowledge(0.2)
    evening.panel(0.5, "users-failing")
    evening.look(0.8, "alert-not-flapping", line="incident alerts")
    evening.look(1, "deploy-at-0241", "services-grew-last-week", line="incident changes")
    evening.look(4, "crashing-pods-share-node", "healthy-peer-reaches-db")
    evening.update(4.5, **FIELDS)
    evening.mitigate(5.9)
    evening.panel(8, "users-recovered")
    cite = {pick: [evening.look(10, fact)] for pick, fact in PROOF.items()}
    evening.update(12, to="tomasz", text="kube-proxy?")
    evening.look(14, "rules-complete")
    evening.uncordon(15)
    evening.ticket(16, "proxy-limit", "raise-limit", "platform")
    evening.note(17, "node cordoned, pods moved")
    evening.remind(18, "tomorrow")
    evening.panel(26, "users-recovered", name="errors")
    evening.close(27, cite=cite)
    return evening


def test_perfect_evening_earns_every_point():
    card, _ = perfect().score()
    assert {one.id: one.points for one in card.findings} == {
        one.id: one.of for one in card.findings
    }
    assert (card.total, card.passed) == (100, True)


def test_points_add_up_to_a_hundred_in_blocks():
    card, _ = Evening().score()
    assert [(name, of) for name, _, of in card.blocks()] == [
        ("Users", 40),
        ("Method", 35),
        ("Diagnosis", 13),
        ("Close", 12),
    ]


def test_parts_never_promise_more_than_their_item():
    for evening in (Evening(), Evening(UNTOUCHED), perfect()):
        for finding in evening.score()[0].findings:
            assert sum(part.of for part in finding.parts) == pytest.approx(finding.of)
            assert all(part.why for part in finding.parts)


def test_every_point_earned_quotes_its_evidence():
    for finding in perfect().score()[0].findings:
        silent = {"no-harm", "updates"}
        for part in finding.parts:
            if part.points > 0 and finding.id not in silent:
                assert part.exhibits, (finding.id, part.why)


@pytest.mark.parametrize(
    ("total", "name"),
    [(100, "fluent"), (85, "fluent"), (84.9, "ready"), (70, "ready"), (50, "getting there"), (49.9, "practise first")],
)  # fmt: skip
def test_bands_begin_at_50_70_and_85(total, name):
    assert band(total) == name


def card_of(total: float, harm: float) -> Scorecard:
    def finding(id_: str, points: float) -> Finding:
        return Finding(id_, "b", "t", "r", 100, (Part(points, 100, "w"),))

    findings = (finding("no-harm", harm), finding("rest", total - harm))
    return Scorecard("s", 0, "e", findings)


def test_pass_needs_seventy_points_and_five_of_no_harm():
    assert card_of(70, 5).passed
    assert not card_of(69, 10).passed
    assert not card_of(95, 4.9).passed


def test_scenario_may_weigh_items_anew():
    rubric = scenario().rubric.model_copy(update={"weights": {"diagnosis": 26.0, "recovery": 0.0}})
    spec = scenario().model_copy(update={"rubric": rubric})
    card, _ = perfect().score(spec=spec)
    assert (card.finding("diagnosis").points, card.finding("recovery").points) == (26, 0)
    assert card.total == 108


def test_what_is_reported_counts_from_the_page():
    reported = perfect().score()[0].reported
    times = {name: value for name, value in reported.items() if name.endswith("_s")}
    assert times == {
        "acknowledge_s": 12,
        "first_look_s": 30,
        "enough_s": 240,
        "mitigate_s": 360,
        "diagnose_s": 600,
        "resolve_s": 900,
        "close_s": 1620,
    }
    assert reported["actions"] == 3


def test_nothing_is_resolved_while_a_measure_stands():
    evening = Evening()
    evening.mitigate(5.9)
    assert evening.score()[0].reported["resolve_s"] is None


# -- the ledger -----------------------------------------------------------------------------------


def test_actions_that_only_help_together_name_each_other():
    evening = Evening()
    evening.mitigate(5.9)
    ledger = evening.score()[1].ledger
    cordon, delete = ledger.entries
    assert cordon.saved == delete.saved == pytest.approx(ledger.saved)
    assert (ledger.partners(cordon), ledger.partners(delete)) == ([delete], [cordon])


def test_actions_that_help_one_after_the_other_stand_alone():
    evening = Evening([(-4, 0.12), (3, 0.06), (6, 0.001)])
    evening.act(
        3, "patch", "deployments/payments/x", "replicas: 4 -> 6", without=[(-4, 0.12), (6, 0.061)]
    )
    evening.act(
        6, "patch", "deployments/payments/x", "replicas: 6 -> 8", without=[(-4, 0.12), (3, 0.06)]
    )
    ledger = evening.score()[1].ledger
    assert [ledger.partners(entry) for entry in ledger.entries] == [[], []]


def test_effect_within_a_per_cent_of_the_reference_is_none():
    evening = Evening()
    evening.act(2, "delete", "pods/payments/x", without=[(-4, 0.12), (6.5, 0.001)])
    ledger = evening.score()[1].ledger
    assert ledger.free(ledger.entries[0].saved)
    assert not ledger.free(0.02 * ledger.base)


def test_action_after_the_hour_is_not_replayed():
    evening = Evening(EXPERT)
    evening.act(70, "delete", "pods/payments/x", without=UNTOUCHED)
    assert evening.score()[1].ledger.entries[0].saved == 0


def test_guessing_everything_at_once_earns_little():
    evening = Evening(UNTOUCHED)
    evening.update(0.3, **FIELDS)
    evening.ticket(0.4, "proxy-limit", "raise-limit", "platform")
    evening.close(0.5, PICKS, ["command:0", "command:1", "panel:0"])
    assert evening.score()[0].total < 20
