"""What has to hold of an incident, on nights made up for the purpose."""

from __future__ import annotations

from dataclasses import replace

from sim.cli.proof import Check, Proof, text_of
from sim.cli.prove import Night, Score
from sim.scenario import Catalogue

SLUG = "payments-0247"
NIGHT = Catalogue()[SLUG]
OTHER = NIGHT.model_copy(update={"slug": "other"})
TOTALS = {"senior": 98.0, "junior": 45.0, "idle": 10.0, "rollback-always": 14.0, "silence": 9.0}


def _night(slug: str = SLUG, seed: int = 0, **totals: float) -> Night:
    scores = {
        name: Score(total, 240.0, 600.0, false_alarm=False)
        for name, total in {
            **TOTALS,
            **{key.replace("_", "-"): v for key, v in totals.items()},
        }.items()
    }
    return Night(slug, seed, scores, 67 * 60_000, "errors high: many fail.", 0.001, ())


def _failed(*nights: Night, weights: dict[str, float] | None = None) -> list[str]:
    checks = _checks(*nights, weights=weights)
    return [check.name for check in checks if not check.holds]


def _checks(*nights: Night, weights: dict[str, float] | None = None) -> list[Check]:
    scenarios = {SLUG: NIGHT, "other": OTHER}
    wanted = weights or {SLUG: 1.0}
    return list(Proof(list(nights), {slug: scenarios[slug] for slug in wanted}, wanted).checks())


def test_a_sound_incident_passes_every_check() -> None:
    assert _failed(_night(), _night(seed=1)) == []


def test_each_thing_that_does_not_hold_is_named() -> None:
    night = _night()
    late = replace(night, paged_at=76 * 60_000)
    told = replace(night, leaks=("document map: the id of a fact: x",))
    never = replace(
        night, scores={**night.scores, "senior": Score(98, None, None, false_alarm=False)}
    )

    assert _failed(replace(night, before=0.02)) == ["healthy before the fault"]
    assert _failed(night, late) == ["pages in time"]
    assert _failed(told) == ["nothing gives the answer away"]
    assert _failed(never) == ["the expert mitigates", "the expert resolves"]
    assert _failed(_night(senior=94)) == ["senior scores as one does"]
    assert _failed(_night(idle=13)) == ["idle scores as one does"]
    assert _failed(_night(junior=45, idle=10), _night(seed=1, junior=50, idle=50)) == [
        "idle scores as one does",
        "idle < junior < senior",
    ]
    assert _failed(_night(rollback_always=71)) == ["one idea for everything fails"]


def test_over_a_family_one_idea_is_weighed_by_how_often_it_is_right() -> None:
    right = _night("other", rollback_always=80)

    assert _failed(_night(), right, weights={SLUG: 3.0, "other": 1.0}) == []
    assert _failed(_night(), right, weights={SLUG: 1.0, "other": 3.0}) == [
        "one idea for everything fails"
    ]


def test_pages_of_a_family_have_one_text() -> None:
    other = replace(_night("other"), page="errors high: some fail.")

    assert _failed(_night(), other, weights={SLUG: 1.0, "other": 1.0}) == ["one text of the page"]


def test_players_that_were_not_asked_for_are_not_checked() -> None:
    night = replace(_night(), scores={"idle": _night().scores["idle"]})

    assert [check.name for check in _checks(night)] == [
        "healthy before the fault",
        "pages in time",
        "idle scores as one does",
        "nothing gives the answer away",
    ]


def test_the_table_tells_what_was_measured_and_why_it_fails() -> None:
    night = replace(_night(), leaks=tuple(f"place {number:02}" for number in range(12)))

    text = text_of(_checks(night))

    assert "ok   pages in time" in text
    assert "67.0 to 67.0 min (payments-0247, seed 0); wanted: by 75 min, on every seed" in text
    assert "FAIL nothing gives the answer away" in text
    assert "payments-0247: place 00" in text
    assert text.endswith("and 2 more")
