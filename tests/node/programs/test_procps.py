from __future__ import annotations

import re

from .conftest import World


def test_free_adds_up_and_has_its_columns(world: World) -> None:
    lines = world.run("free -m").lines
    assert lines[0] == (
        "               total        used        free      shared  buff/cache   available"
    )
    total, used, left, _, cache, _ = map(int, lines[1].split()[1:])
    assert total == 16384
    assert abs(total - used - left - cache) <= 2
    assert world.run("free -h").lines[1].split()[1] == "16Gi"


def test_ps_lists_kube_proxy_on_the_node_and_only_itself_in_a_container(world: World) -> None:
    pid = world.find(world.bad, "kube-proxy").pid
    row = world.run("ps aux | grep /usr/local/bin/kube-proxy").lines[-1]
    assert row.split()[1] == str(pid)
    assert [line.split()[1] for line in world.run("ps aux", world.postgres).lines] == [
        "PID",
        "1",
        "8",
    ]
    assert (
        world.run("ps", world.find(world.bad, "busybox")).lines[0] == "PID   USER     TIME  COMMAND"
    )


def test_top_has_its_head_and_sorts_by_cpu(world: World) -> None:
    lines = world.run("top -b -n1").lines
    assert re.fullmatch(
        r"top - 02:50:00 up 40 days,  1:10,  0 user,  load average: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d",
        lines[0],
    )
    assert lines[6].split() == [
        "PID", "USER", "PR", "NI", "VIRT", "RES", "SHR", "S", "%CPU", "%MEM", "TIME+", "COMMAND",
    ]  # fmt: skip
    shares = [float(line.split()[8]) for line in lines[7:]]
    assert shares == sorted(shares, reverse=True)


def test_uptime_reads_boot_and_load(world: World) -> None:
    assert world.run("uptime -p").lines == ["up 5 weeks, 5 days, 1 hour, 10 minutes"]
    assert world.run("uptime -s").lines == ["2026-10-11 01:40:00"]


def test_killing_kube_proxy_is_done_and_told(world: World) -> None:
    told: list[tuple[str, str]] = []
    world.bad.changed = lambda verb, detail: told.append((verb, detail))
    container = world.find(world.bad, "kube-proxy")
    assert world.run(f"sudo kill -9 {container.pid}").code == 0
    world.env.settle()
    assert container.state == "exited"
    assert told[0][0] == "kill"
    assert world.run("kill -9 99999").err == "bash: kill: (99999) - No such process\n"
    assert "kill: abc: arguments must be process or job IDs\n" in world.run("kill -9 abc").err


def test_pid_1_of_a_container_can_be_asked_but_not_killed_from_inside(world: World) -> None:
    assert world.run("kill -9 1", world.postgres).code == 0
    world.env.settle()
    assert world.postgres.state == "running"
    first = world.postgres
    assert world.run("kill 1", first).code == 0
    world.env.advance(world.env.now + 1_000)
    assert first.state == "exited"


def test_pgrep_and_pidof_find_by_name(world: World) -> None:
    pid = world.find(world.bad, "kube-proxy").pid
    assert world.run("pgrep kube-proxy").lines == [str(pid)]
    assert world.run("pidof kube-proxy").lines == [str(pid)]
    assert world.run("pgrep nothing").code == 1


def test_date_is_the_nodes(world: World) -> None:
    assert world.run("date").lines == ["Fri Nov 20 02:50:00 UTC 2026"]
    assert world.run("date -u +%H:%M", world.postgres).lines == ["02:50"]
