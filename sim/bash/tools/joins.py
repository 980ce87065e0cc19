"""`paste`, `comm` and `join`: lines of several files beside each other."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import encoded, plainly, quoted, split_lines
from sim.bash.tools.options import (
    Misuse,
    UsageProblem,
    extra_operand,
    missing_operand,
    read_options,
    tool,
)

_JOIN = {"ignore-case": "i", "check-order": "check", "nocheck-order": "nocheck",
         "header": "header", "zero-terminated": "z"}  # fmt: skip


def _texts(proc: Proc, names: list[str]) -> Generator[simpy.Event, Any, list[str]]:
    """Return the texts of all *names*; `-` is standard input, read once."""
    texts: list[str] = []
    for name in names:
        if name == "-":
            texts.append((yield from proc.stdin.read_all()))
            continue
        try:
            texts.append(proc.files.read(proc.path(name)))
        except FileProblem as problem:
            raise UsageProblem(plainly(name, problem)) from None
    proc.charge(2 * sum(map(len, texts)))
    return texts


def _separators(text: str) -> list[str]:
    known = {"n": "\n", "t": "\t", "\\": "\\", "0": "", "b": "\b", "f": "\f", "r": "\r", "v": "\v"}
    out = [
        known.get(one[1], one[1]) if len(one) == 2 else one
        for one in re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL)
    ]
    if out and out[-1] == "\\" and len(re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL)[-1]) == 1:
        raise UsageProblem(f"delimiter list ends with an unescaped backslash: {text}")
    return out or [""]


@tool()
def paste(proc: Proc) -> Running:
    """Write lines of the files side by side, or with -s each file in one line."""
    options = read_options(
        proc.argv, "sz", "d", {"delimiters": "d", "serial": "s", "zero-terminated": "z"}
    )
    marks = _separators(options.flags.get("d", "\t"))
    end = "\0" if "z" in options else "\n"
    names = options.operands or ["-"]
    alone = len(names) > 1 and names.count("-") > 1 and "s" not in options
    texts = yield from _texts(proc, list(dict.fromkeys(names)) if alone else names)
    columns = [split_lines(text, end) for text in texts]
    if alone:
        # Several `-` take the lines of standard input in turn.
        by_name = dict(zip(dict.fromkeys(names), columns, strict=True))
        count, turn = names.count("-"), 0
        stdin = by_name["-"]
        columns = []
        for name in names:
            columns.append(stdin[turn::count] if name == "-" else by_name[name])
            turn += name == "-"
    if "s" in options:
        for column in columns:
            joined = "".join(
                line + (marks[index % len(marks)] if index < len(column) - 1 else "")
                for index, line in enumerate(column)
            )
            proc.stdout.write(joined + end)
        return 0
    for row in range(max(map(len, columns), default=0)):
        cells = [column[row] if row < len(column) else "" for column in columns]
        line = "".join(
            cell + (marks[index % len(marks)] if index < len(cells) - 1 else "")
            for index, cell in enumerate(cells)
        )
        proc.stdout.write(line + end)
        if row % 256 == 255:
            yield from proc.stdout.drain()
    return 0


@tool(usage="[OPTION]... FILE1 FILE2")
def comm(proc: Proc) -> Running:
    """Compare two sorted files line by line."""
    options = read_options(
        proc.argv,
        "123z",
        "",
        {
            "output-delimiter": "output-delimiter=",
            "check-order": "check",
            "nocheck-order": "nocheck",
            "total": "total",
            "zero-terminated": "z",
        },
    )
    missing_operand(options, 2)
    extra_operand(options, 2)
    first, second = (split_lines(text) for text in (yield from _texts(proc, options.operands)))
    mark = options.flags.get("output-delimiter", "\t") or "\0"
    lead = {
        column: mark * sum(str(before) not in options for before in range(1, column))
        for column in (1, 2, 3)
    }
    counts = {1: 0, 2: 0, 3: 0}
    order = _Order(proc, strict="check" in options, off="nocheck" in options)

    def show(column: int, line: str) -> None:
        counts[column] += 1
        if str(column) not in options:
            proc.print(lead[column] + line)

    left = right = 0
    while left < len(first) or right < len(second):
        a = first[left] if left < len(first) else None
        b = second[right] if right < len(second) else None
        if b is None or (a is not None and encoded(a) < encoded(b)):
            show(1, a or "")
            order.look(first, left + 1, "1", unpaired=True)
            left += 1
        elif a is None or encoded(b) < encoded(a):
            show(2, b)
            order.look(second, right + 1, "2", unpaired=True)
            right += 1
        else:
            show(3, a)
            order.look(first, left + 1, "1", unpaired=False)
            order.look(second, right + 1, "2", unpaired=False)
            left, right = left + 1, right + 1
        if order.failed:
            return 1
        if (left + right) % 256 == 0:
            yield from proc.stdout.drain()
    if "total" in options:
        proc.print(mark.join([*map(str, counts.values()), "total"]))
    if order.told:
        return proc.fail("input is not in sorted order")
    return 0


class _Order:
    """Notices lines out of order, as comm does: once there was one without its like."""

    def __init__(self, proc: Proc, *, strict: bool, off: bool) -> None:
        self._proc, self._strict, self._off = proc, strict, off
        self._unpaired = False
        self._quiet: set[str] = set()
        self.told = self.failed = False

    def look(self, lines: list[str], at: int, which: str, *, unpaired: bool) -> None:
        self._unpaired |= unpaired
        if self._off or which in self._quiet or at >= len(lines):
            return
        if not self._strict and not self._unpaired:
            return
        if encoded(lines[at]) < encoded(lines[at - 1]):
            self._proc.fail(f"file {which} is not in sorted order")
            self._quiet.add(which)
            self.told = True
            self.failed = self._strict


@tool(usage="[OPTION]... FILE1 FILE2")
def join(proc: Proc) -> Running:
    """Write a line for each pair of lines of two sorted files with the same key."""
    options = read_options(proc.argv, "iz", "taevo12j", _JOIN)
    missing_operand(options, 2)
    if len(options.operands) > 2:
        raise Misuse(f"extra operand {quoted(options.operands[2])}")
    fields = {
        side: _field(options.flags.get(str(side), options.flags.get("j", "1"))) for side in (1, 2)
    }
    for value in [*options.many.get("a", []), *options.many.get("v", [])]:
        if value not in {"1", "2"}:
            raise UsageProblem(f"invalid field number: ‘{value}’")
    separator = options.flags.get("t")
    if separator is not None and len(encoded(separator)) > 1 and separator != "\\0":
        raise UsageProblem(f"multi-character tab ‘{separator}’")
    texts = yield from _texts(proc, options.operands)
    sides = [_Side(proc, text, fields[n], separator, fold="i" in options, number=n, name=name)
             for n, (text, name) in enumerate(zip(texts, options.operands, strict=True), 1)]  # fmt: skip
    shape = _shape(options.many.get("o", []), sides)
    empty = options.flags.get("e", "")
    only = set(options.many.get("v", []))
    unpaired = only | set(options.many.get("a", []))
    mark = " " if separator is None else separator

    def show(one: list[str] | None, two: list[str] | None) -> None:
        rows = {1: one, 2: two}
        if shape is not None:
            key = sides[0].key(one) if one is not None else sides[1].key(two or [])
            cells = [_cell(rows, side, at, key) or empty for side, at in shape]
        else:
            row = one if one is not None else two or []
            side = sides[0] if one is not None else sides[1]
            cells = [side.key(row)]
            for each, its in ((sides[0], one), (sides[1], two)):
                if its is not None:
                    cells += [cell or empty for at, cell in enumerate(its) if at != each.field]
        proc.print(mark.join(cells))

    left, right = sides
    if "header" in options and (left.rows or right.rows):
        show(left.take(), right.take())
    while left.rows and right.rows:
        a, b = left.now(), right.now()
        if a == b:
            ones, twos = left.run(), right.run()
            if not only:
                for one in ones:
                    for two in twos:
                        proc.charge(50)
                        show(one, two)
        elif a < b:
            row = left.take(alone=True)
            if "1" in unpaired:
                show(row, None)
        else:
            row = right.take(alone=True)
            if "2" in unpaired:
                show(None, row)
        yield from proc.stdout.drain()
    for side, number in ((left, "1"), (right, "2")):
        while side.rows:
            row = side.take(alone=True)
            if number in unpaired:
                show(row, None) if number == "1" else show(None, row)
    if left.told or right.told:
        return proc.fail("input is not in sorted order")
    return 0


class _Side:
    """The lines of one of join's files, in fields, from first to last."""

    def __init__(self, proc: Proc, text: str, field: int, separator: str | None, *, fold: bool,
                 number: int, name: str) -> None:  # fmt: skip
        self.field = field
        self.rows = [
            (line.split(separator) if separator is not None else line.split())
            for line in split_lines(text)
        ][::-1]
        self._lines = split_lines(text)
        self._proc, self._fold, self._number, self._name = proc, fold, number, name
        self._alone = self.told = False

    def key(self, row: list[str]) -> str:
        return row[self.field] if self.field < len(row) else ""

    def _order(self, row: list[str]) -> bytes:
        text = self.key(row)
        return encoded(text.upper() if self._fold else text)

    def now(self) -> bytes:
        return self._order(self.rows[-1])

    def take(self, *, alone: bool = False) -> list[str]:
        row = self.rows.pop() if self.rows else []
        self._alone |= alone
        if self._alone and not self.told and self.rows and self.now() < self._order(row):
            at = len(self._lines) - len(self.rows) + 1
            self._proc.fail(f"{self._name}:{at}: is not sorted: {self._lines[at - 1]}")
            self.told = True
        return row

    def run(self) -> list[list[str]]:
        first = self.now()
        rows: list[list[str]] = []
        while self.rows and self.now() == first:
            rows.append(self.take())
        return rows


def _field(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or int(text) == 0:
        raise UsageProblem(f"invalid field number: ‘{text}’")
    return int(text) - 1


def _shape(words: list[str], sides: list[_Side]) -> list[tuple[int, int]] | None:
    """Return -o's list of (file, field from 0); file 0 is the key."""
    if not words:
        return None
    if words == ["auto"]:
        out = [(0, 0)]
        for number, side in enumerate(sides, 1):
            width = len(side.rows[-1]) if side.rows else 0
            out += [(number, at) for at in range(width) if at != side.field]
        return out
    shape: list[tuple[int, int]] = []
    for word in re.split(r"[, ]+", ",".join(words)):
        if word == "0":
            shape.append((0, 0))
            continue
        match = re.fullmatch(r"([12])\.(\d{1,9})", word)
        if match is None:
            if re.match(r"[12]\.", word):
                raise UsageProblem(f"invalid field number: ‘{word[2:]}’")
            what = "file number in field spec" if re.match(r"\d\.", word) else "field specifier"
            raise UsageProblem(f"invalid {what}: ‘{word}’")
        shape.append((int(match[1]), _field(match[2])))
    return shape


def _cell(rows: dict[int, list[str] | None], side: int, at: int, key: str) -> str:
    if side == 0:
        return key
    row = rows[side]
    return row[at] if row is not None and at < len(row) else ""
