from __future__ import annotations

import pytest

from .conftest import World


def test_status_shows_unit_process_and_memory_limit(world: World) -> None:
    ran = world.run("sudo systemctl status kube-proxy")
    pid = world.find(world.bad, "kube-proxy").pid
    assert ran.code == 0
    assert ran.lines[:3] == [
        "● kube-proxy.service - Kubernetes kube-proxy (follows the DaemonSet's container)",
        "     Loaded: loaded (/etc/systemd/system/kube-proxy.service; enabled; preset: enabled)",
        "     Active: active (running) since Fri 2026-11-20 00:40:00 UTC; 2h 10min ago",
    ]
    assert f"   Main PID: {pid} (kube-proxy)" in ran.lines
    assert any(line.endswith("(max: 128.0M available: 67.8M)") for line in ran.lines)


def test_status_of_an_oom_killed_unit_says_so(world: World) -> None:
    world.find(world.bad, "kube-proxy").kill_out_of_memory()
    world.env.advance(world.env.now + 500)
    ran = world.run("systemctl status kube-proxy")
    assert ran.code == 0
    assert ran.lines[2] == (
        "     Active: activating (auto-restart) (Result: oom-kill)"
        " since Fri 2026-11-20 02:50:00 UTC; 500ms ago"
    )
    assert any(line.endswith("(code=killed, signal=KILL)") for line in ran.lines)
    assert world.run("systemctl is-active kube-proxy").lines == ["activating"]
    assert "kube-proxy" in world.run("journalctl -k | grep 'Killed process'").out


def test_restart_ends_the_process_and_the_kubelet_brings_it_back(world: World) -> None:
    told: list[tuple[str, str]] = []
    world.bad.changed = lambda verb, detail: told.append((verb, detail))
    before = world.find(world.bad, "kube-proxy").pid
    assert world.run("sudo systemctl restart kube-proxy").code == 0
    world.env.advance(world.env.now + 10_000)
    lines = world.run("systemctl status kube-proxy").lines
    assert told == [("systemctl", "restart kube-proxy.service")]
    assert lines[2].startswith("     Active: active (running) since Fri 2026-11-20 02:50:0")
    assert f"   Main PID: {before} (kube-proxy)" not in lines


def test_timer_can_be_seen_and_stopped(world: World) -> None:
    rows = world.run("systemctl list-timers").lines
    assert rows[0].split() == ["NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES"]
    assert " ".join(rows[1].split()) == (
        "Fri 2026-11-20 02:54:10 UTC 4min 10s left Fri 2026-11-20 02:49:10 UTC 50s ago "
        "kube-proxy-heal.timer kube-proxy-heal.service"
    )
    assert {"apt-daily.timer", "fstrim.timer", "logrotate.timer"} <= {
        word for row in rows for word in row.split()
    }
    assert world.run("systemctl stop kube-proxy-heal.timer").code == 0
    assert world.bad.proxy.heal is not None
    assert not world.bad.proxy.heal.enabled
    assert world.run("systemctl start kube-proxy-heal.timer").code == 0
    assert world.bad.proxy.heal.enabled


def test_kubelet_stops_and_starts(world: World) -> None:
    assert world.run("systemctl stop kubelet").code == 0
    ran = world.run("systemctl status kubelet")
    assert (ran.code, ran.lines[0][0]) == (3, "○")
    assert world.run("systemctl is-active kubelet").code == 3
    assert world.run("systemctl start kubelet && systemctl is-active kubelet").lines == ["active"]


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("systemctl status nope", 4, "Unit nope.service could not be found.\n"),
        (
            "systemctl restart nope",
            5,
            "Failed to restart nope.service: Unit nope.service not found.\n",
        ),
        ("systemctl frobnicate", 1, "Unknown command verb frobnicate.\n"),
        ("systemctl cat nope", 1, "No files found for nope.service.\n"),
        ("systemctl stop", 1, "Too few arguments.\n"),
        ("systemctl edit kubelet", 1, "systemctl: edit is not supported in this simulator\n"),
    ],
)
def test_what_cannot_be_done_is_said(world: World, line: str, code: int, told: str) -> None:
    ran = world.run(line)
    assert (ran.code, ran.err) == (code, told)


def test_changes_need_root_and_a_node(world: World) -> None:
    assert (
        "Interactive authentication required"
        in world.run("systemctl restart kubelet", user="oncall").err
    )
    assert world.run("systemctl status kubelet", world.postgres).code == 127


def test_show_prints_properties(world: World) -> None:
    assert world.run("systemctl show kube-proxy -p ActiveState,MemoryMax").lines == [
        "ActiveState=active",
        "MemoryMax=134217728",
    ]
    assert world.run("systemctl show nope -p LoadState --value").lines == ["not-found"]


def test_unit_files_can_be_read_as_files_too(world: World) -> None:
    text = world.run("systemctl cat kube-proxy-heal.service").out
    assert text.startswith("# /etc/systemd/system/kube-proxy-heal.service\n[Unit]\n")
    assert (
        world.run("cat /etc/systemd/system/kube-proxy-heal.service").out == text.partition("\n")[2]
    )
    assert "kube-proxy-heal.timer" in world.run("ls /etc/systemd/system").lines


def test_no_failed_unit_is_said_in_one_line(world: World) -> None:
    assert world.run("systemctl --failed").lines == [
        "  UNIT LOAD ACTIVE SUB DESCRIPTION",
        "0 loaded units listed.",
    ]


def test_a_chores_timer_elapses_again_and_again(world: World) -> None:
    timer = world.bad.unit("logrotate.timer")
    assert timer is not None
    assert timer.next_at is not None
    assert timer.last_at is not None
    assert timer.last_at <= world.env.now < timer.next_at == timer.last_at + 86_400_000
    assert "Rotate log files" in world.run("systemctl status logrotate").out
