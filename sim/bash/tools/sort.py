"""`sort` by whole lines or keys, as text, numbers, sizes or versions."""

from __future__ import annotations

import re
from functools import cmp_to_key

from sim.bash.process import Proc, Running
from sim.bash.tools.options import UsageProblem, all_text, read_options, split_lines, tool

_LONG = {
    "numeric-sort": "n", "reverse": "r", "key": "k", "unique": "u", "field-separator": "t",
    "human-numeric-sort": "h", "ignore-case": "f", "ignore-leading-blanks": "b",
    "version-sort": "V", "stable": "s", "general-numeric-sort": "g", "output": "o",
}  # fmt: skip
_KEY = re.compile(r"(\d+)(?:\.\d+)?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?")
_NUMBER = re.compile(r"\s*(-?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*([KMGTPEkmgtpe])?")
_POWERS = {letter: 1024**power for power, letter in enumerate("KMGTPE", 1)}

_Value = str | float | tuple[tuple[int, int | str], ...]


class _Key:
    """One `-k` (or the whole line) with the letters that hold for it."""

    def __init__(self, first: int, last: int, letters: str, separator: str | None) -> None:
        self.first, self.last, self.letters, self.separator = first, last, letters, separator
        self.reverse = "r" in letters

    def value(self, line: str) -> _Value:
        text = line
        if self.first:
            if self.separator is None:
                fields = re.findall(r"\s*\S+", line)
                text = "".join(fields[self.first - 1 : self.last or None])
            else:
                fields = line.split(self.separator)
                text = self.separator.join(fields[self.first - 1 : self.last or None])
        if set(self.letters) & set("nhg"):
            match = _NUMBER.match(text)
            if match is None:
                return 0.0
            unit = _POWERS.get((match[2] or "").upper(), 1) if "h" in self.letters else 1
            return float(match[1]) * unit
        text = text.strip() if "b" in self.letters or self.first else text
        if "V" in self.letters:
            pieces = re.findall(r"\d+|\D+", text)
            return tuple((0, int(p)) if p.isdigit() else (1, p) for p in pieces)
        return text.upper() if "f" in self.letters else text


@tool(2)
def sort(proc: Proc) -> Running:
    """Print all lines sorted; equal keys fall back to the whole line."""
    options = read_options(proc.argv, "nruhfbVsgd", "kto", _LONG)
    letters = "".join(letter for letter in "nrhfbVg" if letter in options)
    separator = options.flags.get("t")
    if separator is not None and len(separator.replace("\\t", "\t")) != 1:
        raise UsageProblem(f"multi-character tab '{separator}'")
    separator = None if separator is None else separator.replace("\\t", "\t")
    keys: list[_Key] = []
    for text in options.many.get("k", []):
        match = _KEY.fullmatch(text)
        if match is None or match[1] == "0":
            raise UsageProblem(f"invalid key: '{text}'")
        own = (match[2] or "") + (match[4] or "") or letters
        keys.append(_Key(int(match[1][:6]), int((match[3] or "0")[:6]), own, separator))
    if not keys:
        keys = [_Key(0, 0, letters, separator)]
    for name in options.operands:
        if name != "-" and not proc.files.exists(proc.path(name)):
            raise UsageProblem(f"cannot read: {name}: No such file or directory")
    code, texts = yield from all_text(proc, options.operands)
    lines = [line for _, text in texts for line in split_lines(text)]
    rows = [(tuple(key.value(line) for key in keys), line) for line in lines]

    def compare(left: tuple[tuple[_Value, ...], str], right: tuple[tuple[_Value, ...], str]) -> int:
        for key, a, b in zip(keys, left[0], right[0], strict=True):
            if a != b:
                smaller = a < b  # type: ignore[operator]
                return -1 if smaller != key.reverse else 1
        if left[1] == right[1] or "u" in options or "s" in options:
            return 0
        return -1 if (left[1] < right[1]) != ("r" in options) else 1

    rows.sort(key=cmp_to_key(compare))
    out: list[str] = []
    for index, (values, line) in enumerate(rows):
        if "u" in options and index and rows[index - 1][0] == values:
            continue
        out.append(line)
    if "o" in options:
        proc.files.write(proc.path(options.flags["o"]), "".join(line + "\n" for line in out))
    else:
        proc.stdout.write("".join(line + "\n" for line in out))
    return code
