"""`grep`, `egrep` and `fgrep`: the lines that fit a pattern, which is matched in linear time."""

from __future__ import annotations

import re
from dataclasses import replace

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.grep.asked import LONG, SWITCHES, VALUED, number_of, read_patterns
from sim.bash.tools.grep.search import Search
from sim.bash.tools.grep.trees import Wanted, files_below
from sim.bash.tools.inputs import each_line, split_lines
from sim.bash.tools.options import Misuse, Options, read_options, tool

_USAGE = "[OPTION]... PATTERNS [FILE]..."
_COUNT = re.compile(rf"-([{SWITCHES}]*)([0-9]+)")
_VALUE = re.compile(rf"-[{SWITCHES}]*[{VALUED}]")


@tool(2, usage=_USAGE, package="GNU grep) 3.8")
def grep(proc: Proc) -> Running:
    """Search for PATTERNS in each FILE."""
    # egrep and fgrep are grep with a letter, and speak as grep.
    letter = {"egrep": ["-E"], "fgrep": ["-F"]}.get(proc.argv[0].rpartition("/")[2], [])
    proc = replace(proc, argv=["grep", *letter, *proc.argv[1:]])
    try:
        return (yield from _grep(proc))
    except Misuse as problem:
        if str(problem):
            proc.fail(str(problem))
        proc.stderr.write(f"Usage: grep {_USAGE}\nTry 'grep --help' for more information.\n")
        return 2


def _grep(proc: Proc) -> Running:
    options = read_options(_contexts(proc.argv), SWITCHES, VALUED, LONG)
    given = ""
    if {"-", "/dev/stdin"} & set(options.many.get("f", [])):
        given = yield from proc.stdin.read_all()
    patterns = read_patterns(proc, options, given)
    search = Search(proc, options, patterns)
    names = options.operands or (["."] if options.last_of("rR") else ["-"])
    if number_of(options, "m", -1, "invalid max count") == 0:
        return 1
    failed = 0
    for name in names:
        try:
            failed |= yield from _one(proc, options, search, name)
        except FileProblem as problem:
            failed = 1
            if "s" not in options:
                proc.fail(f"{name}: {problem}")
        if search.ended:
            return 0
    return 2 if failed else 0 if search.found else 1


def _contexts(argv: list[str]) -> list[str]:
    """Return *argv* with `-5` as `-C5`, but where that is a value or an operand."""
    out = argv[:1]
    value = False
    for index, word in enumerate(argv[1:], 1):
        if word == "--" and not value:
            return out + argv[index:]
        fits = not value and _COUNT.fullmatch(word)
        out.append(f"-{fits[1]}C{fits[2]}" if fits else word)
        value = not value and _VALUE.fullmatch(word) is not None
    return out


def _one(proc: Proc, options: Options, search: Search, name: str) -> Running:
    """Search what an operand names; return whether something went wrong."""
    path = proc.path(name)
    if name == "-" or not proc.files.is_dir(path):
        yield from _file(proc, options, search, name)
        return 0
    if options.last_of("rR"):
        named = bool(options.operands)
        for shown in files_below(proc, name if named else "", Wanted(options)):
            yield from _file(proc, options, search, shown)
            if search.ended:
                break
        return 0
    if options.flags.get("d") == "skip":
        return 0
    if "s" not in options:
        proc.fail(f"{name}: Is a directory")
    if "c" in options:
        search.begin(name)
        search.end()
    return 1


def _file(proc: Proc, options: Options, search: Search, name: str) -> Running:
    if name == "-" or "z" in options:
        search.begin(options.flags.get("label", "(standard input)") if name == "-" else name)
    if "z" in options:
        whole = (
            (yield from proc.stdin.read_all()) if name == "-" else proc.files.read(proc.path(name))
        )
        for record in split_lines(whole or "", "\0"):
            if search.line(record):
                break
    elif name == "-":
        yield from each_line(proc, ["-"], search.line)
    else:
        text = proc.files.read(proc.path(name))
        proc.charge(len(text))
        search.begin(name, len(text))
        search.text(text)
        yield from proc.stdout.drain()
    search.end()
    return 0


__all__ = ["grep"]
