"""A shell or program that runs far away, seen from here: what `ssh` and `exec` hold on to.

Satisfies the operator's Execution protocol over one `Shell`; how bytes would travel is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any

import simpy

from sim.bash.budget import WorkLimit
from sim.bash.completing import completions
from sim.bash.history import RecallProblem, expand
from sim.bash.parser import MAX_LINE, is_incomplete
from sim.bash.process import BrokenPipe, CallSink, OutputLimit, Pipe, Proc, Running
from sim.bash.shell import Shell
from sim.bash.tty import Tty
from sim.kernel import Environment, Interrupted

SHELLS = ("ash", "bash", "dash", "sh")
MAX_UNREAD = 8 << 20
"""Characters that may wait to be polled; above it the program is told that its output is cut."""


class ShellExecution:
    """One program, command line or login shell of a `Shell`, run as a kernel process.

    | state   | exit_code | ends by                                        |
    |---------|-----------|------------------------------------------------|
    | running | None      | the program's return, `exit`, end of its input |
    | ended   | a number  | -                                              |
    """

    def __init__(
        self,
        shell: Shell,
        *,
        line: str | None = None,
        argv: tuple[str, ...] | None = None,
        stdin: bool = False,
        tty: bool = False,
        prompt: str | Callable[[], str] = "$ ",
        on_line: Callable[[str], None] | None = None,
        line_cost: int = 0,
    ) -> None:
        """Run *line* in *shell*, or the program *argv* without one, or (neither) a login shell.

        With neither *stdin* nor *tty* the input is empty. *prompt* is shown by an interactive
        shell on a *tty*; *on_line* hears each line that an interactive shell is given. A line of its
        output costs *line_cost* units of its `Budget`: what whoever keeps it has to do.
        """
        self._env: Environment = shell.env
        self._shell = shell
        self._line_cost = line_cost
        self._stdin = Pipe(self._env) if stdin else Pipe(self._env, "")
        self._tty = tty
        self.terminal = Tty(self._env, self._stdin) if tty else None
        """The far end's terminal, if it has one."""
        self._mode_changed = self._worked = False
        shell.meter.on_step = self._note_work
        self._has_jobs = not line and (not argv or argv[0].rpartition("/")[2] in SHELLS)
        """Whether somebody is there who could start a stopped program again."""
        if self.terminal is not None:
            self.terminal.on_mode = self._note_mode
            shell.terminal = self.terminal
        self._unread: list[tuple[str, str]] = []
        self._news: simpy.Event | None = None
        self._exit_code: int | None = None
        self._stdout = CallSink(lambda text: self._output("stdout", text), tty=tty)
        self._stderr = self._stdout if tty else CallSink(lambda text: self._output("stderr", text))
        self._size = 0
        if line:
            running = shell.run(line, self._stdin, self._stdout, self._stderr, tty=tty and stdin)
        elif argv:
            running = self._program(argv)
        else:
            proc = self._proc([shell.name])
            running = interacting(shell, proc, prompt=prompt, on_line=on_line)
        self._process = self._env.spawn(self._running(running))

    lost = False

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._exit_code

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (`stdout`|`stderr`, text) pairs; never blocks."""
        unread, self._unread, self._size = self._unread, [], 0
        self._mode_changed = self._worked = False
        return unread

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something, the keys' mode changes, or it ends.

        It fires too now and then while much is done, see `work`.
        """
        if self._unread or self._exit_code is not None or self._mode_changed or self._worked:
            return self._env.event().succeed()
        if self._news is None:
            self._news = self._env.event()
        return self._news

    def write(self, text: str) -> None:
        """Hand *text* to the program's standard input; nothing happens if it has closed it."""
        try:
            self._stdin.write(text)
        except BrokenPipe:
            return

    def close_stdin(self) -> None:
        """Close the program's standard input."""
        self._stdin.close()

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""
        if self._process.is_alive and self._process is not self._env.active_process:
            self._process.interrupt("SIGINT")

    @property
    def work(self) -> int:
        """What it has done so far, in units of `Budget`."""
        self._shell.budget.settle()
        return self._shell.meter.done

    @property
    def raw(self) -> bool:
        """Whether the program reads keys one by one."""
        return self.terminal is not None and self.terminal.raw

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C and Ctrl-Z are signals even so."""
        return self.terminal is None or self.terminal.signals

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program the size of its terminal."""
        if self.terminal is not None:
            self.terminal.resize(columns, rows)
            size = {"COLUMNS": str(self.terminal.columns), "LINES": str(self.terminal.rows)}
            self._shell.variables.update(size)

    def suspend(self) -> None:
        """Send SIGTSTP, as Ctrl-Z does; without a shell around the program nothing happens."""
        process = self._process
        if self._has_jobs and process.is_alive and process is not self._env.active_process:
            process.interrupt("SIGTSTP")

    def complete(self, line: str) -> list[str]:
        """Return what may replace the last word of *line* at the prompt of a shell."""
        completer = None if self.terminal is None else self.terminal.completer
        return [] if completer is None or self.raw else completer(line)

    def _note_mode(self) -> None:
        self._mode_changed = True
        self._tell()

    def _note_work(self) -> None:
        self._worked = True
        self._tell()

    def _running(self, running: Running) -> Generator[simpy.Event, Any, None]:
        try:
            self._exit_code = yield from running
        except Interrupted:
            self._exit_code = 130
        except (OutputLimit, BrokenPipe):
            self._exit_code = 141
        except WorkLimit as limit:  # of a program without a shell around it
            with suppress(OutputLimit, BrokenPipe, WorkLimit):
                self._stderr.write(f"{limit}\n")
            self._exit_code = 1
        self._stdin.abandon()
        self._tell()

    def _program(self, argv: tuple[str, ...]) -> Running:
        program = self._shell.find(argv[0])
        if program is None:
            self._stderr.write(f'exec: "{argv[0]}": executable file not found in $PATH\n')
            return 127
        return (yield from self._proc(list(argv)).call(list(argv)))

    def _proc(self, argv: list[str]) -> Proc:
        shell = self._shell
        return Proc(
            env=self._env,
            argv=argv,
            environ=shell.environ(),
            stdin=self._stdin,
            stdout=self._stdout,
            stderr=self._stderr,
            tty=self._tty,
            cwd=shell.cwd,
            files=shell.files,
            host=shell.host,
            terminal=self.terminal,
            budget=shell.budget,
            programs=shell.programs,
            on_asked=shell.on_asked,
            interpret=shell.interpret,
        )

    def _output(self, stream: str, text: str) -> None:
        if self._line_cost:
            self._shell.budget.charge(self._line_cost * text.count("\n"))
        self._size += len(text)
        if self._size > MAX_UNREAD:
            raise OutputLimit("output is longer than the connection holds")
        self._unread.append((stream, text))
        self._tell()

    def _tell(self) -> None:
        event, self._news = self._news, None
        if event is not None:
            event.succeed()


def interacting(
    shell: Shell,
    proc: Proc,
    *,
    prompt: str | Callable[[], str] = "$ ",
    on_line: Callable[[str], None] | None = None,
) -> Running:
    """Read lines from *proc* and run each in *shell*, with a prompt on a terminal, until the end.

    On a terminal, lines that belong together are gathered behind a second prompt, references to
    the history are replaced, and what became of jobs is told before the prompt. Ctrl-C at the
    prompt gives a new prompt, during a command it ends that command.
    """
    gathered = ""
    while not shell.exited:
        try:
            if proc.tty:
                if not gathered:
                    proc.stderr.write("".join(f"{notice}\n" for notice in shell.notices()))
                first = prompt if isinstance(prompt, str) else prompt()
                proc.stdout.write(shell.second_prompt if gathered else first)
            if proc.terminal is not None:
                proc.terminal.completer = partial(completions, shell=shell, programs=shell.programs)
            line = yield from proc.stdin.readline()
            if proc.terminal is not None:
                proc.terminal.completer = None
        except Interrupted:
            proc.stdout.write("\n")
            gathered = ""
            continue
        if line is None:
            break
        if not line.strip() and not gathered:
            continue
        if on_line is not None:
            on_line(line)
        if proc.tty and proc.budget is not None:
            proc.budget.renew()
        if proc.tty and "histexpand" in shell.on:
            try:
                recalled = expand(line, shell.history)
            except RecallProblem as problem:
                proc.stderr.write(f"{shell.blames}: {problem}\n")
                gathered = ""
                continue
            if recalled != line:
                line = recalled
                proc.stderr.write(line + "\n")
        gathered = f"{gathered}\n{line}" if gathered else line
        if len(gathered) < MAX_LINE and is_incomplete(gathered):
            continue
        line, gathered = gathered, ""
        shell.history.append(line)
        yield from shell.run(line, proc.stdin, proc.stdout, proc.stderr, tty=proc.tty)
    if gathered:
        yield from shell.run(gathered, proc.stdin, proc.stdout, proc.stderr, tty=proc.tty)
    yield from shell.leave()
    if proc.tty and shell.blames.startswith("-"):
        proc.stdout.write("logout\n")
    return shell.status
