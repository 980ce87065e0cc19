"""Laws and parts of the workload that need no process."""

from __future__ import annotations

import ast
import random
import sys
import time
from pathlib import Path
from statistics import quantiles

import pytest

from sim.traffic.latency import utilised
from sim.traffic.spec import LatencyLaw
from sim.workload import latency
from sim.workload.__main__ import PROGRAMS, main
from sim.workload.pool import Login, Patience, Pool
from sim.workload.samples import KEPT_S, Group, Samples
from sim.workload.settings import packed, unpacked
from sim.workload.users import Errand, calls_due
from tests.workload.loops import run
from tests.workload.processes import ROOT, running


@pytest.mark.parametrize(
    "path", sorted((ROOT / "sim" / "workload").glob("*.py")), ids=lambda one: one.stem
)
def test_nothing_but_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    outside = [
        name
        for name in names
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("sim.workload")
    ]
    assert outside == []


@pytest.mark.parametrize("utilisation", [0.0, 0.57, 0.95])
def test_latency_follows_the_simulated_law(utilisation: float) -> None:
    p50, p99 = utilised(LatencyLaw(p50_ms=42.0, p99_ms=100.0), utilisation)
    random.seed(1)
    drawn = [latency.drawn_ms(42.0, 100.0, utilisation) for _ in range(20_000)]
    cuts = quantiles(drawn, n=100)
    assert cuts[49] == pytest.approx(p50, rel=0.03)
    assert cuts[98] == pytest.approx(p99, rel=0.05)


def test_capacity_is_kept_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("sim.workload.latency.time.monotonic", lambda: now[0])
    capacity = latency.Capacity(10.0)
    served = 0.0
    for turn in range(2_000):
        now[0] += 0.05
        cost = 2.5 if turn % 2 else 0.5
        served += cost * capacity.take(cost)
    assert served == pytest.approx(1_000, abs=15)


def test_who_stands_for_few_is_turned_away_as_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now, draw = [100.0], random.Random(7)
    monkeypatch.setattr("sim.workload.latency.time.monotonic", lambda: now[0])
    capacity = latency.Capacity(200.0)
    served: dict[float, list[bool]] = {12.0: [], 1.0: []}
    for _ in range(20_000):
        now[0] += draw.expovariate(20.0)
        cost = 12.0 if draw.random() < 0.95 else 1.0
        served[cost].append(capacity.take(cost))
    usual, small = (sum(one) / len(one) for one in served.values())
    assert usual < 0.9
    assert small == pytest.approx(usual, abs=0.05)


def test_samples_of_a_second_are_read_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:

    now = [1_000.5]
    monkeypatch.setattr("sim.workload.samples.time.time", lambda: now[0])
    samples = Samples(source="gw", node="n", program="users")
    samples.add(Group("GET /", "shop"), 41.6, slow=True)
    samples.add(Group("GET /", "shop"), 12.2, final=False)
    assert samples.read(0).count(b"\n") == 1
    now[0] = 1_001.0
    assert b'"count": 2, "final": 1, "slow": 1, "scale": 1.0, "ms": [12, 42]' in samples.read(0)
    assert samples.read(1_000).count(b"\n") == 1
    now[0] = 1_000.0 + 2 * KEPT_S
    samples.add(Group("GET /", "shop"), 1.0)
    now[0] += 1
    assert samples.read(0).count(b"\n") == 2


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"host": "x", "speed": 1}, "unknown: speed"),
        ({}, "missing: host"),
        ([], "is not what packed() makes"),
    ],
)
def test_settings_that_do_not_fit(settings: object, complaint: str) -> None:
    with running("users", settings=settings or None if settings != [] else [1]) as one:
        assert one.code() == 2
    assert complaint in one.text


def test_unknown_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    told = capsys.readouterr().err
    assert all(name in told for name in PROGRAMS)


@pytest.mark.parametrize("phase", [1 / 6, 0.5])
def test_a_robot_calls_by_the_clock(phase: float) -> None:
    robot = Errand("GET /a", "robot", 1 / 180, 1.0, True, "robot", spells=[[1e6, 2e6], [4e6, 5e6]])
    due = [at for at in range(0, 6_000_000, 200) if calls_due(robot, phase, at - 200, at)]
    first = [one for one in due if one < 3_000_000]
    assert [round(one / 1000) for one in first] == [
        round(1000 + 180 * (phase + turn)) for turn in range(6)
    ]
    assert [one + 3_000_000 for one in first] == due[len(first) :]
    assert calls_due(robot, phase, 0, 6_000_000) == len(due)


def test_sessions_drift_apart_over_days_and_not_at_once() -> None:
    async def left(seconds: float) -> list[float]:
        pool = Pool(400, Login("", 0, "", "", ""), Patience(1, 1, 1, (1, 1), 1800), lambda *_: None)
        pool.grow_old(seconds)
        now = time.monotonic()
        return [slot.until - now for slot in pool._slots]

    young, old = run(left(60)), run(left(3 * 86_400 - 600))
    assert all(1694 < one < 1741 for one in young)
    # 145 replacements of 1777.5 s on average are over, and 862 s: the next are due in a quarter of an hour.
    mean = sum(old) / len(old)
    assert 870 < mean < 960
    assert 120 < (sum((one - mean) ** 2 for one in old) / len(old)) ** 0.5 < 200


def test_settings_stand_in_the_environment_without_being_readable_by_the_way() -> None:
    told = {"breaks": {"3.18.2": 0.35}, "users": [1, 2]}
    text = packed(told)
    assert unpacked(text) == told
    assert "breaks" not in text
    for other in ("{}", "", "AAAA"):
        with pytest.raises(ValueError, match=r"."):
            unpacked(other)
