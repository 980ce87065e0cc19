"""A shell or program that runs far away, seen from here: what `ssh` and `exec` hold on to.

Satisfies the operator's Execution protocol over one `Shell`; how bytes would travel is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.bash.process import BrokenPipe, CallSink, OutputLimit, Pipe, Proc, Running
from sim.bash.shell import Shell
from sim.kernel import Environment, Interrupted

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
    ) -> None:
        """Run *line* in *shell*, or the program *argv* without one, or (neither) a login shell.

        With neither *stdin* nor *tty* the input is empty. *prompt* is shown by an interactive
        shell on a *tty*; *on_line* hears each line that an interactive shell is given.
        """
        self._env: Environment = shell.env
        self._shell = shell
        self._stdin = Pipe(self._env) if stdin else Pipe(self._env, "")
        self._tty = tty
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

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._exit_code

    def poll(self) -> list[tuple[str, str]]:
        """Return and forget output as (`stdout`|`stderr`, text) pairs; never blocks."""
        unread, self._unread, self._size = self._unread, [], 0
        return unread

    def wait(self) -> simpy.Event:
        """Return an event that fires when `poll` has something or the program has ended."""
        if self._unread or self._exit_code is not None:
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

    def _running(self, running: Running) -> Generator[simpy.Event, Any, None]:
        try:
            self._exit_code = yield from running
        except Interrupted:
            self._exit_code = 130
        except (OutputLimit, BrokenPipe):
            self._exit_code = 141
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
            programs=shell.programs,
            on_asked=shell.on_asked,
            interpret=shell.interpret,
        )

    def _output(self, stream: str, text: str) -> None:
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

    Ctrl-C at the prompt gives a new prompt, during a command it ends that command.
    """
    while not shell.exited:
        try:
            if proc.tty:
                proc.stdout.write(prompt if isinstance(prompt, str) else prompt())
            line = yield from proc.stdin.readline()
        except Interrupted:
            proc.stdout.write("\n")
            continue
        if line is None:
            break
        if not line.strip():
            continue
        if on_line is not None:
            on_line(line)
        shell.history.append(line)
        yield from shell.run(line, proc.stdin, proc.stdout, proc.stderr, tty=proc.tty)
    if proc.tty and shell.blames.startswith("-"):
        proc.stdout.write("logout\n")
    return shell.status
