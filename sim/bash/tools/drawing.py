"""`shuf`: lines in a drawn order; `split`: a file cut into several."""

from __future__ import annotations

import re

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.amounts import amount
from sim.bash.tools.inputs import all_text, decoded, encoded, quoted, split_lines
from sim.bash.tools.options import Misuse, UsageProblem, extra_operand, read_options, tool
from sim.kernel import Stream

_SHUF = {"echo": "e", "input-range": "i", "head-count": "n", "output": "o", "repeat": "r",
         "zero-terminated": "z", "random-source": "random-source="}  # fmt: skip
_SPLIT = {
    "lines": "l", "bytes": "b", "number": "n", "suffix-length": "a", "numeric-suffixes": "d",
    "additional-suffix": "additional-suffix=", "verbose": "verbose", "line-bytes": "C",
}  # fmt: skip
MAX_DRAWN = 200_000
MAX_PARTS = 500


@tool(usage="[OPTION]... [FILE]\n-e [OPTION]... [ARG]...\n-i LO-HI [OPTION]...")
def shuf(proc: Proc) -> Running:
    """Write a random permutation of the input lines to standard output."""
    options = read_options(proc.argv, "erz", "ino", _SHUF)
    count = amount(options.flags.get("n", "0"))
    if count is None:
        raise UsageProblem(f"invalid line count: ‘{options.flags['n']}’")
    lines: list[str] = []
    if "i" in options:
        match = re.fullmatch(r"(\d{1,15})-(\d{1,15})", options.flags["i"])
        if match is None or int(match[1]) > int(match[2]) + 1:
            raise UsageProblem(f"invalid input range: ‘{options.flags['i']}’")
        first, last = int(match[1]), int(match[2])
        if last - first >= MAX_DRAWN:
            raise UsageProblem(f"more than {MAX_DRAWN} numbers: not supported in this simulator")
        extra_operand(options, 0)
        lines = [str(number) for number in range(first, last + 1)]
    elif "e" in options:
        lines = options.operands
    else:
        extra_operand(options, 1)
        code, texts = yield from all_text(proc, options.operands)
        if code:
            return code
        lines = [
            line
            for _, text in texts
            for line in split_lines(text, "\0" if "z" in options else "\n")
        ]
    proc.charge(40 * len(lines))
    stream = Stream("shuf", encoded(proc.files.device("/dev/urandom", 16)).hex())
    if "r" in options:
        if not lines:
            raise UsageProblem("no lines to repeat")
        wanted = count if "n" in options else MAX_DRAWN
        proc.charge(100 * min(wanted, MAX_DRAWN))
        most = len(lines) - 1
        lines = [lines[stream.integer(0, most, at)] for at in range(min(wanted, MAX_DRAWN))]
    else:
        lines = stream.shuffled(lines)
        lines = lines[:count] if "n" in options else lines
    end = "\0" if "z" in options else "\n"
    whole = "".join(line + end for line in lines)
    if "o" in options:
        proc.files.write(proc.path(options.flags["o"]), whole)
    else:
        proc.stdout.write(whole)
    return 0


@tool(usage="[OPTION]... [FILE [PREFIX]]")
def split(proc: Proc) -> Running:
    """Output pieces of FILE to PREFIXaa, PREFIXab, ...; default size is 1000 lines."""
    options = read_options(proc.argv, "dx", "abCln", _SPLIT)
    extra_operand(options, 2)
    if "C" in options:
        raise UsageProblem("--line-bytes: not supported in this simulator")
    sizes: dict[str, int] = {}
    for letter, what in (("l", "lines"), ("b", "bytes"), ("n", "chunks")):
        if letter in options:
            found = amount(options.flags[letter].removeprefix("l/" if letter == "n" else ""))
            if not found:
                raise UsageProblem(f"invalid number of {what}: ‘{options.flags[letter]}’")
            sizes[letter] = found
    if len(sizes) > 1:
        raise Misuse("cannot split in more than one way")
    code, texts = yield from all_text(proc, options.operands[:1], _says)
    if code:
        return code
    text = "".join(one for _, one in texts)
    proc.charge(2 * len(text))
    parts = _parts(text, sizes, by_lines=options.flags.get("n", "").startswith("l/"))
    if len(parts) > MAX_PARTS:
        raise UsageProblem(f"more than {MAX_PARTS} files: not supported in this simulator")
    prefix = options.operands[1] if len(options.operands) > 1 else "x"
    length = int(options.flags["a"]) if options.flags.get("a", "").isdecimal() else 2
    letters = "0123456789" if "d" in options else "abcdefghijklmnopqrstuvwxyz"
    for at, part in enumerate(parts):
        suffix, number = "", at
        for _ in range(length):
            number, digit = divmod(number, len(letters))
            suffix = letters[digit] + suffix
        if number:
            raise UsageProblem("output file suffixes exhausted")
        name = prefix + suffix + options.flags.get("additional-suffix", "")
        if "verbose" in options:
            proc.print(f"creating file {quoted(name)}")
        try:
            proc.files.write(proc.path(name), part)
        except FileProblem as problem:
            raise UsageProblem(f"{name}: {problem}") from None
    return 0


def _says(name: str, problem: FileProblem) -> str:
    return f"cannot open {quoted(name)} for reading: {problem}"


def _parts(text: str, sizes: dict[str, int], *, by_lines: bool) -> list[str]:
    if "b" in sizes or ("n" in sizes and not by_lines):
        data = encoded(text)
        if "n" in sizes:
            count = sizes["n"]
            size = len(data) // count
            cuts = [
                data[at * size : (at + 1) * size if at < count - 1 else None]
                for at in range(min(count, MAX_PARTS + 1))
            ]
        else:
            size = sizes["b"]
            cuts = [data[at : at + size] for at in range(0, len(data), size)]
        return [decoded(cut) for cut in cuts]
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    if "n" in sizes:
        total, count = len(text), sizes["n"]
        out = [""] * min(count, MAX_PARTS + 1)
        size = max(1, total // count)
        at = 0
        for line in lines:
            out[min(at // size, len(out) - 1)] += line
            at += len(line)
        return out
    each = sizes.get("l", 1000)
    return ["".join(lines[at : at + each]) for at in range(0, len(lines), each)]
