"""A sed script as commands: addresses, arguments and jumps, with GNU's words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sim.bash.regex import Dialect, Regex, RegexProblem, compile_regex, translate
from sim.bash.tools.options import UsageProblem
from sim.bash.tools.sed.replacement import Piece, groups_used, read_replacement, unescaped

_NO_ADDRESS = ":}#"
_ONE_ADDRESS = "qQ"
_KNOWN = "{}=abcdDeFgGhHilnNpPqQrRstTvwWxyz:#"
_BASIC = Dialect(controls="nt")
_EXTENDED = Dialect(extended=True, controls="nt", strict=True)


@dataclass(frozen=True)
class Address:
    """One address: its kind and figures."""

    kind: str
    """`line`, `last`, `regex`, `step`; as a second one also `plus` and `multiple`."""
    number: int = 0
    step: int = 0
    regex: Regex | None = None
    """None for `//`, the last one used."""


@dataclass
class Command:
    """One command and what it needs."""

    name: str
    first: Address | None = None
    last: Address | None = None
    negated: bool = False
    text: str = ""
    """Text of `a`, `i`, `c`; a file's name; a label."""
    number: int | None = None
    jump: int = 0
    """Where `b`, `t`, `T` and a block that does not fit go on."""
    regex: Regex | None = None
    replacement: list[Piece] = field(default_factory=list)
    flags: str = ""
    file: str | None = None
    table: dict[int, str] = field(default_factory=dict)
    active: bool = False
    """Inside its range of lines."""
    ends_at: int = 0


@dataclass(frozen=True)
class Chunk:
    """One `-e`, `-f` or first operand."""

    text: str
    file: str | None = None


class Panic(UsageProblem):
    """What sed calls a panic: it ends with 4."""


class Script:
    """Reads chunks, which a newline joins, into commands."""

    def __init__(self, chunks: Sequence[Chunk], *, extended: bool, separate: bool = False) -> None:
        """Read *chunks*; raises UsageProblem."""
        self.chunks = chunks
        self.source = "\n".join(chunk.text for chunk in chunks)
        self.dialect = _EXTENDED if extended else _BASIC
        self.at = 0
        self.commands: list[Command] = []
        self.separate = separate
        self._blocks: list[int] = []
        self._read()

    # -- where it is ---------------------------------------------------------------------------

    def _problem(self, message: str, at: int | None = None) -> UsageProblem:
        """Return *message* with the place of the last character read."""
        left = self.at if at is None else at
        expression = 0
        for number, chunk in enumerate(self.chunks, 1):
            expression += chunk.file is None
            if left <= len(chunk.text) or number == len(self.chunks):
                break
            left -= len(chunk.text) + 1
        left = min(left, len(chunk.text))
        if chunk.file is not None:
            line = chunk.text.count("\n", 0, max(left - 1, 0)) + 1
            return UsageProblem(f"file {chunk.file} line {line}: {message}")
        return UsageProblem(f"-e expression #{expression}, char {left}: {message}")

    def _peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def _next(self) -> str:
        char = self.source[self.at : self.at + 1]
        self.at += 1
        return char

    def _skip(self, chars: str) -> None:
        while self._peek() and self._peek() in chars:
            self.at += 1

    # -- commands ------------------------------------------------------------------------------

    def _read(self) -> None:
        while True:
            self._skip(" \t\n;\r\f\v")
            if self.at >= len(self.source):
                break
            self._command()
        if self._blocks:
            raise UsageProblem("-e expression #1, char 0: unmatched `{'")
        labels: dict[str, int] = {}
        for index, command in enumerate(self.commands):
            if command.name == ":":
                labels[command.text] = index
        for command in self.commands:
            if command.name not in {"b", "t", "T"}:
                continue
            if command.text and command.text not in labels:
                raise Panic(f"can't find label for jump to `{command.text}'")
            command.jump = labels[command.text] if command.text else len(self.commands)

    def _command(self) -> None:
        first = self._address(first=True)
        last: Address | None = None
        if first is not None:
            self._skip(" \t")
            if self._peek() == ",":
                self.at += 1
                self._skip(" \t")
                last = self._address(first=False)
                if last is None:
                    self.at += self.at < len(self.source)
                    raise self._problem("unexpected `,'")
        self._skip(" \t")
        negated = False
        while self._peek() == "!":
            self.at += 1
            if negated:
                raise self._problem("multiple `!'s")
            negated = True
            self._skip(" \t")
        name = self._next()
        if not name:
            raise self._problem("missing command")
        zero = first is not None and first.kind == "line" and first.number == 0
        if zero and (last is None or last.kind != "regex"):
            raise self._problem("invalid usage of line address 0")
        if name not in _KNOWN:
            raise self._problem(f"unknown command: `{name}'")
        command = Command(name, first, last, negated, active=zero)
        if first is not None and name in _NO_ADDRESS:
            told = {":": ": doesn't want any addresses", "#": "comments don't accept any addresses"}
            raise self._problem(told.get(name, "} doesn't want any addresses"))
        if last is not None and name in _ONE_ADDRESS:
            raise self._problem("command only uses one address")
        self._arguments(command)

    def _arguments(self, command: Command) -> None:
        name = command.name
        if name == "#":
            end = self.source.find("\n", self.at)
            self.at = len(self.source) if end < 0 else end
            return
        if name == "{":
            self._blocks.append(len(self.commands))
        elif name == "}":
            if not self._blocks:
                raise self._problem("unexpected `}'")
            self.commands[self._blocks.pop()].jump = len(self.commands) + 1
            self._end()
        elif name in "aic":
            self._text(command)
        elif name in "btT:":
            self._label(command)
        elif name in "rRwW":
            command.text = self._file_name()
        elif name == "s":
            self._substitution(command)
        elif name == "y":
            self._table(command)
        elif name in "lLqQ":
            self._skip(" \t")
            digits = re.compile(r"[0-9]{0,9}").match(self.source, self.at)
            if digits and digits[0]:
                command.number = int(digits[0])
                self.at = digits.end()
            self._end()
        elif name == "e":
            raise self._problem("`e' is not supported in this simulator")
        elif name == "v":
            self._version()
        else:
            self._end()
        self.commands.append(command)

    def _version(self) -> None:
        self._skip(" \t")
        begin = self.at
        while self._peek() and self._peek() not in " \t\n;":
            self.at += 1
        digits = [int(part[:4]) for part in re.findall(r"[0-9]+", self.source[begin : self.at])]
        if digits > [4, 9]:
            raise self._problem("expected newer version of sed")

    def _end(self) -> None:
        """Step over the end of a command."""
        self._skip(" \t\r")
        char = self._peek()
        if char in {"}", "#"}:
            return
        self.at += 1
        if char and char not in "\n;":
            raise self._problem("extra characters after command")

    def _address(self, *, first: bool) -> Address | None:
        char = self._peek()
        if char in "0123456789" and char:
            return self._line_number(first=first)
        if char == "$":
            self.at += 1
            return Address("last")
        if char and char in "+~":
            self.at += 1
            number = self._number()
            if first:
                raise self._problem("invalid usage of +N or ~N as first address")
            return Address("plus" if char == "+" else "multiple", number)
        if char in {"/", "\\"}:
            self.at += 1
            close = "/" if char == "/" else self._next()
            source = self._until(close, regex=True) if close not in {"", "\n"} else None
            if source is None:
                raise self._problem("unterminated address regex")
            flags = ""
            while True:
                self._skip(" \t")
                if self._peek() not in {"I", "M"}:
                    break
                flags += self._next()
            return Address("regex", regex=self._regex(source, flags))
        return None

    def _line_number(self, *, first: bool) -> Address:
        number = self._number()
        self._skip(" \t")
        if self._peek() == "~" and first:
            self.at += 1
            self._skip(" \t")
            step = self._number()
            return Address("step", number, step) if step else Address("line", number)
        return Address("line", number)

    def _number(self) -> int:
        begin = self.at
        self._skip("0123456789")
        return int(self.source[begin : self.at][:15] or 0)

    def _until(self, close: str, *, regex: bool) -> str | None:
        r"""Read up to *close*; `\` and *close* are *close*. None if it does not come."""
        out: list[str] = []
        bracket = False
        while True:
            char = self._next()
            if char == "":
                self.at = len(self.source)
                return None
            if char == close and not bracket:
                return "".join(out)
            if char == "\\" and not bracket:
                following = self._next()
                if following == close and following:
                    out.append(close)
                elif following == "n" and regex:
                    out.append("\n" if close != "n" else "n")
                elif following == "\n" and not regex:
                    out.append("\\\n")
                elif following == "":
                    self.at = len(self.source)
                    return None
                else:
                    out.append("\\" + following)
                continue
            if char == "\n":
                self.at -= 1
                return None
            if regex and char == "[" and not bracket:
                bracket = True
                out.append(char)
                while self._peek() in {"^", "]"} - {close} and out[-1] != "]":
                    out.append(self._next())
                continue
            if bracket and char == "[" and self._peek() in {":", ".", "="} and self._peek():
                end = self.source.find(self._peek() + "]", self.at + 1)
                if end > 0:
                    out.append(self.source[self.at - 1 : end + 2])
                    self.at = end + 2
                    continue
            if char == "]":
                bracket = False
            out.append(char)

    def _regex(self, source: str, flags: str) -> Regex | None:
        if source == "":
            return None
        try:
            lines = "M" in flags.upper()
            dialect = replace(self.dialect, lines=True) if lines else self.dialect
            readable = translate(unescaped(source), dialect)
            return compile_regex(readable, ignore_case="I" in flags.upper(), multiline=lines)
        except RegexProblem as problem:
            if problem.number and int(problem.number) > source.count("("):
                raise self._problem("Invalid back reference") from None
            raise self._problem(str(problem)) from None

    def _label(self, command: Command) -> None:
        if command.name == ":":
            if self._blocks and self._peek() == "}":
                raise self._problem('":" lacks a label')
            self._skip(" \t")
        else:
            self._skip(" \t")
        begin = self.at
        stops = " \t\n;" if command.name == ":" else " \t\n;}"
        while self._peek() and self._peek() not in stops:
            self.at += 1
        command.text = self.source[begin : self.at]
        if command.name == ":" and not command.text:
            raise self._problem('":" lacks a label')
        if command.name == ":" and command.text.startswith("}"):
            raise self._problem("unexpected `}'", begin + 1)
        if command.name != ":":
            self._end()

    def _file_name(self) -> str:
        self._skip(" \t")
        end = self.source.find("\n", self.at)
        end = len(self.source) if end < 0 else end
        name = self.source[self.at : end]
        if not name:
            raise self._problem("missing filename in r/R/w/W commands")
        self.at = end
        return name

    def _text(self, command: Command) -> None:
        self._skip(" \t")
        if self._peek() == "":
            raise self._problem("expected \\ after `a', `c' or `i'")
        if self._peek() == "\\":
            self.at += 1
            self._skip(" \t") if self.source[self.at :].lstrip(" \t")[:1] == "\n" else None
            if self._peek() == "\n":
                self.at += 1
        out: list[str] = []
        while (char := self._next()) not in {"", "\n"}:
            if char == "\\":
                char = self._next()
                if char == "":
                    break
                if out or char in {"\n", "\\"}:
                    char = char if char == "\n" else "\\" + char
            out.append(char)
        self.at = min(self.at, len(self.source))
        command.text = read_text("".join(out)) + "\n"

    def _substitution(self, command: Command) -> None:
        close = self._next()
        if close in {"", "\n", "\\"}:
            self.at = min(self.at, len(self.source))
            raise self._problem("unterminated `s' command")
        source = self._until(close, regex=True)
        replacement = None if source is None else self._until(close, regex=False)
        if source is None or replacement is None:
            raise self._problem("unterminated `s' command")
        self._s_flags(command)
        command.regex = self._regex(source, command.flags)
        command.replacement = read_replacement(replacement)
        used = groups_used(command.replacement)
        if command.regex is not None and used > command.regex.groups:
            raise self._problem(f"invalid reference \\{used} on `s' command's RHS")

    def _s_flags(self, command: Command) -> None:
        while True:
            char = self._next()
            if char in {"", "\n", ";"}:
                return
            if char in "}#":
                self.at -= 1
                return
            if char in " \t\r":
                continue
            if char in "0123456789":
                if command.number is not None:
                    raise self._problem("multiple number options to `s' command")
                self.at -= 1
                command.number = self._number()
                if command.number == 0:
                    raise self._problem("number option to `s' command may not be zero")
            elif char in "gp" and char in command.flags:
                raise self._problem(f"multiple `{char}' options to `s' command")
            elif char == "w":
                command.file = self._file_name()
                return
            elif char == "e":
                raise self._problem("`e' is not supported in this simulator")
            elif char in "gpiImM":
                command.flags += char
            else:
                raise self._problem("unknown option to `s'")

    def _table(self, command: Command) -> None:
        close = self._next()
        parts = [self._until(close, regex=False) for _ in range(2)] if close else [None]
        if None in parts:
            self.at = min(self.at, len(self.source))
            raise self._problem("unterminated `y' command")
        source, target = (_characters(part or "") for part in parts)
        if len(source) != len(target):
            raise self._problem("strings for `y' command are different lengths")
        for one, other in zip(source, target, strict=True):
            command.table.setdefault(ord(one), other)
        self._end()


def _characters(text: str) -> list[str]:
    named = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "\\": "\\"}
    found = re.findall(r"\\.|.", text, re.DOTALL)
    return [named.get(one[1], one[-1]) if len(one) > 1 else one for one in found]


def read_text(text: str) -> str:
    """Return the text of `a`, `i` or `c` with its escapes made real."""
    named = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        return named.get(match[2], match[2])

    return re.sub(r"\\x([0-9a-fA-F]{1,2})|\\(.)", one, text, flags=re.DOTALL)
