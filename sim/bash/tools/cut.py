"""`cut`: chosen fields or bytes of each line."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running
from sim.bash.tools.inputs import decoded, each_line, each_whole_line, encoded
from sim.bash.tools.options import Misuse, read_options, tool

_LONG = {
    "delimiter": "d", "fields": "f", "characters": "c", "bytes": "b", "only-delimited": "s",
    "complement": "complement", "output-delimiter": "output-delimiter=", "zero-terminated": "z",
}  # fmt: skip
_END = 1 << 40


def _ranges(text: str, *, fields: bool) -> list[tuple[int, int]]:
    what = "field" if fields else "byte/character position"
    ranges: list[tuple[int, int]] = []
    for part in re.split(r"[, \t]", text):
        match = re.fullmatch(r"(\d*)(-?)(\d*)", part)
        if match is None:
            if re.fullmatch(r"[\d-]+", part):
                raise Misuse(f"invalid {'field' if fields else 'byte or character'} range")
            bad = re.sub(r"^[\d-]*", "", part)
            raise Misuse(f"invalid {'field value' if fields else what} ‘{bad}’")
        if part == "-":
            raise Misuse("invalid range with no endpoint: -")
        first = min(int(match[1] or 1), _END) if match[1] or match[2] else 0
        last = min(int(match[3] or _END), _END) if match[2] else first
        if first == 0:
            raise Misuse(
                "fields are numbered from 1" if fields
                else "byte/character positions are numbered from 1"
            )  # fmt: skip
        if last < first:
            raise Misuse("invalid decreasing range")
        ranges.append((first, last))
    return _merged(ranges)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    at = 1
    for first, last in ranges:
        if first > at:
            out.append((at, first - 1))
        at = last + 1
    return [*out, (at, _END)] if at <= _END else out


@tool(usage="OPTION... [FILE]...")
def cut(proc: Proc) -> Running:
    """Print selected parts of lines from each file to standard output."""
    options = read_options(proc.argv, "snz", "dfcb", _LONG)
    letters = [name for name, _ in options.order if name in "fcb"]
    if not letters:
        raise Misuse("you must specify a list of bytes, characters, or fields")
    if len(letters) > 1:
        raise Misuse("only one list may be specified")
    letter = letters[0]
    fields = letter == "f"
    delimiter = options.flags.get("d", "\t") or "\0"
    if len(encoded(delimiter)) != 1:
        raise Misuse("the delimiter must be a single character")
    if not fields and "d" in options:
        raise Misuse("an input delimiter may be specified only when operating on fields")
    if not fields and "s" in options:
        raise Misuse("suppressing non-delimited lines makes sense\n\tonly when operating on fields")
    ranges = _ranges(options.flags[letter], fields=fields)
    if "complement" in options:
        ranges = _complement(ranges)
    joint = options.flags.get("output-delimiter")
    end = "\0" if "z" in options else "\n"

    def by_bytes(line: str) -> str:
        if line.isascii():
            return (joint or "").join(
                piece for first, last in ranges if (piece := line[first - 1 : last])
            )
        data = encoded(line)
        parts = [part for first, last in ranges if (part := data[first - 1 : last])]
        return decoded(encoded(joint or "").join(parts))

    def by_fields(line: str) -> str | None:
        pieces = line.split(delimiter)
        if len(pieces) == 1:
            return None if "s" in options else line
        chosen = [piece for first, last in ranges for piece in pieces[first - 1 : last]]
        return (delimiter if joint is None else joint).join(chosen)

    def show(line: str) -> None:
        text = by_fields(line) if fields else by_bytes(line)
        if text is not None:
            proc.stdout.write(text + end)

    if end == "\n":
        return (yield from each_line(proc, options.operands, show))
    return (
        yield from each_whole_line(
            proc, options.operands, lambda line: show(line.removesuffix(end)), end=end
        )
    )
