"""Containers that run and do nothing that matters here, silent or with a voice of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.apps.context import Application, Context, LogLine, declared_ports
from sim.apps.talk import Voice
from sim.apps.voices import ANY_TEAM, TEAMS, Manner

SCRAPE_MS = 15_000
"""How often the metrics server looks: between two looks the use of CPU stays what it was."""


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


class Bystander(Idle):
    """An idle container with a log: other teams' applications, the cluster's own components."""

    chatty = True

    def __init__(self, container: Context, manner: Manner) -> None:
        """Talk and use resources in the *manner* of its kind."""
        super().__init__(container, IdleSettings(manner.memory_bytes))
        self._ports |= frozenset(manner.ports)
        self._manner = manner

    @classmethod
    def of(cls, manner: Manner) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container of a component."""
        return lambda container: cls(container, manner)

    @classmethod
    def of_team(cls, container: Context) -> Application:
        """Return the behaviour of another team's application, by the name of the container."""
        return cls(container, Manner(_team_voice(container)))

    def millicores(self, ctx: Context) -> int:
        """Return the CPU in use now, in thousandths of a core."""
        return ctx.stream.at("cpu", ctx.env.now // SCRAPE_MS).integer(*self._manner.millicores)

    def mean_millicores(self, ctx: Context) -> float:
        """Return the CPU in use on an average."""
        return sum(self._manner.millicores) / 2

    def routine(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return what its voice says."""
        return self._manner.voice.read(ctx, since, until, limit)


def _team_voice(container: Context) -> Voice:
    return TEAMS.get(str(container.spec.get("name", "")), ANY_TEAM)
