from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.backends.telemetry import UsersTelemetry
from sim.client.doors import Alert, Change, Telemetry
from sim.evidence import AcknowledgeRecord, AlertRecord
from sim.slo import AlertRule, Condition
from tests.traffic.plain_world import PAYMENTS, Scene

MINUTE = 60_000
GONE = 63 * MINUTE
"""02:43:00 when the run starts at 01:40."""
PAGE = 67 * MINUTE
RULE = AlertRule(
    name="payments 5xx rate > 5% for 3 minutes",
    conditions=(Condition(threshold=0.05),),
    for_ms=3 * MINUTE,
    summary="Users of payments get 5xx.",
)
OLD = Alert(
    name=RULE.name,
    state="resolved",
    since=-90_000_000,
    summary="old",
    severity="page",
    ended=-89_000_000,
)
DEPLOY = Change(
    id="chg-1042",
    at=-7_200_000,
    category="deploy",
    title="web 1.4",
    author="mira",
    target="deployment/web",
)


class Night(Scene):
    """The scene with the telemetry of its application."""

    def __init__(self, *, seed: int = 0, wobble: float = 0.02, **settings: object) -> None:
        super().__init__(replace(PAYMENTS, wobble=wobble), seed=seed)
        self.telemetry = UsersTelemetry(
            self.env, self.log, self.traffic, application="payments", rules=[RULE], **settings
        )

    def until(self, at: int) -> Night:
        self.env.advance(at)
        self.env.settle()
        return self

    def states(self) -> list[tuple[int, str]]:
        return [(record.at, record.state) for record in self.log.of(AlertRecord)]

    def one(self, metric: str, at: int, by: str = "") -> dict[str, float]:
        """Return the values at *at* by label."""
        series = self.telemetry.query(metric, by=by, start=at, end=at, step=1000)
        return {each.labels[0][1] if by else "": each.points[0][1] for each in series}


def broken(**settings: object) -> Night:
    night = Night(hurts_from=GONE, **settings)
    night.at(GONE, night.world.crash, 2, 3)
    return night


def test_it_stands_behind_the_telemetry_door():
    door: Telemetry = Night().telemetry
    assert door.alerts() == []


@pytest.mark.parametrize("seed", range(8))
def test_two_of_four_pods_gone_page_after_four_minutes(seed):
    night = broken(seed=seed).until(75 * MINUTE)
    assert [state for _, state in night.states()] == ["pending", "firing", "paged"]
    assert abs(night.states()[-1][0] - PAGE) <= 30_000


def test_without_wobble_the_page_comes_on_the_minute():
    night = broken(wobble=0.0).until(75 * MINUTE)
    assert night.states() == [
        (63 * MINUTE + 30_000, "pending"),
        (66 * MINUTE + 30_000, "firing"),
        (PAGE, "paged"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_database_gap_before_the_crash_does_not_hurry_the_page(seed):
    """As in the first incident: all wait 8 s, two never reconnect and exit after 15 s."""
    night = Night(seed=seed)
    night.at(GONE - 14_000, night.world.set, 0, 1, 2, 3, state="waiting")
    night.at(GONE - 5_000, night.world.set, 0, 1, state="serving")
    night.at(GONE + 1_000, night.world.crash, 2, 3)
    night.until(75 * MINUTE)
    assert night.states()[-1] == (PAGE, "paged")


def test_healthy_hour_has_no_alert():
    assert Night().until(60 * MINUTE).states() == []


def test_error_rate_climbs_from_base_to_the_shed_share():
    night = broken(wobble=0.0).until(70 * MINUTE)
    (series,) = night.telemetry.query("errors", start=62 * MINUTE, end=66 * MINUTE, step=MINUTE)
    values = [value for _, value in series.points]
    assert values[0] == values[1] == 0.001
    assert 0.09 < values[2] < 0.12
    assert values[3] == values[4] == pytest.approx(0.1217, abs=1e-4)


def test_point_shows_what_the_last_scrape_saw():
    night = broken(wobble=0.0).until(70 * MINUTE)
    (series,) = night.telemetry.query("errors", start=GONE, end=GONE + 45_000, step=1000)
    changes = [
        at
        for (_, before), (at, value) in zip(series.points, series.points[1:], strict=False)
        if value != before
    ]
    assert changes == [GONE + 13_000, GONE + 28_000, GONE + 43_000]


def test_errors_split_by_node_show_who_sheds():
    night = broken(wobble=0.0).until(70 * MINUTE)
    assert night.one("errors", 69 * MINUTE, "node") == {
        "node-1": pytest.approx(0.1217, abs=1e-4),
        "node-2": pytest.approx(0.1217, abs=1e-4),
    }


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("", {"": 2.0}),
        ("node", {"node-1": 1.0, "node-2": 1.0, "node-3": 0.0}),
        ("zone", {"a": 2.0, "b": 0.0}),
        ("version", {"rev 1": 2.0}),
        ("pod", {"web-0": 1.0, "web-1": 1.0, "web-2": 0.0, "web-3": 0.0}),
    ],
)
def test_ready_pods_by_every_split(by, values):
    assert broken().until(70 * MINUTE).one("ready", 69 * MINUTE, by) == values


def test_ready_of_a_deleted_pod_ends_and_of_its_node_falls():
    night = Night()

    def delete() -> None:
        del night.world.pods["10.0.0.1"]
        night.world.tell()

    night.at(GONE, delete)
    night.until(70 * MINUTE)
    assert "web-0" not in night.one("ready", 69 * MINUTE, "pod")
    assert night.one("ready", 69 * MINUTE, "node")["node-1"] == 0.0
    assert night.one("ready", 60 * MINUTE, "pod")["web-0"] == 1.0


def test_restarts_count_over_five_minutes():
    night = broken().until(75 * MINUTE)
    assert night.one("restarts", 64 * MINUTE, "node")["node-3"] == 2.0
    assert night.one("restarts", 69 * MINUTE, "node")["node-3"] == 0.0


def test_latency_rises_when_pods_are_full():
    night = broken(wobble=0.0).until(70 * MINUTE)
    calm, busy = (
        night.one("latency_p99", 60 * MINUTE)[""],
        night.one("latency_p99", 69 * MINUTE)[""],
    )
    assert calm == pytest.approx(186.9, abs=1)
    assert busy > 10 * calm


def test_requests_split_show_what_no_pod_has_seen():
    night = Night(wobble=0.0)
    night.at(GONE, lambda: (night.world.gates.clear(), night.world.tell()))
    night.until(70 * MINUTE)
    assert night.one("requests", 69 * MINUTE, "zone") == {"a": 0.0, "b": 0.0, "none": 480.0}
    assert night.one("errors", 69 * MINUTE) == {"": 1.0}


def test_neighbours_connections_fail_on_the_broken_node_only():
    night = Night()
    night.at(GONE, night.world.break_clients, "node-3", 0.5)
    night.until(70 * MINUTE)
    assert night.one("connect_errors", 69 * MINUTE, "node") == {
        "node-1": 0.0,
        "node-2": 0.0,
        "node-3": 10.0,
        "node-4": 0.0,
    }
    assert night.one("connect_errors", 69 * MINUTE, "zone") == {"a": 0.0, "b": 10.0}
    assert night.one("connect_errors", 69 * MINUTE) == {"": 10.0}


def test_chart_reaches_back_before_the_run_and_never_beyond_now():
    night = Night(wobble=0.0).until(MINUTE)
    (series,) = night.telemetry.query("requests", start=-MINUTE, end=9 * MINUTE, step=MINUTE)
    assert series.points == ((-MINUTE, 480.0), (0, 480.0), (MINUTE, 480.0))


def test_unknown_metric_lists_those_that_exist():
    with pytest.raises(KeyError, match=r"no metric 'cpu'; metrics: errors, requests, .*restarts"):
        Night().telemetry.query("cpu", start=0, end=1, step=1)


@pytest.mark.parametrize(("metric", "by"), [("errors", "colour"), ("connect_errors", "pod")])
def test_unknown_split_lists_those_that_exist(metric, by):
    with pytest.raises(KeyError, match=r"cannot be split by .*; splits: node, zone"):
        Night().telemetry.query(metric, by=by, start=0, end=1, step=1)


def test_step_of_nothing_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        Night().telemetry.query("errors", start=0, end=1, step=0)


def test_alerts_list_what_fires_before_older_days():
    night = broken(past_alerts=[OLD]).until(70 * MINUTE)
    now, old = night.telemetry.alerts()
    assert (now.state, now.since, now.ended, now.severity) == (
        "firing",
        66 * MINUTE + 30_000,
        None,
        "page",
    )
    assert old == OLD


def test_silenced_alert_pages_nobody_and_says_so():
    night = broken()
    night.telemetry.silence(RULE.name, 120 * MINUTE)
    night.until(80 * MINUTE)
    assert [state for _, state in night.states()] == ["pending", "firing"]
    assert night.telemetry.alerts()[0].summary.endswith("(silenced)")


def test_silencing_an_unknown_alert_is_an_error():
    with pytest.raises(KeyError, match="no alert 'x'"):
        Night().telemetry.silence("x", 1)


def test_change_feed_is_newest_first_and_hides_the_future():
    later = replace(DEPLOY, id="chg-1043", at=10 * MINUTE)
    night = Night(changes=[DEPLOY, later]).until(MINUTE)
    assert [change.id for change in night.telemetry.changes()] == ["chg-1042"]
    night.until(11 * MINUTE)
    assert [change.id for change in night.telemetry.changes()] == ["chg-1043", "chg-1042"]


def test_change_made_by_the_run_goes_on_with_the_ids():
    night = Night(changes=[DEPLOY]).until(5 * MINUTE)
    fields = {"category": "deploy", "title": "t", "author": "a", "target": "deployment/web"}
    added = night.telemetry.add_change(**fields)
    assert (added.id, added.at) == ("chg-1043", 5 * MINUTE)
    assert night.telemetry.changes()[0] == added
    assert Night().telemetry.add_change(**fields).id == "chg-1001"


def test_quiet_night_in_one_glance():
    summary = Night(wobble=0.0, hurts_from=GONE).until(10 * MINUTE).telemetry.summary()
    assert (summary["state"], summary["lost"], summary["alert"]) == ("quiet", 0.0, None)
    assert (summary["error_rate"], summary["requests"]) == (0.001, 480.0)


def test_stages_from_page_to_resolved():
    night = broken(wobble=0.0)
    night.at(80 * MINUTE, night.world.set, 2, 3, state="serving", ready=True)
    stages = []
    for minute in (66, 68, 70, 81, 83, 91):
        night.until(minute * MINUTE)
        if minute == 70:
            night.log.append(AcknowledgeRecord(at=night.env.now))
        stages.append(night.telemetry.summary()["state"])
    assert stages == ["quiet", "paged", "acknowledged", "acknowledged", "mitigated", "resolved"]


def test_users_lost_climb_and_stop_climbing():
    night = broken(wobble=0.0)
    times = (GONE - MINUTE, 67 * MINUTE, 68 * MINUTE)
    lost = [night.until(at).telemetry.summary()["lost"] for at in times]
    shed = 480 - 422 + 0.422
    assert lost[0] == 0.0
    assert lost[2] - lost[1] == pytest.approx(shed * 60 * 0.79, abs=0.2)
    assert lost[2] == round(night.traffic.lost("payments", GONE, 68 * MINUTE), 1)


def test_what_users_lose_after_the_time_that_counts_is_not_added():
    night = broken(wobble=0.0, horizon=5 * MINUTE)
    end = PAGE + 5 * MINUTE
    lost = [night.until(at).telemetry.summary()["lost"] for at in (end, end + MINUTE)]
    assert lost == [round(night.traffic.lost("payments", GONE, end), 1)] * 2


def test_summary_names_the_alert_that_fires():
    summary = broken().until(68 * MINUTE).telemetry.summary()
    assert (summary["alert"], summary["threshold"]) == (RULE.name, 0.05)
    assert (summary["firing_since"], summary["acknowledged"]) == (66 * MINUTE + 30_000, False)


READS = st.lists(st.integers(1, 80 * MINUTE), max_size=8)


@settings(max_examples=15, deadline=None)
@given(READS)
def test_reading_leaves_no_trace(instants):
    """Reads store nothing: a run that was looked at has the same evidence as one that was not."""
    looked, alone = broken(), broken()
    for at in sorted(instants):
        looked.until(at)
        looked.telemetry.summary()
        looked.telemetry.alerts()
        for metric in ("errors", "latency_p99", "ready", "connect_errors"):
            looked.telemetry.query(metric, by="node", start=0, end=at, step=at)
    looked.until(80 * MINUTE)
    alone.env.advance(80 * MINUTE)
    alone.env.settle()
    assert looked.log.dumps() == alone.log.dumps()
