"""A file of the place in its editor: opened, changed by the user, read back.

Which editor it is, `KUBE_EDITOR` and `EDITOR` say. It must not know what the file describes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.bash import FileProblem
from sim.kernel import Stream
from sim.kubectl.documents import parse_documents
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation

FALLBACK = "nano"
"""What a laptop opens when nothing is said; the real kubectl says `vi`, and here both are one."""
MAX_TURNS = 100
"""An editor that is a program may answer every complaint with another mistake, for ever."""
_OBJECT = """\
# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
"""
_APPLIED = """\
# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
"""


@dataclass(frozen=True)
class Reason:
    """Why the file is opened again."""

    head: str
    details: Sequence[str] = field(default_factory=tuple)


def header(reasons: Sequence[Reason], *, applied: bool = False) -> str:
    """Return the comment that stands above what is edited."""
    text = _APPLIED if applied else _OBJECT
    for reason in reasons:
        text += f"# {_commented(reason.head)}{':' if reason.details else ''}\n"
        text += "".join(f"# * {_commented(one)}\n" for one in reason.details)
        text += "#\n"
    return text


def _commented(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        [lines[0], *(one if one.startswith("#") or not one else f"# {one}" for one in lines[1:])]
    )


def stripped(text: str) -> str:
    """Return *text* without its comments, as two versions are compared and errors kept."""
    return "".join(f"{line}\n" for line in text.splitlines() if not line.lstrip().startswith("#"))


def same(one: str, other: str) -> bool:
    """Return whether two versions say the same, whatever their comments and their layout."""
    if stripped(one) == stripped(other):
        return True
    try:
        return list(parse_documents(one, "")) == list(parse_documents(other, ""))
    except CommandError:
        return False


class Editor:
    """The user's editor, over files in /tmp."""

    def __init__(self, call: Invocation, suffix: str) -> None:
        """Open files that end with *suffix*."""
        self._call = call
        self._suffix = suffix
        self._turn = 0
        environ = call.proc.environ
        self._command = environ.get("KUBE_EDITOR") or environ.get("EDITOR") or FALLBACK

    def edit(self, text: str) -> Generator[simpy.Event, Any, tuple[str, str]]:
        """Let the user change *text*; return what it is then, and the file's path.

        Raises:
            CommandError: if there is no such editor, or it failed.
        """
        call = self._call
        self._turn += 1
        if self._turn > MAX_TURNS:
            raise CommandError(f"the editor was opened {MAX_TURNS} times: not supported here")
        draw = Stream("kubectl", "edit", call.clock(), self._turn)
        path = f"/tmp/kubectl-edit-{draw.integer(10**8, 4 * 10**9)}{self._suffix}"
        try:
            call.proc.files.write(path, text)
        except FileProblem as problem:
            raise CommandError(f"open {path}: {str(problem).lower()}") from None
        yield from self._launch(path)
        try:
            return call.proc.files.read(path), path
        except FileProblem as problem:
            raise CommandError(f"open {path}: {str(problem).lower()}") from None

    def remove(self, path: str) -> None:
        """Remove a file that is not needed any more."""
        try:
            self._call.proc.files.remove(path)
        except FileProblem:
            return  # the user was faster

    def preserved(self, path: str) -> None:
        """Say where the changes are kept, if they are."""
        if path and self._call.proc.files.exists(path):
            self._call.err(f"A copy of your changes has been stored to {quote(path)}\n")

    def _launch(self, path: str) -> Generator[simpy.Event, Any, None]:
        proc, command = self._call.proc, self._command
        if any(char in command for char in "\"'\\"):
            shell = proc.environ.get("SHELL") or "/bin/bash"
            told = f"{shell} -c {command}"
            if proc.interpret is None:
                raise CommandError(f"unable to launch the editor {quote(told)}")
            code = yield from proc.interpret(proc, f'{command} "{path}"')
        else:
            words, told = [*command.split(" "), path], command
            if words[0] not in proc.programs and posixpath.basename(words[0]) not in proc.programs:
                raise CommandError(f"unable to launch the editor {quote(told)}")
            code = yield from proc.call(words)
        if code:
            raise CommandError(f"there was a problem with the editor {quote(told)}")
