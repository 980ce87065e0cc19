"""`grep`, `egrep` and `fgrep` with linear-time patterns, so that no pattern can hang."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import re2

from sim.bash.patterns import compiled
from sim.bash.process import Proc, Running
from sim.bash.tools.options import Options, UsageProblem, each_line, read_options, tool

_LONG = {
    "ignore-case": "i", "invert-match": "v", "count": "c", "line-number": "n", "quiet": "q",
    "silent": "q", "files-with-matches": "l", "only-matching": "o", "word-regexp": "w",
    "line-regexp": "x", "extended-regexp": "E", "fixed-strings": "F", "perl-regexp": "P",
    "basic-regexp": "G", "after-context": "A", "before-context": "B", "context": "C",
    "regexp": "e", "max-count": "m", "no-messages": "s", "with-filename": "H",
    "no-filename": "h", "color": "~", "colour": "~", "line-buffered": "~", "text": "a",
    "recursive": "r",
}  # fmt: skip
_BASIC_SPECIAL = "+?(){}|"


def from_basic(pattern: str) -> str:
    r"""Return a basic regular expression as an extended one: `\|` and `|` change places."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            out.append(following if following in _BASIC_SPECIAL else char + following)
            at += 2
        elif char == "[":
            end = pattern.find("]", at + (3 if pattern[at + 1 : at + 2] == "^" else 2))
            end = len(pattern) - 1 if end < 0 else end
            out.append(pattern[at : end + 1])
            at = end + 1
        else:
            if char == "*" and (at == 0 or out[-1:] == ["^"]):
                char = "\\*"
            out.append("\\" + char if char in _BASIC_SPECIAL else char)
            at += 1
    return "".join(out)


def _compile(options: Options, patterns: list[str]) -> Any:
    readable: list[str] = []
    for pattern in patterns:
        for one in pattern.split("\n"):
            if "F" in options:
                readable.append(re2.escape(one))
            elif "E" in options or "P" in options:
                readable.append(one)
            else:
                readable.append(from_basic(one))
    whole = "|".join(f"(?:{one})" for one in readable)
    # re2 writes word boundaries \b only; GNU also knows \< and \>.
    whole = re.sub(r"\\[<>]", r"\\b", whole)
    if "w" in options:
        whole = rf"\b(?:{whole})\b"
    if "x" in options:
        whole = f"^(?:{whole})$"
    regex = compiled(("(?i)" if "i" in options or "y" in options else "") + whole)
    if regex is None:
        raise UsageProblem(f"Invalid regular expression: {patterns[0]}")
    return regex


_PLAIN = re.compile(r"[\w /:,=-]+")
"""Text in which nothing has a meaning of its own, in any dialect."""


@tool(2)
def grep(proc: Proc) -> Running:
    """Print the lines that fit a pattern."""
    # `-5` is context, as `-C 5`.
    argv = [re.sub(r"^-(\d+)$", r"-C\1", word) for word in proc.argv]
    options = read_options(argv, "ivcnqloEFPGwxsHhayr~", "ABCem", _LONG)
    name = proc.argv[0].rpartition("/")[2]
    if name == "egrep":
        options.flags["E"] = ""
    if name == "fgrep":
        options.flags["F"] = ""
    patterns = options.many.get("e", [])
    if not patterns:
        if not options.operands:
            proc.stderr.write("Usage: grep [OPTION]... PATTERNS [FILE]...\n")
            return 2
        patterns = [options.operands.pop(0)]
    search = _Search(proc, options, _compile(options, patterns), _literal(options, patterns))
    code = 0
    for file in options.operands or ["-"]:
        search.begin(file)
        code |= yield from each_line(proc, [file], search.line)
        search.end()
        if "q" in options and search.found:
            return 0
    if code and not search.found:
        return 2
    return 0 if search.found else 1


def _literal(options: Options, patterns: list[str]) -> str | None:
    """Return the pattern if it is plain text, which is found faster without the engine."""
    plain = len(patterns) == 1 and not {"i", "w", "x"} & set(options.flags)
    return patterns[0] if plain and _PLAIN.fullmatch(patterns[0]) else None


class _Search:
    def __init__(self, proc: Proc, options: Options, regex: Any, literal: str | None) -> None:
        self.proc = proc
        self.literal = literal
        self.options = options
        self.regex = regex
        context = options.number("C", 0)
        self.after = options.number("A", context)
        before = min(options.number("B", context), 100_000)
        self.before: deque[tuple[int, str]] = deque(maxlen=before or None)
        self.keeps = before > 0
        self.grouped = bool({"A", "B", "C"} & set(options.flags))
        self.most = options.number("m", -1)
        self.inverted = "v" in options
        self.named = ("H" in options or len(options.operands) > 1) and "h" not in options
        self.found = False
        self.begin("-")

    def begin(self, name: str) -> None:
        self.name = "(standard input)" if name == "-" else name
        self.number = 0
        self.count = 0
        self.owed = 0
        self.printed_at = 0
        self.before.clear()

    def line(self, line: str) -> bool:
        if self.count == self.most:
            return True
        self.number += 1
        literal = self.literal
        there = self.regex.search(line) is not None if literal is None else literal in line
        fits = there != self.inverted
        if not fits:
            if self.owed:
                self.owed -= 1
                self.show(self.number, line, "-")
            elif self.keeps:
                self.before.append((self.number, line))
            return False
        self.found = True
        self.count += 1
        if "q" in self.options or "l" in self.options:
            return True
        if "c" in self.options:
            return False
        if "o" in self.options:
            if not self.inverted:
                for match in self.regex.finditer(line):
                    if match[0]:
                        self.show(self.number, match[0], ":")
            return False
        for number, earlier in self.before:
            self.show(number, earlier, "-")
        self.before.clear()
        self.show(self.number, line, ":")
        self.owed = self.after
        return False

    def show(self, number: int, text: str, sign: str) -> None:
        if self.grouped and self.printed_at and number > self.printed_at + 1:
            self.proc.print("--")
        self.printed_at = number
        head = f"{self.name}{sign}" if self.named else ""
        if "n" in self.options:
            head += f"{number}{sign}"
        self.proc.print(head + text)

    def end(self) -> None:
        if "l" in self.options and self.count:
            self.proc.print(self.name)
        elif "c" in self.options and "q" not in self.options:
            self.proc.print((f"{self.name}:" if self.named else "") + str(self.count))
