"""The systemd units of a node: its own daemons, and those that kube-proxy brings.

This file must not know how a unit is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.node.housekeeping import chore_units
from sim.node.kubeproxy.units import proxy_units
from sim.node.records import MIB, Unit

if TYPE_CHECKING:
    from sim.node.machine import Machine


class Daemon(NamedTuple):
    """One of the machine's own daemons."""

    name: str
    description: str
    command: str
    memory_mib: int
    cpu_per_mille: int
    """Share of one core, in thousandths."""
    tasks: int
    user: str = "root"
    docs: str = ""
    path: str = "/lib/systemd/system"


DAEMONS = (
    Daemon(
        "systemd-journald",
        "Journal Service",
        "/lib/systemd/systemd-journald",
        34,
        2,
        1,
        docs="man:systemd-journald.service(8)",
    ),
    Daemon(
        "systemd-udevd",
        "Rule-based Manager for Device Events and Files",
        "/lib/systemd/systemd-udevd",
        9,
        0,
        1,
        docs="man:systemd-udevd.service(8)",
    ),
    Daemon(
        "dbus",
        "D-Bus System Message Bus",
        "/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile "
        "--systemd-activation --syslog-only",
        5,
        0,
        1,
        "message+",
        "man:dbus-daemon(1)",
    ),
    Daemon(
        "chrony",
        "chrony, an NTP client/server",
        "/usr/sbin/chronyd -F 1",
        4,
        0,
        2,
        "_chrony",
        "man:chronyd(8)",
    ),
    Daemon(
        "cron",
        "Regular background program processing daemon",
        "/usr/sbin/cron -f",
        2,
        0,
        1,
        docs="man:cron(8)",
    ),
    Daemon(
        "ssh",
        "OpenBSD Secure Shell server",
        "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
        8,
        0,
        1,
        docs="man:sshd(8)",
    ),
    Daemon(
        "containerd",
        "containerd container runtime",
        "/usr/bin/containerd",
        72,
        18,
        24,
        docs="https://containerd.io",
    ),
    Daemon(
        "kubelet",
        "kubelet: The Kubernetes Node Agent",
        "/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf "
        "--kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml",
        98,
        31,
        19,
        docs="https://kubernetes.io/docs/",
    ),
)
"""Sorted by start."""


def daemon_pid(machine: Machine, index: int) -> int:
    """Return the pid of a daemon; 0 while it is stopped."""
    name = DAEMONS[index].name
    if name == "kubelet":
        return machine.kubelet.pid
    state = machine.daemons.state(name)
    if not state.running:
        return 0
    if state.pid:
        return state.pid
    return 310 + 61 * index + machine.stream.at("daemon", index).integer(0, 40)


def units(machine: Machine) -> list[Unit]:
    """Return every unit, by name."""
    found = [_daemon(machine, index, one) for index, one in enumerate(DAEMONS)]
    found.extend(proxy_units(machine.proxy))
    found.extend(chore_units(machine))
    return sorted(found, key=lambda unit: unit.name)


def _text(machine: Machine, one: Daemon) -> str:
    rule, wait = machine.daemons.restart_rule(one.name)
    docs = f"Documentation={one.docs}\n" if one.docs else ""
    again = f"Restart={rule}\n" + (f"RestartSec={wait // 1000}\n" if wait >= 1000 else "")
    return (
        f"[Unit]\nDescription={one.description}\n{docs}\n[Service]\nExecStart={one.command}\n"
        f"{again if rule != 'no' else ''}\n[Install]\nWantedBy=multi-user.target\n"
    )


def _daemon(machine: Machine, index: int, one: Daemon) -> Unit:
    state = machine.daemons.state(one.name)
    dead = not machine.daemons.runs(one.name)
    pid = daemon_pid(machine, index)
    begun = machine.facts.booted_at + 4_000 + 900 * index
    since = begun if state.since is None else state.since
    up = 0 if dead else machine.env.now - since
    failed = dead and state.result != "success"
    active = "activating" if state.restarting else "failed" if failed else "inactive"
    sub = "auto-restart" if state.restarting else "failed" if failed else "dead"
    enabled = machine.daemons.files.get(f"{one.name}.service", "enabled")
    return Unit(
        f"{one.name}.service",
        one.description,
        active=active if dead else "active",
        sub=sub if dead else "running",
        since=since,
        main_pid=pid,
        result=state.result if dead else "success",
        exit_code=state.exit_code if dead else 0,
        enabled=enabled,
        memory_bytes=0 if dead else one.memory_mib * MIB,
        tasks=0 if dead else one.tasks,
        cpu_ms=up * one.cpu_per_mille // 1000,
        exec_start=one.command,
        path=f"{one.path}/{one.name}.service",
        docs=one.docs,
        cgroup=f"/system.slice/{one.name}.service",
        text=_text(machine, one),
        main_started_at=begun if state.begun is None else state.begun,
    )
