"""The log of a program: lines of the shape that the simulated applications write.

This file must not know what they tell.
"""

from __future__ import annotations

import math
import random
import sys
import time
from datetime import UTC, datetime


def say(level: str, text: str, *, error: bool = False) -> None:
    """Write `2026-11-20T02:43:12.345Z LEVEL: text`."""
    moment = datetime.now(UTC)
    stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    write(f"{stamp} {level}: {text}", error=error)


def write(text: str, *, error: bool = False) -> None:
    """Write one line at once; a reader who is gone is nobody's loss."""
    stream = sys.stderr if error else sys.stdout
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except OSError:
        pass


class Meter:
    """How often something happens: a rate over the last few seconds."""

    def __init__(self, window_s: float = 5.0) -> None:
        """Begin with nothing."""
        self._window = window_s
        self._level = 0.0
        self._at = time.monotonic()

    def hit(self, amount: float = 1.0) -> float:
        """Count *amount* more and return the rate (per second)."""
        self._level = self.rate() + amount / self._window
        return self._level

    def rate(self) -> float:
        """Return the rate now."""
        now = time.monotonic()
        self._level *= math.exp((self._at - now) / self._window)
        self._at = now
        return self._level


class AccessLog:
    """An access log that stays readable: of what comes often it holds a sample."""

    def __init__(self, per_second: float) -> None:
        """Write *per_second* lines of what comes often."""
        self._wanted = per_second
        self._meter = Meter()

    def request(
        self,
        call: str,
        status: int,
        took_ms: float,
        *,
        request: str,
        agent: str,
        rare: bool,
        good: bool,
        words: str = "",
        stack: str = "",
    ) -> None:
        """Write the line of one request, and what the application says of its failure."""
        if not rare and random.random() * self._meter.hit() > self._wanted:
            return
        named = f'"{agent}"' if " " in agent else agent
        text = f"{call} {status} {max(1, round(took_ms))}ms req={request} agent={named}"
        say("INFO" if good else "WARN", f"{text} {words}".rstrip())
        if stack:
            first, *rest = stack.rstrip("\n").split("\n")
            say("ERROR", first.removeprefix("ERROR: "))
            for one in rest:
                write(one)
