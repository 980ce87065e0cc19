"""The node image's remediation timer."""

from tests.node.world import build, lose_database

BAD = "node-worker-3"
UNIT = "kube-proxy-heal.service"


def said(world, since):
    """Return (time, text) of what the timer's own program wrote since *since*."""
    entries = world.machines[BAD].journal.query(UNIT, since=world.at(since), now=world.env.now)
    return [(world.clock(one.at), one.message) for one in entries if one.ident != "systemd"]


def test_timer_waits_five_minutes_acts_once_and_leaves_a_running_one_alone():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:56:00"))
    assert said(world, "02:39:00") == [
        ("02:39:10", "kube-proxy is in sync, nothing to do"),
        ("02:44:10", "kube-proxy has not synced for 74s (limit 300s), nothing to do yet"),
        (
            "02:49:10",
            "kube-proxy has not synced for 374s (limit 300s) and is not running: resetting",
        ),
        ("02:49:10", "flushing KUBE-* chains of tables nat, filter"),
        ("02:49:10", "dropping the page cache (vm.drop_caches=3)"),
        ("02:54:10", "kube-proxy has not synced for 674s but is running, leaving it alone"),
    ]


def test_action_is_also_told_by_the_kernel():
    world = build()
    lose_database(world)
    world.env.advance(world.at("02:50:00"))
    kernel = world.machines[BAD].journal.query(kernel=True, since=world.at("02:49:00"))
    assert [one.message.partition(": ")[2] for one in kernel] == ["drop_caches: 3"]


def test_stopped_timer_never_acts():
    world = build()
    lose_database(world)
    world.machines[BAD].control("stop", "kube-proxy-heal.timer")
    world.env.advance(world.at("02:59:00"))
    assert world.machines[BAD].proxy.heal.acted == []
    assert world.machines[BAD].unit("kube-proxy-heal.timer").active == "inactive"


def test_units_tell_when_the_timer_elapses():
    world = build(services=5)
    world.env.advance(world.at("02:00:00"))
    timer = world.machines[BAD].unit("kube-proxy-heal.timer")
    assert (world.clock(timer.last_at), world.clock(timer.next_at)) == ("01:59:10", "02:04:10")
    assert "ExecStart" in world.machines[BAD].unit(UNIT).text
