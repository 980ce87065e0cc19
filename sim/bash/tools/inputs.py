"""The files and streams that text tools read, in pieces or lines, and names as messages quote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any, NoReturn

import simpy

from sim.bash.process import FileProblem, Proc

DRAIN_EVERY = 256
"""Lines after which a tool waits for whoever reads its output."""
Waits = Generator[simpy.Event, Any, int]
Say = Callable[[str, FileProblem], str]
"""Makes the line about a file that cannot be read."""
_PLAIN = re.compile(r"[\w@%+=:,./~^\[\]{}#-]+")
_STDIN = {"-", "/dev/stdin"}


def refuse(why: str) -> NoReturn:
    """Fail as a file operation does; *why* is an errno's text."""
    raise FileProblem(why)


def shown(name: str) -> str:
    """Return a file's name as messages show it: in quotes where a shell needs them."""
    plain = _PLAIN.fullmatch(name) and name[0] not in "~#" and name not in {"{", "}"}
    return name if plain else quoted(name)


def quoted(name: str) -> str:
    """Return a file's name in the quotes that a shell would take."""
    if not name.isprintable():
        # Pieces with control characters stand in $'...' between plain ones.
        pieces = re.findall(r"[^\x00-\x1f\x7f]+|[\x00-\x1f\x7f]+", name)
        known = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\v": "\\v",
                 "\f": "\\f"}  # fmt: skip
        out = ["'"]
        for piece in pieces:
            if piece[0].isprintable():
                out.append(piece.replace("'", "'\\''"))
            else:
                made = "".join(known.get(char, f"\\{ord(char):03o}") for char in piece)
                out.append(f"'$'{made}''")
        return "".join(out) + "'"
    if "'" in name and not set(name) & set('"$`\\!'):
        return f'"{name}"'
    return "'" + name.replace("'", "'\\''") + "'"


def plainly(name: str, problem: FileProblem) -> str:
    """Return `name: problem`, as most tools say it."""
    return f"{shown(name)}: {problem}"


def cannot_open(name: str, problem: FileProblem) -> str:
    """Return what `head`, `tail` and the like say."""
    if str(problem) == "Is a directory":
        return f"error reading {quoted(name)}: {problem}"
    return f"cannot open {quoted(name)} for reading: {problem}"


def each_piece(
    proc: Proc, names: list[str], handle: Callable[[str], bool | None], say: Say = plainly
) -> Waits:
    """Call *handle* with the text of the files *names*, or of standard input as it comes.

    It stops when *handle* returns True. A missing file is named on standard error and makes the
    code 1.
    """
    code = 0
    for name in names or ["-"]:
        if name in _STDIN:
            while (piece := (yield from proc.stdin.read())) is not None:
                proc.charge(1 + len(piece) // 8)
                if handle(piece):
                    return code
                yield from proc.stdout.drain()
            continue
        text = file_text(proc, name, say)
        if text is None:
            code = 1
        elif text and handle(text):
            return code
        yield from proc.stdout.drain()
    return code


def each_line(
    proc: Proc, names: list[str], handle: Callable[[str], bool | None], say: Say = plainly
) -> Waits:
    """Call *handle* with each line (without its newline) of the files, as `each_piece` does.

    Lines of a stream are handled as they come, so `kubectl get -w | grep` prints at once, and
    what comes after the last line that was wanted stays unread.
    """
    code = 0
    for name in names or ["-"]:
        if name in _STDIN:
            count = 0
            while (line := (yield from proc.stdin.readline())) is not None:
                proc.charge(1 + len(line) // 8)
                if handle(line):
                    return code
                count += 1
                if count % DRAIN_EVERY == 0 or proc.stdout.tty:
                    yield from proc.stdout.drain()
            continue
        text = file_text(proc, name, say)
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


def each_whole_line(
    proc: Proc,
    names: list[str],
    handle: Callable[[str], bool | None],
    say: Say = plainly,
    *,
    end: str = "\n",
) -> Waits:
    """Call *handle* with each line and its *end*, which the last line of all may lack.

    A line may run from one file into the next, as `cat` makes it.
    """
    held = ""
    done = False

    def take(piece: str) -> bool:
        nonlocal held, done
        *lines, held = (held + piece).split(end)
        for line in lines:
            if handle(line + end):
                done = True
                return True
        return False

    code = yield from each_piece(proc, names, take, say)
    if held and not done:
        handle(held)
    yield from proc.stdout.drain()
    return code


def all_text(
    proc: Proc, names: list[str], say: Say = plainly
) -> Generator[simpy.Event, Any, tuple[int, list[tuple[str, str]]]]:
    """Return the code and (name, text) of each file of *names*, or of standard input."""
    code = 0
    texts: list[tuple[str, str]] = []
    for name in names or ["-"]:
        if name in _STDIN:
            text: str | None = yield from proc.stdin.read_all()
            proc.charge(1 + len(text or "") // 8)
        else:
            text = file_text(proc, name, say)
        if text is None:
            code = 1
        else:
            texts.append((name, text))
    return code, texts


def file_text(proc: Proc, name: str, say: Say = plainly) -> str | None:
    """Return the text of a file, or None after a line on standard error."""
    try:
        if not name:
            refuse("No such file or directory")
        text = proc.files.read(proc.path(name))
    except FileProblem as problem:
        proc.stderr.write(f"{proc.argv[0]}: {say(name, problem)}\n")
        return None
    proc.charge(1 + len(text) // 8)
    return text


def split_lines(text: str, end: str = "\n") -> list[str]:
    """Return the lines of *text* without newlines; a last newline begins no line."""
    lines = text.split(end)
    if lines[-1] == "":
        lines.pop()
    return lines


def encoded(text: str) -> bytes:
    """Return the bytes that *text* stands for; what came from outside need not be UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def decoded(data: bytes) -> str:
    """Return bytes as text, any byte that is no UTF-8 kept."""
    return data.decode("utf-8", "surrogateescape")
