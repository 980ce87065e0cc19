"""Jobs from their first pod to their last word."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.control.world import MINUTE, SECOND, World

FINALIZER = "batch.kubernetes.io/job-tracking"


def job(name: str = "migrate", **spec: Any) -> Obj:
    container = {"name": "app", "image": "migrate:1", "command": ["migrate"]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": template, **spec},
    }


def started(world: World, **spec: Any) -> None:
    world.api.create("jobs", job(**spec))
    world.run(5 * SECOND)


def pods(world: World) -> list[Obj]:
    return world.api.list("pods", "shop")


def active(world: World) -> list[Obj]:
    return [pod for pod in pods(world) if pod["status"]["phase"] not in ("Succeeded", "Failed")]


def conditions(world: World) -> list[tuple[str, str]]:
    listed = world.get("jobs", "migrate")["status"].get("conditions", ())
    return [(one["type"], one["reason"]) for one in listed]


def test_pod_carries_the_jobs_labels_and_its_finalizer(world: World) -> None:
    started(world)
    [pod] = pods(world)
    uid = world.get("jobs", "migrate")["metadata"]["uid"]
    assert pod["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "migrate",
        "controller-uid": uid,
        "job-name": "migrate",
    }
    assert pod["metadata"]["finalizers"] == [FINALIZER]
    assert pod["metadata"]["generateName"] == "migrate-"
    assert world.events("SuccessfulCreate") == [f"Created pod: {pod['metadata']['name']}"]


def test_running_job_reports_what_is_active_and_ready(world: World) -> None:
    started(world, parallelism=2, completions=4)
    status = world.get("jobs", "migrate")["status"]
    assert status == {
        "startTime": "2026-11-20T01:40:00Z",
        "active": 2,
        "ready": 2,
        "terminating": 0,
        "uncountedTerminatedPods": {},
    }


def test_success_completes_the_job_and_frees_the_pod(world: World) -> None:
    started(world)
    world.kubelet.finish(pods(world)[0])
    world.run(5 * SECOND)
    status = world.get("jobs", "migrate")["status"]
    assert (status["succeeded"], "active" in status) == (1, False)
    assert status["completionTime"] == "2026-11-20T01:40:06Z"
    assert conditions(world) == [
        ("SuccessCriteriaMet", "CompletionsReached"),
        ("Complete", "CompletionsReached"),
    ]
    assert "finalizers" not in pods(world)[0]["metadata"]
    assert world.events("Completed") == ["Job completed"]


def test_parallel_job_never_runs_more_than_are_still_needed(world: World) -> None:
    started(world, parallelism=2, completions=3)
    for pod in active(world):
        world.kubelet.finish(pod)
    world.run(5 * SECOND)
    assert len(active(world)) == 1
    assert world.get("jobs", "migrate")["status"]["succeeded"] == 2


def test_failed_pods_are_replaced_ever_later_until_the_limit(world: World) -> None:
    started(world, backoffLimit=2)
    made: list[int] = []
    for _ in range(3):
        for _ in range(60):
            if active(world):
                break
            world.run(SECOND)
        made.append(round(world.env.now / SECOND))
        world.run(2 * SECOND)
        world.kubelet.finish(active(world)[0], code=1)
    world.run(2 * MINUTE)
    assert [late - early for early, late in pairwise(made)] == [13, 23]
    assert world.get("jobs", "migrate")["status"]["failed"] == 3
    assert conditions(world) == [
        ("FailureTarget", "BackoffLimitExceeded"),
        ("Failed", "BackoffLimitExceeded"),
    ]
    assert world.events("BackoffLimitExceeded") == ["Job has reached the specified backoff limit"]


def test_deadline_ends_the_pods_and_then_the_job(world: World) -> None:
    started(world, activeDeadlineSeconds=30)
    world.run(MINUTE)
    assert pods(world) == []
    assert conditions(world)[-1] == ("Failed", "DeadlineExceeded")
    assert world.get("jobs", "migrate")["status"]["failed"] == 1
    assert world.events("DeadlineExceeded") == ["Job was active longer than specified deadline"]


def test_suspended_job_has_no_pods_until_it_is_resumed(world: World) -> None:
    started(world, suspend=True)
    assert pods(world) == []
    assert "startTime" not in world.get("jobs", "migrate")["status"]
    assert world.events("Suspended") == ["Job suspended"]
    world.patch_spec("jobs", "migrate", suspend=False)
    world.run(5 * SECOND)
    assert len(pods(world)) == 1
    [condition] = world.get("jobs", "migrate")["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "JobResumed")


def test_indexed_job_numbers_its_pods(world: World) -> None:
    started(world, completionMode="Indexed", completions=4, parallelism=3)
    by_index = {
        pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"]: pod
        for pod in pods(world)
    }
    assert sorted(by_index) == ["0", "1", "2"]
    assert by_index["1"]["spec"]["hostname"] == "migrate-1"
    assert by_index["1"]["metadata"]["name"].startswith("migrate-1-")
    for number in ("0", "2"):
        world.kubelet.finish(by_index[number])
    world.run(5 * SECOND)
    assert world.get("jobs", "migrate")["status"]["completedIndexes"] == "0,2"
    assert len(active(world)) == 2


@pytest.mark.parametrize(
    ("action", "failed", "last"),
    [("FailJob", 1, ("Failed", "PodFailurePolicy")), ("Ignore", 0, None), ("Count", 1, None)],
)
def test_failure_policy_judges_by_exit_code(
    world: World, action: str, failed: int, last: tuple[str, str] | None
) -> None:
    codes = {"containerName": "app", "operator": "In", "values": [42]}
    started(world, podFailurePolicy={"rules": [{"action": action, "onExitCodes": codes}]})
    world.kubelet.finish(pods(world)[0], code=42)
    world.run(5 * SECOND)
    assert world.get("jobs", "migrate")["status"].get("failed", 0) == failed
    assert (conditions(world) or [None])[-1] == last


def test_success_policy_ends_the_other_indexes(world: World) -> None:
    rules = [{"succeededIndexes": "0", "succeededCount": 1}]
    started(
        world,
        completionMode="Indexed",
        completions=3,
        parallelism=3,
        successPolicy={"rules": rules},
    )
    world.kubelet.finish(pods(world)[0])
    world.run(5 * SECOND)
    assert conditions(world) == [
        ("SuccessCriteriaMet", "SuccessPolicy"),
        ("Complete", "SuccessPolicy"),
    ]
    assert len(pods(world)) == 1


def test_deleted_job_takes_its_pods_with_it(world: World) -> None:
    started(world, parallelism=2)
    world.api.delete("jobs", "shop", "migrate")
    world.run(10 * SECOND)
    assert pods(world) == []


def test_finished_job_is_deleted_when_its_time_has_passed(world: World) -> None:
    started(world, ttlSecondsAfterFinished=60)
    world.kubelet.finish(pods(world)[0])
    world.run(50 * SECOND)
    assert world.api.get("jobs", "shop", "migrate") is not None
    world.run(20 * SECOND)
    assert world.api.get("jobs", "shop", "migrate") is None
    assert pods(world) == []


def test_job_of_another_manager_is_left_alone(world: World) -> None:
    started(world, managedBy="example.com/queue")
    assert pods(world) == []


def fail_index(world: World, number: int, code: int = 1) -> None:
    """Let the running pod of an index fail, and the next one start."""
    for _ in range(60):
        for pod in active(world):
            index = pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"]
            if index == str(number) and pod["status"]["phase"] == "Running":
                world.kubelet.finish(pod, code)
                world.run(3 * SECOND)
                return
        world.run(SECOND)
    raise AssertionError(f"no pod of index {number}")


def test_each_index_may_have_a_limit_of_its_own(world: World) -> None:
    started(world, completionMode="Indexed", completions=2, parallelism=2, backoffLimitPerIndex=1)
    fail_index(world, 0)
    assert len(active(world)) == 1, "index 0 waits for its back-off"
    fail_index(world, 0)
    status = world.get("jobs", "migrate")["status"]
    assert (status["failedIndexes"], status["failed"], len(active(world))) == ("0", 2, 1)
    world.kubelet.finish(active(world)[0])
    world.run(5 * SECOND)
    assert conditions(world)[-1] == ("Failed", "FailedIndexes")
    assert world.get("jobs", "migrate")["status"]["completedIndexes"] == "1"
    counts = [
        pod["metadata"]["annotations"]["batch.kubernetes.io/job-index-failure-count"]
        for pod in pods(world)
        if pod["metadata"]["name"].startswith("migrate-0-")
    ]
    assert sorted(counts) == ["0", "1"]


def test_too_many_failed_indexes_fail_the_job(world: World) -> None:
    started(
        world,
        completionMode="Indexed",
        completions=3,
        parallelism=3,
        backoffLimitPerIndex=0,
        maxFailedIndexes=1,
    )
    fail_index(world, 0)
    assert conditions(world) == []
    fail_index(world, 2)
    world.run(5 * SECOND)
    assert conditions(world)[-1] == ("Failed", "MaxFailedIndexesExceeded")


def test_rule_can_give_an_index_up_at_once(world: World) -> None:
    codes = {"operator": "In", "values": [42]}
    started(
        world,
        completionMode="Indexed",
        completions=2,
        parallelism=2,
        backoffLimitPerIndex=5,
        podFailurePolicy={"rules": [{"action": "FailIndex", "onExitCodes": codes}]},
    )
    fail_index(world, 1, code=42)
    assert world.get("jobs", "migrate")["status"]["failedIndexes"] == "1"
