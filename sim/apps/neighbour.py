"""Somebody else's application on the same node: keeps its connections, makes a few new ones.

Its log tells when new connections fail, long before anybody is paged. This file must not know why
they fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sim.apps.context import Application, Context, Life, LogLine, declared_ports, varied
from sim.apps.lines import line
from sim.kernel import Interrupted

SECOND_MS = 1000


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """The numbers of a neighbour."""

    calls: str
    """The Service it dials, `name.namespace`."""
    port: int
    rate: float = 0.4
    """New connections per second."""
    timeout_ms: int = 3_000
    memory_bytes: int = 120 << 20


class _Verdict(NamedTuple):
    at: int
    kind: str
    """`ok`, `refused` or `timeout`."""


class Neighbour(Application):
    """One instance: remembers only when the outcome of its dials changed."""

    chatty = True
    stop_ms = 800

    def __init__(self, container: Context, settings: NeighbourSettings) -> None:
        """Dial nothing yet."""
        self._ctx = container
        self._settings = settings
        self._verdicts: list[_Verdict] = []
        self._ip = ""
        self._ports = declared_ports(container.spec)

    @classmethod
    def factory(cls, settings: NeighbourSettings) -> Callable[[Context], Application]:
        """Return what makes the behaviour of each container."""
        return lambda container: cls(container, settings)

    def run(self, ctx: Context) -> Life:
        """Follow the node's rules until the end."""
        self._ip = ctx.resolve(self._settings.calls) or ""
        self._look()
        stop = ctx.on_rules(self._look)
        try:
            yield ctx.env.event()
        except Interrupted:
            yield ctx.env.timeout(self.stop_ms)
        finally:
            stop()
        return 0

    def adopt(self, ctx: Context) -> Life | None:
        """Go on as from a start."""
        return self.run(ctx)

    def memory(self, ctx: Context, now: int) -> int:
        """Return a steady amount."""
        return varied(ctx, self._settings.memory_bytes)

    def listening(self, port: int) -> bool:
        """Accept on the declared ports."""
        return port in self._ports

    def routine(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return a line for each new connection that failed."""
        lines: list[LogLine] = []
        for index, verdict in enumerate(self._verdicts):
            end = self._verdicts[index + 1].at if index + 1 < len(self._verdicts) else until
            if verdict.kind != "ok":
                lines += self._failures(ctx, verdict.kind, max(verdict.at, since), min(end, until))
        lines = sorted(one for one in lines if since <= one.at < until)
        return lines if limit is None else lines[-limit:] if limit else []

    def _failures(self, ctx: Context, kind: str, start: int, end: int) -> list[LogLine]:
        settings = self._settings
        where = f"{self._ip}:{settings.port}"
        refused = kind == "refused"
        words = "connect: connection refused" if refused else "i/o timeout"
        text = f"dial tcp {where}: {words} (will retry on an established connection)"
        lines: list[LogLine] = []
        for second in range(start // SECOND_MS, -(-end // SECOND_MS)):
            draw = ctx.stream.at("dials", second)
            if draw.unit() < settings.rate:
                at = second * SECOND_MS + draw.integer(0, SECOND_MS - 1, 1)
                if start <= at < end:
                    at += 0 if refused else settings.timeout_ms
                    lines.append(LogLine(at, line(ctx.epoch, at, "ERROR", text), "stderr"))
        return lines

    def _look(self) -> None:
        kind = self._ctx.route(self._ip, self._settings.port)
        if not self._verdicts or self._verdicts[-1].kind != kind:
            self._verdicts.append(_Verdict(self._ctx.env.now, kind))
