"""What a command line of `grep` asks for: its options, and its patterns as one expression."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.bash.process import FileProblem, Proc
from sim.bash.regex import Dialect, Regex, RegexProblem, compile_regex, from_perl, translate
from sim.bash.tools.options import Misuse, Options, UsageProblem

SWITCHES = "EFGPivwxclLqsnohHHbzTZrRaUIy"
VALUED = "efmABCdD"
LONG = {
    "after-context": "A", "basic-regexp": "G", "before-context": "B", "binary": "U",
    "binary-files": "binary-files=", "byte-offset": "b", "color": "color=?", "colour": "color=?",
    "context": "C", "count": "c", "dereference-recursive": "R", "devices": "D",
    "directories": "d", "exclude": "exclude=", "exclude-dir": "exclude-dir=",
    "exclude-from": "exclude-from=", "extended-regexp": "E", "file": "f",
    "files-with-matches": "l", "files-without-match": "L", "fixed-strings": "F",
    "group-separator": "group-separator=", "ignore-case": "i", "include": "include=",
    "initial-tab": "T", "invert-match": "v", "label": "label=", "line-buffered": "line-buffered",
    "line-number": "n", "line-regexp": "x", "max-count": "m", "no-filename": "h",
    "no-group-separator": "no-group-separator", "no-ignore-case": "no-ignore-case",
    "no-messages": "s", "null": "Z", "null-data": "z", "only-matching": "o",
    "perl-regexp": "P", "quiet": "q", "recursive": "r", "regexp": "e", "silent": "q",
    "text": "a", "with-filename": "H", "word-regexp": "w",
}  # fmt: skip
_PLAIN = re.compile(r"[\w /:,=@%#<>~!\"'&;-]+")
"""Text in which nothing has a meaning of its own, in any dialect."""
_WORDY = r"(?:^|\W)({})(?:\W|$)"


@dataclass(frozen=True)
class Patterns:
    """What is looked for."""

    regex: Regex
    group: int
    """The group that holds what is matched; 0 for the whole."""
    literal: str | None
    """The pattern if it is plain text, which is found faster without the engine."""


def number_of(options: Options, name: str, default: int, told: str) -> int:
    """Return an option's number; raises UsageProblem with *told*, `%s` being its value."""
    text = options.flags.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        if name == "m" and re.fullmatch(r"-\d{1,18}", text, re.ASCII):
            return -1
        raise UsageProblem(told.replace("%s", text))
    return int(text)


def read_patterns(proc: Proc, options: Options, given: str) -> Patterns:
    """Return the patterns of `-e`, `-f` or the first operand; raises Misuse, UsageProblem.

    *given* is what standard input held, where `-f -` takes it.
    """
    if "y" in options:
        options.flags["i"] = ""
    if len({name for name, _ in options.order if name in "EFGP"} - {""}) > 1:
        raise UsageProblem("conflicting matchers specified")
    if options.flags.get("color", "always") not in {"", "always", "never", "auto", "tty", "if-tty"}:
        raise Misuse("")
    texts: list[str] = []
    for name, value in options.order:
        if name == "e":
            texts.extend(value.split("\n"))
        elif name == "f":
            texts.extend(_from_file(proc, value, given))
    if "e" not in options and "f" not in options:
        if not options.operands:
            raise Misuse("")
        texts = options.operands.pop(0).split("\n")
    try:
        return _compiled(proc, options, texts)
    except RegexProblem as problem:
        raise UsageProblem(str(problem)) from None


def _from_file(proc: Proc, name: str, given: str) -> list[str]:
    try:
        there = name in {"-", "/dev/stdin"}
        lines = (given if there else proc.files.read(proc.path(name))).split("\n")
    except FileProblem as problem:
        raise UsageProblem(f"{name}: {problem}") from None
    if lines[-1] == "":
        lines.pop()
    return lines


def _compiled(proc: Proc, options: Options, texts: list[str]) -> Patterns:
    group, perl = 0, "P" in options
    readable: list[str] = []
    warnings: list[str] = []
    for text in texts:
        if "F" in options:
            readable.append("".join(translate_plain(char) for char in text))
        elif perl:
            source, grouped = from_perl(text)
            group = int(grouped)
            readable.append(source)
        else:
            readable.append(translate(text, Dialect(extended="E" in options), warnings))
    for warning in warnings:
        proc.fail(f"warning: {warning}")
    if group and len(texts) > 1:
        raise RegexProblem("the -P option only supports a single pattern")
    # No pattern at all (an empty -f file) fits nothing.
    source = "|".join(f"(?:{one})" for one in readable) if readable else r"[^\x00-\x{10FFFF}]"
    if "x" in options:
        source = f"^(?:{source})$"
    elif "w" in options and not group:
        source, group = _WORDY.format(source), 1
    ignore = "i" in options and options.last_of("iy") != "" and not _case_again(options)
    regex = compile_regex(source, ignore_case=ignore, longest=not perl)
    plain = len(texts) == 1 and not ignore and not {"w", "x"} & set(options.flags)
    literal = texts[0] if plain and ("F" in options or _PLAIN.fullmatch(texts[0])) else None
    return Patterns(regex, group, literal)


def _case_again(options: Options) -> bool:
    names = [name for name, _ in options.order if name in {"i", "y", "no-ignore-case"}]
    return names[-1:] == ["no-ignore-case"]


def translate_plain(char: str) -> str:
    """Return *char* as the engine reads it literally."""
    return translate(char, Dialect()) if char not in "\\[*^$.\n" else "\\" + char
