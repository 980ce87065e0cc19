"""The cycle: a line into the pattern space, the commands, and out again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc
from sim.bash.regex import Regex
from sim.bash.tools.options import UsageProblem
from sim.bash.tools.sed.replacement import replaced
from sim.bash.tools.sed.script import Address, Command, Panic, Script
from sim.bash.tools.sed.streams import FileSink, Output, Source

_STEPS = 64
"""Commands between two charges."""
_STEP_UNITS = 16
_CYCLE_UNITS = 60
"""What a line costs, with the commands that every script has."""


@dataclass(frozen=True)
class Manner:
    """How a run behaves."""

    quiet: bool
    end: str
    width: int


class Editing:
    """A script at work on a source; lines go to `out`, which `-i` changes from file to file."""

    def __init__(self, proc: Proc, script: Script, manner: Manner) -> None:
        """Run *script*, whose files of `w` are opened now; raises UsageProblem."""
        self.proc = proc
        self.commands = script.commands
        self.manner = manner
        self.out = Output(proc.stdout, manner.end)
        self.stdout = self.out
        self.files: dict[str, Output] = {}
        self.number = 0
        self.code = 0
        self.finished = False
        self._file = 0
        self._pattern, self._hold = "", ""
        self._ended = self._hold_ended = True
        self._appended: list[tuple[str, str]] = []
        self._queued: dict[str, list[str]] = {}
        self._substituted = False
        self._again = False
        self._last_regex: Regex | None = None
        self._steps = 0
        for command in self.commands:
            name = command.text if command.name in {"w", "W"} else command.file
            if name is not None:
                self._open(name)

    def _open(self, name: str) -> None:
        if name in self.files:
            return
        if name in {"/dev/stdout", "/dev/stderr"}:
            stderr = Output(self.proc.stderr, self.manner.end)
            self.files[name] = self.stdout if name == "/dev/stdout" else stderr
            return
        try:
            self.files[name] = Output(FileSink(self.proc, name), self.manner.end)
        except FileProblem as problem:
            raise Panic(f"couldn't open file {name}: {problem}") from None

    def run(self, source: Source) -> Generator[simpy.Event, Any, None]:
        """Run the script over every line of *source*, unless `q` ends it."""
        count = 0
        while not self.finished:
            if not self._again:
                taken = yield from source.take()
                if taken is None:
                    return
                self._begin(source, taken, "")
            self._again = False
            if (yield from self._cycle(source)) and not self.manner.quiet:
                self.out.line(self._pattern, ended=self._ended)
            self._flush_appended()
            count += 1
            if count % 256 == 0 or self.proc.stdout.tty:
                yield from self.proc.stdout.drain()

    def _begin(self, source: Source, taken: tuple[str, bool], before: str) -> None:
        self._pattern = before + taken[0]
        self._ended = taken[1]
        self._substituted = False
        if source.separate and source.opened != self._file:
            self._file, self.number = source.opened, 0
        self.number += 1
        self._charge(_CYCLE_UNITS)

    def _charge(self, units: int) -> None:
        self.proc.charge(units)

    def _cycle(self, source: Source) -> Generator[simpy.Event, Any, bool]:
        """Run the commands once; return whether the pattern space is printed at the end."""
        at = 0
        commands = self.commands
        while at < len(commands):
            command = commands[at]
            at += 1
            self._steps += 1
            if self._steps % _STEPS == 0:
                self._charge(_STEPS * _STEP_UNITS)
            if command.first is not None or command.negated:
                fits = yield from self._selected(command, source)
                if fits == command.negated:
                    if command.name == "{":
                        at = command.jump
                    continue
            name = command.name
            if name == "s":
                self._substitute(command)
            elif name == "p":
                self.out.line(self._pattern, ended=self._ended)
            elif name == "d":
                return False
            elif name == "b" or (name == "t" and self._substituted):
                at = command.jump
                self._substituted = self._substituted and name == "b"
            elif name == "T":
                at = at if self._substituted else command.jump
                self._substituted = False
            elif name in "nN":
                if not (yield from source.has_more()):
                    # GNU prints the pattern space when there is no next line, unless POSIX is asked.
                    self.finished = not source.separate
                    return True
                if name == "n" and not self.manner.quiet:
                    self.out.line(self._pattern, ended=self._ended)
                self._flush_appended()
                taken = yield from source.take()
                before = self._pattern + self.manner.end if name == "N" else ""
                kept = self._substituted
                self._begin(source, taken or ("", True), before)
                self._substituted = kept and name == "N"
                self._charge(len(self._pattern) >> 3)
            elif name == "D":
                _, newline, rest = self._pattern.partition(self.manner.end)
                if newline:
                    self._pattern, self._again = rest, True
                return False
            elif name in "qQ":
                self.code = command.number or 0
                self.finished = True
                return name == "q"
            elif name == "c":
                if command.negated or command.last is None or not command.active:
                    self.out.raw(command.text)
                return False
            else:
                self._simple(command, source)
        return True

    def _simple(self, command: Command, source: Source) -> None:
        """Run a command that neither reads nor jumps."""
        name = command.name
        if name in "hHgGx":
            self._holding(name)
        elif name in "arR":
            self._appended.append((name, command.text))
        elif name == "i":
            self.out.raw(command.text)
        elif name == "P":
            self._first_line(self.out)
        elif name == "=":
            self.out.raw(f"{self.number}\n")
        elif name == "F":
            self.out.raw(f"{source.name}\n")
        elif name == "l":
            width = self.manner.width if command.number is None else command.number
            self.out.raw(_unambiguous(self._pattern, width))
        elif name == "z":
            self._pattern = ""
        elif name == "y":
            self._pattern = self._pattern.translate(command.table)
            self._charge(len(self._pattern) >> 2)
        elif name == "w":
            self.files[command.text].line(self._pattern, ended=self._ended)
        elif name == "W":
            self._first_line(self.files[command.text])

    def _first_line(self, out: Output) -> None:
        head, newline, _ = self._pattern.partition(self.manner.end)
        out.line(head, ended=self._ended or bool(newline))

    def _holding(self, name: str) -> None:
        end = self.manner.end
        if name == "h":
            self._hold = self._pattern
        elif name == "H":
            self._hold = f"{self._hold}{end}{self._pattern}"
        elif name == "g":
            self._pattern = self._hold
        elif name == "G":
            self._pattern = f"{self._pattern}{end}{self._hold}"
        else:
            self._pattern, self._hold = self._hold, self._pattern
            self._ended, self._hold_ended = self._hold_ended, self._ended
        # Whether the last line had its newline goes with the text, G and H included.
        if name in "hH":
            self._hold_ended = self._ended
        elif name in "gG":
            self._ended = self._hold_ended
        self._charge((len(self._pattern) + len(self._hold)) >> 2)

    def _flush_appended(self) -> None:
        appended, self._appended = self._appended, []
        for kind, text in appended:
            if kind == "a":
                self.out.raw(text)
            elif kind == "r":
                self.out.raw(self._text_of(text))
            else:
                lines = self._queued.get(text)
                if lines is None:
                    lines = self._text_of(text).splitlines(keepends=True)[::-1]
                    self._queued[text] = lines
                if lines:
                    self.out.line(lines.pop().rstrip("\n"))

    def _text_of(self, name: str) -> str:
        try:
            return self.proc.files.read(self.proc.path(name))
        except FileProblem:
            return ""

    # -- addresses -----------------------------------------------------------------------------

    def _regex(self, regex: Regex | None) -> Regex:
        regex = regex or self._last_regex
        if regex is None:
            raise UsageProblem("-e expression #1, char 0: no previous regular expression")
        self._last_regex = regex
        self._charge((len(self._pattern) >> 2) * regex.weight)
        return regex

    def _fits(self, address: Address, source: Source) -> Generator[simpy.Event, Any, bool]:
        if address.kind == "line":
            return self.number == address.number
        if address.kind == "last":
            return (yield from source.is_last())
        if address.kind == "regex":
            return self._regex(address.regex).fits(self._pattern)
        return self.number >= address.number and not (self.number - address.number) % address.step

    def _selected(self, command: Command, source: Source) -> Generator[simpy.Event, Any, bool]:
        first, last = command.first, command.last
        if first is None:
            return True
        if last is None:
            return (yield from self._fits(first, source))
        if command.active:
            if last.kind in {"line", "plus", "multiple"}:
                end = last.number if last.kind == "line" else command.ends_at
                command.active = self.number < end
                if self.number <= end:
                    return True
                return (yield from self._begins(command, first, last, source))
            command.active = not (yield from self._fits(last, source))
            return True
        return (yield from self._begins(command, first, last, source))

    def _begins(
        self, command: Command, first: Address, last: Address, source: Source
    ) -> Generator[simpy.Event, Any, bool]:
        """Return whether the range begins here."""
        if not (yield from self._fits(first, source)):
            return False
        if last.kind == "line":
            command.active = last.number > self.number
        elif last.kind == "plus":
            command.ends_at = self.number + last.number
            command.active = last.number > 0
        elif last.kind == "multiple":
            step = last.number
            command.ends_at = self.number + (step - self.number % step if step else 0)
            command.active = step > 0
        else:
            command.active = True
        return True

    # -- substitution --------------------------------------------------------------------------

    def _substitute(self, command: Command) -> None:
        text = self._pattern
        regex = self._regex(command.regex)
        wanted, everywhere = command.number or 1, "g" in command.flags
        out: list[str] = []
        at = count = 0
        for match in regex.finditer(text, 0, self.proc.charge):
            count += 1
            if count < wanted:
                continue
            start, end = match.spans[0]
            out += (text[at:start], replaced(command.replacement, match))
            at = end
            if not everywhere:
                break
        self._charge(count * 16)
        if not out:
            return
        self._pattern = "".join((*out, text[at:]))
        self._charge(len(self._pattern) >> 3)
        self._substituted = True
        for flag in command.flags:
            if flag == "p":
                self.out.line(self._pattern, ended=self._ended)
        if command.file is not None:
            self.files[command.file].line(self._pattern, ended=self._ended)


_NAMED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
          "\v": "\\v", "\\": "\\\\"}  # fmt: skip


def _unambiguous(text: str, width: int) -> str:
    """Return *text* as `l` shows it, in lines of *width* (0: one)."""
    out: list[str] = []
    column = 0
    for octet in text.encode("utf-8", "surrogateescape"):
        char = chr(octet)
        shown = _NAMED.get(char) or (char if 32 <= octet < 127 else f"\\{octet:03o}")
        if width > 0 and column + len(shown) > width - 1:
            out.append("\\\n")
            column = 0
        out.append(shown)
        column += len(shown)
    return "".join((*out, "$\n"))
