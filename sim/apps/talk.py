"""What a container prints besides what matters: lines at its start, and one now and then.

Lines are drawn when somebody reads, from a stream named by their place in time; so reading twice
shows the same, and nobody reading costs nothing. This file must not know any component's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sim.apps.context import Context, LogLine
from sim.apps.lines import line
from sim.kernel import Epoch, Stream

_RANGE = re.compile(r"\{(\d+)-(\d+)\}")

Form = Callable[[Epoch, int, str], str]
"""Makes a line of (calendar, simulated ms, text)."""


def plain(_epoch: Epoch, _at: int, text: str) -> str:
    """Return *text* as it is."""
    return text


def application(epoch: Epoch, at: int, text: str) -> str:
    """Return the form of this house's own applications: `2026-11-20T02:43:12.345Z INFO: text`."""
    return line(epoch, at, "INFO", text)


def golang(epoch: Epoch, at: int, text: str) -> str:
    """Return the form of Go's own logger: `2026/11/20 02:43:12 text`."""
    return f"{epoch.datetime(at):%Y/%m/%d %H:%M:%S} {text}"


def component(epoch: Epoch, at: int, text: str) -> str:
    """Return klog's form; *text* begins with the place: `server.go:12] "Serving"`."""
    moment = epoch.datetime(at)
    micro = moment.microsecond + len(text) * 7 % 1000
    return f"I{moment:%m%d %H:%M:%S}.{micro:06d}       1 {text}"


def zap(epoch: Epoch, at: int, text: str) -> str:
    """Return etcd's form; *text* is the rest of the JSON object after the time."""
    return f'{{"level":"info","ts":"{_stamp(epoch, at)}",{text}}}'


def slog(epoch: Epoch, at: int, text: str) -> str:
    """Return the form of Prometheus and its family: `time=... level=INFO text`."""
    return f"time={_stamp(epoch, at)} level=INFO {text}"


def _stamp(epoch: Epoch, at: int) -> str:
    moment = epoch.datetime(at)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Voice:
    """How one kind of container talks."""

    begin: tuple[str, ...] = ()
    """Printed at its start, a tenth of a second apart."""
    routine: tuple[str, ...] = ()
    """One of these every `every_ms` or so; `{20-400}` becomes a number drawn from that range."""
    every_ms: int = 30_000
    form: Form = application
    stream: str = "stdout"

    def read(self, ctx: Context, since: int, until: int, limit: int | None) -> list[LogLine]:
        """Return the lines in [since, until), oldest first; with *limit* only the last ones."""
        started = ctx.started_at or 0
        found: list[LogLine] = []
        if self.routine:
            first = max(1, (since - started) // self.every_ms)
            for number in range((until - started) // self.every_ms, first - 1, -1):
                if limit is not None and len(found) >= limit:
                    break
                at, text = self._routine(ctx, started, number)
                if since <= at < until:
                    found.append(LogLine(at, self.form(ctx.epoch, at, text), self.stream))
        found.reverse()
        if since <= started + len(self.begin) * 100:
            beginning = [
                LogLine(at, self.form(ctx.epoch, at, filled(text, ctx)), self.stream)
                for number, text in enumerate(self.begin)
                if since <= (at := started + 400 + 100 * number) < until
            ]
            found = beginning + found
        return found if limit is None else found[-limit:] if limit else []

    def _routine(self, ctx: Context, started: int, number: int) -> tuple[int, str]:
        draw = ctx.stream.at("talk", number)
        at = started + number * self.every_ms + draw.integer(0, self.every_ms - 1)
        return at, drawn(draw.choice(self.routine, 1), draw)


def drawn(text: str, draw: Stream) -> str:
    """Return *text* with every `{low-high}` replaced by a number drawn from the range."""
    turn = 1

    def number(found: re.Match[str]) -> str:
        nonlocal turn
        turn += 1
        return str(draw.integer(int(found[1]), int(found[2]), turn))

    return _RANGE.sub(number, text)


def filled(text: str, ctx: Context) -> str:
    """Return *text* with `<name>`, `<version>` and `<port>` of the container put in."""
    ports = ctx.spec.get("ports") or ({"containerPort": 8080},)
    image = ctx.image.rpartition("/")[2].partition(":")
    return (
        text.replace("<name>", image[0])
        .replace("<version>", image[2])
        .replace("<port>", str(ports[0]["containerPort"]))
    )
