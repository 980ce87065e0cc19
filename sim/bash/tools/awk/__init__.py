"""`awk`: the language as gawk has it, over lines; every loop and call is counted."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.awk.code import Code, value_of
from sim.bash.tools.awk.machine import ExitProgram, Machine, NextFile, NextRecord
from sim.bash.tools.awk.reader import Reader
from sim.bash.tools.awk.regexes import regex_of
from sim.bash.tools.awk.scopes import find_arrays
from sim.bash.tools.awk.statements import StatementCompiler
from sim.bash.tools.awk.streams import Inputs, Outputs
from sim.bash.tools.awk.syntax import Program
from sim.bash.tools.awk.tokens import AwkSyntax, unescape
from sim.bash.tools.awk.values import AwkProblem, Field, is_true
from sim.bash.tools.options import Misuse, Options, read_options, tool

_USAGE = "[POSIX or GNU style options] -f progfile [--] file ..."
_LONG = {
    "assign": "v", "field-separator": "F", "file": "f", "source": "e", "re-interval": "r",
    "posix": "P", "sandbox": "S", "optimize": "O", "no-optimize": "s", "lint": "t",
    "traditional": "c", "characters-as-bytes": "b", "non-decimal-data": "n", "use-lc-numeric": "N",
}  # fmt: skip
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


class _Refused(Exception):  # noqa: N818 - ends the program before it begins
    """What is told, and the code."""

    def __init__(self, told: str, code: int) -> None:
        super().__init__(told)
        self.code = code


@tool(2, usage=_USAGE, package="GNU Awk) 5.2.1")
def awk(proc: Proc) -> Running:
    """Scan lines for patterns and process them."""
    try:
        options = read_options(proc.argv, "rPSOstcbnN", "Fvfe", _LONG, stop_at_operand=True)
    except Misuse as problem:
        proc.fail(str(problem))
        proc.stderr.write(f"Usage: {proc.argv[0]} {_USAGE}\n")
        return 1
    try:
        source, operands = _source(proc, options)
        machine, rules = _prepare(proc, options, source, operands)
    except _Refused as refused:
        proc.stderr.write(f"{refused}\n")
        return refused.code
    try:
        return (yield from _run(proc, machine, rules))
    except AwkProblem as problem:
        where = _where(machine) if len(problem.args) == 1 else ""
        begin = "cmd. line:1: " if len(problem.args) == 1 else ""
        yield from machine.outputs.finish(machine)
        return proc.fail(f"{begin}{where}fatal: {problem.args[0]}", 2)
    except (OverflowError, ValueError):
        return proc.fail("cmd. line:1: fatal: a number is too large", 2)


def _where(machine: Machine) -> str:
    """Return which record was being read, as gawk says it."""
    if not machine.variables["NR"]:
        return ""
    name = machine.setting("FILENAME") or "-"
    return f"(FILENAME={name} FNR={machine.text(machine.variables['FNR'])}) "


def _source(proc: Proc, options: Options) -> tuple[str, list[str]]:
    """Return the program's text, and the operands after it."""
    name = proc.argv[0]
    texts: list[str] = []
    for letter, value in options.order:
        if letter == "e":
            texts.append(value)
        elif letter == "f":
            try:
                texts.append(proc.files.read(proc.path(value)))
            except FileProblem as problem:
                told = f"{name}: fatal: cannot open source file `{value}' for reading: {problem}"
                raise _Refused(told, 2) from None
    if texts:
        return "\n".join(texts), options.operands
    if not options.operands:
        raise _Refused(
            f"Usage: {name} [POSIX or GNU style options] -f progfile [--] file ...\n"
            f"Usage: {name} [POSIX or GNU style options] [--] 'program' file ...", 1,
        )  # fmt: skip
    return options.operands[0], options.operands[1:]


def _prepare(
    proc: Proc, options: Options, source: str, operands: list[str]
) -> tuple[Machine, dict[str, list[tuple[Code | None, Code]]]]:
    """Return the machine and the compiled rules, by when they run."""
    name = proc.argv[0]
    warnings: list[str] = []
    try:
        program = Reader(source, warnings).program()
        rules = _compiled(program)
    except AwkSyntax as problem:
        raise _Refused(_told(name, source, problem), 2 if "fatal" in str(problem) else 1) from None
    except AwkProblem as problem:
        raise _Refused(f"{name}: cmd. line:1: fatal: {problem.args[0]}", 2) from None
    for warning in warnings:
        proc.fail(f"cmd. line:1: warning: {warning}")
    inputs = Inputs(proc, _assign)
    machine = Machine(proc, Outputs(proc), inputs)
    machine.arrays["ENVIRON"].update({key: Field(text) for key, text in proc.environ.items()})
    words = [name, *operands]
    machine.arrays["ARGV"].update({str(index): Field(word) for index, word in enumerate(words)})
    machine.variables["ARGC"] = float(len(words))
    if "F" in options:
        separator = options.flags["F"]
        machine.variables["FS"] = unescape(separator)
    for assignment in options.many.get("v", []):
        if "=" not in assignment:
            raise _Refused(f"{name}: `{assignment}' argument to `-v' not in `var=value' form", 1)
        if not _assign(machine, assignment):
            variable = assignment.partition("=")[0]
            raise _Refused(f"{name}: fatal: `{variable}' is not a legal variable name", 2)
    return machine, rules


def _compiled(program: Program) -> dict[str, list[tuple[Code | None, Code]]]:
    def check(source: str) -> None:
        try:
            regex_of(source)
        except AwkProblem as problem:
            told = str(problem.args[0]).removeprefix("invalid regexp: ")
            raise AwkSyntax(f"error: {told}", -1) from None

    compiler = StatementCompiler(program, find_arrays(program), check)
    compiler.functions()
    rules: dict[str, list[tuple[Code | None, Code]]] = {
        "BEGIN": [], "": [], "END": [], "BEGINFILE": [], "ENDFILE": []
    }  # fmt: skip
    for rule in program.rules:
        rules[rule.when].append(compiler.rule(rule))
    if rules["BEGINFILE"] or rules["ENDFILE"]:
        raise AwkProblem("BEGINFILE and ENDFILE are not supported in this simulator")
    return rules


def _told(name: str, source: str, problem: AwkSyntax) -> str:
    """Return what gawk says of a syntax error: the line, and a mark below the place."""
    if problem.at < 0:
        return f"{name}: cmd. line:1: {problem}"
    at = min(problem.at, len(source))
    if at and at == len(source) and source.endswith("\n"):
        at -= 1
    line = source.count("\n", 0, at) + 1
    begin = source.rfind("\n", 0, at) + 1
    end = source.find("\n", at)
    text = source[begin : len(source) if end < 0 else end]
    blank = re.sub(r"[^\t]", " ", text[: at - begin])
    head = f"{name}: cmd. line:{line}: "
    return f"{head}{text}\n{head}{blank}^ {problem}"


def _assign(machine: Machine, text: str) -> bool:
    """Set a variable by `name=value`; return whether *text* is that."""
    match = _ASSIGNMENT.fullmatch(text)
    if match is None:
        return False
    machine.put(match[1], Field(unescape(match[2])))
    return True


def _run(proc: Proc, machine: Machine, rules: dict[str, list[tuple[Code | None, Code]]]) -> Running:
    try:
        for _, action in rules["BEGIN"]:
            yield from value_of(action, machine)
        if rules[""] or rules["END"]:
            yield from _records(proc, machine, rules[""])
    except ExitProgram:
        pass
    try:
        for _, action in rules["END"]:
            yield from value_of(action, machine)
    except ExitProgram:
        pass
    yield from machine.outputs.finish(machine)
    yield from proc.stdout.drain()
    return machine.code


def _records(
    proc: Proc, machine: Machine, rules: list[tuple[Code | None, Code]]
) -> Generator[simpy.Event, Any, None]:
    """Run the rules over every record of the input."""
    count = 0
    inputs = machine.inputs
    while (text := (yield from inputs.record(machine))) is not None:
        machine.record.put(text)
        machine.charge(40)
        try:
            for pattern, action in rules:
                if pattern is not None:
                    if pattern.waits:
                        fits = yield from pattern.run(machine)
                    else:
                        fits = pattern.run(machine)
                    if not is_true(fits):
                        continue
                if action.waits:
                    yield from action.run(machine)
                else:
                    action.run(machine)
        except NextRecord:
            pass
        except NextFile:
            inputs.skip_file()
        count += 1
        if count % 256 == 0 or proc.stdout.tty:
            yield from proc.stdout.drain()


__all__ = ["awk"]
