"""Bars, curve, timeline and filters: small layouts of plain data."""

import pytest

from web.bars import bars
from web.curve import LEFT, RIGHT, WIDTH, Curve
from web.filters import count, points, share, signed, span, ticked
from web.timeline import minutes, stacked

MIN = 60_000


def finding(id_: str, block: str, got: float, of: float) -> dict:
    return {"id": id_, "block": block, "points": got, "of": of}


def test_bars_give_mitigation_its_own_and_name_a_share():
    found = bars(
        [
            finding("blast-radius", "Method", 10, 10),
            finding("mitigate-first", "Method", 0, 8),
            finding("users-loss", "Users", 12.5, 25),
        ]
    )
    assert [(bar.name, bar.word) for bar in found] == [
        ("Users", "getting there"),
        ("Method", "fluent"),
        ("Mitigate first", "practise first"),
    ]


def test_bars_of_lines_that_follow_are_pending_and_a_false_alarm_asks_for_restraint():
    found = bars([finding("is-it-real", "Method", 4, 4)], ["users-loss", "revises"], "false-alarm")
    assert [(bar.name, bar.pending, bar.of) for bar in found] == [
        ("Restraint", True, 0),
        ("Method", True, 4),
    ]


def curve(own: list, expert: list, **marks: int | None) -> Curve:
    debrief = {
        "epoch": "2026-11-20T01:40:00Z",
        "curves": {"this run": own, "expert": expert, "untouched": own, "junior": []},
        **marks,
    }
    return Curve(debrief)


def line(*values: float) -> list:
    return [[number * 15_000, value] for number, value in enumerate(values)]


def test_curve_spans_the_width_and_starts_at_zero():
    made = curve(line(0, 0.1, 0.1), line(0, 0, 0))
    assert made.x(0) == LEFT
    assert made.x(30_000) == WIDTH - RIGHT
    assert made.y(0) > made.y(0.1)
    assert made.path("junior") == ""


def test_curve_labels_a_wide_gap_inside_and_a_narrow_one_beside():
    wide = curve(line(*[0.1] * 40), line(*[0.0] * 40)).gap_label
    narrow = curve(line(*[0.1] * 3, *[0.0] * 37), line(*[0.0] * 40)).gap_label
    assert [wide and wide[2], narrow and narrow[2]] == ["middle", "start"]
    assert curve(line(0, 0, 0), line(0, 0, 0)).gap_label is None


def test_curve_marks_that_are_close_stand_on_rows_of_their_own():
    made = curve(
        line(*[0] * 40), line(*[0] * 40), paged_at=15_000, enough_at=30_000, closed_at=None
    )
    assert [(mark.label, mark.row) for mark in made.marks()] == [
        ("page", 0),
        ("enough on screen", 1),
    ]


def test_curve_is_split_with_the_worst_hit_first():
    made = curve(line(0, 0.1, 0.1), [])
    made._debrief["lost"] = {"by_class": {"partners": 1.0, "robot": 0.0, "shop": 4.0}}
    made._debrief["parts"] = {"class": {"shop": line(0, 0.08), "partners": line(0, 0.02)}}
    assert [(part.number, part.name, bool(part.path)) for part in made.parts("class")] == [
        (1, "shop", True),
        (2, "partners", True),
        (3, "robot", False),
    ]


def test_curve_ticks_are_on_round_times_of_day():
    made = curve([[at, 0.0] for at in range(3 * MIN, 40 * MIN, MIN)], [])
    assert [label for _, label in made.times()] == ["01:50", "02:00", "02:10"]


def told(timeline: list, expert: list = (), **more: object) -> dict:
    return {
        "timeline": timeline,
        "expert": expert,
        "belief": None,
        "bets": [],
        "decisions": [],
        **more,
    }


def test_a_look_says_what_it_told_where_it_was_seen():
    looks = [
        {
            "at": 1_000,
            "source": "command:1",
            "line": "get pods",
            "posterior": {"a": 0.75, "b": 0.25},
        },
        {
            "at": 2_000,
            "source": "panel:2",
            "line": "document:runbook",
            "posterior": {"a": 1, "b": 0},
        },
    ]
    seen = [
        {"at": 900, "kind": "command", "text": "get pods", "source": "command:1"},
        {"at": 1_000, "kind": "fact", "text": "two crash", "source": "command:1"},
    ]
    rows = minutes(told(seen, belief={"rows": looks}))[0].you
    assert [(row["kind"], row["text"], "look" in row) for row in rows] == [
        ("command", "get pods", False),
        ("fact", "two crash", True),
        ("panel", "document:runbook", True),
    ]
    assert rows[1]["look"]["bar"] == [(1, "a", 0.0, 75.0), (2, "b", 75.0, 25.0)]
    assert stacked({"a": 1.0}) == [(1, "a", 0.0, 100.0)]


def test_a_bet_has_its_outcome_and_a_decision_both_rankings():
    bet = {"at": 5, "told": "errors < 1 %", "right": False, "shown": "12 %"}
    point = {
        "at": 6,
        "question": "What now?",
        "options": [{"id": "x", "text": "wait"}, {"id": "y", "text": "cordon"}],
        "ranking": ["x", "y"],
        "expert": [{"id": "y", "reason": "users first"}, {"id": "x", "reason": ""}],
    }
    line = {"at": 5, "kind": "bet", "text": "errors < 1 %"}
    first, second = minutes(told([line], bets=[bet], decisions=[point]))[0].you
    assert first["bet"] is bet
    assert second["point"] == [("cordon", 2, 1, "users first"), ("wait", 1, 2, "")]


def test_an_alert_that_goes_on_after_the_close_is_one_line():
    flapping = [{"at": at * MIN, "kind": "alert", "text": "firing"} for at in range(1, 9)]
    found = minutes(told(flapping, closed_at=2 * MIN))
    assert [minute.you[0]["text"] for minute in found] == [
        "firing",
        "firing",
        "firing, and 5 more changes until the end",
    ]


def test_minutes_put_both_sides_on_one_axis_and_count_the_quiet_ones():
    you = [
        {"at": 61_000, "kind": "fact", "text": "seen"},
        {"at": 61_000, "kind": "panel", "text": "errors"},
        {"at": 5 * MIN, "kind": "mark", "text": "closed"},
    ]
    expert = [
        {"at": at, "line": "watch", "think": "wait", "facts": []} for at in (62_000, 70_000, 90_000)
    ]
    found = minutes(told(you, expert))
    assert [(minute.at // MIN, minute.gap, minute.matters) for minute in found] == [
        (1, 0, True),
        (5, 3, True),
    ]
    assert [row["kind"] for row in found[0].you] == ["panel", "fact"]
    assert [(row["times"], row["last"]) for row in found[0].expert] == [(3, 90_000)]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (count(3482), "3\u202f482"),
        (count(None), "-"),
        (points(8.0), "8"),
        (points(6.54), "6.5"),
        (share(0.1214), "12.1\u202f%"),
        (span(245), "4 min 05 s"),
        (span(None), "never"),
        (signed(1200.4), "+1\u202f200"),
        (signed(-1200), "\u22121\u202f200"),
        (signed(-0.2), "0"),
        (ticked("a `<b>` c"), "a <code>&lt;b&gt;</code> c"),
        (ticked("a ` <b>"), "a ` &lt;b&gt;"),
        (
            ticked("`a 1,234` cost 1,234,567, or 12,3"),
            "<code>a 1,234</code> cost 1\u202f234\u202f567, or 12,3",
        ),
    ],
)
def test_filters_write_values_for_people(made: str, wanted: str):
    assert made == wanted
