"""Reading command lines the way getopt(3) does, and programs that never wait.

A program names the options it has; anything else is refused in getopt's words. This file must not
know any one program.
"""

from __future__ import annotations

import getopt
from collections.abc import Callable, Sequence

from sim.bash.process import Proc, Program, Running


class UsageError(Exception):
    """A command line that the program does not take; `str()` is the line for standard error."""


class Options:
    """The options of one command line, last one wins, and its operands."""

    def __init__(self, pairs: Sequence[tuple[str, str]], operands: list[str]) -> None:
        """Keep *pairs* of (option with its dashes, value)."""
        self.pairs = pairs
        self.operands = operands
        self._values = dict(pairs)

    def has(self, *names: str) -> bool:
        """Return whether one of *names* was given."""
        return any(name in self._values for name in names)

    def value(self, *names: str, default: str = "") -> str:
        """Return the value of the last of *names* on the line."""
        for name, value in reversed(self.pairs):
            if name in names:
                return value
        return default

    def values(self, *names: str) -> list[str]:
        """Return the values of all of *names*, in order."""
        return [value for name, value in self.pairs if name in names]


def parse(
    proc: Proc, short: str, long: Sequence[str] = (), *, mixed: bool = True, hint: bool = False
) -> Options:
    """Read `proc.argv` by getopt's *short* and *long* letters.

    With *mixed* options may follow operands; with *hint* a mistake is followed by the line of
    coreutils and util-linux that names `--help`.

    Raises:
        UsageError: in glibc's words, e.g. `free: invalid option -- 'q'`.
    """
    read = getopt.gnu_getopt if mixed else getopt.getopt
    try:
        pairs, operands = read(proc.argv[1:], short, list(long))
    except getopt.GetoptError as problem:
        name = proc.argv[0]
        if "requires argument" in problem.msg or "must not have" in problem.msg:
            allows = "requires an" if "requires" in problem.msg else "doesn't allow an"
            told = (
                f"option requires an argument -- '{problem.opt}'"
                if len(problem.opt) == 1
                else f"option '--{problem.opt}' {allows} argument"
            )
        elif len(problem.opt) == 1:
            told = f"invalid option -- '{problem.opt}'"
        else:
            told = f"unrecognized option '--{problem.opt}'"
        also = f"\nTry '{name} --help' for more information." if hint else ""
        raise UsageError(f"{name}: {told}{also}") from None
    return Options(pairs, operands)


def _told(proc: Proc, problem: UsageError, purpose: str | None, code: int) -> int:
    """Print a mistake, or a short help where nothing but that was asked for; return the exit code."""
    if proc.argv[1:] == ["--help"]:
        name = proc.argv[0].rpartition("/")[2]
        proc.print(
            f"Usage: {name} [options]",
            "",
            " ".join((purpose or "").split("\n\n")[0].split()),
            f"Options are those of the real {name}; one that is left out is refused by its name.",
        )
        return 0
    proc.stderr.write(f"{problem}\n")
    return code


def program(usage_code: int = 1) -> Callable[[Callable[[Proc], int]], Program]:
    """Make a program of a function that returns its exit code at once.

    A `UsageError` becomes its line on standard error and *usage_code*.
    """

    def wrap(body: Callable[[Proc], int]) -> Program:
        def run(proc: Proc) -> Running:
            try:
                return body(proc)
            except UsageError as problem:
                return _told(proc, problem, body.__doc__, usage_code)
            yield  # a program is a generator even when it never waits

        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        return run

    return wrap


def waiting(usage_code: int = 1) -> Callable[[Program], Program]:
    """Give a generator program the same treatment of `UsageError`."""

    def wrap(body: Program) -> Program:
        def run(proc: Proc) -> Running:
            try:
                return (yield from body(proc))
            except UsageError as problem:
                return _told(proc, problem, body.__doc__, usage_code)

        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        return run

    return wrap
