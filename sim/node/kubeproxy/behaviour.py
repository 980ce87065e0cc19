"""The kube-proxy process in its container: starts under the law of memory, then keeps the rules.

Every start ends in a first sync, a kill or a long thrashing. This file must not know restarts.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import simpy

from sim.node.behaviour import Life, OutOfMemory, Plain
from sim.node.container import Container
from sim.node.klog import klog
from sim.node.kubeproxy.klog import BIRTH_CRY, begin_lines, reload_text
from sim.node.kubeproxy.proxy import BINARY, KubeProxy
from sim.node.kubeproxy.units import UNIT, ended_lines, started_lines

CLEANUP_MS = (120, 420)
"""From the rules written to the worst moment of the clean-up that follows."""
LUCK_BYTES = 2 << 20
"""By so much what is in use differs between processes with the same rules; the law has the mean."""
VERBOSE = ("--v=2", "-v=2", "--v=3", "--v=4", "-v=3", "-v=4")
Waiting = Generator[simpy.Event, Any, None]


class ProxyBehaviour(Plain):
    """kube-proxy in iptables mode."""

    stop_code = 0

    def __init__(self, container: Container) -> None:
        """Belong to *container*; rules and law are its machine's."""
        self._ctx = container
        container.adjust = -999
        self._stage = "steady"
        self._started_at = 0
        self._until = 0
        self._last_line = (-1, 0)
        self._luck = container.stream.at("resident").integer(-LUCK_BYTES, LUCK_BYTES)
        self._verbose = any(one in VERBOSE for one in container.spec.get("command") or ()) or any(
            one in VERBOSE for one in container.spec.get("args") or ()
        )

    @property
    def _proxy(self) -> KubeProxy:
        return self._ctx.machine.proxy

    def run(self, ctx: Container) -> Life:
        """Start up, then serve until the end."""
        proxy, env = self._proxy, ctx.env
        services, endpoints = self._size()
        warm = ctx.machine.page_cache_warm(BINARY)
        start = proxy.law.start(ctx.limit, services, endpoints, warm=warm)
        self._started_at = env.now
        jitter = ctx.stream.at("start").uniform(0.985, 1.015)
        self._until = env.now + int(start.ms * jitter)
        self._stage = "thrashing" if start.outcome == "thrashes" else "starting"
        proxy.started(ctx, self._stage)
        self._unit_lines(started_lines())
        ctx.exited.callbacks.append(self._ended)
        try:
            yield from self._starting(start.outcome)
            yield from self._serving()
        finally:
            proxy.stopped(ctx)
        return 0

    def adopt(self, ctx: Container) -> Life | None:
        """Serve as a process that has synced long ago."""
        self._started_at = ctx.started_at or 0
        self._proxy.started(ctx, "synced")
        self._proxy.sync_finished()
        self._backdate(ctx)
        ctx.exited.callbacks.append(self._ended)
        return self._adopted(ctx)

    def _adopted(self, ctx: Container) -> Life:
        try:
            yield from self._serving()
        finally:
            self._proxy.stopped(ctx)
        return 0

    def _starting(self, outcome: str) -> Waiting:
        ctx, proxy = self._ctx, self._proxy
        span = self._until - self._started_at
        if outcome == "thrashes":
            yield from self._thrashing()
        else:
            for share, severity, place, text in self._begin_lines():
                if outcome == "killed" and share > 600:
                    break
                yield ctx.env.at(self._started_at + span * share // 1000)
                self._log(severity, place, text)
                if share == BIRTH_CRY:
                    self._cry()
            yield ctx.env.at(self._until)
        ctx.machine.load_binary(BINARY)
        if outcome == "killed":
            raise OutOfMemory
        self._sync(full=True)
        yield from self._clean_up_if_needed()
        self._stage = "steady"
        proxy.sync_finished()

    def _thrashing(self) -> Waiting:
        """Wait for a quiet stretch on the node long enough to gather every page it needs."""
        ctx, machine = self._ctx, self._ctx.machine
        low, high = self._proxy.law.undisturbed_ms
        quiet = machine.stream.at("undisturbed").integer(low, high)
        lines = [line for line in self._begin_lines() if line[0] < 400]
        for share, severity, place, text in lines:
            yield ctx.env.at(self._started_at + 60_000 * share // 400)
            self._log(severity, place, text)
            if share == BIRTH_CRY:
                self._cry()
        machine.load_binary(BINARY)
        since = self._started_at
        while True:
            since = max(since, machine.disturbed_at)
            due = since + quiet
            yield ctx.env.at(due)
            if machine.disturbed_at <= since:
                break
        for share, severity, place, text in self._begin_lines():
            if share >= 400:
                self._log(severity, place, text)

    def _serving(self) -> Waiting:
        proxy, env = self._proxy, self._ctx.env
        while True:
            if not proxy.has_work():
                yield proxy.news()
            draw = self._ctx.machine.stream.at("sync", env.now)
            pause = max(0, proxy.last_sync_at + proxy.law.min_sync_ms - env.now)
            yield env.timeout(max(pause, draw.integer(*proxy.law.sync_ms)))
            if proxy.has_work():
                self._sync(full=proxy.wants_full())
                yield from self._clean_up_if_needed()

    def _sync(self, *, full: bool) -> None:
        proxy = self._proxy
        self._before = proxy.state.snapshot
        if self._verbose:
            kind = str(full).lower()
            self._log(
                "I", "proxier.go:820", f'"Syncing iptables rules" ipFamily="IPv4" fullSync={kind}'
            )
            self._log("I", "proxier.go:1482", reload_text(proxy.wanted))
        proxy.write(full=full)
        if self._verbose:
            took = self._ctx.machine.stream.at("took", self._ctx.env.now).integer(140, 390)
            text = f'"SyncProxyRules complete" ipFamily="IPv4" elapsed="{took}ms"'
            self._log("I", "proxier.go:805", text)

    def _clean_up_if_needed(self) -> Waiting:
        ctx, proxy = self._ctx, self._proxy
        if not proxy.lost_endpoints(self._before):
            return
        yield ctx.env.timeout(ctx.machine.stream.at("cleanup", ctx.env.now).integer(*CLEANUP_MS))
        flows = ctx.machine.flows.count(ctx.env.now)
        ctx.charge(proxy.law.cleanup(*self._size(), flows))

    # -- what others see ---------------------------------------------------------------------------

    def memory(self, ctx: Container, now: int) -> int:
        """Return what the law gives for the stage it is in."""
        services, endpoints = self._size()
        law = self._proxy.law
        if self._stage == "thrashing":
            return ctx.limit - (ctx.limit >> 9)
        if self._stage == "starting":
            span = max(1, self._until - self._started_at)
            share = min(1.0, (now - self._started_at) / span)
            low = 30 << 20
            return low + int((law.peak(services, endpoints) - low) * share)
        return law.steady(services, endpoints) + self._luck

    def listening(self, port: int) -> bool:
        """Serve /healthz and metrics."""
        return port in (10249, 10256)

    def commands(self, ctx: Container) -> Sequence[tuple[str, int, int]]:
        """Return the process and, while rules are written, its restoring child."""
        whole = self.memory(ctx, ctx.env.now)
        if self._stage != "starting":
            return ((ctx.command_line, -1, whole),)
        child = whole * 14 // 100
        restore = "iptables-restore -w 5 -W 100000 --noflush --counters"
        return ((ctx.command_line, -1, whole - child), (restore, 0, child))

    def _size(self) -> tuple[int, int]:
        wanted = self._proxy.wanted
        return wanted.service_count, wanted.endpoint_count

    def _begin_lines(self) -> list[tuple[int, str, str, str]]:
        facts = self._ctx.machine.facts
        tracked = max(131_072, 32_768 * (facts.cpu_millicores // 1000))
        return begin_lines(facts.internal_ip, facts.kubelet_version, tracked)

    def _log(self, severity: str, place: str, text: str) -> None:
        ctx = self._ctx
        at, nth = self._last_line
        self._last_line = (ctx.env.now, nth + 1 if at == ctx.env.now else 0)
        line = klog(ctx.epoch, ctx.env.now, severity, place, text, nth=self._last_line[1])
        ctx.write(line, "stderr")
        ctx.machine.journal.write(ctx.env.now, UNIT, line, pid=ctx.pid)

    def _backdate(self, ctx: Container) -> None:
        begun = ctx.started_at or 0
        for share, severity, place, text in self._begin_lines():
            at = begun + 2_500 * share // 1000
            ctx.log.backdate(at, klog(ctx.epoch, at, severity, place, text))

    def _ended(self, _: simpy.Event) -> None:
        # told after the container's end, so that the kernel's own lines come first
        self._unit_lines(ended_lines(self._ctx))

    def _cry(self) -> None:
        """Tell the API server that it lives (`birthCry`): once a start, before the first sync."""
        ctx, name = self._ctx, self._ctx.machine.name
        about = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": name}}
        ctx.api.event(about, "Normal", "Starting", "", component="kube-proxy", host=name)

    def _unit_lines(self, lines: Sequence[str]) -> None:
        ctx = self._ctx
        for line in lines:
            ctx.machine.journal.write(ctx.env.now, "systemd", line, pid=1, unit=UNIT)
