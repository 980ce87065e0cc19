"""`sort`: lines in order by keys, checked or merged; in C.UTF-8, whose order is that of the bytes."""

from __future__ import annotations

from functools import cmp_to_key
from heapq import merge
from math import log2

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import all_text, encoded, quoted, shown, split_lines
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool
from sim.bash.tools.sortkeys import LETTERS, Key, Value, check_together, read_key
from sim.kernel import Stream

_LONG = {
    "numeric-sort": "n", "reverse": "r", "key": "k", "unique": "u", "field-separator": "t",
    "human-numeric-sort": "h", "ignore-case": "f", "ignore-leading-blanks": "b", "merge": "m",
    "version-sort": "V", "stable": "s", "general-numeric-sort": "g", "output": "o",
    "month-sort": "M", "random-sort": "R", "dictionary-order": "d", "ignore-nonprinting": "i",
    "zero-terminated": "z", "check": "check=?", "sort": "sort=", "buffer-size": "S",
    "temporary-directory": "T", "parallel": "parallel=", "batch-size": "batch-size=",
    "compress-program": "compress-program=", "random-source": "random-source=", "debug": "debug",
}  # fmt: skip
_WORDS = {"general-numeric": "g", "human-numeric": "h", "month": "M", "numeric": "n",
          "random": "R", "version": "V"}  # fmt: skip

_Row = tuple[tuple[Value, ...], str]


def _says(name: str, problem: FileProblem) -> str:
    if str(problem) == "Is a directory":
        return f"read failed: {shown(name)}: {problem}"
    return f"cannot read: {shown(name)}: {problem}"


@tool(2)
def sort(proc: Proc) -> Running:
    """Write the sorted concatenation of all files to standard output."""
    options = read_options(proc.argv, "bcCdfghiMmnRrsuVz", "kotST", _LONG)
    if "debug" in options:
        raise UsageProblem("--debug: not supported in this simulator")
    letters = _letters(options)
    separator = _separator(options)
    stream = None
    if any("R" in text for text in (letters, *options.many.get("k", []))):
        stream = Stream("sort", encoded(proc.files.device("/dev/urandom", 16)).hex())
    keys = [read_key(text, letters, separator, stream) for text in options.many.get("k", [])]
    if not keys:
        check_together(letters)
    if not keys and letters.strip("r"):
        keys = [Key((0, 0), None, letters, separator, stream)]
    order = _Order(keys, reverse="r" in letters, last="u" not in options and "s" not in options)
    names = options.operands
    check = "".join(one for one in "cC" if one in options)
    if "check" in options:
        check = "C" if options.flags["check"] in {"quiet", "silent"} else "c"
    if check and len(names) > 1:
        raise UsageProblem(f"extra operand {quoted(names[1])} not allowed with -{check[0]}")
    for name in names:
        found = name == "-" or (bool(name) and proc.files.exists(proc.path(name)))
        if not found:
            raise UsageProblem(_says(name, FileProblem("No such file or directory")))
    end = "\0" if "z" in options else "\n"
    code, texts = yield from all_text(proc, names, _says)
    if code:
        return 2
    parts = [split_lines(text, end) for _, text in texts]
    lines = [line for part in parts for line in part]
    proc.charge(round(len(lines) * (10 * (len(keys) + 1) + log2(len(lines) + 2))))
    if check:
        return _checked(proc, order, lines, names, unique="u" in options, quiet=check == "C")
    if "m" in options:
        rows = [*merge(*([order.row(line) for line in part] for part in parts), key=order.key)]
    else:
        rows = order.sorted(lines)
    out = _once(rows, order) if "u" in options else [line for _, line in rows]
    text = "".join([line + end for line in out])
    if "o" in options:
        try:
            proc.files.write(proc.path(options.flags["o"]), text)
        except FileProblem as problem:
            raise UsageProblem(f"open failed: {shown(options.flags['o'])}: {problem}") from None
        proc.charge(len(text))
        return 0
    for at in range(0, len(text), 1 << 16):
        proc.stdout.write(text[at : at + (1 << 16)])
        yield from proc.stdout.drain()
    return 0


class _Order:
    """The order of lines: keys first, at last the whole line."""

    def __init__(self, keys: list[Key], *, reverse: bool, last: bool) -> None:
        self.keys, self._reverse = keys, reverse
        self._last = last or not keys
        self.key = cmp_to_key(self.compare)

    def row(self, line: str) -> _Row:
        return tuple(key.value(line) for key in self.keys), line

    def sorted(self, lines: list[str]) -> list[_Row]:
        rows = [self.row(line) for line in lines]
        if self._last:
            # The order of code points is that of the bytes, but for bytes that are no UTF-8.
            if all(map(str.isascii, lines)):
                rows.sort(key=lambda row: row[1], reverse=self._reverse)
            else:
                rows.sort(key=lambda row: encoded(row[1]), reverse=self._reverse)
        for index in range(len(self.keys) - 1, -1, -1):
            rows.sort(key=lambda row: row[0][index], reverse=self.keys[index].reverse)
        return rows

    def compare(self, left: _Row, right: _Row) -> int:
        for key, a, b in zip(self.keys, left[0], right[0], strict=True):
            if a != b:
                smaller: bool = a < b
                return -1 if smaller != key.reverse else 1
        if not self._last or left[1] == right[1]:
            return 0
        return -1 if (encoded(left[1]) < encoded(right[1])) != self._reverse else 1


def _once(rows: list[_Row], order: _Order) -> list[str]:
    out: list[str] = []
    before: object = None
    for values, line in rows:
        own = values if order.keys else line
        if own != before:
            out.append(line)
        before = own
    return out


def _checked(
    proc: Proc, order: _Order, lines: list[str], names: list[str], *, unique: bool, quiet: bool
) -> int:
    rows = [order.row(line) for line in lines]
    for number in range(1, len(rows)):
        found = order.compare(rows[number - 1], rows[number])
        if found > 0 or (unique and found == 0):
            if not quiet:
                name = names[0] if names else "-"
                proc.fail(f"{shown(name)}:{number + 1}: disorder: {lines[number]}")
            return 1
    return 0


def _letters(options: Options) -> str:
    letters = "".join(letter for letter in LETTERS if letter in options)
    for word in options.many.get("sort", []):
        found = [one for one in _WORDS if one.startswith(word)]
        if len(found) != 1:
            listed = "".join(f"\n  - ‘{one}’" for one in _WORDS)
            raise Misuse(f"invalid argument ‘{word}’ for ‘--sort’\nValid arguments are:{listed}", 1)
        letters += _WORDS[found[0]]
    return letters


def _separator(options: Options) -> str | None:
    text = options.flags.get("t")
    if text is None:
        return None
    if not text:
        raise UsageProblem("empty tab")
    if text == "\\0":
        return "\0"
    if len(encoded(text)) > 1:
        raise UsageProblem(f"multi-character tab ‘{text}’")
    return text
