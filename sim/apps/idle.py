"""A container that runs and does nothing that matters here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.apps.context import Application, Context, declared_ports


@dataclass(frozen=True, slots=True)
class IdleSettings:
    """The numbers of an idle application."""

    memory_bytes: int = 48 << 20


class Idle(Application):
    """Runs until it is told to end."""

    lazy = True

    def __init__(self, container: Context, settings: IdleSettings) -> None:
        """Listen on the ports that the spec declares."""
        self._settings = settings
        self._ports = declared_ports(container.spec)
        self._share = container.stream.at("memory").uniform(0.7, 1.1)

    @classmethod
    def factory(cls, settings: IdleSettings | None = None) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container."""
        used = settings or IdleSettings()
        return lambda container: cls(container, used)

    def memory(self, ctx: Context, now: int) -> int:
        """Return a steady amount, a little different for each container."""
        size = int(self._settings.memory_bytes * self._share)
        return min(size, ctx.limit * 9 // 10) if ctx.limit else size

    def listening(self, port: int) -> bool:
        """Accept on the declared ports."""
        return port in self._ports
