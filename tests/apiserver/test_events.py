"""EventObjects: counted, combined, rate limited, in both recorders' forms."""

from sim.apiserver.events import BURST
from tests.apiserver.world import pod


def record(world, message="back-off", reason="BackOff", component="kubelet", **more):
    about = world.api.get("pods", "default", "p") or world.api.create("pods", pod())
    world.api.event(about, "Warning", reason, message, component=component, host="n1", **more)


def events(world):
    return world.api.list("events", "default")


def test_same_happening_again_raises_the_count(world):
    record(world, field_path="spec.containers{app}")
    world.env.advance(20_000)
    record(world, field_path="spec.containers{app}")
    (event,) = events(world)
    assert event["count"] == 2
    assert event["firstTimestamp"] == "2026-11-20T01:40:00Z"
    assert event["lastTimestamp"] == "2026-11-20T01:40:20Z"
    assert event["source"] == {"component": "kubelet", "host": "n1"}
    assert event["involvedObject"]["fieldPath"] == "spec.containers{app}"
    assert event["reportingComponent"] == "kubelet"


def test_name_is_the_object_and_the_nanosecond(world):
    record(world, at=-60_000)
    (event,) = events(world)
    name, _, stamp = event["metadata"]["name"].rpartition(".")
    assert name == "p"
    assert len(stamp) == 16
    assert int(stamp, 16) // 1_000_000 == world.epoch.at(-60_000)


def test_eleventh_different_message_is_combined(world):
    for index in range(13):
        record(world, f"message {index}")
    listed = {one["message"]: one["count"] for one in events(world)}
    assert len(listed) == 11
    assert listed["(combined from similar events): message 12"] == 3


def test_flood_about_one_object_is_cut_and_refills_slowly(world):
    for _ in range(40):
        record(world)
    assert events(world)[0]["count"] == BURST
    world.env.advance(300_001)
    record(world)
    record(world)
    assert events(world)[0]["count"] == 41, "what was not written has been counted; one more may be"


def test_scheduler_writes_the_newer_form(world):
    record(world, "assigned", "Scheduled", "default-scheduler")
    (event,) = events(world)
    assert event["source"] == {}
    assert event["firstTimestamp"] is None
    assert event["eventTime"].startswith("2026-11-20T01:40:00.")
    assert event["action"] == "Binding"
    assert event["reportingInstance"] == "default-scheduler-n1"
    assert "count" not in event


def test_scheduler_repeats_become_a_series(world):
    record(world, "0/3 nodes", "FailedScheduling", "default-scheduler")
    world.env.advance(60_000)
    record(world, "0/3 nodes", "FailedScheduling", "default-scheduler")
    (event,) = events(world)
    assert event["series"]["count"] == 2


def test_node_events_live_in_default_and_carry_the_name_as_uid(world):
    node = world.api.get("nodes", "", "n1")
    world.api.event(node, "Normal", "Starting", "Starting kubelet.", component="kubelet", host="n1")
    (event,) = events(world)
    assert event["involvedObject"] == {"kind": "Node", "name": "n1", "uid": "n1"}
