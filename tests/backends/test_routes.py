"""Charts and alerts by route and client, and counts where a share says little."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.backends.telemetry import UsersTelemetry
from sim.evidence import AlertRecord
from sim.slo import AlertRule, Condition
from sim.traffic import Break
from tests.traffic.plain_world import CARDS, NIGHT, PAYMENTS, Scene

MINUTE = 60_000
WORST = AlertRule(
    name="5xx of a route",
    conditions=(Condition(signal="errors by route", threshold=0.05),),
    for_ms=3 * MINUTE,
    summary="A route fails.",
)
WHOLE = replace(WORST, name="5xx", conditions=(Condition(threshold=0.05),))
BROKEN = replace(PAYMENTS, breaks={"rev 2": (Break(call="GET /status", share=0.4),)})


class Telemetered(Scene):
    """A scene with telemetry that watches the whole and the worst route."""

    def __init__(self, application) -> None:
        super().__init__(application)
        self.telemetry = UsersTelemetry(
            self.env, self.log, self.traffic, application="payments", rules=[WHOLE, WORST]
        )

    def roll(self, version: str) -> None:
        """Put two new pods of *version* in the place of two old ones."""
        for ip in ("10.0.0.1", "10.0.0.2"):
            old = self.world.pods[ip]
            self.world.pods[ip] = replace(old, pod=f"new-{old.pod}", version=version)
        self.world.tell()

    def until(self, minute: float):
        self.env.advance(int(minute * MINUTE))
        self.env.settle()
        return self

    def one(self, metric: str, by: str = "") -> dict[str, float]:
        at = self.env.now
        series = self.telemetry.query(metric, by=by, start=at, end=at, step=1000)
        return {
            each.labels[0][1] if by else "": each.points[0][1] for each in series if each.points
        }

    def alerts(self, name: str) -> list[str]:
        return [record.state for record in self.log.of(AlertRecord) if record.alert == name]


@pytest.fixture(scope="module")
def robots():
    """The robot has worked and failed for a minute."""
    return Telemetered(NIGHT).until(3)


@pytest.fixture(scope="module")
def release():
    """Two pods of four answer one call badly, for ten minutes."""
    night = Telemetered(BROKEN)
    night.at(5 * MINUTE, night.roll, "rev 2")
    return night.until(15)


def test_errors_by_route_name_the_rare_one(robots):
    assert robots.one("errors") == {"": pytest.approx(0.001 + 0.02 / 480, abs=2e-4)}
    routes = robots.one("errors", "route")
    assert routes.pop(CARDS) == pytest.approx(0.091, abs=0.02)
    assert routes == {"POST /pay": 0.001, "GET /status": 0.001}


def test_errors_by_client_name_the_robot(robots):
    clients = robots.one("errors", "client")
    assert clients.pop("card-test") > 0.7
    assert clients == {"checkout": 0.001, "background": 0.001}


def test_failures_are_counts(robots):
    assert robots.one("failures", "client") == {
        "checkout": pytest.approx(20, abs=2),
        "background": pytest.approx(9, abs=2),
        "card-test": 1.0,
    }
    assert sum(robots.one("failures", "route").values()) == robots.one("failures")[""]


def test_requests_by_client_add_up_to_all(robots):
    assert sum(robots.one("requests", "client").values()) == pytest.approx(
        robots.one("requests")[""], abs=1e-4
    )


def test_orders_are_payments_that_users_completed(robots):
    assert robots.one("orders") == {"": pytest.approx(240 * 60 * 0.999, abs=2)}


def test_orders_and_failures_have_no_splits_by_pod(robots):
    with pytest.raises(KeyError, match="orders cannot be split by 'route'; splits: none"):
        robots.telemetry.query("orders", by="route", start=0, end=1, step=1)
    with pytest.raises(KeyError, match="splits: route, client"):
        robots.telemetry.query("failures", by="node", start=0, end=1, step=1)
    with pytest.raises(KeyError, match="latency_p99 cannot be split by 'route'"):
        robots.telemetry.query("latency_p99", by="route", start=0, end=1, step=1)


def test_release_shows_by_version_and_by_route(release):
    assert release.one("errors", "version") == {
        "rev 1": 0.001,
        "rev 2": pytest.approx(0.2, abs=2e-3),
    }
    assert release.one("errors", "route") == {
        "POST /pay": 0.001,
        "GET /status": pytest.approx(0.2, abs=2e-3),
    }
    assert release.one("errors") == {"": pytest.approx(0.1, abs=2e-3)}


def test_worst_route_pages_where_the_whole_would_not():
    night = Telemetered(replace(BROKEN, breaks={"rev 2": (Break(call="GET /status", share=0.18),)}))
    night.at(5 * MINUTE, night.roll, "rev 2")
    night.at(20 * MINUTE, night.roll, "rev 1")
    night.until(30)
    assert night.alerts(WORST.name) == ["pending", "firing", "paged", "resolved"]
    assert night.alerts(WHOLE.name) == []


def test_where_all_routes_fail_alike_both_alerts_are_one():
    night = Telemetered(PAYMENTS)
    night.at(5 * MINUTE, night.world.crash, 2, 3)
    night.until(30)
    whole, worst = (
        [(record.at, record.state) for record in night.log.of(AlertRecord) if record.alert == name]
        for name in (WHOLE.name, WORST.name)
    )
    assert whole == worst
    assert whole[-1][1] == "paged"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 12 * MINUTE), max_size=6))
def test_reading_routes_leaves_no_trace(instants):
    looked, alone = Telemetered(NIGHT), Telemetered(NIGHT)
    for at in sorted(instants):
        looked.until(at / MINUTE)
        for metric in ("errors", "requests", "failures"):
            for by in ("route", "client"):
                looked.telemetry.query(metric, by=by, start=0, end=at, step=at)
        looked.telemetry.query("orders", start=0, end=at, step=at)
    looked.until(13)
    alone.env.advance(13 * MINUTE)
    alone.env.settle()
    assert looked.log.dumps() == alone.log.dumps()
