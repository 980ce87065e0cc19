"""What a hand on a node does to it: daemons, containers, images, processes."""

from __future__ import annotations

import pytest

from .conftest import World


def test_a_killed_kubelet_is_started_again_by_systemd(world: World) -> None:
    before = world.run("pidof kubelet").out
    world.run("kill -9 $(pidof kubelet)")
    ran = world.run("systemctl status kubelet")
    assert (ran.code, "activating (auto-restart) (Result: signal)" in ran.out) == (
        3,
        True,
    ) or ran.code == 0
    assert world.bad.kubelet.stopped
    world.env.advance(world.env.now + 11_000)
    assert not world.bad.kubelet.stopped
    assert world.run("pidof kubelet").out not in ("", before)
    told = [line.split(": ", 1)[1] for line in world.run("journalctl -u kubelet").lines]
    assert told[:3] == [
        "kubelet.service: Main process exited, code=killed, status=9/KILL",
        "kubelet.service: Failed with result 'signal'.",
        "kubelet.service: Scheduled restart job, restart counter is at 1.",
    ]


def test_without_containerd_nothing_starts(world: World) -> None:
    world.run("systemctl stop containerd")
    ran = world.run("crictl ps")
    assert (ran.code, "connect: connection refused" in ran.err) == (1, True)
    container = world.find(world.bad, "busybox")
    container.kill()
    world.env.advance(world.env.now + 60_000)
    assert container.state == "exited"
    assert not [
        one
        for one in world.bad.containers.values()
        if one.name == "busybox" and one.state == "running"
    ]
    world.run("systemctl start containerd")
    world.env.advance(world.env.now + 60_000)
    assert world.run("crictl ps -q --name busybox").lines


@pytest.mark.parametrize(
    ("line", "code"),
    [("crictl stop {id}", 137), ("crictl stop -t 5 {id}", 0), ("kill {pid}", 0), ("kill -9 {pid}", 137),
     ("killall -9 toolbox", 137), ("pkill -x toolbox", 0)],
)  # fmt: skip
def test_an_ended_container_is_started_again(world: World, line: str, code: int) -> None:
    container = world.find(world.bad, "toolbox")
    assert world.run(line.format(id=container.id[:13], pid=container.pid)).code == 0
    world.env.advance(world.env.now + 5_000)
    assert (container.state, container.exit_code) == ("exited", code)
    rows = world.run("crictl ps -a --name toolbox").lines
    assert [row.split("ago")[1].split()[0] for row in rows[1:]] == ["Running", "Exited"]


def test_a_removed_image_is_pulled_again(world: World) -> None:
    assert world.run("crictl rmi example.net/busybox:1").out == "Deleted: example.net/busybox:1\n"
    assert "busybox" not in world.run("crictl images").out
    world.find(world.bad, "busybox").kill()
    world.env.advance(world.env.now + 20_000)
    assert "busybox" in world.run("crictl images").out


def test_masked_units_do_not_start(world: World) -> None:
    assert world.run("systemctl mask --now kubelet").code == 0
    assert world.run("systemctl is-enabled kubelet").lines == ["masked"]
    ran = world.run("systemctl start kubelet")
    assert (ran.code, ran.err) == (
        1,
        "Failed to start kubelet.service: Unit kubelet.service is masked.\n",
    )
    world.run("systemctl unmask kubelet")
    assert world.run("systemctl start kubelet; systemctl is-active kubelet").lines == ["active"]


def test_the_journal_can_be_made_smaller(world: World) -> None:
    before = world.bad.disk.used
    told = world.run("journalctl --vacuum-size=100M").err
    assert told.startswith("Vacuuming done, freed ")
    assert world.bad.disk.used < before
    assert "take up 100.0M" in world.run("journalctl --disk-usage").out


def test_a_program_enters_the_namespaces_of_another(world: World) -> None:
    pid = world.find(world.bad, "toolbox").pid
    assert world.run(f"nsenter -t {pid} -m -u hostname").lines == ["shell"]
    assert world.run(f"nsenter -t {pid} -n hostname -I").lines == ["10.244.3.8 "]
    assert "Permission denied" in world.run(f"nsenter -t {pid} -m ls", user="oncall").err


def test_crictl_runs_programs_and_says_what_is_missing(world: World) -> None:
    container = world.find(world.bad, "busybox")
    assert world.run(f"crictl exec {container.id[:12]} hostname").lines == ["debug"]
    ran = world.run(f"crictl exec {container.id[:12]} nope")
    assert ran.code == 1
    assert 'exec: "nope": executable file not found in $PATH: unknown' in ran.err


def test_a_cleared_ring_buffer_stays_in_the_journal(world: World) -> None:
    world.bad.journal.write(world.env.now, "kernel", "a line")
    assert world.run("dmesg -t | tail -1").out == "a line\n"
    world.run("dmesg -C")
    assert world.run("dmesg").out == ""
    assert "a line" in world.run("journalctl -k").out


def test_users_are_not_root(world: World) -> None:
    for line in ("crictl ps", "dmesg", "systemctl restart kubelet", "apt-get install jq"):
        assert world.run(line, user="oncall").code != 0, line
        assert (
            world.run(f"sudo {line.replace('restart', 'status')}", user="oncall").err.count(
                "denied"
            )
            == 0
        )
    assert world.run("sudo -u nobody whoami", user="oncall").lines == ["nobody"]
    assert world.run("sudo -u nope whoami", user="oncall").err == "sudo: unknown user nope\n"
