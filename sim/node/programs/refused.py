"""Programs that a node has and the simulation has not: one honest line each.

This file must not know anything of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Proc, Program, Running

_NOT_MODELLED = (
    "at", "atop", "batch", "bpftool", "bpftrace", "dmidecode", "dstat", "fdisk", "gdb", "halt",
    "htop", "iftop", "iotop", "iperf3", "kubeadm", "logger", "lspci", "ltrace", "ncdu", "nethogs",
    "nice", "parted", "perf", "poweroff", "reboot", "renice", "rsync", "sar", "screen", "shutdown",
    "socat", "strace", "systemd-analyze", "systemd-cgtop", "tmux", "unshare",
)  # fmt: skip
_OF_THE_LAPTOP = ("kubectl", "incident", "ssh")


def _not_modelled(proc: Proc) -> Running:
    return proc.fail("not supported in this simulator")
    yield


def _of_the_laptop(proc: Proc) -> Running:
    return proc.fail("not set up on this node; leave it (exit) and use your laptop's")
    yield


REFUSED: Mapping[str, Program] = {
    **dict.fromkeys(_NOT_MODELLED, _not_modelled),
    **dict.fromkeys(_OF_THE_LAPTOP, _of_the_laptop),
}
"""By name."""
