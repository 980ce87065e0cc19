"""`xargs`: programs run with words from standard input; one after another, whatever -P says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.bash.process import Pipe, Proc, Running
from sim.bash.tools.echo import unescape
from sim.bash.tools.inputs import file_text
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool
from sim.bash.tools.waiting import find

_LONG = {
    "max-args": "n", "replace": "i", "no-run-if-empty": "r", "verbose": "t", "null": "0",
    "max-procs": "P", "delimiter": "d", "max-lines": "l", "max-chars": "s", "exit": "x",
    "eof": "e", "arg-file": "a", "interactive": "p", "open-tty": "o",
    "process-slot-var": "process-slot-var=", "show-limits": "show-limits",
}  # fmt: skip
MAX_WORDS = 5000
"""Arguments of one run, as the kernel's limit on an argument list makes it."""


def _lines(text: str) -> list[tuple[list[str], bool]]:
    """Return the words of each line of *text*, and whether the line goes on after a last blank."""
    out: list[tuple[list[str], bool]] = []
    words: list[str] = []
    current: list[str] | None = None
    quote = ""
    blank = False
    for match in re.finditer(r"\\(.?)|(.)", text + "\n", re.DOTALL):
        escaped, char = match.groups()
        if quote:
            whole = match[0]
            if char == quote:
                quote = ""
            elif "\n" in whole:
                what = "single" if quote == "'" else "double"
                raise UsageProblem(
                    f"unmatched {what} quote; by default quotes are special to xargs unless you "
                    "use the -0 option"
                )
            else:
                current = [*(current or []), whole]
            continue
        if escaped is not None:
            current = current if current is not None else []
            current.append(escaped)
        elif char in "'\"":
            quote, current = char, current if current is not None else []
        elif char in " \t\n":
            if current is not None:
                words.append("".join(current))
                current = None
            if char == "\n" and words:
                out.append((words, blank))
                words = []
            blank = char != "\n"
            continue
        else:
            current = current if current is not None else []
            current.append(char)
        blank = False
    return out


def _number(options: Options, letter: str, least: int, default: int) -> int:
    text = options.flags.get(letter)
    if text is None:
        return default
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise Misuse(f'invalid number "{text}" for -{letter} option')
    if int(text) < least:
        raise Misuse(f"value {text} for -{letter} option should be >= {least}")
    return int(text)


def _batches(options: Options, text: str, argv: list[str]) -> Iterator[list[str]]:
    """Give the command lines to run."""
    placeholder = options.flags.get("I", options.flags.get("i", "") or "{}")
    mode = options.last_of("InLli")
    by_sign = "\0" if "0" in options else ""
    if options.last_of("0d") == "d":
        by_sign = unescape(options.flags["d"])[:1]
    if by_sign:
        items = text.split(by_sign)
        if items[-1] == "":
            items.pop()
        lines = [([item], False) for item in items]
    elif mode in {"I", "i"}:
        rows = (line.lstrip(" \t") for line in text.split("\n"))
        lines = [(["".join(part for words, _ in _lines(_kept(row)) for part in words)], False)
                 for row in rows if row]  # fmt: skip
    else:
        lines = _lines(text)
    if mode in {"I", "i"}:
        for words, _ in lines:
            yield [part.replace(placeholder, words[0]) for part in argv]
        return
    if mode in {"L", "l"}:
        each = _number(options, mode, 1, 1) if options.flags[mode] else 1
        held: list[str] = []
        count = 0
        for words, more in lines:
            held += words
            count += not more
            if count == each:
                yield [*argv, *held]
                held, count = [], 0
        if held:
            yield [*argv, *held]
        return
    each = min(_number(options, "n", 1, MAX_WORDS), MAX_WORDS)
    flat = [word for words, _ in lines for word in words]
    for at in range(0, len(flat), each):
        yield [*argv, *flat[at : at + each]]


def _kept(row: str) -> str:
    """Return *row* with its blanks kept: with -I a line is one word."""
    return re.sub(r"([ \t])", r"\\\1", row)


@tool(usage="[OPTION]... COMMAND [INITIAL-ARGS]...", package="GNU findutils) 4.9.0")
def xargs(proc: Proc) -> Running:
    """Run COMMAND with arguments INITIAL-ARGS and more arguments read from input."""
    options = read_options(
        proc.argv, "rt0pxo", "nILPdsaE", _LONG, optional="ile", stop_at_operand=True
    )
    for letter, least in (("n", 1), ("L", 1), ("s", 1), ("P", 0)):
        _number(options, letter, least, 1)
    mode = options.last_of("InL")
    if mode == "I" and "n" in options:
        proc.fail(
            "warning: options --max-args and --replace/-I/-i are mutually exclusive, "
            "ignoring previous --max-args value"
        )
    if "p" in options or "show-limits" in options:
        raise UsageProblem("-p and --show-limits: not supported in this simulator")
    if "a" in options:
        text = file_text(proc, options.flags["a"])
        if text is None:
            return 1
    else:
        text = yield from proc.stdin.read_all()
    proc.charge(8 * len(text))
    end = options.flags.get("E") or options.flags.get("e")
    argv = options.operands or ["echo"]
    result = runs = 0
    for batch in _batches(options, text, argv):
        if end and end in batch[len(argv) :]:
            batch = batch[: batch.index(end, len(argv))]  # noqa: PLW2901
        runs += 1
        code = yield from _run(proc, batch, shown="t" in options)
        if code in {126, 127}:
            return code
        if code == 255:
            return proc.fail(f"{batch[0]}: exited with status 255; aborting", 124)
        if code > 128:
            return proc.fail(f"{batch[0]}: terminated by signal {code - 128}", 125)
        result = 123 if code else result
    if not runs and "r" not in options and options.last_of("Ii") == "":
        code = yield from _run(proc, argv, shown="t" in options)
        result = code if code in {126, 127} else 123 if code else 0
    return result


def _run(proc: Proc, argv: list[str], *, shown: bool) -> Running:
    if shown:
        proc.stderr.write(" ".join(argv) + "\n")
    if find(proc, argv[0]) is None:
        return proc.fail(f"{argv[0]}: No such file or directory", 127)
    proc.charge(500 + 30 * len(argv))
    return (yield from proc.call(argv, stdin=Pipe(proc.env, "")))
