"""`sleep` and `timeout`, in simulated time."""

from __future__ import annotations

import re
from collections.abc import Generator
from math import inf
from typing import Any

import simpy

from sim.bash.process import BrokenPipe, OutputLimit, Proc, Running
from sim.bash.tools.options import Misuse, in_locale, read_options, tool
from sim.kernel import Interrupted

_UNITS = {"": 1000, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"(\d{0,9}(?:\.\d{0,9})?|inf|infinity)([smhd]?)")
_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "ALRM": 14, "TERM": 15,
            "CONT": 18, "STOP": 19}  # fmt: skip
MOST_MS = 1 << 50


def span_ms(text: str) -> float | None:
    """Return the ms of `5`, `0.5`, `2m`; infinity for `infinity`; None if it is no span of time."""
    match = _SPAN.fullmatch(text)
    if match is None or match[1] in {"", "."}:
        return None
    if match[1].startswith("inf"):
        return inf
    span = float(match[1]) * _UNITS[match[2]]
    return span if span == inf else round(span)


@tool(usage="NUMBER[SUFFIX]...")
def sleep(proc: Proc) -> Running:
    """Pause for NUMBER seconds, or with a suffix minutes (m), hours (h) or days (d)."""
    options = read_options(proc.argv)
    if not options.operands:
        raise Misuse("missing operand")
    total = 0.0
    bad: list[str] = []
    for word in options.operands:
        span = span_ms(word)
        if span is None:
            bad.append(word)
        else:
            total += span
    if bad:
        for word in bad[:-1]:
            proc.fail(in_locale(proc, f"invalid time interval ‘{word}’"))
        raise Misuse(f"invalid time interval ‘{bad[-1]}’")
    yield proc.env.event() if total > MOST_MS else proc.env.timeout(int(total))
    return 0


@tool(125, usage="[OPTION] DURATION COMMAND [ARG]...")
def timeout(proc: Proc) -> Running:
    """Start COMMAND, and stop it if still running after DURATION."""
    options = read_options(
        proc.argv,
        "v",
        "sk",
        {
            "signal": "s",
            "kill-after": "k",
            "preserve-status": "preserve",
            "foreground": "foreground",
            "verbose": "v",
        },
        stop_at_operand=True,
    )
    name = options.flags.get("s", "TERM").upper().removeprefix("SIG")
    name = next((one for one, number in _SIGNALS.items() if str(number) == name), name)
    if name not in _SIGNALS:
        raise Misuse(f"‘{options.flags['s']}’: invalid signal")
    if "k" in options and span_ms(options.flags["k"]) is None:
        raise Misuse(f"invalid time interval ‘{options.flags['k']}’")
    if len(options.operands) < 2:
        proc.stderr.write(f"Try '{proc.argv[0]} --help' for more information.\n")
        return 125
    span = span_ms(options.operands[0])
    if span is None:
        raise Misuse(f"invalid time interval ‘{options.operands[0]}’")
    argv = options.operands[1:]
    if find(proc, argv[0]) is None:
        told = f"failed to run command ‘{argv[0]}’: No such file or directory"
        return proc.fail(in_locale(proc, told), 127)
    codes: list[int | Exception] = []
    child = proc.env.spawn(_child(proc, argv, codes))
    if not span or span > MOST_MS:
        clock: simpy.Event = proc.env.event()
    else:
        clock = proc.env.timeout(int(span))
    try:
        yield child | clock
    except Interrupted as signal:
        if child.is_alive:
            child.interrupt(signal.cause)
            yield child
        return _code(codes)
    if not child.is_alive:
        return _code(codes)
    if "v" in options:
        proc.fail(in_locale(proc, f"sending signal {name} to command ‘{argv[0]}’"))
    child.interrupt(f"SIG{name}")
    yield child
    code = _code(codes)
    return code if "preserve" in options else 137 if name == "KILL" else 124


def _code(codes: list[int | Exception]) -> int:
    """Return how a child has ended; what ends its whole line is raised here, too."""
    (code,) = codes
    if isinstance(code, Exception):
        raise code
    return code


def find(proc: Proc, name: str) -> object | None:
    """Return what *name* would run here; None if it is nothing."""
    return proc.programs.get(name) or proc.programs.get(name.rpartition("/")[2])


def _child(
    proc: Proc, argv: list[str], codes: list[int | Exception]
) -> Generator[simpy.Event, Any, None]:
    try:
        codes.append((yield from proc.call(argv)))
    except Interrupted as signal:
        name = str(signal.cause or "SIGINT").removeprefix("SIG")
        codes.append(128 + _SIGNALS.get(name, 2))
    except (BrokenPipe, OutputLimit):
        codes.append(141)
    except Exception as failure:  # the edge of a process: it must not end the simulation
        codes.append(failure)
