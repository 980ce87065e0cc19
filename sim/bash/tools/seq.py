"""`seq`, `yes`, `true` and `false`: output from nothing."""

from __future__ import annotations

import re
from decimal import Decimal

from sim.bash.process import Proc, Running
from sim.bash.tools.options import Misuse, UsageProblem, extra_operand, read_options, tool

CHUNK_MS = 1
"""`yes` lets a millisecond pass for each pipe-full, so that time never stands still."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_DIRECTIVE = re.compile(r"%(?:%|([-+ 0#']*)(\d{0,3})(?:\.(\d{0,3}))?([a-zA-Z]))")


@tool(usage="[OPTION]... LAST\n[OPTION]... FIRST LAST\n[OPTION]... FIRST INCREMENT LAST")
def seq(proc: Proc) -> Running:
    """Print numbers from FIRST to LAST, in steps of INCREMENT."""
    # A negative number is no option.
    words = list(proc.argv[1:])
    at = next((i for i, word in enumerate(words) if re.match(r"-[.\d]", word)
               and (i == 0 or words[i - 1] not in {"-s", "-f"})), None)  # fmt: skip
    if at is not None and "--" not in words[:at]:
        words.insert(at, "--")
    long = {"separator": "s", "format": "f", "equal-width": "w"}
    options = read_options([proc.argv[0], *words], "w", "sf", long)
    numbers = options.operands
    if not numbers:
        raise Misuse("missing operand")
    extra_operand(options, 3)
    for word in numbers:
        if not _NUMBER.fullmatch(word) or len(word) > 30:
            raise Misuse(f"invalid floating point argument: ‘{word}’")
    first = Decimal(numbers[0] if len(numbers) > 1 else "1")
    step = Decimal(numbers[1] if len(numbers) > 2 else "1")
    last = Decimal(numbers[-1])
    if not step:
        raise Misuse(f"invalid Zero increment value: ‘{numbers[1]}’")
    used = numbers[:2] if len(numbers) > 2 else numbers[:1] if len(numbers) > 1 else []
    places = max((_places(word) for word in used), default=0)
    shape = options.flags.get("f")
    if shape is not None:
        if "w" in options:
            raise Misuse("format string may not be specified when printing equal width strings")
        _check(shape)
    joint = options.flags.get("s", "\n")
    width = 0
    if "w" in options:
        width = max(len(f"{first:.{places}f}"), len(f"{last:.{places}f}"))
    value, begun = first, False
    chunk: list[str] = []
    count = 0
    while value <= last if step > 0 else value >= last:
        if shape is None:
            chunk.append(f"{value:.{places}f}".zfill(width))
        else:
            chunk.append(_shaped(shape, value))
        count += 1
        value = first + step * count
        if len(chunk) == 1024:
            proc.charge(20 * len(chunk))
            proc.stdout.write((joint if begun else "") + joint.join(chunk))
            begun, chunk = True, []
            yield from proc.stdout.drain()
    if chunk:
        proc.charge(20 * len(chunk))
        proc.stdout.write((joint if begun else "") + joint.join(chunk))
        begun = True
    if begun:
        proc.stdout.write("\n")
    return 0


def _places(word: str) -> int:
    base, _, exponent = word.lower().partition("e")
    return max(0, len(base.partition(".")[2]) - int(exponent or 0))


def _check(shape: str) -> None:
    found = [one for one in _DIRECTIVE.finditer(shape) if one[0] != "%%"]
    if not found:
        if "%" in shape.replace("%%", ""):
            raise UsageProblem(f"format ‘{shape}’ ends in %")
        raise UsageProblem(f"format ‘{shape}’ has no % directive")
    if found[0][4] not in set("efgaEFGA"):
        raise UsageProblem(f"format ‘{shape}’ has unknown %{found[0][4]} directive")
    if len(found) > 1:
        raise UsageProblem(f"format ‘{shape}’ has too many % directives")


def _shaped(shape: str, value: Decimal) -> str:
    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        return match[0].replace("'", "") % float(value)

    return _DIRECTIVE.sub(one, shape)


@tool(usage="[STRING]...")
def yes(proc: Proc) -> Running:
    """Repeatedly output a line with all specified STRING(s), or 'y'."""
    words = read_options(proc.argv).operands
    line = " ".join(words or ["y"]) + "\n"
    chunk = line * max(1, 65536 // len(line))
    while True:
        proc.charge(len(chunk))
        proc.stdout.write(chunk)
        yield from proc.stdout.drain()
        yield proc.env.timeout(CHUNK_MS)


def true(proc: Proc) -> Running:
    """Succeed."""
    return 0
    yield


def false(proc: Proc) -> Running:
    """Fail."""
    return 1
    yield
