"""`scp`: files cross between the laptop and a node, as scp(1) of OpenSSH 9.2 copies and complains.

It works over the NodeAccess door, with `stat`, `find` and `cat` at the far end; it must not know
what a node is.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, NamedTuple

import simpy

from sim.bash import FileProblem, Proc, Program, Running
from sim.bash.files import MAX_BYTES
from sim.client.doors import NodeAccess
from sim.shell.ssh import GIVES_UP_MS

_USAGE = (
    "usage: scp [-346ABCOpqRrsTv] [-c cipher] [-D sftp_server_path] [-F ssh_config]\n"
    "           [-i identity_file] [-J destination] [-l limit] [-o ssh_option]\n"
    "           [-P port] [-S program] [-X sftp_option] source ... target\n"
)
_SWITCHES, _VALUED = "346ABCOpqRrsTv", "cDFiJloPSX"
_COLUMNS_OF_METER = 36
_GLOB = "*?[]~"
_UNREACHABLE = 255


class _Failed(Exception):  # noqa: N818 - the line to print
    """The connection is not there, or the copy cannot go on; `str()` is the line to print."""


class _Found(NamedTuple):
    """A file or directory at the far end."""

    path: str
    is_directory: bool
    mode: int


@dataclass(frozen=True, slots=True)
class _Place:
    """One of the words that are copied from or to: a local path, or a path of a node."""

    host: str
    path: str


class _Done(NamedTuple):
    code: int
    out: str
    err: str


def scp_program(nodes: NodeAccess) -> Program:
    """Return `scp` over *nodes*."""

    def scp(proc: Proc) -> Running:
        """Copy files to and from a node."""
        letters: set[str] = set()
        words = proc.argv[1:]
        while words and words[0].startswith("-") and len(words[0]) > 1:
            option = words.pop(0)
            if option == "--":
                break
            for at, letter in enumerate(option[1:], 1):
                if letter in _VALUED:
                    if at == len(option) - 1 and words:
                        words.pop(0)
                    break
                if letter not in _SWITCHES:
                    proc.stderr.write(f"scp: unknown option -- {letter}\n{_USAGE}")
                    return 1
                letters.add(letter)
        if len(words) < 2:
            proc.stderr.write(_USAGE)
            return 1
        *sources, target = map(_place, words)
        copy = _Copy(proc, nodes, letters)
        try:
            return (yield from copy.all(sources, target))
        except _Failed as failed:
            proc.stderr.write(f"{failed}\n")
            return _UNREACHABLE

    return scp


def _place(word: str) -> _Place:
    """Return what *word* names: a colon before any slash makes it remote, scp(1)."""
    head, colon, path = word.partition(":")
    if not colon or "/" in head or not head:
        return _Place("", word)
    return _Place(head.rpartition("@")[2], path or ".")


class _Copy:
    """One command."""

    def __init__(self, proc: Proc, nodes: NodeAccess, letters: set[str]) -> None:
        self.proc = proc
        self.nodes = nodes
        self.recursive = "r" in letters
        self.shows = proc.stdout.tty and "q" not in letters
        self.code = 0

    def all(self, sources: list[_Place], target: _Place) -> Running:
        """Copy each of *sources*; return the exit code."""
        if not target.host and not any(one.host for one in sources):
            return (yield from self._locally(sources, target))
        if target.host and any(one.host for one in sources):
            return self.proc.fail("copying from node to node is not supported in this simulator")
        many = len(sources) > 1
        for source in sources:
            if target.host:
                yield from self._up(source.path, target, many=many)
            elif source.host:
                yield from self._down(source, target.path, many=many)
            else:
                self._tell("local and remote sources together are not supported in this simulator")
        return self.code

    def _locally(self, sources: list[_Place], target: _Place) -> Running:
        words = ["cp", *(["-r"] if self.recursive else []), *(one.path for one in sources)]
        return (yield from self.proc.call([*words, target.path]))

    def _tell(self, line: str) -> None:
        self.proc.stderr.write(f"scp: {line}\n")
        self.code = 1

    # -- from a node ---------------------------------------------------------------------------

    def _down(
        self, source: _Place, target: str, *, many: bool
    ) -> Generator[simpy.Event, Any, None]:
        found = yield from self._look(source.host, _pattern(source.path))
        if not found:
            self._tell(f"{source.path}: No such file or directory")
            return
        files = self.proc.files
        into = files.is_dir(self.proc.path(target))
        if not into and (many or len(found) > 1 or target.endswith("/")):
            why = "Not a directory" if files.exists(self.proc.path(target)) else (
                "No such file or directory")  # fmt: skip
            self._tell(f"{target}: {why}" if many or target.endswith("/") else (
                f'Multiple files match pattern, but destination "{target}" is not a directory'))  # fmt: skip
            return
        for one in found:
            name = posixpath.basename(one.path.rstrip("/")) or "."
            where = posixpath.join(target, name) if into else target
            if not one.is_directory:
                yield from self._fetch(source.host, one, where)
            elif self.recursive:
                yield from self._down_tree(source.host, one.path, where)
            else:
                self._tell(f"download {one.path}: not a regular file")

    def _down_tree(self, host: str, top: str, where: str) -> Generator[simpy.Event, Any, None]:
        listed = yield from self._far(host, f"find {shlex.quote(top)} ! -type l")
        paths = [path for path in listed.out.splitlines() if path]
        found = yield from self._look(host, " ".join(map(shlex.quote, paths)))
        for one in found:
            local = where + one.path[len(top) :]
            if one.is_directory:
                self._put(lambda path=local: self.proc.files.mkdir(self.proc.path(path)), local)
            else:
                yield from self._fetch(host, one, local)

    def _fetch(self, host: str, one: _Found, where: str) -> Generator[simpy.Event, Any, None]:
        done = yield from self._far(host, f"cat -- {shlex.quote(one.path)}")
        if done.code:
            why = done.err.rstrip().rpartition(": ")[2] or "Failure"
            self._tell(f'remote open "{one.path}": {why}')
            return
        path = self.proc.path(where)
        files = self.proc.files

        def keep() -> None:
            files.write(path, done.out)
            files.chmod(path, one.mode & ~0o022)

        self.proc.charge(len(done.out))
        if self._put(keep, where):
            self._meter(one.path, done.out)

    def _put(self, act: Any, where: str) -> bool:
        """Change a local file, or say why not."""
        try:
            act()
        except FileProblem as problem:
            self._tell(f'open local "{where}": {problem}')
            return False
        return True

    # -- to a node -----------------------------------------------------------------------------

    def _up(self, source: str, target: _Place, *, many: bool) -> Generator[simpy.Event, Any, None]:
        files, path = self.proc.files, self.proc.path(source)
        if not files.exists(path):
            self._tell(f'stat local "{source}": No such file or directory')
            return
        quoted = _pattern(target.path)
        into = (yield from self._far(target.host, f"test -d {quoted}")).code == 0
        if not into and (many or target.path.endswith("/")):
            self._tell(f"{target.path}: No such file or directory")
            return
        name = posixpath.basename(path)
        where = f"{target.path.rstrip('/')}/{name}" if into else target.path
        if not files.is_dir(path):
            yield from self._send(target.host, path, where)
        elif self.recursive:
            yield from self._up_tree(target.host, path, where)
        else:
            self._tell(f'local "{source}" is not a regular file')

    def _up_tree(self, host: str, top: str, where: str) -> Generator[simpy.Event, Any, None]:
        files = self.proc.files
        yield from self._far(host, f"mkdir -p {_pattern(where)}")
        for name in files.listdir(top):
            path = posixpath.join(top, name)
            act = self._up_tree if files.is_dir(path) else self._send
            yield from act(host, path, f"{where}/{name}")

    def _send(self, host: str, path: str, where: str) -> Generator[simpy.Event, Any, None]:
        try:
            text = self.proc.files.read(path)
        except FileProblem as problem:
            self._tell(f'open local "{path}": {problem}')
            return
        self.proc.charge(len(text))
        done = yield from self._far(host, f"cat > {_pattern(where)}", text)
        if done.code:
            why = done.err.rstrip().rpartition(": ")[2] or "Failure"
            self._tell(f'dest open "{where}": {why}')
        else:
            self._meter(path, text)

    # -- both ----------------------------------------------------------------------------------

    def _look(self, host: str, words: str) -> Generator[simpy.Event, Any, list[_Found]]:
        """Return what there is of *words*, which are quoted, on *host*."""
        if not words:
            return []
        done = yield from self._far(host, f"stat -L -c '%f %n' -- {words}")
        found: list[_Found] = []
        for line in done.out.splitlines():
            text, _, path = line.partition(" ")
            mode = int(text, 16) if all(c in "0123456789abcdef" for c in text) and text else 0
            found.append(_Found(path, mode & 0o170000 == 0o040000, mode & 0o7777))
        return found

    def _far(self, host: str, line: str, stdin: str = "") -> Generator[simpy.Event, Any, _Done]:
        """Run *line* on *host* and return what came of it; raises _Failed."""
        proc = self.proc
        try:
            execution = self.nodes.run(host, line, stdin=True)
        except KeyError:
            raise _Failed(
                f"ssh: Could not resolve hostname {host}: Name or service not known\n"
                "scp: Connection closed"
            ) from None
        except TimeoutError:
            proc.asked()
            yield proc.env.timeout(GIVES_UP_MS)
            raise _Failed(
                f"ssh: connect to host {host} port 22: Connection timed out\nscp: Connection closed"
            ) from None
        proc.asked()
        if stdin:
            execution.write(stdin)
        execution.close_stdin()
        out: dict[str, list[str]] = {"stdout": [], "stderr": []}
        size = paid = 0
        try:
            while True:
                for stream, text in execution.poll():
                    out[stream].append(text)
                    size += len(text)
                if execution.work > paid:
                    proc.charge(execution.work - paid)
                    paid = execution.work
                if execution.exit_code is not None and not (rest := execution.poll()):
                    break
                if execution.exit_code is not None:
                    for stream, text in rest:
                        out[stream].append(text)
                    break
                if size > MAX_BYTES:
                    raise _Failed("scp: No space left on device")
                yield execution.wait()
        finally:
            if execution.exit_code is None:
                execution.interrupt()
        return _Done(execution.exit_code, "".join(out["stdout"]), "".join(out["stderr"]))

    def _meter(self, path: str, text: str) -> None:
        """Show the line that progress has come to."""
        if not self.shows:
            return
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
        terminal = self.proc.terminal
        width = (80 if terminal is None else terminal.columns) - _COLUMNS_OF_METER
        name = posixpath.basename(path)[: max(width, 1)]
        rate = _rate(size * 20)
        self.proc.print(f"{name:<{max(width, 1)}} 100% {_amount(size)} {rate}/s   00:00    ")


def _pattern(path: str) -> str:
    """Return *path* quoted for the far shell, but for what it expands there."""
    kept = "".join(c if c in _GLOB or c.isalnum() or c in "/._-+:@%,=" else f"\\{c}" for c in path)
    return kept if "\n" not in kept else "/nonexistent"


def _amount(size: int) -> str:
    """Return *size* in four digits and a unit, as progressmeter.c does."""
    units = " KMGT"
    at = 0
    while size >= 10_000 and at < len(units) - 1:
        size = (size + 512) // 1024
        at += 1
    return f"{size:4d}{units[at]}{'B' if at else ' '}"


def _rate(size: int) -> str:
    """Return *size* with one decimal and a unit, as progressmeter.c does."""
    units = " KMGT"
    hundred, at = size * 100, 0
    while hundred >= 100_000 and at < len(units) - 1:
        hundred = (hundred + 512) // 1024
        at += 1
    if at == 0:
        hundred, at = (hundred + 512) // 1024, 1
    tenths = (hundred + 5) // 10 % 10
    return f"{(hundred + 5) // 100:3d}.{tenths}{units[at]}B"
