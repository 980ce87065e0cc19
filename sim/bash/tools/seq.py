"""`seq`, `yes`, `true`, `false`: output from nothing."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.options import read_options, tool

MAX_NUMBERS = 1_000_000
CHUNK_MS = 1
"""`yes` lets a millisecond pass for each pipe-full, so that time never stands still."""
MAX_CHUNKS = 1000


def seq(proc: Proc) -> Running:
    """Print whole numbers from first to last."""
    words = proc.argv[1:]
    joint = "\n"
    if words[:1] == ["-s"] and len(words) > 1:
        joint, words = words[1], words[2:]
    elif words and words[0].startswith("-s"):
        joint, words = words[0][2:], words[1:]
    padded = words[:1] == ["-w"]
    words = words[1:] if padded else words
    numbers: list[int] = []
    for word in words:
        if not word.lstrip("-").isdigit() or len(word) > 12:
            return proc.fail(f"invalid floating point argument: '{word}'")
        numbers.append(int(word))
    if not 1 <= len(numbers) <= 3:
        return proc.fail("missing operand" if not numbers else f"extra operand '{words[3]}'")
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) > 2 else 1
    last = numbers[-1]
    if step == 0:
        return proc.fail(f"invalid Zero increment value: '{words[1]}'")
    found = range(first, last + (1 if step > 0 else -1), step)
    if len(found) > MAX_NUMBERS:
        return proc.fail(f"more than {MAX_NUMBERS} numbers")
    width = max(len(str(first)), len(str(last))) if padded else 0
    for begin in range(0, len(found), 4096):
        chunk = found[begin : begin + 4096]
        end = joint if begin + 4096 < len(found) else "\n"
        proc.stdout.write(joint.join(f"{number:0{width}}" for number in chunk) + end)
        yield from proc.stdout.drain()
    return 0


@tool()
def yes(proc: Proc) -> Running:
    """Print a line again and again, until nobody reads it (or a limit)."""
    words = read_options(proc.argv, stop_at_operand=True).operands
    line = " ".join(words or ["y"]) + "\n"
    chunk = line * max(1, 65536 // len(line))
    for _ in range(MAX_CHUNKS):
        proc.stdout.write(chunk)
        yield from proc.stdout.drain()
        yield proc.env.timeout(CHUNK_MS)
    return proc.fail("stopped: nobody had enough of it")


def true(proc: Proc) -> Running:
    """Succeed."""
    return 0
    yield


def false(proc: Proc) -> Running:
    """Fail."""
    return 1
    yield
