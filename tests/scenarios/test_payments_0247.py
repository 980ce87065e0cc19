"""What must be true on the screen of the first incident, on its literal seed and on others."""

from __future__ import annotations

import re

import pytest

from sim.evidence import ActionRecord, EvidenceLog
from sim.scenario import Catalogue
from tests.scenarios.night import MINUTE, Night

SLUG = "payments-0247"
OTHERS = [1, 2, 3, 7, 9, 14]


def seconds(clock: str) -> int:
    hours, minutes, rest = (int(part) for part in clock.split(":"))
    return hours * 3600 + minutes * 60 + rest


# -- the literal night -------------------------------------------------------------------------


def test_at_the_page_two_pods_crash_on_one_node_and_two_serve() -> None:
    night = Night(SLUG, 0)
    night.until("02:47:01")

    rows = [
        (
            pod["metadata"]["name"],
            pod["spec"]["nodeName"],
            night.status(pod)["state"].get("waiting", {}).get("reason", "Running"),
        )
        for pod in night.pods()
    ]
    assert rows == [
        ("payment-service-7f8b9c4d5-a8j3n", "node-worker-1", "Running"),
        ("payment-service-7f8b9c4d5-m6t2w", "node-worker-2", "Running"),
        ("payment-service-7f8b9c4d5-q4r7p", "node-worker-3", "CrashLoopBackOff"),
        ("payment-service-7f8b9c4d5-x2k9m", "node-worker-3", "CrashLoopBackOff"),
    ]
    assert [night.clock(at) for at in night.alerts("paged")] == ["02:47:00"]
    assert 0.10 < night.failing < 0.14


def test_release_completes_before_anything_breaks() -> None:
    night = Night(SLUG, 0)
    night.until("02:42:40")

    (deployment,) = (
        one
        for one in night.backend.api.list("deployments", "payments")
        if one["metadata"]["name"] == "payment-service"
    )
    assert deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "47"
    assert deployment["status"]["updatedReplicas"] == 4
    assert deployment["status"]["availableReplicas"] == 4
    assert night.failing < 0.005


def test_rejecting_rule_stays_on_one_node_and_leaves_the_others_within_seconds() -> None:
    night = Night(SLUG, 0)
    night.until("02:43:00")

    assert night.dial("node-worker-3") == "refused"
    assert {night.dial(node) for node in night.roles["node.good"]} == {"ok"}
    assert {night.dial(node) for node in night.roles["node.others"]} == {"ok"}


def test_crashing_pod_names_the_refused_address() -> None:
    night = Night(SLUG, 0)
    night.until("02:47:30")
    (pod, *_) = (pod for pod in night.pods() if pod["spec"]["nodeName"] == "node-worker-3")
    door = night.backend.api.kubelet
    assert door is not None

    text = door.logs(
        pod, "", previous=True, tail=50, since=None, timestamps=False, limit_bytes=None
    )

    assert "FATAL: database connection refused: ECONNREFUSED 10.96.45.12:5432" in text


def test_healthy_pod_serves_all_the_while() -> None:
    night = Night(SLUG, 0)
    night.until("02:47:30")
    (pod, *_) = (pod for pod in night.pods() if pod["spec"]["nodeName"] == "node-worker-1")
    door = night.backend.api.kubelet
    assert door is not None

    text = door.logs(
        pod, "", previous=False, tail=10, since=None, timestamps=False, limit_bytes=None
    )

    lines = text.splitlines()
    assert len(lines) == 10
    assert all(re.match(r"2026-11-20T02:47:\S+ (INFO|WARN): (POST|GET) ", line) for line in lines)


def test_first_crashes_are_at_0243() -> None:
    night = Night(SLUG, 0)
    night.until("02:47:00")

    stamps = sorted(
        event["firstTimestamp"]
        for event in night.backend.api.list("events", "payments")
        if event["reason"] == "BackOff"
    )
    assert stamps
    assert stamps[0].startswith("2026-11-20T02:43:0")


def test_kube_proxy_is_killed_again_and_again_and_then_thrashes() -> None:
    night = Night(SLUG, 0)
    night.until("02:55:00")

    stopped, started = night.proxy_marks("stopped"), night.proxy_marks("started")
    assert stopped[0].startswith("02:42:4")
    assert len(stopped) == 6
    assert stopped[-1] < "02:49:10" < started[-1] < "02:53:00"
    assert night.bad.proxy.regime == "thrashing"
    (pod,) = (
        pod
        for pod in night.backend.api.list("pods", "kube-system")
        if pod["metadata"]["name"].startswith("kube-proxy-")
        and pod["spec"]["nodeName"] == "node-worker-3"
    )
    status = night.status(pod)
    assert status["ready"] is True
    assert status["restartCount"] == 6
    assert status["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert status["lastState"]["terminated"]["exitCode"] == 137


def test_timer_flushes_at_0249_10_and_refusals_become_timeouts() -> None:
    night = Night(SLUG, 0)
    night.until("02:49:09")
    before = night.dial("node-worker-3")
    night.until("02:49:11")

    assert (before, night.dial("node-worker-3")) == ("refused", "timeout")
    unit = "kube-proxy-heal.service"
    said = [entry.message for entry in night.bad.journal.query(unit=unit, now=night.env.now)]
    assert any("flushing KUBE-* chains" in line for line in said)
    assert any("nothing to do yet" in line for line in said)


def test_kernel_log_names_the_victim_and_its_limit() -> None:
    night = Night(SLUG, 0)
    night.until("02:44:00")

    lines = [entry.message for entry in night.bad.journal.query(kernel=True)]
    assert any("limit 131072kB" in line for line in lines)
    assert any("Killed process" in line and "(kube-proxy)" in line for line in lines)


def test_node_is_ready_all_the_time() -> None:
    night = Night(SLUG, 0)
    night.until("02:50:00")

    node = night.backend.api.get("nodes", "", "node-worker-3")
    assert node is not None
    conditions = {one["type"]: one["status"] for one in node["status"]["conditions"]}
    assert conditions == {
        "MemoryPressure": "False",
        "DiskPressure": "False",
        "PIDPressure": "False",
        "Ready": "True",
    }


def test_cordon_and_delete_heal_users_in_seconds_and_the_node_in_minutes() -> None:
    night = Night(SLUG, 0)
    night.until("02:52:00")
    night.cordon()
    night.delete_crashing()
    night.env.advance(night.env.now + 15_000)

    assert night.failing < 0.003
    assert night.on_bad_node() == []
    assert all(night.status(pod)["ready"] for pod in night.pods())
    night.until("03:05:00")
    (synced,) = night.proxy_marks("synced")
    assert 4 * 60 <= seconds(synced) - seconds("02:52:00") <= 8 * 60
    assert night.dial("node-worker-3") == "ok"


def test_actions_are_told_as_what_they_meant() -> None:
    night = Night(SLUG, 0)
    night.until("02:52:00")
    night.backend.actor = lambda: (5, 9)
    night.cordon()
    night.delete_crashing()
    night.roll_back()
    night.change_proxy()
    night.cordon(on=False)

    told = [(one.verb, one.target, one.detail) for one in night.log.of(ActionRecord)]
    assert told[0] == ("patch", "nodes/node-worker-3", "unschedulable: true")
    assert told[1][:2] == ("delete", "pods/payments/payment-service-7f8b9c4d5-q4r7p")
    assert told[3] == (
        "rollback",
        "deployments/payments/payment-service",
        "image: registry.internal/payments/payment-service:3.18.2 -> "
        "registry.internal/payments/payment-service:3.18.1",
    )
    assert told[4][:2] == ("restart", "daemonsets/kube-system/kube-proxy")
    assert told[5] == ("patch", "nodes/node-worker-3", "unschedulable: false")
    assert {(one.input, one.command) for one in night.log.of(ActionRecord)} == {(5, 9)}


# -- what follows from the model ---------------------------------------------------------------


def test_untouched_it_hurts_for_fifty_minutes() -> None:
    night = Night(SLUG, 0)
    page = night.until_page()
    night.env.advance(page + 60 * MINUTE)

    assert min(night.failing_from(page, page + 60 * MINUTE)) > 0.09


def test_deleting_without_a_cordon_brings_them_back_to_the_same_node() -> None:
    night = Night(SLUG, 0)
    night.until("02:52:00")
    night.delete_crashing()
    night.env.advance(night.env.now + 10 * MINUTE)

    assert len(night.on_bad_node()) == 2
    assert night.failing > 0.09


def test_rolling_back_improves_nothing_lasting() -> None:
    night = Night(SLUG, 0)
    night.until("02:50:00")
    night.roll_back()
    night.env.advance(night.env.now + 15 * MINUTE)

    assert night.failing > 0.09


def test_scaling_onto_the_healthy_nodes_works() -> None:
    night = Night(SLUG, 0)
    night.until("02:50:00")
    night.scale(8)
    night.env.advance(night.env.now + MINUTE)

    assert night.failing < 0.003


def test_raising_the_limit_heals_the_node_and_breaks_no_other() -> None:
    night = Night(SLUG, 0)
    night.until("02:52:00")
    night.change_proxy(memory="256Mi")
    night.env.advance(night.env.now + MINUTE)

    assert night.dial("node-worker-3") == "ok"
    night.env.advance(night.env.now + 5 * MINUTE)
    assert night.failing < 0.003
    assert all(machine.proxy.synced for machine in night.backend.machines.values())


def test_restarting_the_daemonset_breaks_the_other_nodes() -> None:
    night = Night(SLUG, 0)
    night.until("02:52:00")
    night.change_proxy()
    night.env.advance(night.env.now + 8 * MINUTE)

    assert all(not machine.proxy.synced for machine in night.backend.machines.values())
    assert night.failing > 0.5


def test_uncordoning_too_early_sends_new_pods_into_the_hole() -> None:
    night = Night(SLUG, 0)
    night.until("02:51:00")
    night.cordon()
    night.delete_crashing()
    night.env.advance(night.env.now + MINUTE)
    night.cordon(on=False)
    for pod in night.pods()[:2]:
        night.send("DELETE", f"/api/v1/namespaces/payments/pods/{pod['metadata']['name']}")
    night.env.advance(night.env.now + MINUTE)

    assert night.on_bad_node()
    assert not all(night.status(pod)["ready"] for pod in night.pods())


# -- other seeds -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", OTHERS)
def test_every_seed_tells_the_same_story(seed: int) -> None:
    night = Night(SLUG, seed)
    page = night.until_page()

    fault = night.backend.plan.fault_at("move-database")
    assert 3 * MINUTE <= page - fault <= 6 * MINUTE
    assert len(night.on_bad_node()) == 2
    assert sorted(pod["spec"]["nodeName"] for pod in night.pods()) == sorted(
        [night.roles["node.bad"]] * 2 + night.roles["node.good"]
    )
    killed = [
        name
        for name, machine in night.backend.machines.items()
        if any(mark.what == "stopped" for mark in machine.proxy.history)
    ]
    assert killed == [night.roles["node.bad"]]
    night.env.advance(page + 5 * MINUTE)
    assert 0.08 < night.failing < 0.16
    acted = night.env.now
    night.cordon()
    night.delete_crashing()
    night.env.advance(acted + 20_000)
    assert night.failing < 0.003
    night.env.advance(acted + 8 * MINUTE)
    assert night.bad.proxy.synced


@pytest.mark.parametrize("seed", OTHERS[:2])
def test_untouched_every_seed_hurts_for_fifty_minutes(seed: int) -> None:
    night = Night(SLUG, seed)
    page = night.until_page()
    night.env.advance(page + 50 * MINUTE)

    assert min(night.failing_from(page, page + 50 * MINUTE)) > 0.05


def test_cutting_time_into_steps_leaves_no_trace() -> None:
    whole, steps = Night(SLUG, 4), Night(SLUG, 4)
    whole.env.advance(75 * MINUTE)
    for number in range(75 * 12):
        steps.env.advance((number + 1) * 5_000)

    assert whole.log.dumps() == steps.log.dumps()
    for resource in ("pods", "events", "endpointslices", "nodes"):
        assert whole.backend.api.list(resource) == steps.backend.api.list(resource)


def test_evidence_survives_being_written_and_read() -> None:
    night = Night(SLUG, 5)
    night.env.advance(70 * MINUTE)

    assert EvidenceLog.loads(night.log.dumps()).dumps() == night.log.dumps()


def test_story_and_scenario_agree_on_their_facts() -> None:
    scenario = Catalogue()[SLUG]

    assert {fact.id for fact in scenario.facts} >= {
        "alert-not-flapping",
        "users-failing",
        "crash-began-0243",
        "two-of-four-pods-crash",
        "deploy-at-0241",
        "crash-log-econnrefused",
        "healthy-peer-reaches-db",
        "crashing-pods-share-node",
        "node-reports-ready",
        "bad-node-cannot-reach-service",
        "good-node-reaches-service",
        "db-endpoint-healthy",
        "rules-sparse",
        "proxy-oom-killed",
        "proxy-restarted-recently",
        "proxy-limit-128",
        "services-grew-last-week",
        "deploy-diff-innocent",
        "rules-complete",
        "users-recovered",
        "pods-ready-elsewhere",
    }
