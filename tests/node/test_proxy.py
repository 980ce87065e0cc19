"""A node's kube-proxy between changes: syncs, health, units, journal."""

from itertools import pairwise

from tests.node.world import (
    DB_IP,
    DB_PORT,
    build,
    endpoint_slice,
    lose_database,
    service,
)

BAD = "node-worker-3"


def test_change_is_written_within_two_seconds_at_most_once_a_second():
    world = build(services=5)
    world.env.advance(60_000)
    proxy = world.machines["node-worker-1"].proxy
    syncs = []
    proxy.on_change.append(lambda _: syncs.append(world.env.now))
    for n in range(12):
        world.api.create("services", service(f"n{n}", f"10.96.8.{n + 1}", 80))
        world.env.advance(60_000 + 300 * (n + 1))
    world.env.advance(70_000)
    gaps = [after - before for before, after in pairwise(syncs)]
    assert syncs[0] - 60_000 <= 1_200
    assert min(gaps) >= 1_000
    assert not proxy.behind


def test_terminating_endpoint_is_used_while_nothing_else_is_ready():
    world = build(services=5)
    ends = [
        {
            "addresses": ["10.244.1.10"],
            "conditions": {"ready": False, "serving": True, "terminating": True},
        },
        {"addresses": ["10.244.1.11"], "conditions": {"ready": False, "serving": False}},
    ]
    world.api.create("services", service("old", "10.96.7.7", 80))
    world.api.create("endpointslices", endpoint_slice("old", 80, ends))
    rule = world.watch.snapshot.rules["10.96.7.7", 80, "TCP"]
    assert [one.ip for one in rule.endpoints] == ["10.244.1.10"]


def test_deleted_service_leaves_the_rules():
    world = build(services=5)
    world.env.advance(1_000)
    world.api.delete("services", "payments", "postgres")
    world.env.advance(4_000)
    proxy = world.machines[BAD].proxy
    assert type(proxy.state.lookup(DB_IP, DB_PORT)).__name__ == "NoRule"


def test_pod_changes_that_change_no_endpoint_cause_no_sync():
    world = build(services=5)
    world.env.advance(1_000)
    before = world.watch.snapshot
    world.api.modify(
        "services",
        "payments",
        "postgres",
        lambda s: {**s, "metadata": {**s["metadata"], "labels": {"a": "b"}}},
    )
    assert world.watch.snapshot is before


def test_health_turns_503_a_minute_after_an_update_got_stuck():
    world = build()
    lose_database(world)
    proxy = world.machines[BAD].proxy
    world.env.advance(world.at("02:44:20"))
    assert proxy.healthz()[0] == 200
    world.env.advance(world.at("02:45:00"))
    assert proxy.healthz() is None
    world.env.advance(world.at("02:52:00"))
    assert proxy.healthz()[0] == 503
    assert not proxy.healthy()


def test_unit_follows_the_container():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:45:00"))
    unit = world.machines[BAD].unit("kube-proxy")
    assert (unit.active, unit.sub, unit.result) == ("activating", "auto-restart", "oom-kill")
    world.env.advance(world.at("02:52:00"))
    unit = world.machines[BAD].unit("kube-proxy")
    assert (unit.active, unit.sub, world.clock(unit.since)) == ("active", "running", "02:50:10")
    assert unit.main_pid == world.container("kube-proxy-3", "kube-system").pid


def test_kernel_lines_come_before_systemds_in_the_journal():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:42:56"))
    killed = world.at("02:42:54")
    lines = [one.message for one in world.machines[BAD].journal.query(since=killed)]
    kernel = next(n for n, text in enumerate(lines) if text.startswith("oom-kill:"))
    unit = next(n for n, text in enumerate(lines) if text.endswith("by the OOM killer."))
    assert kernel < unit
    assert "Tasks in /kubepods.slice/" in " ".join(lines)


def test_log_of_a_killed_start_ends_before_its_caches_are_synced():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:45:00"))
    log = world.logs("kube-proxy-3", "kube-system")
    assert '"Waiting for caches to sync for endpoint slice config"' in log
    assert "Syncing iptables rules" not in log


def test_stopped_unit_ends_the_container_and_the_kubelet_starts_it_again():
    world = build(services=360)
    world.env.advance(60_000)
    assert world.machines[BAD].control("stop", "kube-proxy.service")
    world.env.advance(63_000)
    assert world.status("kube-proxy-3", "kube-system") == "Running 1/1 1"


def test_systemctl_has_no_power_over_a_kube_proxy_that_waits():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:45:00"))
    assert not world.machines[BAD].control("restart", "kube-proxy.service")


def test_each_start_tells_the_api_server_so():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:45:00"))
    starts = [one for one in world.api.list("events", "default") if one["reason"] == "Starting"]
    assert len(starts) == 3
    assert {one["involvedObject"]["uid"] for one in starts} == {BAD}
    assert {one["action"] for one in starts} == {"StartKubeProxy"}
    assert not any("series" in one for one in starts)


def test_cpu_time_never_falls():
    world = build()
    lose_database(world)
    proxy = world.machines[BAD].proxy
    seen = 0
    world.env.advance(world.at("02:50:20"))
    container = proxy.container
    for clock in ("02:51:00", "02:55:00", "02:59:00", "03:10:00", "03:20:00"):
        world.env.advance(world.at(clock))
        if proxy.container is container:
            assert proxy.cpu_ms() >= seen
            seen = proxy.cpu_ms()
    assert seen > 20_000
