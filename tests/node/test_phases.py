"""The two phases of a node whose kube-proxy runs out of memory, as lists of (time, what)."""

from dataclasses import replace

import pytest

from sim.node.kubeproxy.rules import Dnat, NoRule, Reject
from tests.node.world import DB_IP, DB_PORT, build, lose_database, watch_rules, watch_status

BAD = "node-worker-3"


def test_lost_endpoint_on_a_node_with_many_flows_freezes_the_reject_then_sparse_rules():
    """Phase A keeps what the killed kube-proxy wrote last; the heal timer's flush begins phase B."""
    world = build()
    bad, good = watch_rules(world, BAD), watch_rules(world, "node-worker-1")
    lose_database(world)
    world.env.advance(world.at("03:45:00"))
    assert bad == [("02:42:52", "Dnat"), ("02:42:54", "Reject"), ("02:49:10", "NoRule")]
    assert good == [("02:42:52", "Dnat"), ("02:42:54", "Reject"), ("02:42:59", "Dnat")]


def test_kube_proxy_is_killed_in_the_clean_up_then_in_every_start_then_thrashes():
    world = build()
    seen = watch_status(world, "kube-proxy-3", "kube-system")
    lose_database(world)
    world.env.advance(world.at("02:55:00"))
    assert seen == [
        ("02:42:55", "OOMKilled 0"),
        ("02:42:56", "Running 1/1 1"),
        ("02:43:20", "OOMKilled 1"),
        ("02:43:29", "CrashLoopBackOff 1"),
        ("02:43:31", "Running 1/1 2"),
        ("02:43:55", "OOMKilled 2"),
        ("02:44:05", "CrashLoopBackOff 2"),
        ("02:44:16", "Running 1/1 3"),
        ("02:44:40", "OOMKilled 3"),
        ("02:44:53", "CrashLoopBackOff 3"),
        ("02:45:20", "Running 1/1 4"),
        ("02:45:45", "OOMKilled 4"),
        ("02:45:56", "CrashLoopBackOff 4"),
        ("02:47:05", "Running 1/1 5"),
        ("02:47:30", "OOMKilled 5"),
        ("02:47:40", "CrashLoopBackOff 5"),
        ("02:50:10", "Running 1/1 6"),
    ]
    assert world.machines[BAD].proxy.regime == "thrashing"


def test_application_on_the_node_is_refused_then_times_out_while_others_reconnect():
    world = build()
    bad, good = watch_status(world, "payment-3"), watch_status(world, "payment-1")
    lose_database(world)
    world.env.advance(world.at("02:53:00"))
    starts = [time for time, what in bad if what.startswith("Running")]
    assert good == []
    assert starts == ["02:43:07", "02:43:19", "02:43:42", "02:44:23", "02:45:46", "02:48:28"]
    last = world.logs("payment-3", previous=True).splitlines()[-1]
    assert last.endswith(f"FATAL: database connection refused: ECONNREFUSED {DB_IP}:{DB_PORT}")
    world.env.advance(world.at("02:54:00"))
    last = world.logs("payment-3", previous=True).splitlines()[-1]
    assert last.endswith(f"FATAL: database connection timed out: ETIMEDOUT {DB_IP}:{DB_PORT}")
    assert "database connection restored after" in world.logs("payment-1")


def test_untouched_node_stays_stuck_because_restarts_disturb_the_thrashing_start():
    world = build()
    lose_database(world)
    world.env.advance(world.at("03:50:00"))
    proxy = world.machines[BAD].proxy
    assert proxy.regime == "thrashing"
    assert isinstance(proxy.state.lookup(DB_IP, DB_PORT), NoRule)
    assert proxy.heal is not None
    assert [world.clock(at) for at in proxy.heal.acted] == ["02:49:10"]


def test_crashing_pod_deleted_after_the_flush_lets_the_first_sync_finish():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:52:00"))
    world.api.delete("pods", "payments", "payment-3")
    proxy = world.machines[BAD].proxy
    world.env.advance(world.at("02:55:00"))
    assert isinstance(proxy.state.lookup(DB_IP, DB_PORT), NoRule)
    world.env.advance(world.at("02:59:00"))
    assert isinstance(proxy.state.lookup(DB_IP, DB_PORT), Dnat)
    assert 4 <= (proxy.last_sync_at - world.at("02:50:10")) / 60_000 <= 8


def test_another_container_start_on_the_node_begins_the_quiet_time_anew():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:52:00"))
    world.api.delete("pods", "payments", "payment-3")
    world.env.advance(world.at("02:56:00"))
    world.run("debug", BAD, "busybox", container={"command": ["sleep", "3600"]})
    world.env.advance(world.at("02:59:00"))
    assert world.machines[BAD].proxy.regime == "thrashing"
    world.env.advance(world.at("03:05:00"))
    assert world.machines[BAD].proxy.synced


def test_raised_limit_on_a_new_pod_syncs_within_seconds_and_the_application_follows():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:45:00"))
    replace_proxy(world, "256Mi")
    world.env.advance(world.at("02:45:06"))
    assert world.machines[BAD].proxy.synced
    world.env.advance(world.at("02:46:00"))
    assert world.status("payment-3") == "Running 1/1 5"


def test_new_pod_with_the_old_limit_is_killed_in_its_start_again():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:52:00"))
    replace_proxy(world, "128Mi")
    seen = watch_status(world, "kube-proxy-new", "kube-system")
    world.env.advance(world.at("02:53:00"))
    assert [what for _, what in seen if "Kill" in what] == ["OOMKilled 0", "OOMKilled 1"]


def test_restarted_healthy_kube_proxy_breaks_its_node_for_minutes_from_the_next_heal():
    """The start-up no longer fits: a restart by hand is how the other nodes would be lost."""
    world = build()
    rules = watch_rules(world, "node-worker-1")
    world.env.advance(world.at("02:00:10"))
    assert world.machines["node-worker-1"].control("restart", "kube-proxy")
    world.env.advance(world.at("02:20:00"))
    assert rules == [("02:06:40", "NoRule"), ("02:13:33", "Dnat")]


@pytest.mark.parametrize("services", [402, 418])
def test_margins_hold_over_the_drawn_numbers_of_services(services):
    world = build(services=services)
    bad, good = watch_rules(world, BAD), watch_rules(world, "node-worker-2")
    lose_database(world)
    world.env.advance(world.at("02:50:00"))
    assert [what for _, what in bad] == ["Dnat", "Reject", "NoRule"]
    assert [what for _, what in good] == ["Dnat", "Reject", "Dnat"]


def test_a_year_ago_with_fewer_services_every_restart_would_have_fitted():
    world = build(services=360)
    world.env.advance(world.at("02:00:10"))
    world.machines["node-worker-1"].proxy.restart()
    world.env.advance(world.at("02:01:00"))
    assert world.machines["node-worker-1"].proxy.synced


def test_flush_by_hand_on_a_running_node_is_not_repaired_by_a_partial_sync():
    world = build()
    world.env.advance(1_000)
    proxy = world.machines["node-worker-1"].proxy
    proxy.state = proxy.state.flush_table("nat")
    lose_database(world, "01:45:00")
    world.env.advance(world.at("01:50:00"))
    assert isinstance(proxy.state.lookup(DB_IP, DB_PORT), NoRule)
    world.env.advance(world.at("02:31:00"))
    assert isinstance(proxy.state.lookup(DB_IP, DB_PORT), Dnat), "the hourly full sync"


def test_refused_connection_fails_at_once_and_flushed_one_after_all_syn_retries():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:47:30"))
    machine = world.machines[BAD]
    first = world.network.connect(machine, DB_IP, DB_PORT)
    assert isinstance(machine.proxy.state.lookup(DB_IP, DB_PORT), Reject)
    world.env.advance(world.at("02:49:30"))
    second = world.network.connect(machine, DB_IP, DB_PORT)
    assert [(one.kind, one.ms) for one in (first, second)] == [("refused", 0), ("timeout", 127_000)]
    assert second.within(3_000).ms == 3_000


def replace_proxy(world, limit):
    """Roll the DaemonSet's pod of the bad node, as its controller would."""
    old = world.pod("kube-proxy-3", "kube-system")
    container = dict(old["spec"]["containers"][0])
    container["resources"] = {"limits": {"memory": limit}, "requests": {"memory": limit}}
    spec = {**old["spec"], "containers": [container]}
    world.api.delete("pods", "kube-system", "kube-proxy-3", grace_s=0)
    metadata = {"name": "kube-proxy-new", "namespace": "kube-system"}
    world.api.create("pods", {"metadata": metadata, "spec": spec})


def test_law_constants_come_from_outside():
    from sim.node.kubeproxy.law import ProxyLaw

    world = build(law=replace(ProxyLaw(), base_startup=40))
    lose_database(world)
    world.env.advance(world.at("02:44:00"))
    assert world.machines[BAD].proxy.synced, "killed once in the clean-up, then it fits again"
