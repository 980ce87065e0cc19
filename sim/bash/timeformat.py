"""What `time` prints, as TIMEFORMAT says, and how long a line would have taken on a real machine.

The simulated clock stands still while a program works, so work is counted and priced here; the
machine that runs the simulation is never measured.
"""

from __future__ import annotations

from typing import NamedTuple

UNIT_NS = 50
"""What a unit of `Budget` stands for."""
ASK_USER_US, ASK_SYSTEM_US = 71_000, 23_000
"""What starting a client costs, to read its kubeconfig and the server's answer."""
ASK_MS = 34
"""A question's way to the cluster and back, besides."""
_SPREAD, _STEP = 17, 7919
"""Answers differ by a few ms, with the instant at which they are asked for."""
FORMAT = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS"
PORTABLE = "real %2R\nuser %2U\nsys %2S"
"""`time -p`."""


class Times(NamedTuple):
    """Seconds."""

    real: float
    user: float
    system: float


def taken(clock_ms: int, work: int, asks: int, began: int) -> Times:
    """Return how long a line took for which the clock passed *clock_ms*, from *began* on (ms).

    *work* is in units of `Budget`, *asks* is how often something far away was asked.
    """
    user = asks * ASK_USER_US / 1e6 + work * UNIT_NS / 1e9
    system = asks * ASK_SYSTEM_US / 1e6
    way = asks * (ASK_MS + began * _STEP % _SPREAD) / 1000
    return Times(clock_ms / 1000 + user + system + way, user, system)


def timed(form: str, times: Times) -> str:
    """Return TIMEFORMAT filled in."""
    out: list[str] = []
    at = 0
    while at < len(form):
        char = form[at]
        if char != "%" or at + 1 >= len(form):
            out.append(char)
            at += 1
            continue
        at += 1
        if form[at] == "%":
            out.append("%")
            at += 1
            continue
        if form[at] == "P":
            busy = times.user + times.system
            out.append(f"{100 * busy / times.real if times.real else 0:.2f}")
            at += 1
            continue
        digits = 3
        if form[at].isdecimal():
            digits = min(3, int(form[at]))
            at += 1
        long = form[at : at + 1] == "l"
        at += long
        value = {"R": times.real, "U": times.user, "S": times.system}.get(form[at : at + 1])
        if value is None:
            out.append("%")
            continue
        minutes, rest = divmod(value, 60)
        out.append(f"{minutes:.0f}m{rest:.{digits}f}s" if long else f"{value:.{digits}f}")
        at += 1
    return "".join(out)
