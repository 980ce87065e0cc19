"""Panels as text: ten points in eighty columns, lists in a hundred, and facts read from them."""

import pytest

from sim.client.doors import Alert, Change
from sim.kernel import Epoch
from sim.scenario import Look, shows
from sim.session import panels
from sim.session.run import Run

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")
MINUTE = 60_000
PAGE = 67 * MINUTE


@pytest.fixture(scope="module")
def run(scenario):
    run = Run(scenario, 0)
    run.start()
    return run


def text(run, panel, by=""):
    return panels.chart_text(run.telemetry, panel, by, run.now, run.epoch)


PROBER = ("prober", "probes")
CHARTS = [
    (metric.id, by)
    for metric in panels.METRICS
    if metric.id not in PROBER
    for by in metric.splits
    # Names of pods are as long as they are.
    if by != "pod"
]


@pytest.mark.parametrize(("panel", "by"), CHARTS)
def test_chart_has_ten_points_or_what_fits_eighty_columns(run, panel, by):
    head, times, *rows = text(run, panel, by).splitlines()
    assert head.startswith(panels.BY_ID[panel].title)
    minutes = times.split()
    assert minutes == [f"02:{minute}" for minute in range(38, 48)][-len(minutes) :]
    assert len(minutes) >= (8 if by in ("route", "node") else 10)
    assert rows
    assert all(len(row.split()) >= len(minutes) + 1 for row in rows)
    assert max(map(len, [head, times, *rows])) <= 80


@pytest.mark.parametrize("panel", PROBER)
def test_a_chart_of_what_is_not_measured_is_none(run, panel):
    assert panel not in [metric.id for metric in panels.offered(run.telemetry)]
    with pytest.raises(
        ValueError, match=f"no panel '{panel}'; there are: errors, .*, connections, alerts"
    ):
        text(run, panel)


def test_chart_between_minutes_says_at_which_second_its_columns_are(run):
    def head(now):
        return panels.chart_text(run.telemetry, "errors", "", now, run.epoch).splitlines()[0]

    assert head(run.now) == "Error rate (5xx share), last scrape 02:47:00 UTC"
    assert head(run.now - 15_000).endswith("last scrape 02:46:45 UTC, columns at :45")


def test_chart_of_errors_shows_the_step(run):
    (row,) = text(run, "errors").splitlines()[2:]
    values = [float(value.rstrip("%")) for value in row.split()[1:]]
    assert values[0] < 0.2
    assert values[-1] > 10


def test_chart_is_what_facts_read(run, scenario):
    look = Look(text=text(run, "errors"), on="panel", panel="errors")
    assert shows(scenario.fact("users-failing"), look, run.roles)
    look = Look(text=text(run, "ready", "node"), on="panel", panel="ready", by="node")
    assert shows(scenario.fact("crashing-pods-share-node"), look, run.roles)
    look = Look(text=text(run, "connections"), on="panel", panel="connections", by="node")
    assert shows(scenario.fact("connections-fail-on-one-node"), look, run.roles)


def test_lists_are_what_facts_read(run, scenario):
    for panel, fact in (
        ("alerts", "alert-not-flapping"),
        ("changes", "deploy-at-0241"),
        ("changes", "services-grew-last-week"),
        ("change:chg-2061", "deploy-diff-innocent"),
        ("page", "users-failing"),
    ):
        look = Look(text=run.desk.text(panel), on="panel", panel=panel)
        on_terminal = Look(text=run.desk.text(panel), command="incident")
        assert shows(scenario.fact(fact), look, run.roles) or shows(
            scenario.fact(fact), on_terminal, run.roles
        )


@pytest.mark.parametrize("panel", ["alerts", "changes"])
def test_lists_fit_a_hundred_columns(run, panel):
    assert max(map(len, run.desk.text(panel).splitlines())) <= 100


def test_alert_that_fires_has_its_summary_below_and_history_beside():
    alerts = [
        Alert(
            name="web 5xx rate > 5% for 3 minutes",
            state="firing",
            since=PAGE,
            summary="More than 5 % of requests have failed for three minutes.",
            severity="page",
        ),
        Alert(name="web 5xx", state="resolved", since=0, summary="INC-1", severity="page", ended=6 * MINUTE),
    ]  # fmt: skip
    assert panels.alerts_text(alerts, EPOCH, PAGE + 90_000).splitlines() == [
        "STATE     SINCE (UTC)      LASTED  SEVERITY  ALERT",
        "firing    20 Nov 02:47:00  1m      page      web 5xx rate > 5% for 3 minutes",
        "                                             More than 5 % of requests have failed for three",
        "                                             minutes.",
        "resolved  20 Nov 01:40:00  6m      page      web 5xx: INC-1",
    ]


def test_change_with_a_long_title_names_its_author_below():
    change = Change(
        id="chg-1", at=0, category="secret", title="t" * 60, author="Ines", target="x", detail=""
    )
    short = Change(
        id="chg-2", at=0, category="deploy", title="web 2", author="train", target="x", detail=""
    )
    assert panels.changes_text([change, short], EPOCH).splitlines()[1:] == [
        f"Fri 20 Nov 01:40  chg-1     secret    {'t' * 60}",
        f"{'':38}(Ines)",
        "Fri 20 Nov 01:40  chg-2     deploy    web 2 (train)",
    ]


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "0s"),
        (59_999, "59s"),
        (60_000, "1m"),
        (3_600_000, "1h"),
        (7_500_000, "2h5m"),
        (86_400_000, "1d"),
        (100_000_000, "1d3h"),
    ],
)
def test_spans_are_short(ms, shown):
    assert panels.span_text(ms) == shown


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        ("%", 0.1211, "12.1 %"),
        ("%", 0.0012, "0.12 %"),
        ("/s", 482.4, "482 /s"),
        ("/s", 4.25, "4.2 /s"),
        ("/s", 0.228, "0.23 /s"),
        ("/s", 0.0, "0.0 /s"),
        ("ms", 38.2, "38 ms"),
        ("ms", 10_001.0, "10.0 s"),
        ("", 4.0, "4"),
        ("%", None, "-"),
    ],
)
def test_values_are_for_people(unit, value, shown):
    assert panels.value_text(unit, value) == shown
