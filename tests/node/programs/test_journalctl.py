from __future__ import annotations

import re

import pytest

from sim.node.programs.timespec import format_ago, format_span, parse_span, parse_timestamp

from .conftest import AT_0250, EPOCH, World


@pytest.fixture
def told(world: World) -> World:
    """Return a world whose node has said a few things since 02:42:55."""
    journal = world.bad.journal
    at = 62 * 60_000 + 55_000
    journal.write(at, "kernel", "kube-proxy invoked oom-killer: gfp_mask=0xcc0", priority=4)
    journal.write(at, "kernel", "Memory cgroup out of memory: Killed process 7", priority=3)
    journal.write(at + 1000, "kubelet.service", "started container", pid=812)
    journal.write(AT_0250 - 50_000, "kube-proxy-heal.service", "flushed KUBE-* chains", pid=4711)
    return world


def test_unit_lines_have_ident_and_pid(told: World) -> None:
    assert told.run("journalctl -u kubelet").lines == [
        "Nov 20 02:42:56 node-worker-3 kubelet[812]: started container"
    ]


def test_kernel_lines_have_no_pid(told: World) -> None:
    assert told.run("journalctl -k --no-pager | grep -c oom-killer").out == "1\n"
    assert told.run("journalctl -k -n1").lines == [
        "Nov 20 02:42:55 node-worker-3 kernel: Memory cgroup out of memory: Killed process 7"
    ]


@pytest.mark.parametrize(
    ("since", "count"),
    [("5 min ago", 0), ("02:42", 3), ("2026-11-20 02:42:56", 1), ("-1min", 0), ("today", 3)],
)
def test_since_takes_systemds_forms(told: World, since: str, count: int) -> None:
    lines = told.run(f'journalctl -t kernel -t kubelet -q --since "{since}"').lines
    assert len(lines) == count


def test_until_priority_pattern_and_output(told: World) -> None:
    assert told.run('journalctl -n 1 --until "02:43" -o cat').lines == ["started container"]
    assert len(told.run("journalctl -p err").lines) == 1
    assert told.run("journalctl -g 'FLUSHED|flushed|nope' -o cat").lines == [
        "flushed KUBE-* chains"
    ]
    assert told.run("journalctl -t kube-proxy-heal -g KUBE- -o short-iso").lines == [
        "2026-11-20T02:49:10+0000 node-worker-3 kube-proxy-heal[4711]: flushed KUBE-* chains"
    ]
    assert told.run("journalctl -r -k -n 1 -o cat").lines[0].startswith("Memory cgroup")


def test_nothing_found_is_said(told: World) -> None:
    assert told.run("journalctl -u nope").lines == ["-- No entries --"]
    ran = told.run("journalctl --since yesterdayish")
    assert (ran.code, ran.err) == (1, "Failed to parse timestamp: yesterdayish\n")


def test_following_prints_what_comes_until_interrupted(told: World) -> None:
    def later() -> object:
        yield told.env.timeout(2_300)
        told.bad.journal.write(told.env.now, "kubelet.service", "later", pid=812)

    told.env.spawn(later())  # type: ignore[arg-type]
    ran = told.run("journalctl -f -u kubelet", interrupt_after=5_000)
    assert ran.code == 130
    assert [line.rpartition(": ")[2] for line in ran.lines] == ["started container", "later"]


def test_dmesg_counts_from_boot_or_by_calendar(told: World) -> None:
    lines = told.run("dmesg").lines
    assert re.match(r"\[    0\.000\d{3}\] Linux version 6\.1", lines[0])
    later = [line for line in lines if line.startswith("[3459775.000")]
    assert later[0].endswith("] kube-proxy invoked oom-killer: gfp_mask=0xcc0")
    assert "Linux version" not in told.run("journalctl -k").out
    assert told.run("dmesg -T | tail -1").lines == [
        "[Fri Nov 20 02:42:55 2026] Memory cgroup out of memory: Killed process 7"
    ]
    assert told.run("dmesg -W", interrupt_after=2_000).out == ""
    assert told.run("dmesg -u").err == "dmesg: -u is not supported in this simulator\n"
    assert told.run("dmesg", user="oncall").err == (
        "dmesg: read kernel buffer failed: Operation not permitted\n"
    )


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("02:40", "02:40:00"),
        ("02:40:30", "02:40:30"),
        ("10 minutes ago", "02:40:00"),
        ("1h ago", "01:50:00"),
        ("now", "02:50:00"),
        ("today", "00:00:00"),
    ],
)
def test_instants_are_read(text: str, clock: str) -> None:
    now = EPOCH.at(AT_0250)
    at = parse_timestamp(text, now)
    assert at is not None
    assert EPOCH.datetime(at - EPOCH.unix_ms).strftime("%H:%M:%S") == clock


@pytest.mark.parametrize("text", ["", "5 parsec ago", "25:99", "2026-13-40", "ago"])
def test_nonsense_is_no_instant(text: str) -> None:
    assert parse_timestamp(text, EPOCH.at(AT_0250)) is None


def test_spans_are_worded_as_systemd_does() -> None:
    assert [format_ago(s * 1000) for s in (3, 123, 360, 7200, 50 * 3600, 20 * 86400)] == [
        "3s", "2min 3s", "6min", "2h 0min", "2 days", "2 weeks 6 days",
    ]  # fmt: skip
    assert (format_span(1203), format_span(125_000)) == ("1.203s", "2min 5s")
    assert parse_span("1h 30min") == 5_400_000
