"""Probes of one container instance, evaluated only at ticks where their outcome can change.

While a probe keeps giving the answer it has already settled on, nothing runs. This file must not
know what is done about an outcome; it tells its `Watcher`.

Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

import simpy

from sim.apimachinery.wire import Obj
from sim.node.container import Container

QUIET_AFTER = 30
"""Failures after which a probe that stays bad is only looked at every `QUIET_MS`: the event recorder drops the rest."""
QUIET_MS = 300_000
_LATE = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"


class Watcher(Protocol):
    """Who acts on outcomes."""

    def probe_failed(self, kind: str, message: str) -> None:
        """Note one failed attempt; *message* is what the probe found."""

    def probe_settled(self, kind: str, ok: bool) -> None:
        """Act on an outcome that changed after enough attempts in a row."""


class Prober:
    """One probe of one container instance.

    | settled  | attempt                          | then                         |
    |----------|----------------------------------|------------------------------|
    | bad, new | successThreshold good ones       | good                         |
    | good     | failureThreshold bad ones        | bad                          |
    | any      | the same as settled, none pending | sleeps until health changes |
    """

    def __init__(
        self, container: Container, kind: str, spec: Obj, watcher: Watcher, *, settled: bool | None
    ) -> None:
        """Probe *container* by *spec*; *kind* is `Readiness`, `Liveness` or `Startup`."""
        self._container = container
        self.kind = kind
        self._spec = spec
        self._watcher = watcher
        self._settled = settled
        self._good = self._bad = 0
        self._round = 0
        self._asleep = True
        started = container.started_at or 0
        latency = container.stream.at("probe", kind).integer(15, 90)
        self._first = started + int(spec.get("initialDelaySeconds", 0)) * 1000 + latency
        self._period = max(1, int(spec.get("periodSeconds", 10))) * 1000
        self._stopped = False

    def poke(self) -> None:
        """Look again from the next tick on, because what the probe would find may have changed."""
        if self._stopped:
            return
        if self._asleep or self._bad > QUIET_AFTER:
            self._round += 1
            self._container.env.spawn(self._probing(self._round))

    def stop(self) -> None:
        """Never look again."""
        self._stopped = True

    def _probing(self, round_: int) -> Generator[simpy.Event, Any, None]:
        env = self._container.env
        self._asleep = False
        after = env.now
        while True:
            yield env.at(self._tick(after))
            if self._stopped or round_ != self._round or self._container.state != "running":
                return
            if self._observe(self._ask()):
                self._asleep = True
                return
            after = env.now + (QUIET_MS if self._bad > QUIET_AFTER else 1)

    def _tick(self, after: int) -> int:
        if after <= self._first:
            return self._first
        return self._first + -(-(after - self._first) // self._period) * self._period

    def _ask(self) -> bool:
        if not self._gets_there():
            return False
        behaviour = self._container.behaviour
        ready = self.kind == "Readiness"
        return behaviour.ready(self._container) if ready else behaviour.alive(self._container)

    def _gets_there(self) -> bool:
        """Return True unless rules or links of the node lose the probe's packets."""
        container, spec = self._container, self._spec
        asked = spec.get("httpGet") or spec.get("tcpSocket") or spec.get("grpc")
        if asked is None or container.host_network or not container.network.meddled:
            return True
        port = port_number(container.spec, asked.get("port", 80))
        return container.network.probe_passes(container.machine, container.ip, port)

    def _observe(self, ok: bool) -> bool:
        """Count one attempt; return True if nothing is open any more."""
        if ok:
            self._good, self._bad = self._good + 1, 0
            if self._settled:
                return True
            if self._good >= int(self._spec.get("successThreshold", 1)):
                self._settle(True)
                return True
            return False
        self._good, self._bad = 0, self._bad + 1
        self._watcher.probe_failed(self.kind, self._finding())
        if self._settled is not False and self._bad >= int(self._spec.get("failureThreshold", 3)):
            self._settle(False)
        return self._stopped

    def _settle(self, ok: bool) -> None:
        if self._settled != ok:
            self._settled = ok
            self._watcher.probe_settled(self.kind, ok)

    def _finding(self) -> str:
        """Return the prober's words for a failed attempt."""
        container, spec = self._container, self._spec
        if "httpGet" in spec:
            get = spec["httpGet"]
            port = port_number(container.spec, get.get("port", 80))
            if container.behaviour.listening(port) and self._gets_there():
                return "HTTP probe failed with statuscode: 503"
            scheme = str(get.get("scheme", "HTTP")).lower()
            path = get.get("path", "/")
            where = f"{container.ip}:{port}"
            if not self._gets_there():
                return f'Get "{scheme}://{where}{path}": {_LATE}'
            return f'Get "{scheme}://{where}{path}": dial tcp {where}: connect: connection refused'
        if "tcpSocket" in spec:
            port = port_number(container.spec, spec["tcpSocket"].get("port", 80))
            if not self._gets_there():
                return f"dial tcp {container.ip}:{port}: i/o timeout"
            return f"dial tcp {container.ip}:{port}: connect: connection refused"
        if "grpc" in spec:
            where = f"{container.ip}:{spec['grpc'].get('port', 0)}"
            return f'service unhealthy (responded with "NOT_SERVING") {where}'
        told = getattr(container.behaviour, "probe_output", None)
        return "" if told is None else str(told(container, f"{self.kind.lower()}Probe"))


def port_number(container: Obj, port: str | int) -> int:
    """Return the number of a probe's port, which may be the name of a container port."""
    if isinstance(port, int):
        return port
    for one in container.get("ports") or ():
        if one.get("name") == port:
            return int(one["containerPort"])
    return int(port) if port.isdecimal() else 0
