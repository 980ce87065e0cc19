"""The node image's remediation timer: resets the rules of a kube-proxy that has stopped syncing.

Well meant: it flushes the KUBE-* chains and drops the page cache, so that the next start begins
clean. It never touches a kube-proxy that runs. This file must not know why kube-proxy is down.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from sim.node.journal import Entry

if TYPE_CHECKING:
    from sim.node.kubeproxy.proxy import KubeProxy

DESCRIPTION = "Recover a kube-proxy that stopped syncing"


@dataclass(frozen=True, slots=True)
class HealPlan:
    """How the timer is set on one node."""

    unit: str = "kube-proxy-heal"
    every_ms: int = 300_000
    idle_ms: int = 300_000
    """How long kube-proxy must not have synced before the timer acts."""
    phase_ms: int = 0
    """It elapses at every `phase_ms + n * every_ms` of simulated time."""


class HealTimer:
    """The timer of one node; only ticks at which it could act are simulated."""

    def __init__(self, proxy: KubeProxy, plan: HealPlan) -> None:
        """Set the timer; ticks that find nothing to do are drawn when the journal is read."""
        self.plan = plan
        self._proxy = proxy
        self._switched: list[tuple[int, bool]] = []
        self._round = 0
        self.acted: list[int] = []
        """Simulated ms of the ticks at which it acted."""
        proxy.machine.journal.routine(f"{plan.unit}.service", self._routine)

    @property
    def enabled(self) -> bool:
        """False after `systemctl stop` of the timer."""
        return self._switched[-1][1] if self._switched else True

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._switched.append((self._proxy.env.now, enabled))

    @property
    def switched_at(self) -> int:
        """When the timer was last started or stopped (simulated ms)."""
        return self._switched[-1][0] if self._switched else self._proxy.machine.facts.booted_at

    def _enabled_at(self, tick: int) -> bool:
        earlier = [enabled for at, enabled in self._switched if at <= tick]
        return earlier[-1] if earlier else True

    def next_tick(self, at: int) -> int:
        """Return the first tick at or after *at*."""
        plan = self.plan
        return at + (plan.phase_ms - at) % plan.every_ms

    def watch(self) -> None:
        """Begin to watch: kube-proxy has just stopped having the rules in hand."""
        self._round += 1
        self._proxy.env.spawn(self._watching(self._round))

    def _watching(self, round_: int) -> Generator[simpy.Event, Any, None]:
        proxy = self._proxy
        env = proxy.env
        since = proxy.stale_since
        while since is not None and proxy.stale_since == since and round_ == self._round:
            yield env.at(self.next_tick(max(env.now + 1, since + self.plan.idle_ms)))
            if self.enabled and proxy.stale_since == since and round_ == self._round:
                self._tick(since)

    def run_now(self) -> None:
        """Run the service by hand (`systemctl start`)."""
        since = self._proxy.stale_since
        if since is not None and self._proxy.env.now - since >= self.plan.idle_ms:
            self._tick(since)

    def _tick(self, since: int) -> None:
        if not self._proxy.running:
            self._act(since)

    def _act(self, since: int) -> None:
        proxy = self._proxy
        now = proxy.env.now
        self.acted.append(now)
        said = [
            f"kube-proxy has not synced for {(now - since) // 1000}s "
            f"(limit {self.plan.idle_ms // 1000}s) and is not running: resetting",
            "flushing KUBE-* chains of tables nat, filter",
            "dropping the page cache (vm.drop_caches=3)",
        ]
        for entry in self._run(now, said):
            proxy.machine.journal.write(
                entry.at,
                entry.ident,
                entry.message,
                pid=entry.pid,
                unit=entry.unit,
                priority=entry.priority,
            )
        text = f"kube-proxy-heal ({self._pid(now)}): drop_caches: 3"
        proxy.machine.journal.write(now, "kernel", text)
        proxy.machine.drop_caches()
        proxy.state = proxy.state.flush_kube()

    def _routine(self, since: int, until: int) -> list[Entry]:
        """Return the lines of ticks in [since, until) at which nothing was done."""
        acted = frozenset(self.acted)
        entries: list[Entry] = []
        for tick in range(self.next_tick(since), until, self.plan.every_ms):
            if tick not in acted and self._enabled_at(tick):
                entries.extend(self._run(tick, [self._finding(tick)]))
        return [entry for entry in entries if entry.at < until]

    def _finding(self, tick: int) -> str:
        proxy, before = self._proxy, tick - 1
        stale, synced = proxy.mark_before(before, "stale"), proxy.mark_before(before, "synced")
        if stale is None or (synced is not None and synced.at >= stale.at):
            return "kube-proxy is in sync, nothing to do"
        age = (tick - stale.at) // 1000
        limit = self.plan.idle_ms // 1000
        if age < limit:
            return f"kube-proxy has not synced for {age}s (limit {limit}s), nothing to do yet"
        return f"kube-proxy has not synced for {age}s but is running, leaving it alone"

    def _run(self, at: int, said: list[str]) -> list[Entry]:
        unit = f"{self.plan.unit}.service"
        pid = self._pid(at)
        full = f"{unit} - {DESCRIPTION}"
        return [
            Entry(at, "systemd", 1, unit, 6, f"Starting {full}..."),
            *(
                Entry(at + 20 + 35 * index, self.plan.unit, pid, unit, 6, text)
                for index, text in enumerate(said)
            ),
            Entry(at + 180, "systemd", 1, unit, 6, f"{unit}: Deactivated successfully."),
            Entry(at + 181, "systemd", 1, unit, 6, f"Finished {full}."),
        ]

    def _pid(self, at: int) -> int:
        return self._proxy.machine.pid_at(at)
