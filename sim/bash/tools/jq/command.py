"""jq's command line: what to run, over what, and how results are printed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from sim.bash.process import FileProblem, Proc

VERSION = "jq-1.8.2"
"""The libjq that comes with the package `jq` of PyPI, version 1.13."""
_PRETTY, _ASCII, _COLOUR, _SORTED, _TAB = 1, 2, 4, 8, 64
"""Flags of printing, jv.h."""
_USAGE = (
    "Usage:\tjq [OPTIONS] FILTER [FILES...]\n"
    "\tjq [OPTIONS] --args FILTER [STRINGS...]\n"
    "\tjq [OPTIONS] --jsonargs FILTER [JSON_TEXTS...]\n"
)
_HINT = (
    "Use jq --help for help with command-line options,\n"
    "or see the jq manpage, or online docs  at https://jqlang.org\n"
)
_SHORT = {
    "n": "null-input", "r": "raw-output", "j": "join-output", "a": "ascii-output",
    "c": "compact-output", "C": "color-output", "M": "monochrome-output", "S": "sort-keys",
    "e": "exit-status", "s": "slurp", "R": "raw-input", "f": "from-file", "h": "help",
    "V": "version", "L": "library-path", "b": "binary",
}  # fmt: skip
_SWITCHES = frozenset(_SHORT.values()) | {
    "seq", "stream", "stream-errors", "tab", "unbuffered", "raw-output0", "args", "jsonargs",
}  # fmt: skip
_VALUES = {"arg": 2, "argjson": 2, "slurpfile": 2, "rawfile": 2, "indent": 1}
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|#[^\n]*', re.DOTALL)


class Problem(Exception):  # noqa: N818 - ends the command with its text
    """What is printed, and the code."""

    def __init__(self, text: str, code: int = 2) -> None:
        """Print *text* and end with *code*."""
        super().__init__(text)
        self.code = code


@dataclass
class Asked:
    """What a command line of jq asks for."""

    program: str = ""
    files: list[str] = field(default_factory=list)
    switches: set[str] = field(default_factory=set)
    indent: int = 2
    named: dict[str, str] = field(default_factory=dict)
    """Arguments as JSON."""
    positional: list[str] = field(default_factory=list)
    exit_status: bool = False
    coloured: bool = False

    @property
    def slurp(self) -> bool:
        """Whether all inputs are one."""
        return "slurp" in self.switches

    @property
    def null_input(self) -> bool:
        """Whether the program runs once, without an input."""
        return "null-input" in self.switches

    def _mentions(self, words: str) -> bool:
        bare = _COMMENT.sub(lambda m: m[0] if m[0][0] == '"' else "", self.program)
        return re.search(rf"(?<![\w$.])(?:{words})(?!\w)", bare) is not None

    @property
    def names_input(self) -> bool:
        """Whether it matters which file an input is from."""
        return self._mentions("input_filename")

    @property
    def reads_input(self) -> bool:
        """Whether the program reads inputs itself."""
        return self._mentions("inputs?|input_line_number")

    @property
    def is_whole(self) -> bool:
        """Whether all of the input must be there before the program can run."""
        return bool(self.switches & {"slurp", "null-input", "seq", "stream"}) or self.reads_input

    def is_complete(self, text: str) -> bool:
        """Return whether *text* ends where an input ends."""
        if "raw-input" in self.switches:
            return True
        decoder = json.JSONDecoder()
        at = len(text) - len(text.lstrip())
        try:
            while at < len(text):
                _, at = decoder.raw_decode(text, at)
                at += len(text[at:]) - len(text[at:].lstrip())
        except (ValueError, RecursionError):
            return False
        return True

    def request(self, proc: Proc, name: str | None) -> dict[str, Any]:
        """Return what the worker is asked, but for the input."""
        has = self.switches.__contains__
        flags = 0
        if not has("compact-output"):
            flags = _PRETTY | (_TAB if has("tab") else self.indent << 8)
            if not has("tab") and self.indent == 0:
                flags = 0
        flags |= (_ASCII if has("ascii-output") else 0) | (_SORTED if has("sort-keys") else 0)
        flags |= _COLOUR if self.coloured else 0
        raw = bool(self.switches & {"raw-output", "join-output", "raw-output0"})
        end = "" if has("join-output") else "\0" if has("raw-output0") else "\n"
        named = ",".join(f"{json.dumps(key)}:{value}" for key, value in self.named.items())
        known = f'"positional":[{",".join(self.positional)}],"named":{{{named}}}'
        return {
            "program": self._prelude(proc, name) + self.program,
            "arguments": f'{{{named}{"," if named else ""}"ARGS":{{{known}}}}}',
            "seq": has("seq"), "stream": has("stream") or has("stream-errors"),
            "stream_errors": has("stream-errors"), "raw_input": has("raw-input"),
            "slurp": self.slurp, "null_input": self.null_input, "raw": raw,
            "ascii": has("ascii-output"), "flags": flags, "end": end, "environ": proc.environ,
        }  # fmt: skip

    def _prelude(self, proc: Proc, name: str | None) -> str:
        """Return definitions of what would else come from the machine."""
        out = ""
        if self._mentions("now"):
            seconds, rest = divmod(proc.files.clock(), 1000)
            out += f"def now: {seconds}.{rest:03d}; "
        if self.names_input:
            out += f"def input_filename: {json.dumps(name)}; "
        return out


def read_command(proc: Proc) -> Asked:
    """Return what the command line asks for; raises Problem."""
    asked = Asked()
    rest = proc.argv[1:]
    operands: list[str] = []
    further = ""
    from_file = False
    only_operands = False
    while rest:
        word = rest.pop(0)
        if only_operands or not word.startswith("-") or word == "-":
            if further and (operands or asked.program or from_file) and operands:
                asked.positional.append(_positional(word, further))
            else:
                operands.append(word)
            continue
        if word == "--":
            only_operands = True
            continue
        for name in _names(word):
            if name in _VALUES:
                _take_values(proc, asked, name, rest)
            elif name in {"args", "jsonargs"}:
                further = name
            elif name == "from-file":
                from_file = True
            elif name == "library-path":
                rest[:1] = []
            else:
                asked.switches.add(name)
                if name == "tab":
                    asked.switches.discard("compact-output")
    _answer(asked)
    if not operands:
        if proc.tty and proc.stdout.tty:
            raise Problem(_USAGE + "\n" + _HINT)
        operands = ["."]
    asked.program, asked.files = operands[0], operands[1:]
    if from_file:
        asked.program = _text_of(proc, operands[0])
    asked.exit_status = "exit-status" in asked.switches
    tty = proc.stdout.tty and not proc.environ.get("NO_COLOR")
    asked.coloured = "color-output" in asked.switches or (
        tty and "monochrome-output" not in asked.switches
    )
    return asked


def _answer(asked: Asked) -> None:
    if "help" in asked.switches:
        raise Problem(
            _USAGE + "\nThe filter language is jq's own; see https://jqlang.org/manual\n", 0
        )
    if "version" in asked.switches:
        raise Problem(f"{VERSION}\n", 0)


def _names(word: str) -> list[str]:
    """Return the long names of the options in *word*."""
    if word.startswith("--"):
        name = word[2:]
        if name in _SWITCHES or name in _VALUES:
            return [name]
    elif all(letter in _SHORT for letter in word[1:]):
        return [_SHORT[letter] for letter in word[1:]]
    raise Problem(f"jq: Unknown option: {word}\n{_HINT}")


def _positional(word: str, kind: str) -> str:
    if kind == "args":
        return json.dumps(word)
    return _json(word, f"jq: Invalid JSON text passed to --{kind}\n{_HINT}")


def _json(text: str, problem: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(problem) from None
    return text


def _take_values(proc: Proc, asked: Asked, name: str, rest: list[str]) -> None:
    count = _VALUES[name]
    if len(rest) < count:
        takes = {"indent": "one parameter", "arg": "two parameters (e.g. --arg varname value)",
                 "argjson": "two parameters (e.g. --argjson varname text)"}.get(
            name, f"two parameters (e.g. --{name} varname filename)")  # fmt: skip
        raise Problem(f"jq: --{name} takes {takes}\n{_HINT}")
    values = [rest.pop(0) for _ in range(count)]
    if name == "indent":
        _take_indent(asked, values[0])
        return
    variable, value = values
    if variable in asked.named:
        return
    if name == "arg":
        asked.named[variable] = json.dumps(value)
    elif name == "argjson":
        asked.named[variable] = _json(value, f"jq: Invalid JSON text passed to --argjson\n{_HINT}")
    else:
        try:
            text = proc.files.read(proc.path(value))
        except FileProblem as problem:
            told = (
                f"jq: Bad JSON in --{name} {variable} {value}: Could not open {value}: {problem}\n"
            )
            raise Problem(told) from None
        bad = f"jq: Bad JSON in --{name} {variable} {value}: invalid JSON\n"
        asked.named[variable] = json.dumps(text) if name == "rawfile" else _slurped(text, bad)


def _slurped(text: str, problem: str) -> str:
    """Return the JSON values of a file as one array."""
    decoder = json.JSONDecoder()
    values: list[str] = []
    at = 0
    while text[at:].strip():
        begin = at + len(text[at:]) - len(text[at:].lstrip())
        try:
            _, at = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            raise Problem(problem) from None
        values.append(text[begin:at])
    return f"[{','.join(values)}]"


def _take_indent(asked: Asked, text: str) -> None:
    if not re.fullmatch(r"-?[0-9]{1,4}", text):
        raise Problem(f"jq: --indent takes a number\n{_HINT}")
    number = int(text)
    if number < 0:
        raise Problem(f"jq: Cannot indent less than zero\n{_HINT}")
    if number > 7:
        raise Problem(f"jq: Cannot indent more than 7 characters\n{_HINT}")
    asked.indent = number
    asked.switches -= {"tab", "compact-output"}


def _text_of(proc: Proc, name: str) -> str:
    try:
        return proc.files.read(proc.path(name))
    except FileProblem as problem:
        raise Problem(f"jq: error: Could not open {name}: {problem}\n") from None
