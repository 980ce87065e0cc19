"""`fold`, `fmt`, `expand` and `unexpand`: how wide lines are."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import (
    all_text,
    cannot_open,
    decoded,
    each_whole_line,
    encoded,
    split_lines,
)
from sim.bash.tools.options import Options, UsageProblem, read_options, tool


def _old_width(argv: list[str]) -> list[str]:
    """Return *argv* with the old form `-20` as `-w20`."""
    return [
        argv[0],
        *(f"-w{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in argv[1:]),
    ]


@tool()
def fold(proc: Proc) -> Running:
    """Wrap input lines in each FILE, writing to standard output."""
    options = read_options(
        _old_width(proc.argv), "bs", "w", {"bytes": "b", "spaces": "s", "width": "w"}
    )
    text = options.flags.get("w", "80")
    if not re.fullmatch(r"\d{1,18}", text):
        raise UsageProblem(f"invalid number of columns: ‘{text}’")
    width = int(text)
    if not width:
        raise UsageProblem("invalid number of columns: ‘0’: Numerical result out of range")

    def show(line: str) -> None:
        proc.charge(4 * len(line))
        bare = encoded(line.removesuffix("\n"))
        out: list[bytes] = []
        while True:
            cut = _fitting(bare, width, by_bytes="b" in options)
            if cut >= len(bare):
                break
            if (
                "s" in options
                and (blank := max(bare.rfind(b" ", 0, cut), bare.rfind(b"\t", 0, cut))) >= 0
            ):
                cut = blank + 1
            out.append(bare[:cut])
            bare = bare[cut:]
        out.append(bare)
        proc.stdout.write(decoded(b"\n".join(out)) + ("\n" if line.endswith("\n") else ""))

    return (yield from each_whole_line(proc, options.operands, show))


def _fitting(data: bytes, width: int, *, by_bytes: bool) -> int:
    """Return how many bytes of *data* fit into *width* columns; one at least."""
    if by_bytes or not (b"\t" in data or b"\b" in data or b"\r" in data):
        return min(len(data), width)
    column = 0
    for at, byte in enumerate(data):
        if byte == 9:
            column += 8 - column % 8
        elif byte == 8:
            column = max(0, column - 1)
        elif byte == 13:
            column = 0
        else:
            column += 1
        if column > width and at:
            return at
    return len(data)


def _stops(options: Options) -> list[int]:
    text = ",".join(options.many.get("t", ["8"]))
    if not re.fullmatch(r"[\d, ]+", text):
        bad = re.sub(r"^[\d, ]*", "", text)
        raise UsageProblem(f"tab size contains invalid character(s): ‘{bad}’")
    stops = [min(int(part[:9]), 1 << 16) for part in re.split(r"[, ]+", text) if part]
    if 0 in stops:
        raise UsageProblem("tab size cannot be 0")
    if stops != sorted(set(stops)):
        raise UsageProblem("tab sizes must be ascending")
    return stops


def _next_stop(column: int, stops: list[int]) -> int:
    if len(stops) == 1:
        return column + stops[0] - column % stops[0]
    return next((stop for stop in stops if stop > column), column + 1)


@tool()
def expand(proc: Proc) -> Running:
    """Convert tabs in each FILE to spaces, writing to standard output."""
    argv = [proc.argv[0], *(re.sub(r"^-(\d[\d,]*)$", r"-t\1", word) for word in proc.argv[1:])]
    options = read_options(argv, "i", "t", {"initial": "i", "tabs": "t"})
    stops = _stops(options)

    def show(line: str) -> None:
        out: list[str] = []
        column = 0
        leading = True
        for char in line:
            if char == "\t" and (leading or "i" not in options):
                goal = _next_stop(column, stops)
                out.append(" " * (goal - column))
                column = goal
                continue
            leading = leading and char in " \t"
            column = max(0, column - 1) if char == "\b" else column + 1
            out.append(char)
        proc.charge(2 * len(line))
        proc.stdout.write("".join(out))

    return (yield from each_whole_line(proc, options.operands, show))


@tool()
def unexpand(proc: Proc) -> Running:
    """Convert blanks in each FILE to tabs, writing to standard output."""
    options = read_options(proc.argv, "a", "t", {"all": "a", "tabs": "t", "first-only": "first"})
    stops = _stops(options)
    everywhere = ("a" in options or "t" in options) and "first" not in options

    def show(line: str) -> None:
        out: list[str] = []
        column = start = 0
        blanks = ""
        leading = True
        proc.charge(2 * len(line))
        for char in line:
            if char in " \t" and (leading or everywhere):
                if not blanks:
                    start = column
                column = _next_stop(column, stops) if char == "\t" else column + 1
                blanks += char
                continue
            out.append(_tabbed(blanks, start, column, stops))
            blanks = ""
            leading = False
            column += 1
            out.append(char)
        out.append(_tabbed(blanks, start, column, stops))
        proc.stdout.write("".join(out))

    return (yield from each_whole_line(proc, options.operands, show))


def _tabbed(blanks: str, start: int, end: int, stops: list[int]) -> str:
    if blanks in {"", " "}:
        return blanks
    out = ""
    at = start
    while (goal := _next_stop(at, stops)) <= end:
        out += " " if goal == at + 1 and "\t" not in blanks and not out and at == start else "\t"
        at = goal
    return out + " " * (end - at)


@tool(usage="[-WIDTH] [OPTION]... [FILE]...")
def fmt(proc: Proc) -> Running:
    """Reformat each paragraph in the FILE(s); lines are filled as far as they go, not balanced."""
    options = read_options(
        _old_width(proc.argv), "cstu", "wgp",
        {"width": "w", "goal": "g", "split-only": "s", "uniform-spacing": "u", "prefix": "p"},
    )  # fmt: skip
    text = options.flags.get("w", "75")
    if not re.fullmatch(r"\d{1,5}", text):
        raise UsageProblem(f"invalid width: ‘{text}’")
    if "p" in options or "c" in options or "t" in options:
        raise UsageProblem("-c, -t and -p: not supported in this simulator")
    width = max(1, int(text))
    code, texts = yield from all_text(proc, options.operands, cannot_open)
    for _, whole in texts:
        proc.charge(4 * len(whole))
        paragraph: list[str] = []
        indent: str | None = None
        lines = split_lines(whole)
        for line in lines:
            own = line[: len(line) - len(line.lstrip())]
            if paragraph and (not line.strip() or own != indent or "s" in options):
                proc.print(*_filled(paragraph, indent or "", width))
                paragraph = []
            if line.strip():
                indent = own
                paragraph += line.split()
            else:
                proc.print("")
        if paragraph:
            proc.print(*_filled(paragraph, indent or "", width))
    return code


def _filled(words: list[str], indent: str, width: int) -> list[str]:
    lines: list[str] = []
    current = indent + words[0]
    for word in words[1:]:
        if len(current) + 1 + len(word) > width:
            lines.append(current)
            current = indent + word
        else:
            current += f" {word}"
    return [*lines, current]
