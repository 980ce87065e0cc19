"""`sleep`, `watch` and `timeout`, in simulated time; `date` over a clock that is handed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import simpy

from sim.bash.process import BrokenPipe, OutputLimit, Proc, Program, Running
from sim.bash.tools.options import UsageProblem, read_options, tool
from sim.kernel import Interrupted

_UNITS = {"": 1000, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"(\d{0,9}(?:\.\d{0,6})?)([smhd]?)")
CLEAR = "\x1b[H\x1b[2J"
MIN_WATCH_MS = 100


def span_ms(text: str) -> int | None:
    """Return the ms of `5`, `0.5`, `2m`; None if it is no span of time."""
    match = _SPAN.fullmatch(text)
    if match is None or match[1] in {"", "."}:
        return None
    return round(float(match[1]) * _UNITS[match[2]])


def sleep(proc: Proc) -> Running:
    """Let simulated time pass."""
    if len(proc.argv) < 2:
        return proc.fail("missing operand")
    total = 0
    for word in proc.argv[1:]:
        span = span_ms(word)
        if span is None:
            return proc.fail(f"invalid time interval '{word}'")
        total += span
    yield proc.env.timeout(total)
    return 0


@tool()
def watch(proc: Proc) -> Running:
    """Run a command again and again, each time on a clear screen, until Ctrl-C."""
    options = read_options(
        proc.argv, "tdecgbpx", "n", {"interval": "n", "no-title": "t", "differences": "d"},
        stop_at_operand=True,
    )  # fmt: skip
    interval = span_ms(options.flags.get("n", "2"))
    if interval is None:
        raise UsageProblem(f"failed to parse argument: '{options.flags['n']}'")
    if not options.operands or proc.interpret is None:
        raise UsageProblem("missing command")
    line = " ".join(options.operands)
    seconds = interval / 1000
    while True:
        proc.stdout.write(CLEAR)
        if "t" not in options:
            proc.print(f"Every {seconds:.1f}s: {line}", "")
        yield from proc.interpret(proc, line)
        yield from proc.stdout.drain()
        yield proc.env.timeout(max(MIN_WATCH_MS, interval))


@tool(125)
def timeout(proc: Proc) -> Running:
    """Run a program for at most a time; 124 if it was stopped."""
    options = read_options(proc.argv, "f", "sk", stop_at_operand=True)
    if len(options.operands) < 2:
        return proc.fail("missing operand", 125)
    span = span_ms(options.operands[0])
    if span is None:
        return proc.fail(f"invalid time interval '{options.operands[0]}'", 125)
    codes: list[int] = []
    child = proc.env.spawn(_child(proc, options.operands[1:], codes))
    try:
        yield child | proc.env.timeout(span)
    except Interrupted as signal:
        if child.is_alive:
            child.interrupt(signal.cause)
            yield child
        return codes[0]
    if child.is_alive:
        child.interrupt("SIGTERM")
        yield child
        return 124
    return codes[0]


def _child(proc: Proc, argv: list[str], codes: list[int]) -> Generator[simpy.Event, Any, None]:
    try:
        codes.append((yield from proc.call(argv)))
    except Interrupted:
        codes.append(130)
    except (BrokenPipe, OutputLimit):
        codes.append(141)


def date_program(clock: Callable[[], int]) -> Program:
    """Return `date` over *clock* (Unix ms); UTC, with `-u`, `-d` of simple forms and `+format`."""

    def date(proc: Proc) -> Running:
        moment = datetime.fromtimestamp(clock() / 1000, UTC)
        template = "%a %b %e %H:%M:%S UTC %Y"
        words = proc.argv[1:]
        while words:
            word = words.pop(0)
            if word.startswith("+"):
                template = word[1:]
            elif word in {"-d", "--date"} and words:
                shifted = _shifted(moment, words.pop(0))
                if shifted is None:
                    return proc.fail("invalid date")
                moment = shifted
            elif word in {"-R", "--rfc-email"}:
                template = "%a, %d %b %Y %H:%M:%S +0000"
            elif word.startswith(("-I", "--iso-8601")):
                template = "%Y-%m-%dT%H:%M:%S+00:00" if "s" in word[2:] else "%Y-%m-%d"
            elif word not in {"-u", "--utc"}:
                return proc.fail(f"invalid date '{word}'")
        proc.print(_strftime(moment, template))
        return 0
        yield

    return date


def _strftime(moment: datetime, template: str) -> str:
    values = {
        "s": str(int(moment.timestamp())), "F": f"{moment:%Y-%m-%d}", "T": f"{moment:%H:%M:%S}",
        "e": f"{moment.day:2}", "Z": "UTC", "z": "+0000", "R": f"{moment:%H:%M}", "%": "%",
        "n": "\n", "t": "\t", "N": f"{moment.microsecond * 1000:09}", "D": f"{moment:%m/%d/%y}",
        "3N": f"{moment.microsecond // 1000:03}",
    }  # fmt: skip

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code in values:
            return values[code]
        return f"{moment:%{code}}" if code in "aAbBdHIjmMpSuUwyY" else match[0]

    return re.sub(r"%(3N|.)", one, template)


def _shifted(moment: datetime, text: str) -> datetime | None:
    if text in {"now", "today"}:
        return moment
    match = re.fullmatch(r"([-+]?)(\d{1,6}) (second|sec|minute|min|hour|day|week)s?( ago)?", text)
    try:
        if match is None:
            found = datetime.fromisoformat(text.removeprefix("@"))
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        unit = {"sec": "second", "min": "minute"}.get(match[3], match[3])
        amount = timedelta(**{unit + "s": int(match[2])})
        return moment - amount if match[4] or match[1] == "-" else moment + amount
    except (ValueError, OverflowError):
        return None
