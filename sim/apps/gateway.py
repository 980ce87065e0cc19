"""An edge gateway: takes users in and calls an application; here it only runs and writes its log.

Users' requests themselves are a fluid that others solve. This file must not know them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.apps.context import Application, Context, LogLine, declared_ports, varied
from sim.apps.requests import RequestLog


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The numbers of a gateway."""

    port: int = 8443
    memory_bytes: int = 220 << 20
    startup_ms: int = 900


class Gateway(Application):
    """One gateway instance."""

    stop_ms = 2_500

    def __init__(
        self, container: Context, settings: GatewaySettings, requests: RequestLog | None
    ) -> None:
        """Listen on the gateway's port and on those that the spec declares."""
        self._settings = settings
        self._requests = requests
        self._ports = declared_ports(container.spec) | {settings.port}
        self.chatty = requests is not None

    @classmethod
    def factory(
        cls, settings: GatewaySettings | None = None, *, requests: RequestLog | None = None
    ) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container."""
        used = settings or GatewaySettings()
        return lambda container: cls(container, used, requests)

    def memory(self, ctx: Context, now: int) -> int:
        """Return a steady amount."""
        return varied(ctx, self._settings.memory_bytes)

    def listening(self, port: int) -> bool:
        """Accept users and probes."""
        return port in self._ports

    def ready(self, ctx: Context) -> bool:
        """Pass once it has read its configuration."""
        return ctx.env.now - (ctx.started_at or 0) >= self._settings.startup_ms

    def routine(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return its access log."""
        return self._requests.read(ctx, since, until, limit) if self._requests else []
