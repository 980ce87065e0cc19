"""Running `docker` and `kind`: found on PATH, never for longer than said, and every failure one sentence.

It must not know what they are run for.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

QUICK_S = 20.0
"""For what only asks."""
_ENDING_S = 5.0
_WHERE = {
    "docker": "install Docker (https://docs.docker.com/engine/install/)",
    "kind": "install kind (https://kind.sigs.k8s.io/docs/user/quick-start/#installation)",
}
Told = Callable[[str], None]


class ToolError(Exception):
    """A program could not be run, took too long or failed; the message is one sentence."""


class MissingToolError(ToolError):
    """A program is not on PATH."""

    def __init__(self, name: str) -> None:
        """Keep what to do about the program *name*."""
        self.advice = f"{_WHERE.get(name, 'install it')}, then try again"
        super().__init__(f"{name} is not on PATH: {self.advice}")


class FailedToolError(ToolError):
    """A program ended with an error."""

    def __init__(self, message: str, code: int, complaint: str) -> None:
        """Keep the exit *code* and all that it wrote to standard error."""
        super().__init__(message)
        self.code = code
        self.complaint = complaint


@dataclass(frozen=True, slots=True)
class Done:
    """What a program answered."""

    code: int
    out: str
    err: str


class Tools:
    """The programs of this machine."""

    def __init__(
        self, environ: Mapping[str, str] = os.environ, *, inherited: Sequence[int] = ()
    ) -> None:
        """Run programs with *environ*; they keep the file descriptors *inherited* open."""
        self.environ = environ
        self._inherited = tuple(inherited)

    def path(self, name: str) -> str:
        """Return where the program *name* is.

        Raises:
            MissingToolError: if it is not on PATH.
        """
        found = shutil.which(name, path=self.environ.get("PATH"))
        if found is None:
            raise MissingToolError(name)
        return found

    def docker(self, *words: str, timeout_s: float = QUICK_S, stdin: str | Path = "") -> Done:
        """Run `docker`; *stdin* is a text, or the file to read."""
        return self.run(("docker", *words), timeout_s=timeout_s, stdin=stdin)

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        stdin: str | Path = "",
        told: Told | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Done:
        """Run *argv* and return what it wrote; *told* hears each line of standard error as it comes.

        Ctrl-C and a timeout end it with everything that it has started.

        Raises:
            ToolError: if it is not there, ends with an error, or takes longer than *timeout_s*.
        """
        command = [self.path(argv[0]), *argv[1:]]
        with self._input(stdin) as source:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**self.environ, **(extra or {})},
                    pass_fds=self._inherited,
                    start_new_session=True,
                )
            except OSError as error:
                msg = f"cannot run {command[0]}: {error.strerror}"
                raise ToolError(msg) from error
        done = _attend(process, argv, timeout_s, told)
        if done.code != 0:
            raise FailedToolError(_sentence(argv, done), done.code, done.err)
        return done

    @staticmethod
    def _input(stdin: str | Path) -> IO[bytes]:
        if isinstance(stdin, Path):
            return stdin.open("rb")
        if not stdin:
            return open(os.devnull, "rb")
        # A file, not a pipe: nobody need feed it while the output is read.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        file.write(stdin.encode())
        file.seek(0)
        return file


def _attend(
    process: subprocess.Popen[bytes], argv: Sequence[str], timeout_s: float, told: Told | None
) -> Done:
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = list[str](), list[str]()
    readers = [
        threading.Thread(target=_gather, args=(process.stdout, out, None), daemon=True),
        threading.Thread(target=_gather, args=(process.stderr, err, told), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        code = process.wait(timeout_s)
    except subprocess.TimeoutExpired as error:
        _end(process)
        msg = f"`{shown(argv)}` did not end within {timeout_s:g} s and was stopped"
        raise ToolError(msg) from error
    except BaseException:
        _end(process)
        raise
    for reader in readers:
        # What it has left running in the background may keep the pipes open.
        reader.join(_ENDING_S)
    return Done(code, "".join(out), "".join(err))


def _gather(source: IO[bytes], into: list[str], told: Told | None) -> None:
    with source, suppress(ValueError):
        for line in source:
            text = line.decode(errors="replace")
            into.append(text)
            if told is not None and text.strip():
                told(text.strip())


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        try:
            process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            continue
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it has started and left
        return


def shown(argv: Sequence[str]) -> str:
    """Return the beginning of a command line, for messages."""
    text = " ".join(argv)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _sentence(argv: Sequence[str], done: Done) -> str:
    lines = [line.strip() for line in (done.err or done.out).splitlines() if line.strip()]
    # Tools end with their usage, or begin with it; the complaint is the line that says so.
    spoken = [line for line in lines if line.upper().startswith(("ERROR", "CANNOT", "ERRO"))]
    why = (spoken or lines or ["it said nothing"])[-1]
    return f"`{shown(argv)}` failed ({done.code}): {why}"
