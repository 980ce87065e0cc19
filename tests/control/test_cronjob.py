"""CronJobs: when they start a Job, and when they do not. The night begins at 01:40:00 UTC."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from sim.control.cronschedule import BadScheduleError, parse_schedule
from sim.kernel.walltime import parse_rfc3339_ms
from tests.control.test_job import job
from tests.control.world import MINUTE, SECOND, World


def cronjob(schedule: str = "*/5 * * * *", **spec: Any) -> Obj:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "report", "namespace": "shop"},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": job()["spec"]}, **spec},
    }


def started(world: World, *args: str, **spec: Any) -> None:
    world.api.create("cronjobs", cronjob(*args, **spec))


def jobs(world: World) -> list[str]:
    return [one["metadata"]["name"] for one in world.api.list("jobs", "shop")]


def finish_all(world: World, code: int = 0) -> None:
    for pod in world.api.list("pods", "shop"):
        if pod["status"]["phase"] == "Running":
            world.kubelet.finish(pod, code)
    world.run(5 * SECOND)


def test_job_is_made_when_the_schedule_comes_round(world: World) -> None:
    started(world)
    world.run(5 * MINUTE + 2 * SECOND)
    [name] = jobs(world)
    made = world.get("jobs", name)
    minutes = (1_795_138_800 + 5 * 60) // 60
    assert name == f"report-{minutes}"
    assert made["metadata"]["annotations"] == {
        "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-20T01:45:00Z"
    }
    status = world.get("cronjobs", "report")["status"]
    assert status["lastScheduleTime"] == "2026-11-20T01:45:00Z"
    assert [one["name"] for one in status["active"]] == [name]
    assert world.events("SuccessfulCreate", "CronJob") == [f"Created job {name}"]


def test_completed_job_leaves_the_active_ones(world: World) -> None:
    started(world)
    world.run(5 * MINUTE + 10 * SECOND)
    finish_all(world)
    [name] = jobs(world)
    status = world.get("cronjobs", "report")["status"]
    assert "active" not in status
    assert status["lastSuccessfulTime"] == world.get("jobs", name)["status"]["completionTime"]
    assert world.events("SawCompletedJob") == [f"Saw completed job: {name}, condition: Complete"]


@pytest.mark.parametrize(("policy", "left"), [("Allow", 2), ("Forbid", 1), ("Replace", 1)])
def test_concurrency_policy_decides_about_a_second_job(
    world: World, policy: str, left: int
) -> None:
    started(world, concurrencyPolicy=policy)
    world.run(5 * MINUTE + 10 * SECOND)
    first = jobs(world)
    world.run(5 * MINUTE)
    assert len(jobs(world)) == left
    assert (first[0] in jobs(world)) == (policy != "Replace")
    assert bool(world.events("JobAlreadyActive")) == (policy == "Forbid")


def test_old_jobs_are_deleted_beyond_the_limit(world: World) -> None:
    started(world, successfulJobsHistoryLimit=1)
    for _ in range(3):
        world.run(5 * MINUTE)
        world.run(5 * SECOND)
        finish_all(world)
    world.run(10 * SECOND)
    assert len(jobs(world)) == 1
    assert len(world.events("SuccessfulDelete", "CronJob")) == 2


def test_suspended_cronjob_makes_nothing(world: World) -> None:
    started(world, suspend=True)
    world.run(20 * MINUTE)
    assert jobs(world) == []


def test_missed_start_is_made_up_for_only_within_the_deadline(world: World) -> None:
    started(world, suspend=True, startingDeadlineSeconds=60)
    world.run(7 * MINUTE)
    world.patch_spec("cronjobs", "report", suspend=False)
    world.run(10 * SECOND)
    assert jobs(world) == []
    world.patch_spec("cronjobs", "report", startingDeadlineSeconds=600)
    world.run(10 * SECOND)
    assert len(jobs(world)) == 1


def test_bad_schedule_is_said_in_an_event(world: World) -> None:
    started(world, "every day")
    world.run(SECOND)
    [text] = world.events("UnparseableSchedule")
    assert text.startswith('unparseable schedule: "every day" : expected exactly 5 fields, found 2')


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        ("0 3 * * *", "", "2026-11-20T02:00:00+00:00", "2026-11-20T03:00:00Z"),
        ("0 3 * * *", "Europe/Zurich", "2026-11-20T01:00:00+00:00", "2026-11-20T03:00:00+01:00"),
        ("0 3 * * *", "Europe/Zurich", "2026-07-20T00:30:00+00:00", "2026-07-20T03:00:00+02:00"),
        ("@hourly", "", "2026-11-20T02:00:00+00:00", "2026-11-20T03:00:00Z"),
        ("@every 90s", "", "2026-11-20T02:00:00+00:00", "2026-11-20T02:01:30Z"),
        ("15 10 1,15 * MON", "", "2026-11-20T02:00:00+00:00", "2026-11-23T10:15:00Z"),
    ],
)
def test_schedule_comes_round(schedule: str, zone: str, after: str, due: str) -> None:
    parsed = parse_schedule(schedule, zone)
    assert parsed.local(parsed.after(parse_rfc3339_ms(after))) == due


@pytest.mark.parametrize("text", ["* * * *", "61 * * * *", "@sometimes", "@every soon"])
def test_schedule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadScheduleError):
        parse_schedule(text)


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(BadScheduleError, match="unknown time zone Mars/Base"):
        parse_schedule("* * * * *", "Mars/Base")


def test_instant_beyond_the_calendar_is_far_away() -> None:
    assert parse_schedule("0 0 29 2 *").after(10**16) > 10**16
