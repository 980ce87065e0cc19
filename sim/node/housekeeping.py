"""The timers that a Debian brings: packages, logs, file systems, temporary files.

They do nothing that the model knows of; a machine without them would not be one. This file must not
know how a unit is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sim.node.records import Unit

if TYPE_CHECKING:
    from sim.node.machine import Machine

MINUTE_MS = 60_000
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
MONDAY_MS = 4 * DAY_MS
"""From the beginning of Unix time, a Thursday, to the first Monday."""


class Chore(NamedTuple):
    """One timer."""

    name: str
    description: str
    service: str
    """Description of the service that it starts."""
    every_ms: int
    phase_ms: int
    """Unix ms of one of its elapses."""
    spread_ms: int
    """RandomizedDelaySec: each machine keeps its own part of it."""
    calendar: str


CHORES = (
    Chore("apt-daily", "Daily apt download activities", "Daily apt download activities",
          DAY_MS // 2, 6 * 60 * MINUTE_MS, 720 * MINUTE_MS, "*-*-* 6,18:00"),
    Chore("apt-daily-upgrade", "Daily apt upgrade and clean activities",
          "Daily apt upgrade and clean activities", DAY_MS, 360 * MINUTE_MS, 60 * MINUTE_MS,
          "*-*-* 6:00"),
    Chore("dpkg-db-backup", "Daily dpkg database backup timer",
          "Daily dpkg database backup service", DAY_MS, 0, 0, "daily"),
    Chore("e2scrub_all", "Periodic ext4 Online Metadata Check for All Filesystems",
          "Online ext4 Metadata Check for All Filesystems", WEEK_MS,
          MONDAY_MS - DAY_MS + 190 * MINUTE_MS, 0, "Sun *-*-* 03:10:00"),
    Chore("fstrim", "Discard unused blocks once a week",
          "Discard unused blocks on filesystems from /etc/fstab", WEEK_MS, MONDAY_MS,
          100 * MINUTE_MS, "weekly"),
    Chore("logrotate", "Daily rotation of log files", "Rotate log files", DAY_MS, 0,
          60 * MINUTE_MS, "daily"),
    Chore("man-db", "Daily man-db regeneration", "Daily man-db regeneration", DAY_MS, 0,
          720 * MINUTE_MS, "daily"),
    Chore("systemd-tmpfiles-clean", "Daily Cleanup of Temporary Directories",
          "Cleanup of Temporary Directories", DAY_MS, 0, 1_440 * MINUTE_MS, ""),
)  # fmt: skip
"""Those of a Debian 12 without a desktop."""


def chore_units(machine: Machine) -> Iterator[Unit]:
    """Yield each timer and the service that it starts."""
    unix = machine.epoch.at(machine.env.now)
    for chore in CHORES:
        own = machine.stream.at("chore", chore.name).integer(0, max(0, chore.spread_ms - 1))
        own = min(own, chore.every_ms - 1)
        left = (chore.phase_ms + own - unix) % chore.every_ms or chore.every_ms
        following = machine.env.now + left
        last = following - chore.every_ms
        ran = last >= machine.facts.booted_at
        calendar = f"OnCalendar={chore.calendar}\n" if chore.calendar else "OnUnitActiveSec=1d\n"
        yield Unit(
            f"{chore.name}.timer",
            chore.description,
            active="active",
            sub="waiting",
            since=machine.facts.booted_at + 3_000,
            tasks=0,
            path=f"/lib/systemd/system/{chore.name}.timer",
            triggers=f"{chore.name}.service",
            next_at=following,
            last_at=last if ran else None,
            text=f"[Unit]\nDescription={chore.description}\n\n[Timer]\n{calendar}"
            "Persistent=true\n\n[Install]\nWantedBy=timers.target\n",
        )
        yield Unit(
            f"{chore.name}.service",
            chore.service,
            active="inactive",
            sub="dead",
            since=last + 900 if ran else machine.facts.booted_at,
            tasks=0,
            path=f"/lib/systemd/system/{chore.name}.service",
            enabled="static",
            triggered_by=f"{chore.name}.timer",
        )
