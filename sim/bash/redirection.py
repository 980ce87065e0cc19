"""Where a command's three streams go after its redirections, into files of the place only."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import simpy

from sim.bash.expansion import Expander
from sim.bash.files import FileProblem, FileSystem
from sim.bash.pipes import Pipe, Sink
from sim.bash.syntax import Redirect


@dataclass(frozen=True, slots=True)
class Streams:
    """Standard input, output and error of a command."""

    stdin: Pipe
    stdout: Sink
    stderr: Sink
    tty: bool = False
    """True if standard input is the terminal."""


class FileSink(Sink):
    """A file opened for writing."""

    def __init__(self, files: FileSystem, path: str, *, append: bool) -> None:
        """Open *path*; without *append* it becomes empty.

        Raises:
            FileProblem: if it cannot be written.
        """
        self._files = files
        self._path = path
        files.write(path, "", append=append)

    def write(self, text: str) -> None:
        """Add *text* to the file."""
        self._files.write(self._path, text, append=True)


class RedirectProblem(Exception):  # noqa: N818 - an errno with the name it is about
    """A redirection failed; `str()` is `name: reason`."""


def apply_redirects(
    redirects: tuple[Redirect, ...],
    streams: Streams,
    expander: Expander,
    files: FileSystem,
    cwd: str,
    env: simpy.Environment,
) -> Generator[simpy.Event, Any, Streams]:
    """Return *streams* after *redirects*, applied from left to right.

    Raises:
        RedirectProblem: if a file cannot be opened.
    """
    for redirect in redirects:
        target: str = yield from expander.text(redirect.target)
        sign = redirect.operator
        if sign in {"<<<", "<<"}:
            text = target + "\n" if sign == "<<<" else target
            streams = replace(streams, stdin=Pipe(env, text), tty=False)
            continue
        if sign == ">&":
            sink = streams.stderr if target == "2" else streams.stdout
            streams = _output(streams, redirect.descriptor, sink)
            continue
        path = files.resolve(target, cwd)
        if not target:
            raise RedirectProblem(": No such file or directory")
        try:
            if sign == "<":
                streams = replace(streams, stdin=Pipe(env, files.read(path)), tty=False)
                continue
            sink = FileSink(files, path, append=sign.endswith(">>"))
        except FileProblem as problem:
            raise RedirectProblem(f"{target}: {problem}") from None
        if sign.startswith("&"):
            streams = replace(streams, stdout=sink, stderr=sink)
        else:
            streams = _output(streams, redirect.descriptor, sink)
    return streams


def _output(streams: Streams, descriptor: int, sink: Sink) -> Streams:
    if descriptor == 2:
        return replace(streams, stderr=sink)
    return replace(streams, stdout=sink)
