"""Short and long options as GNU programs read them, and the input that text tools share."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Program, Running

DRAIN_EVERY = 256
"""Lines after which a tool waits for whoever reads its output."""


class UsageProblem(Exception):  # noqa: N818 - the text that the program prints
    """Wrong options; `str()` is the line to print after the program's name."""


def tool(code: int = 1) -> Callable[[Program], Program]:
    """Give a program its way of refusing: a UsageProblem becomes its line and *code*."""

    def wrap(body: Program) -> Program:
        def run(proc: Proc) -> Running:
            try:
                return (yield from body(proc))
            except UsageProblem as problem:
                return proc.fail(str(problem), code)
            except RecursionError:
                return proc.fail("arguments are nested too deep", code)

        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        return run

    return wrap


@dataclass
class Options:
    """What a command line said."""

    flags: dict[str, str] = field(default_factory=dict)
    """Option letter (or long name) -> value, empty for a switch."""
    operands: list[str] = field(default_factory=list)
    many: dict[str, list[str]] = field(default_factory=dict)
    """Every value of an option that was given several times."""

    def __contains__(self, name: str) -> bool:
        return name in self.flags

    def number(self, name: str, default: int) -> int:
        """Return the value of *name* as a whole number.

        Raises:
            UsageProblem: if it is none.
        """
        if name not in self.flags:
            return default
        text = self.flags[name]
        if not text.lstrip("-+").isdigit() or len(text) > 12:
            raise UsageProblem(f"invalid number: '{text}'")
        return int(text)


def read_options(
    argv: list[str],
    switches: str = "",
    valued: str = "",
    long: dict[str, str] | None = None,
    *,
    stop_at_operand: bool = False,
) -> Options:
    """Read *argv* after its name: letters in *switches* stand alone, those in *valued* take a value.

    *long* maps a long name to its letter. With *stop_at_operand* everything after the first
    operand is left alone, as `xargs` and `env` need it.

    Raises:
        UsageProblem: for an option that does not exist or has no value.
    """
    options = Options()
    rest = argv[1:]

    def put(name: str, value: str) -> None:
        options.flags[name] = value
        options.many.setdefault(name, []).append(value)

    while rest:
        word = rest.pop(0)
        if word == "--":
            options.operands.extend(rest)
            break
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            letter = (long or {}).get(name)
            if letter is None:
                raise UsageProblem(f"unrecognized option '{word}'")
            if letter in valued and not sign:
                if not rest:
                    raise UsageProblem(f"option '--{name}' requires an argument")
                value = rest.pop(0)
            put(letter, value)
        elif word.startswith("-") and word != "-":
            letters = word[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter in valued:
                    if not letters and not rest:
                        raise UsageProblem(f"option requires an argument -- '{letter}'")
                    put(letter, letters or rest.pop(0))
                    break
                if letter not in switches:
                    raise UsageProblem(f"invalid option -- '{letter}'")
                put(letter, "")
        else:
            options.operands.append(word)
            if stop_at_operand:
                options.operands.extend(rest)
                break
    return options


def each_line(
    proc: Proc, names: list[str], handle: Callable[[str], bool | None]
) -> Generator[simpy.Event, Any, int]:
    """Call *handle* with each line of the files *names*, or of standard input if there are none.

    It stops when *handle* returns True. A missing file is named on standard error and makes the
    code 1. Lines of a stream are handled as they come, so `kubectl get -w | grep` prints at once.
    """
    code = 0
    for name in names or ["-"]:
        if name == "-":
            count = 0
            while (line := (yield from proc.stdin.readline())) is not None:
                if handle(line):
                    return code
                count += 1
                if count % DRAIN_EVERY == 0:
                    yield from proc.stdout.drain()
            continue
        text = file_text(proc, name)
        if text is None:
            code = 1
            continue
        for count, line in enumerate(split_lines(text), 1):
            if handle(line):
                return code
            if count % DRAIN_EVERY == 0:
                yield from proc.stdout.drain()
    yield from proc.stdout.drain()
    return code


def all_text(
    proc: Proc, names: list[str]
) -> Generator[simpy.Event, Any, tuple[int, list[tuple[str, str]]]]:
    """Return the code and (name, text) of each file of *names*, or of standard input."""
    code = 0
    texts: list[tuple[str, str]] = []
    for name in names or ["-"]:
        if name == "-":
            texts.append(("-", (yield from proc.stdin.read_all())))
        elif (text := file_text(proc, name)) is not None:
            texts.append((name, text))
        else:
            code = 1
    return code, texts


def file_text(proc: Proc, name: str) -> str | None:
    """Return the text of a file, or None after a line on standard error."""
    try:
        return proc.files.read(proc.path(name))
    except FileProblem as problem:
        proc.stderr.write(f"{proc.argv[0]}: {name}: {problem}\n")
        return None


def split_lines(text: str) -> list[str]:
    """Return the lines of *text* without newlines; a last newline begins no line."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines
