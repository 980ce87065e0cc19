"""A useful part of `sed`: `s`, `p`, `d`, `q` and `=`, with addresses and linear-time patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sim.bash.patterns import compiled
from sim.bash.process import Proc, Running
from sim.bash.tools.grep import from_basic
from sim.bash.tools.options import (
    UsageProblem,
    all_text,
    each_line,
    read_options,
    split_lines,
    tool,
)

_LONG = {"quiet": "n", "silent": "n", "regexp-extended": "E", "expression": "e", "in-place": "i"}


@dataclass
class _Command:
    first: int | Any | None
    """A line's number, a pattern, or None: every line."""
    last: int | Any | None
    negated: bool
    name: str
    regex: Any = None
    replacement: str = ""
    occurrence: int = 1
    everywhere: bool = False
    printed: bool = False
    inside: bool = False


class _Reader:
    def __init__(self, script: str, *, extended: bool) -> None:
        self.script = script
        self.extended = extended
        self.at = 0

    def commands(self) -> list[_Command]:
        out: list[_Command] = []
        while self.at < len(self.script):
            if self.script[self.at] in " \t\n;":
                self.at += 1
            else:
                out.append(self._command())
        return out

    def _pattern(self, source: str, letters: str = "") -> Any:
        readable = source if self.extended else from_basic(source)
        regex = compiled(("(?i)" if "i" in letters.lower() else "") + readable)
        if regex is None:
            raise UsageProblem(f"-e expression #1: invalid regular expression: {source}")
        return regex

    def _until(self, close: str) -> str:
        start = self.at
        while self.at < len(self.script) and self.script[self.at] != close:
            self.at += 2 if self.script[self.at] == "\\" else 1
        if self.at >= len(self.script):
            raise UsageProblem(
                f"-e expression #1, char {len(self.script)}: unterminated `s' or address"
            )
        found = self.script[start : self.at]
        self.at += 1
        return found.replace("\\" + close, close) if close not in "|+?(){}" else found

    def _address(self) -> int | Any | None:
        if match := re.compile(r"\d{1,9}").match(self.script, self.at):
            self.at = match.end()
            return int(match[0])
        if self.script.startswith("$", self.at):
            self.at += 1
            return -1
        if self.script.startswith("/", self.at):
            self.at += 1
            return self._pattern(self._until("/"))
        return None

    def _command(self) -> _Command:
        first = self._address()
        last: int | Any | None = None
        if first is not None and self.script.startswith(",", self.at):
            self.at += 1
            last = self._address()
            if last is None:
                raise UsageProblem("-e expression #1: unexpected `,'")
        while self.script.startswith(" ", self.at):
            self.at += 1
        negated = self.script.startswith("!", self.at)
        self.at += negated
        name = self.script[self.at : self.at + 1]
        self.at += 1
        command = _Command(first, last, negated, name)
        if name == "s":
            self._substitution(command)
        elif name not in {"p", "d", "q", "="} or not name:
            raise UsageProblem(f"-e expression #1: `{name}' is not supported by this sed")
        return command

    def _substitution(self, command: _Command) -> None:
        close = self.script[self.at : self.at + 1]
        self.at += 1
        if close in {"", "\n", "\\"}:
            raise UsageProblem("-e expression #1: unterminated `s' command")
        source, replacement = self._until(close), self._until(close)
        letters = re.compile(r"[gpiI0-9]*").match(self.script, self.at)
        flags = letters[0] if letters else ""
        self.at += len(flags)
        command.regex = self._pattern(source, flags)
        replacement = replacement.replace("\\n", "\n").replace("\\t", "\t")
        out: list[str] = []
        at = 0
        while at < len(replacement):
            char = replacement[at]
            if char == "\\" and at + 1 < len(replacement):
                following = replacement[at + 1]
                out.append(f"\\g<{following}>" if following.isdigit() else _literal(following))
                at += 2
            else:
                out.append("\\g<0>" if char == "&" else _literal(char))
                at += 1
        command.replacement = "".join(out)
        used = [int(number) for number in re.findall(r"\\g<(\d)>", command.replacement)]
        if max(used, default=0) > command.regex.groups:
            raise UsageProblem("-e expression #1: invalid reference on `s' command's RHS")
        command.everywhere = "g" in flags
        command.printed = "p" in flags
        command.occurrence = int(re.sub(r"\D", "", flags)[:4] or 1)


def _literal(char: str) -> str:
    return "\\\\" if char == "\\" else char


@tool()
def sed(proc: Proc) -> Running:
    """Edit lines as they come."""
    options = read_options(proc.argv, "nErsiu", "e", _LONG)
    scripts = options.many.get("e", [])
    if not scripts:
        if not options.operands:
            raise UsageProblem("no script specified")
        scripts = [options.operands.pop(0)]
    reader = _Reader("\n".join(scripts), extended="E" in options or "r" in options)
    commands = reader.commands()
    editing = _Editing(proc, commands, quiet="n" in options)
    if "i" in options:
        return _in_place(proc, editing, options.operands)
    if any(-1 in (command.first, command.last) for command in commands):
        code, texts = yield from all_text(proc, options.operands)
        lines = [line for _, text in texts for line in split_lines(text)]
        editing.total = len(lines)
        for line in lines:
            if editing.line(line):
                break
        return code
    return (yield from each_line(proc, options.operands, editing.line))


def _in_place(proc: Proc, editing: _Editing, names: list[str]) -> int:
    for name in names:
        lines = split_lines(proc.files.read(proc.path(name)))
        out: list[str] = []
        editing.write = out.append
        editing.number, editing.total = 0, len(lines)
        for line in lines:
            if editing.line(line):
                break
        proc.files.write(proc.path(name), "".join(out))
    return 0


class _Editing:
    def __init__(self, proc: Proc, commands: list[_Command], *, quiet: bool) -> None:
        self.write: Any = proc.stdout.write
        self.commands = commands
        self.quiet = quiet
        self.number = 0
        self.total = -1

    def line(self, line: str) -> bool:
        self.number += 1
        for command in self.commands:
            if self._selected(command, line) == command.negated:
                continue
            if command.name == "d":
                return False
            if command.name == "p":
                self.write(line + "\n")
            elif command.name == "=":
                self.write(f"{self.number}\n")
            elif command.name == "q":
                if not self.quiet:
                    self.write(line + "\n")
                return True
            else:
                line, changed = _replaced(command, line)
                if changed and command.printed:
                    self.write(line + "\n")
        if not self.quiet:
            self.write(line + "\n")
        return False

    def _fits(self, address: int | Any, line: str) -> bool:
        if isinstance(address, int):
            return self.number == (self.total if address == -1 else address)
        return address.search(line) is not None

    def _selected(self, command: _Command, line: str) -> bool:
        if command.first is None:
            return True
        if command.last is None:
            return self._fits(command.first, line)
        if command.inside:
            command.inside = not self._fits(command.last, line)
            return True
        if not self._fits(command.first, line):
            return False
        ended = isinstance(command.last, int) and 0 <= command.last <= self.number
        command.inside = not ended
        return True


def _replaced(command: _Command, line: str) -> tuple[str, bool]:
    if command.occurrence == 1:
        text, count = command.regex.subn(command.replacement, line, 0 if command.everywhere else 1)
        return str(text), count > 0
    matches = list(command.regex.finditer(line))
    if len(matches) < command.occurrence:
        return line, False
    match = matches[command.occurrence - 1]
    return line[: match.start()] + match.expand(command.replacement) + line[match.end() :], True
