"""One node's kube-proxy: the rules in the kernel, whether a process keeps them, and since when not.

The rules outlive the process. This file must not know containers' restarts, memory or log texts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from sim.node.kubeproxy.heal import HealPlan, HealTimer
from sim.node.kubeproxy.law import ProxyLaw
from sim.node.kubeproxy.repair import partly_repaired, repaired, whole
from sim.node.kubeproxy.rules import RuleState, ServiceKey, ServiceSnapshot
from sim.node.kubeproxy.services import ServiceWatch
from sim.node.kubeproxy.serving import health_body

if TYPE_CHECKING:
    from sim.node.container import Container
    from sim.node.machine import Machine

BINARY = "/usr/local/bin/kube-proxy"
FULL_SYNC_MS = 3_600_000
"""FullSyncPeriod: at least one full sync an hour (pkg/proxy/iptables/proxier.go)."""
CANARY = "KUBE-PROXY-CANARY"
CANARY_MS = 30_000
"""How often the flush monitor looks for its chain, first of all in the mangle table (syncPeriod)."""
HEALTH_TIMEOUT_MS = 60_000
"""healthz turns 503 when a queued update is older than twice the sync period of 30 s."""
CACHES_MS = 17_000
"""From the start of a tight start-up until its caches are synced and the first update is queued."""


CPU_SHARES = {"starting": 0.21, "thrashing": 0.64, "synced": 0.004}
"""Of one core, by regime."""


class Mark(NamedTuple):
    """One change in the life of a node's kube-proxy."""

    at: int
    what: str
    """`started`, `stopped`, `synced` or `stale`."""
    stage: str = ""
    """The regime in which it started."""


class KubeProxy:
    """kube-proxy on one machine.

    | regime    | process | rules                                              |
    |-----------|---------|----------------------------------------------------|
    | synced    | runs    | follow every change within a second or so          |
    | starting  | runs    | those of the last sync                             |
    | thrashing | runs    | those of the last sync; no sync until it is quiet  |
    | down      | none    | those of the last sync                             |
    """

    def __init__(
        self, machine: Machine, watch: ServiceWatch, law: ProxyLaw, *, heal: HealPlan | None = None
    ) -> None:
        """Hold the rules of now; the process is whatever container the kubelet runs."""
        self.machine = machine
        self.env = machine.env
        self.watch = watch
        self.law = law
        self.regime = "down"
        self.container: Container | None = None
        """The container that runs now, or ran last."""
        self.on_change: list[Callable[[KubeProxy], None]] = []
        """Called after the node's rules changed."""
        self.restored = 0
        """How often systemd's view of it has restarted."""
        self.last_sync_at = self.last_full_at = machine.facts.booted_at
        self.stale_since: int | None = None
        """Since when no running process has the rules in hand; None while one has."""
        self.history: list[Mark] = []
        self._state = RuleState(watch.snapshot)
        self._pending_since: int | None = None
        self._news: simpy.Event = self.env.event()
        self._repairing = False
        self._heard: ServiceSnapshot | None = None
        machine.proxy = self
        watch.listen(self._wanted_changed)
        self.heal = HealTimer(self, heal) if heal is not None else None

    # -- rules -------------------------------------------------------------------------------------

    @property
    def state(self) -> RuleState:
        """The rules in the node's kernel now; assigning is what `iptables` by hand does."""
        return self._state

    @state.setter
    def state(self, state: RuleState) -> None:
        if state == self._state:
            return
        self.machine.tally.changed(self._state, state)
        self._state = state
        if self.synced and not self._repairing and not whole(state):
            self._repairing = True
            self.env.spawn(self._repairing_hourly())
        self.machine.network.note(self.machine)
        self._tell()
        if not state.mangle.chains or CANARY in state.mangle.gone:
            self.env.spawn(self._missing_canary())

    def _missing_canary(self) -> Generator[simpy.Event, Any, None]:
        """Write everything again once the monitor finds that its chain in mangle is gone."""
        phase = self.machine.stream.at("canary").integer(0, CANARY_MS - 1)
        yield self.env.timeout(1 + (phase - self.env.now) % CANARY_MS)
        mangle = self._state.mangle
        if self.synced and (not mangle.chains or CANARY in mangle.gone):
            self.write(full=True)

    @property
    def wanted(self) -> ServiceSnapshot:
        """What a sync would write now: what it last heard of, if it is cut off from the API server."""
        return self.watch.snapshot if self._heard is None else self._heard

    def cut_off(self, cut: bool) -> None:
        """Take note that the watches of the process hear nothing, or hear again."""
        if cut == (self._heard is not None):
            return
        self._heard = self.watch.snapshot if cut else None
        if not cut:
            self._wanted_changed()

    @property
    def synced(self) -> bool:
        """True while a process runs that has synced since its start."""
        return self.regime == "synced"

    @property
    def running(self) -> bool:
        """True while a process runs at all."""
        return self.regime != "down"

    @property
    def behind(self) -> bool:
        """True when the node's rules are not those of now, or not whole."""
        return self._state.snapshot is not self.wanted or not whole(self._state)

    def boot(self, *, synced_at: int) -> None:
        """Take the rules of now as written at *synced_at* (ms, negative); for genesis."""
        self._state = RuleState(self.wanted, programmed_at=synced_at, full_at=synced_at)
        self.last_sync_at = self.last_full_at = synced_at

    def write(self, *, full: bool) -> None:
        """Write the rules that are wanted now; a partial sync leaves jumps and other chains alone."""
        wanted, old = self.wanted, self._state
        now = self.env.now
        if full:
            new = repaired(old, wanted, now)
            self.last_full_at = now
        else:
            touched: frozenset[ServiceKey] = frozenset()
            if not old.nat.untouched:
                touched = _touched(old.snapshot, wanted)
            new = partly_repaired(old, wanted, touched, now)
        plain = old.plain and new.plain
        if not plain or (full and not whole(old)):
            self.machine.tally.changed(old, new)
        self._state = new
        self.last_sync_at = now
        self._pending_since = None
        if not plain:
            self.machine.network.note(self.machine)
        self._tell()

    def wants_full(self) -> bool:
        """True if the next sync is a full one."""
        return self.env.now - self.last_full_at >= FULL_SYNC_MS

    def lost_endpoints(self, before: ServiceSnapshot) -> bool:
        """True if some Service had endpoints in *before* and has none in what was just written."""
        now = self._state.snapshot.rules
        for key, rule in now.items():
            if not rule.endpoints:
                old = before.rules.get(key)
                if old is not rule and old is not None and old.endpoints:
                    return True
        return False

    # -- the process -------------------------------------------------------------------------------

    def started(self, container: Container, regime: str) -> None:
        """Note that a process runs."""
        if self.container is not None and self.container is not container:
            self.restored += 1
        self.container = container
        self.regime = regime
        self._mark("started", regime)
        if regime != "synced":
            self._pending_since = self.env.now + CACHES_MS
            self._set_stale()
        elif self._state.snapshot is not self.wanted:
            self._pending_since = self.env.now

    def sync_finished(self) -> None:
        """Note that the process has everything in hand."""
        self.regime = "synced"
        self._mark("synced")
        self.stale_since = None

    def stopped(self, container: Container) -> None:
        """Note that the process of *container* does not run any more."""
        if self.container is not container:
            return
        self.regime = "down"
        self._pending_since = None
        self._mark("stopped")
        self._set_stale()

    def news(self) -> simpy.Event:
        """Return an event that fires at the next change of what is wanted."""
        return self._news

    def has_work(self) -> bool:
        """True if what is wanted is not what was last written."""
        return self._state.snapshot is not self.wanted

    def restart(self) -> bool:
        """End the running process, as `systemctl restart kube-proxy` does; the kubelet starts it again."""
        if not self.running or self.container is None:
            return False
        self.container.terminate()
        return True

    @property
    def pending_since(self) -> int | None:
        """Since when an update is queued (simulated ms); None when none is."""
        return self._pending_since

    @property
    def synced_since_start(self) -> bool:
        """True if the process that runs has synced at least once."""
        container = self.container
        if container is None or not self.running:
            return False
        return self.synced or self.last_sync_at >= (container.started_at or 0)

    def healthz(self) -> tuple[int, str] | None:
        """Return (code, body) of /healthz now; None if nothing listens."""
        if not self.running:
            return None
        since = self._pending_since
        late = since is not None and self.env.now - since > HEALTH_TIMEOUT_MS
        return (503 if late else 200), health_body(self, healthy=not late)

    def cpu_ms(self) -> int:
        """Return the CPU time that the process of the current or last container has used."""
        container = self.container
        if container is None or container.started_at is None:
            return 0
        started = container.started_at
        end = self.env.now if container.finished_at is None else container.finished_at
        synced = self.mark_before(end, "synced")
        begun = end
        if started < 0:
            begun = started + self.law.ample_startup_ms
        elif synced is not None and synced.at >= started:
            begun = synced.at
        long = begun - started > 2 * self.law.tight_startup_ms
        share = CPU_SHARES["thrashing" if long or self.regime == "thrashing" else "starting"]
        return int((begun - started) * share + (end - begun) * CPU_SHARES["synced"])

    def healthy(self) -> bool:
        """Return True if /healthz would answer 200."""
        answer = self.healthz()
        return answer is not None and answer[0] == 200

    def mark_before(self, at: int, what: str) -> Mark | None:
        """Return the last mark of a kind at or before *at*."""
        index = bisect_right(self.history, at, key=_at)
        for mark in reversed(self.history[:index]):
            if mark.what == what:
                return mark
        return None

    def _wanted_changed(self) -> None:
        if self._heard is not None:
            return
        if self._pending_since is None and self.running:
            self._pending_since = self.env.now
        if self.synced:
            news, self._news = self._news, self.env.event()
            news.succeed()

    def _set_stale(self) -> None:
        if self.stale_since is None:
            self.stale_since = self.env.now
            self._mark("stale")
            if self.heal is not None:
                self.heal.watch()

    def stretches(self) -> list[tuple[int, int | None, str]]:
        """Return (from, until or None, regime) of each start-up, done or not."""
        found: list[tuple[int, int | None, str]] = []
        for mark in self.history:
            if found and found[-1][1] is None and mark.what in ("started", "stopped", "synced"):
                found[-1] = (found[-1][0], mark.at, found[-1][2])
            if mark.stage not in ("", "synced"):
                found.append((mark.at, None, mark.stage))
        return found

    def _mark(self, what: str, stage: str = "") -> None:
        self.history.append(Mark(self.env.now, what, stage))

    def _repairing_hourly(self) -> Generator[simpy.Event, Any, None]:
        """Repair what hands did at the next hourly full sync, if nothing else has by then."""
        while not whole(self._state):
            yield self.env.at(max(self.last_full_at + FULL_SYNC_MS, self.env.now + 1))
            if not self.synced:
                break
            if self.env.now - self.last_full_at >= FULL_SYNC_MS:
                self.write(full=True)
        self._repairing = False

    def _tell(self) -> None:
        for listener in self.on_change:
            listener(self)


def _touched(old: ServiceSnapshot, new: ServiceSnapshot) -> frozenset[ServiceKey]:
    """Return the Service ports whose rules differ."""
    return frozenset(key for key, rule in new.rules.items() if old.rules.get(key) is not rule)


def _at(mark: Mark) -> int:
    return mark.at
