"""Where awk reads and writes besides its standard streams: files, and commands of the place."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import simpy

from sim.bash.process import Capture, FileProblem, Pipe, Proc
from sim.bash.tools.awk.regexes import regex_of
from sim.bash.tools.awk.values import AwkProblem, Field, number, whole

if TYPE_CHECKING:
    from sim.bash.tools.awk.machine import Machine

Waiting = Generator[simpy.Event, Any, Any]


class Records:
    """Text cut into records by RS, a line at a time where it comes from a stream."""

    def __init__(self, text: str, stream: Pipe | None = None) -> None:
        """Read *text*, and then *stream*."""
        self._text = text
        self._stream = stream
        self._at = 0

    def next(self, machine: Machine) -> Generator[simpy.Event, Any, str | None]:
        """Return the next record, or None at the end; sets RT."""
        separator = machine.setting("RS")
        if self._stream is not None:
            if separator == "\n" and self._at >= len(self._text):
                line = yield from self._stream.readline()
                if line is None:
                    self._stream = None
                    return None
                machine.charge(len(line) + 10)
                machine.variables["RT"] = "\n"
                return line
            rest = yield from self._stream.read_all()
            self._text, self._at, self._stream = self._text[self._at :] + rest, 0, None
        return self._cut(machine, separator)

    def _cut(self, machine: Machine, separator: str) -> str | None:
        text, at = self._text, self._at
        machine.record.paragraphs = separator == ""
        if separator == "":
            while text.startswith("\n", at):
                at += 1
        if at >= len(text):
            self._at = at
            return None
        if len(separator) == 1:
            end = text.find(separator, at)
            after = end + 1
            mark = separator
        elif separator == "":
            found = _PARAGRAPH.search(text, at)
            end, after = found.span() if found else (-1, 0)
            mark = found[0] if found else ""
        else:
            match = regex_of(separator, machine.ignores_case).search(text, at)
            end, after = match.spans[0] if match and match.end > match.start else (-1, 0)
            mark = text[end:after] if end >= 0 else ""
        if end < 0:
            end = after = len(text)
            mark = ""
            record = text[at:].rstrip("\n") if separator == "" else text[at:]
        else:
            record = text[at:end]
        self._at = after
        machine.charge(10 + len(record) // 8)
        machine.variables["RT"] = mark
        return record


_PARAGRAPH = re.compile(r"\n\n+")


class Inputs:
    """The main input, and the files and commands of `getline`."""

    def __init__(self, proc: Proc, assign: Any) -> None:
        """Read the operands in ARGV; *assign* sets `name=value` ones and says if it did."""
        self.proc = proc
        self._assign = assign
        self._index = 0
        self._any = False
        self._main: Records | None = None
        self.others: dict[tuple[str, str], Records] = {}
        self.failed = False
        self.hooks: Any = None

    def skip_file(self) -> None:
        """Leave the rest of this file unread, as `nextfile` does."""
        self._main = None

    def record(self, machine: Machine) -> Generator[simpy.Event, Any, str | None]:
        """Return the next record of the main input, or None at its end."""
        while True:
            if self._main is None and not self._open(machine):
                return None
            assert self._main is not None
            text = yield from self._main.next(machine)
            if text is not None:
                machine.variables["NR"] = _more(machine.variables["NR"])
                machine.variables["FNR"] = _more(machine.variables["FNR"])
                return text
            self._main = None

    def _open(self, machine: Machine) -> bool:
        """Begin the next operand; return whether there is one."""
        while True:
            self._index += 1
            count = whole(number(machine.variables.get("ARGC", 1.0)))
            if self._index >= count:
                if self._any:
                    return False
                self._any = True
                self._index -= 1
                self._begin(machine, "", Records("", self.proc.stdin))
                return True
            name = machine.text(machine.arrays["ARGV"].get(str(self._index), ""))
            if not name or self._assign(machine, name):
                continue
            self._any = True
            if name in {"-", "/dev/stdin"}:
                self._begin(machine, name, Records("", self.proc.stdin))
                return True
            try:
                text = self.proc.files.read(self.proc.path(name))
            except FileProblem as problem:
                if str(problem) == "Is a directory":
                    told = f"command line argument `{name}' is a directory: skipped"
                    self.proc.fail(f"warning: {told}")
                    continue
                self.failed = True
                raise AwkProblem(
                    f"cannot open file `{name}' for reading: {problem}", "plain"
                ) from None
            self._begin(machine, name, Records(text))
            return True

    def _begin(self, machine: Machine, name: str, records: Records) -> None:
        self._main = records
        machine.variables["FILENAME"] = Field(name)
        machine.variables["FNR"] = 0.0

    def line(self, machine: Machine, kind: str, name: str) -> Waiting:
        """Return a line for `getline`, or 0.0 at the end and -1.0 if it cannot be read."""
        machine.charge(20)
        if kind == "":
            text = yield from self.record(machine)
            return 0.0 if text is None else text
        records = self.others.get((kind, name))
        if records is None:
            records = yield from self._other(machine, kind, name)
            if records is None:
                return -1.0
            self.others[kind, name] = records
        text = yield from records.next(machine)
        return 0.0 if text is None else text

    def _other(
        self, machine: Machine, kind: str, name: str
    ) -> Generator[simpy.Event, Any, Records | None]:
        if kind == "|":
            machine.outputs.flush()
            result = Capture()
            yield from run_line(self.proc, name, stdout=result)
            return Records(result.text)
        if name in {"-", "/dev/stdin"}:
            return Records("", self.proc.stdin)
        try:
            return Records(self.proc.files.read(self.proc.path(name)))
        except FileProblem:
            return None


def _more(value: float | str) -> float:
    return float(value) + 1.0


def run_line(proc: Proc, line: str, **streams: Any) -> Generator[simpy.Event, Any, int]:
    """Run a command line of the place with other streams; return its code."""
    if proc.interpret is None:
        raise AwkProblem("running commands is not supported in this place")
    code: int = yield from proc.interpret(replace(proc, **streams), line)
    return code


class Outputs:
    """Files and commands that the program prints to, by the text that names them."""

    def __init__(self, proc: Proc) -> None:
        """Begin without any."""
        self.proc = proc
        self._files: set[str] = set()
        self._commands: dict[str, list[str]] = {}
        self._held: list[str] | None = None
        """What waits behind commands that are printed to: gawk's own buffer."""

    def print(self, text: str) -> None:
        """Print *text* to standard output."""
        if self._held is None:
            self.proc.stdout.write(text)
        else:
            self._held.append(text)

    def flush(self) -> None:
        """Write what is held."""
        held, self._held = self._held, None
        if held:
            self.proc.stdout.write("".join(held))

    def write(self, machine: Machine, redirect: str, name: str, text: str) -> None:
        """Print *text* there; raises AwkProblem if it cannot be opened."""
        if redirect == "|":
            machine.charge(20 + len(text))
            if name not in self._commands:
                self.flush()
                self._held = None if self.proc.stdout.tty else []
                self._commands[name] = []
            self._commands[name].append(text)
            return
        if name in {"/dev/stdout", "-", "/dev/fd/1"}:
            self.print(text)
        elif name in {"/dev/stderr", "/dev/fd/2"}:
            self.proc.stderr.write(text)
        elif not name:
            raise AwkProblem(f"expression for `{redirect}' redirection has null string value")
        else:
            try:
                append = redirect == ">>" or name in self._files
                self.proc.files.write(self.proc.path(name), text, append=append)
            except FileProblem as problem:
                raise AwkProblem(f"cannot redirect to `{name}': {problem}") from None
            machine.charge(60 + len(text))
            self._files.add(name)

    def close(self, machine: Machine, name: str) -> Waiting:
        """Close a file or command; a command runs now. Return its code, or -1."""
        if name in self._commands:
            text = "".join(self._commands.pop(name))
            code = yield from run_line(self.proc, name, stdin=Pipe(self.proc.env, text), tty=False)
            return float(code)
        others = machine.inputs.others
        for kind in ("|", "<"):
            if (kind, name) in others:
                del others[kind, name]
                return 0.0
        if name in self._files:
            self._files.discard(name)
            return 0.0
        return -1.0

    def system(self, machine: Machine, line: str) -> Waiting:
        """Run *line* with awk's own streams; return its code."""
        self.flush()
        return float((yield from run_line(self.proc, line)))

    def finish(self, machine: Machine) -> Waiting:
        """Run every command that is printed to, and write what was held."""
        for name in list(self._commands):
            yield from self.close(machine, name)
        self.flush()
