"""/var/log/syslog: the journal as rsyslog writes it down. Must not know which units exist."""

from __future__ import annotations

from sim.node.machine import Machine

KEEPS_MS = 12 * 3_600_000
"""How far the newest file reaches back: it is rotated (ours)."""


def syslog(machine: Machine) -> str:
    """Return the lines of the newest file."""
    now = machine.env.now
    lines = []
    for entry in machine.journal.query(None, now - KEEPS_MS, now):
        stamp = machine.epoch.datetime(entry.at)
        who = entry.ident if entry.pid is None else f"{entry.ident}[{entry.pid}]"
        text = entry.message
        if entry.ident == "kernel":
            since = entry.at - machine.facts.booted_at
            text = f"[{since // 1000:>5}.{since % 1000:03d}000] {text}"
        lines.append(
            f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond:06d}+00:00 {machine.name} {who}: {text}\n"
        )
    return "".join(lines)
