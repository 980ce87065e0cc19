"""What a program gets when it is started: arguments, environment, standard streams and a place.

Every program of a workstation, node or container is a generator function over a `Proc`; this file
must not know the shell language, nor any program.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.budget import Budget
from sim.bash.files import UMASK, FileProblem, FileSystem
from sim.bash.pipes import BrokenPipe, CallSink, Capture, OutputLimit, Pipe, Sink, Waiting
from sim.kernel import Environment

if TYPE_CHECKING:
    from sim.bash.tty import Tty

__all__ = [
    "BrokenPipe",
    "CallSink",
    "Capture",
    "FileProblem",
    "FileSystem",
    "OutputLimit",
    "Pipe",
    "Proc",
    "Program",
    "Running",
    "Sink",
    "Waiting",
]

Running = Generator[simpy.Event, Any, int]
"""A program that runs: yields kernel events to wait for, returns its exit code."""
UNCOUNTABLE = 300
"""With so many digits a number is no float any more; Python reads none of 4,300."""


def _nothing() -> None:
    pass


@dataclass
class Proc:
    """One running program.

    Ctrl-C raises `sim.kernel.Interrupted` at the program's `yield`; a program that holds a watch
    or an Execution closes it in `finally` (and may catch it to forward the signal).
    """

    env: Environment
    argv: list[str]
    """`argv[0]` is the name it was called by."""
    environ: dict[str, str]
    stdin: Pipe
    stdout: Sink
    stderr: Sink
    tty: bool = False
    """True if standard input is a terminal; `stdout.tty` says so of the output."""
    cwd: str = "/"
    files: FileSystem = field(default_factory=FileSystem)
    host: Any = None
    """What the place gives its programs: a machine, a container, a terminal of the workstation."""
    programs: Mapping[str, Program] = field(default_factory=dict)
    """What else can be run here, for `sudo`, `xargs`, `env` and the like; see `call`."""
    on_asked: Callable[[], None] = _nothing
    interpret: Callable[[Proc, str], Running] | None = None
    """Runs a command line in this place (`sh -c`, `watch`); None where there is no shell."""
    terminal: Tty | None = None
    """The terminal that it may talk to: its size and its keys; None without a controlling one."""
    budget: Budget | None = None
    """What is left of the work that its command line may do; None where nobody counts."""

    umask: int = UMASK
    """What a shell inside begins with; the files know of it by themselves."""

    def charge(self, units: int) -> None:
        """Count work that is not seen in what is written: about 50 ns each, a character, a row.

        Raises:
            WorkLimit: if the command line has no more; nobody but the shell catches it.
        """
        if self.budget is not None:
            self.budget.charge(units)

    def asked(self) -> None:
        """Mark that this command asked the cluster, a node or telemetry."""
        if self.budget is not None:
            self.budget.asks += 1
        self.on_asked()

    def print(self, *lines: str) -> None:
        """Write each of *lines* and a newline to standard output."""
        for line in lines:
            self.stdout.write(line + "\n")

    def fail(self, message: str, code: int = 1) -> int:
        """Write `<program>: <message>` to standard error and return *code*."""
        self.stderr.write(f"{self.argv[0]}: {message}\n")
        return code

    def path(self, name: str) -> str:
        """Return the absolute path of a file that the command line names."""
        return self.files.resolve(name, self.cwd)

    def call(
        self,
        argv: list[str],
        *,
        stdin: Pipe | None = None,
        stdout: Sink | None = None,
        stderr: Sink | None = None,
        environ: dict[str, str] | None = None,
    ) -> Running:
        """Run another program of this place to its end, with this one's streams unless given."""
        program = self.programs.get(argv[0]) or self.programs.get(argv[0].rpartition("/")[2])
        if program is None:
            self.stderr.write(f"{self.argv[0]}: {argv[0]}: command not found\n")
            return 127
        child = replace(
            self,
            argv=argv,
            stdin=stdin or self.stdin,
            stdout=stdout or self.stdout,
            stderr=stderr or self.stderr,
            environ=dict(self.environ if environ is None else environ),
        )
        try:
            return (yield from started(program, child))
        except FileProblem as problem:
            child.stderr.write(f"{argv[0]}: {problem}\n")
            return 1


Program = Callable[[Proc], Running]
"""A program's body. One that never waits still is a generator: `return code; yield`."""


def started(program: Program, proc: Proc) -> Running:
    """Run *program*; if it meets a number of more digits than anything counts in, it says so."""
    try:
        return (yield from program(proc))
    except (ValueError, OverflowError):
        if max(map(len, proc.argv)) < UNCOUNTABLE:
            raise
        proc.stderr.write(f"{proc.argv[0]}: Numerical result out of range\n")
        return 1
