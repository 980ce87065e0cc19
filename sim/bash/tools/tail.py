"""`tail`: the last lines or bytes, and files followed as they grow, in simulated time."""

from __future__ import annotations

import re
from collections import deque

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.head import how_many
from sim.bash.tools.inputs import cannot_open, decoded, each_piece, encoded, quoted, refuse
from sim.bash.tools.options import Options, UsageProblem, read_options, tool

_LONG = {"lines": "n", "bytes": "c", "quiet": "q", "silent": "q", "verbose": "v", "retry": "retry",
         "follow": "f", "sleep-interval": "s", "pid": "pid=", "zero-terminated": "z",
         "max-unchanged-stats": "max-unchanged-stats="}  # fmt: skip
_OLD = re.compile(r"([-+])(\d*)([lbc]?)(f?)")
_STDIN = {"-", "/dev/stdin"}


def _modern(argv: list[str]) -> list[str]:
    """Return *argv* with the old forms `-5f` and `+5` of the first argument as options."""
    match = _OLD.fullmatch(argv[1]) if 2 <= len(argv) <= 3 else None
    if match is None or not (match[2] or (match[1] == "+" and match[0] != "+")):
        match = re.fullmatch(r"(-)(\d+)([lbc]?)(f?)", argv[1]) if len(argv) > 1 else None
    if match is None:
        return argv
    if len(argv) > 3:
        raise UsageProblem(f"option used in invalid context -- {match[2][:1]}")
    sign, number, unit, follow = match.groups()
    size = int(number or 10) * (512 if unit == "b" else 1)
    words = [f"-{'c' if unit in {'b', 'c'} else 'n'}{'+' if sign == '+' else ''}{size}"]
    return [argv[0], *words, *(["-f"] if follow else []), *argv[2:]]


@tool()
def tail(proc: Proc) -> Running:
    """Print the last 10 lines of each file, or with `-n +5` all from the fifth on."""
    options = read_options(_modern(proc.argv), "qvFz", "ncs", _LONG, optional="f")
    _bare_letters(options)
    unit = options.last_of("nc") or "n"
    text = options.flags.get(unit, "10")
    skip = text.startswith("+")
    count = how_many(text.lstrip("-+"), "lines" if unit == "n" else "bytes")
    follow = "f" in options or "F" in options
    pause = options.flags.get("s", "1")
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?|\.\d{1,6}", pause):
        raise UsageProblem(f"invalid number of seconds: ‘{pause}’")
    if "pid" in options and not follow:
        proc.fail("warning: PID ignored; --pid=PID is useful only when following")
    names = options.operands or ["-"]
    titled = options.last_of("qv") == "v" or (len(names) > 1 and "q" not in options)
    follower = _Follower(
        proc, titled=titled, by_name="F" in options or options.flags.get("f") == "name"
    )
    code = 0
    end = "\0" if "z" in options else "\n"
    for name in names:
        if name in _STDIN:
            follower.title("standard input" if name == "-" else name)
            code |= yield from _from_stream(proc, unit, count, skip=skip, end=end)
            continue
        try:
            if not name:
                refuse("No such file or directory")
            whole = proc.files.read(proc.path(name))
        except FileProblem as problem:
            if str(problem) == "Is a directory":
                follower.title(name)
            code = proc.fail(cannot_open(name, problem))
            if "F" in options or "retry" in options:
                follower.seen[name] = None
            continue
        follower.title(name)
        proc.charge(len(whole) // 8)
        proc.stdout.write(_part(whole, unit, count, skip=skip, end=end))
        follower.seen[name] = len(whole)
        yield from proc.stdout.drain()
    if not follow:
        return code
    if not follower.seen:
        return code if all(name in _STDIN for name in names) else proc.fail("no files remaining")
    return (yield from follower.run(max(10, round(float(pause) * 1000))))


def _bare_letters(options: Options) -> None:
    """Take `-fn5` apart: `-f` has a value as `--follow=` only."""
    if options.flags.get("f", "") not in {"", "name", "descriptor"}:
        rest = options.flags["f"]
        options.flags["f"] = ""
        inner = read_options(["tail", f"-{rest}"], "qvFzf", "ncs", _LONG)
        for name, value in inner.order:
            options.flags[name] = value
            options.order.append((name, value))


def _part(text: str, unit: str, count: int, *, skip: bool, end: str = "\n") -> str:
    if unit == "c":
        data = encoded(text)
        return decoded(data[max(0, count - 1) :] if skip else data[-count:] if count else b"")
    at = 0
    if skip:
        for _ in range(min(count - 1, len(text))):
            at = text.find(end, at) + 1
            if not at:
                return ""
        return text[at:]
    at = len(text) - 1 if text.endswith(end) else len(text)
    for _ in range(min(count, len(text) + 1)):
        at = text.rfind(end, 0, at)
        if at < 0:
            return text
    return text[at + 1 :] if count else ""


def _from_stream(proc: Proc, unit: str, count: int, *, skip: bool, end: str) -> Running:
    """Print the end of standard input; with *skip* as it comes."""
    left = max(0, count - 1)

    def pass_on(piece: str) -> None:
        nonlocal left
        if left:
            data = _part(piece, unit, left + 1, skip=True, end=end)
            left -= min(left, len(encoded(piece)) if unit == "c" else piece.count(end))
            piece = data
        proc.stdout.write(piece)

    if skip:
        return (yield from each_piece(proc, ["-"], pass_on))
    kept: deque[str] = deque()
    size = 0

    def keep(piece: str) -> None:
        nonlocal size
        kept.append(piece)
        size += piece.count(end) if unit == "n" else len(piece)
        # A piece is let go when those behind it hold enough; 16 of them make one.
        while len(kept) > 1:
            first = kept[0].count(end) if unit == "n" else len(kept[0])
            if size - first <= count:
                break
            size -= first
            kept.popleft()

    code = yield from each_piece(proc, ["-"], keep)
    proc.stdout.write(_part("".join(kept), unit, count, skip=False, end=end))
    return code


class _Follower:
    """Watches files grow: looks once in a while, as tail does where it cannot be told."""

    def __init__(self, proc: Proc, *, titled: bool, by_name: bool) -> None:
        self.proc, self.titled, self.by_name = proc, titled, by_name
        self.seen: dict[str, int | None] = {}
        """Characters shown of each file; None while it is missing."""
        self._shown = ""

    def title(self, name: str) -> None:
        """Print whose text follows, if that is not the one before."""
        if self.titled and name != self._shown:
            self.proc.print(*([""] if self._shown else []), f"==> {name} <==")
        self._shown = name

    def run(self, pause_ms: int) -> Running:
        """Print what is added until nothing is left to watch, or for ever."""
        while True:
            yield self.proc.env.timeout(pause_ms)
            self.proc.charge(20)
            for name in list(self.seen):
                self._look(name)
            yield from self.proc.stdout.drain()
            if not self.seen:
                return self.proc.fail("no files remaining")

    def _look(self, name: str) -> None:
        before = self.seen[name]
        try:
            text = self.proc.files.read(self.proc.path(name))
        except FileProblem as problem:
            if before is not None and self.by_name:
                self.proc.fail(f"{quoted(name)} has become inaccessible: {problem}")
                self.seen[name] = None
            return
        if before is None:
            self.proc.fail(f"{quoted(name)} has appeared;  following new file")
            before = 0
        elif len(text) < before:
            self.proc.fail(f"{name}: file truncated")
            before = 0
        if len(text) > before:
            self.title(name)
            self.proc.stdout.write(text[before:])
        self.seen[name] = len(text)
