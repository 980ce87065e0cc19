"""The debrief says what mattered most, in sentences that are true, and never blames."""

import json
from dataclasses import asdict

import pytest

from sim import ENGINE_VERSION
from sim.session.advice import effect_text, headline, practise_next
from sim.session.debrief import make_debrief
from sim.session.judge import Verdict
from sim.session.play import Step
from sim.session.references import NoCache, Reference
from tests.scoring.evening import (
    APP,
    EXPERT,
    FIELDS,
    UNTOUCHED,
    Evening,
    lost,
    ms,
    scenario,
)
from tests.scoring.test_diagnosis import PROOF
from tests.scoring.test_scorecard import perfect

ENOUGH = ("crashing-pods-share-node", "healthy-peer-reaches-db")


def reference(player: str, curve) -> Reference:
    impact = Evening(curve).story().impact
    return Reference(
        player=player,
        loss=lost(curve),
        times=list(impact.times),
        failed=list(impact.failed),
        arrivals=list(impact.arrivals),
        steps=[Step(ms(1), "incident alerts", "Real?", 0), Step(ms(2), "kubectl get pods", "", 1)],
        facts={"users-failing": ms(2)},
        mitigated_at=None,
    )


def verdict(evening: Evening, **given) -> Verdict:
    card, case = evening.score(**given)
    return Verdict(card, case, reference("idle", UNTOUCHED), reference("senior", EXPERT))


def debrief(evening: Evening) -> dict:
    cache = NoCache()
    key = f"reference/{scenario().digest}/0/{ENGINE_VERSION}/junior"
    cache.remember(key, json.dumps(asdict(reference("junior", UNTOUCHED))))
    return make_debrief(verdict(evening), cache)


# -- the headline ---------------------------------------------------------------------------------


def test_headline_of_a_night_without_a_hand_moved():
    assert headline(verdict(Evening(UNTOUCHED))) == (
        "Nothing was changed in this run, and 46,080 requests were lost; the expert's run lost 7,524 "
        "on the same night."
    )


def test_headline_of_actions_that_did_not_help():
    evening = Evening(UNTOUCHED)
    evening.act(3, "rollback", APP)
    assert headline(verdict(evening)).startswith("Nothing that was done ended the users' pain: ")


def test_headline_of_a_long_wait_has_its_price():
    evening = Evening([(-4, 0.12), (12, 0.001)])
    evening.look(2, *ENOUGH)
    evening.mitigate(12)
    assert headline(verdict(evening)) == (
        "Enough was on the screen 10 min before the mitigation; 7,200 requests were lost in between."
    )


def test_headline_of_a_good_run_names_what_ended_it_together():
    assert headline(verdict(perfect())) == (
        "`kubectl cordon node-worker-3` and `kubectl delete pod` ended the users' pain at 02:53:00; "
        "38,556 fewer requests were lost than in the untouched night."
    )


def test_headline_of_harm_that_outweighs_all_help():
    evening = Evening([(-4, 0.12), (5, 1.0)])
    evening.act(
        5, "restart", "daemonsets/kube-system/kube-proxy", line="restart it", without=UNTOUCHED
    )
    assert headline(verdict(evening)).startswith(
        "`restart it` cost users 290,400 requests, more than"
    )


def test_headline_does_not_call_small_harm_the_worst():
    evening = Evening([*EXPERT, (10, 0.121), (17, 0.001)])
    evening.mitigate(5.9)
    evening.act(10, "delete", "pods/payments/x", line="oops", without=EXPERT)
    assert "oops" not in headline(verdict(evening))


def test_headline_of_what_nothing_restores():
    evening = Evening()
    evening.act(10, "delete", "services/payments/postgres", line="kubectl delete svc postgres")
    assert headline(verdict(evening)) == (
        "`kubectl delete svc postgres` left something behind that nothing restores: "
        "services/payments/postgres was deleted and nothing brings it back."
    )


# -- what to practise -----------------------------------------------------------------------------


def test_practice_is_where_most_points_were_left():
    evening = perfect()
    evening.records = [one for one in evening.records if one.kind not in ("close", "ticket")]
    practice = practise_next(verdict(evening))
    assert practice.heuristic == "Name the origin, not the victim"
    assert practice.why == (
        "13 points were left here, more than anywhere else, since the closing form was not filled in"
    )


def test_harm_comes_before_everything_else():
    evening = Evening([(-4, 0.12), (5, 1.0)])
    evening.act(5, "restart", "daemonsets/kube-system/kube-proxy", without=UNTOUCHED)
    assert practise_next(verdict(evening)).heuristic == "Do the least that can help"


def test_perfect_run_is_told_to_stay_so():
    assert "next to nothing was left" in practise_next(verdict(perfect())).why


@pytest.mark.parametrize("evening", [Evening(UNTOUCHED), Evening(), perfect()])
def test_what_is_said_of_a_run_blames_nobody(evening):
    found = debrief(evening)
    said = [found["headline"], *found["practice"].values()]
    said += [part["why"] for finding in found["findings"] for part in finding["parts"]]
    for word in ("your", "mistake", "error", "blunder", "stupid", "should have"):
        assert not [text for text in said if word in text.split()], word


# -- the ledger and the timeline ------------------------------------------------------------------


def effects(evening: Evening) -> list[str]:
    ledger = verdict(evening).case.ledger
    return [effect_text(ledger, entry) for entry in ledger.entries]


def test_actions_that_only_help_together_say_so():
    evening = Evening()
    evening.mitigate(5.9)
    assert effects(evening) == [
        "saved 38,556 requests, only together with `kubectl delete pod`",
        "saved 38,556 requests, only together with `kubectl cordon node-worker-3`",
    ]


def test_effect_within_a_per_cent_is_no_effect():
    evening = Evening()
    evening.act(2, "delete", "pods/payments/x", without=[(-4, 0.12), (6.5, 0.001)])
    assert effects(evening) == ["no effect on users"]
    (row,) = debrief(evening)["ledger"]
    assert (row["saved"], row["effect"], row["cost"]) == (0, "no effect on users", 0)


def test_harm_and_what_stays_are_told_and_priced():
    evening = Evening([*EXPERT, (10, 0.121), (17, 0.001)])
    evening.act(10, "delete", "services/payments/web", without=EXPERT)
    assert effects(evening) == [
        "cost 5,040 requests; services/payments/web was deleted and nothing brings it back"
    ]
    assert debrief(evening)["ledger"][0]["cost"] == 9


def test_ledger_rows_have_partners_and_what_stays_for_a_page_to_lay_out():
    evening = Evening()
    evening.mitigate(5.9)
    evening.act(10, "delete", "services/payments/web", without=EXPERT)
    cordon, delete, service = debrief(evening)["ledger"]
    assert (cordon["together"], delete["together"]) == ([delete["line"]], [cordon["line"]])
    assert service["together"] == []
    assert service["lasting"] == ["services/payments/web was deleted and nothing brings it back"]


def test_timeline_is_in_order_and_tells_action_fact_panel_and_marks():
    rows = debrief(perfect())["timeline"]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    kinds = {row["kind"] for row in rows}
    assert {"command", "action", "fact", "panel", "alert", "desk", "mark"} <= kinds
    marks = [row["text"] for row in rows if row["kind"] == "mark"]
    assert marks == ["enough is on the screen to mitigate", "users are fine again", "closed"]
    actions = [row for row in rows if row["kind"] == "action"]
    assert all(row["effect"] for row in actions)


def test_what_was_written_is_told_as_it_was_meant():
    evening = Evening()
    evening.update(1, text="on it", action="looking", impact="12 %")
    evening.ticket(2, "proxy-limit", "raise-limit", "platform")
    for due in ("2026-11-20T02:57:53Z", "next-week"):
        evening.remind(3, due)
    told = [row["text"] for row in debrief(evening)["timeline"] if row["kind"] == "desk"]
    assert told[0] == "update: on it; impact: 12 %; action: looking"
    assert "proxy-limit" not in told[1]
    assert told[2:] == ["reminder for 2026-11-20 02:57 UTC", "reminder for next week"]


def test_panel_that_a_command_showed_stands_once():
    evening = Evening()
    number = evening.types(1, "incident alerts")
    evening.panel(1, "users-failing", name="alerts", command=number)
    evening.prints(1, number, "it shows users-failing\n")
    kinds = [row["kind"] for row in debrief(evening)["timeline"]]
    assert (kinds.count("panel"), kinds.count("command"), kinds.count("fact")) == (0, 1, 1)


def test_experts_column_has_thoughts_and_what_each_look_showed():
    first, second = debrief(Evening())["expert"]
    assert first["think"] == "Real?"
    assert second["facts"] == ["About one request in eight fails."]


def test_answers_stand_beside_what_was_picked():
    evening = perfect()
    rows = {row["question"]: row for row in debrief(evening)["answers"]}
    assert list(rows) == list(PROOF)
    assert all(row["is_right"] for row in rows.values())


def test_debrief_is_json_and_has_every_curve():
    found = json.loads(json.dumps(debrief(perfect())))
    assert list(found["curves"]) == ["this run", "untouched", "expert", "junior"]
    assert (found["total"], found["band"], found["passed"]) == (100, "fluent", True)
    assert found["gap"] == 0
    assert found["mitigated_at"] == ms(6)
    assert found["findings"][0]["points"] == 25
    evening = Evening(UNTOUCHED)
    evening.update(1, **FIELDS)
    assert debrief(evening)["gap"] == pytest.approx(38_556)
