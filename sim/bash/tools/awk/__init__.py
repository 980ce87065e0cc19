"""A useful part of `awk`: patterns, fields, `print`, `printf`, sums, `BEGIN` and `END`, `if`.

Expressions become closures once and run a line at a time; loops have a limit, so a program always
ends.
"""

from __future__ import annotations

import re2

from sim.bash.process import Proc, Running
from sim.bash.tools.awk.reader import Reader
from sim.bash.tools.awk.values import (
    Expression,
    NextRecord,
    State,
    Statement,
    is_true,
    number,
    split_record,
    text,
)
from sim.bash.tools.echo import unescape
from sim.bash.tools.options import UsageProblem, each_line, read_options, tool


@tool(2)
def awk(proc: Proc) -> Running:
    """Run a small awk program over lines."""
    state = State(proc.stdout.write)
    state.variables.update({"FS": " ", "OFS": " ", "ORS": "\n", "NR": 0.0})
    options = read_options(proc.argv, "", "Fv", stop_at_operand=True)
    if not options.operands:
        raise UsageProblem("usage: awk [-F fs] [-v var=value] 'program' [file ...]")
    if "F" in options:
        state.variables["FS"] = unescape(options.flags["F"])
    for assignment in options.many.get("v", []):
        name, _, value = assignment.partition("=")
        state.variables[name] = unescape(value)
    rules = Reader(options.operands[0]).rules()
    try:
        code = yield from _over(proc, state, rules, options.operands[1:])
    except (IndexError, re2.error, OverflowError, ValueError):
        raise UsageProblem("wrong arguments of a function") from None
    return state.code or code


def _over(
    proc: Proc,
    state: State,
    rules: list[tuple[str, Expression | None, Statement | None]],
    names: list[str],
) -> Running:
    for when, _, action in rules:
        if when == "BEGIN" and action is not None and not state.left:
            action(state)

    def take(line: str) -> bool:
        split_record(state, line)
        state.variables["NR"] = number(state.variables["NR"]) + 1
        try:
            for when, pattern, action in rules:
                if when or (pattern is not None and not is_true(pattern(state))):
                    continue
                if action is None:
                    state.write(state.fields[0] + text(state.variables["ORS"]))
                else:
                    action(state)
                if state.left:
                    return True
        except NextRecord:
            return False
        return False

    files: list[str] = []
    for name in names:
        variable, sign, value = name.partition("=")
        if sign and variable.isidentifier():
            state.variables[variable] = unescape(value)
        else:
            files.append(name)
    code = 0
    if not state.left and any(when != "BEGIN" for when, _, _ in rules):
        code = yield from each_line(proc, files, take)
    left, state.left = state.left, False
    for when, _, action in rules:
        if when == "END" and action is not None and not left:
            action(state)
    return code
