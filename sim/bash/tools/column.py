"""`column -t` and `rev`-like rearranging of whole lines, and `base64`."""

from __future__ import annotations

import base64 as codec
import binascii

from sim.bash.process import Proc, Running
from sim.bash.tools.options import (
    UsageProblem,
    all_text,
    each_line,
    read_options,
    split_lines,
    tool,
)


@tool()
def column(proc: Proc) -> Running:
    """Align fields in columns (`-t`); without it the lines stay as they are."""
    options = read_options(proc.argv, "t", "so", {"table": "t", "separator": "s"})
    if options.flags.get("s") == "":
        raise UsageProblem("an empty separator separates nothing")
    code, texts = yield from all_text(proc, options.operands)
    lines = [line for _, text in texts for line in split_lines(text) if line.strip()]
    if "t" not in options:
        proc.print(*lines)
        return code
    rows = [line.split(options.flags.get("s")) for line in lines]
    widths: list[int] = []
    for row in rows:
        widths.extend([0] * (len(row) - len(widths)))
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], len(cell))
    joint = options.flags.get("o", "  ")
    for row in rows:
        cells = [f"{cell:{widths[index]}}" for index, cell in enumerate(row)]
        proc.print(joint.join([*cells[:-1], row[-1]]))
    return code


def rev(proc: Proc) -> Running:
    """Print each line backwards."""
    return (yield from each_line(proc, proc.argv[1:], lambda line: proc.print(line[::-1])))


@tool()
def base64(proc: Proc) -> Running:
    """Encode, or decode with `-d`."""
    options = read_options(proc.argv, "dDi", "w", {"decode": "d", "wrap": "w"})
    width = options.number("w", 76)
    code, texts = yield from all_text(proc, options.operands)
    whole = "".join(text for _, text in texts)
    if "d" in options or "D" in options:
        try:
            proc.stdout.write(codec.b64decode(whole, validate=False).decode(errors="replace"))
        except binascii.Error:
            return proc.fail("invalid input")
        return code
    encoded = codec.b64encode(whole.encode("utf-8", "surrogateescape")).decode()
    size = width if width > 0 else len(encoded) or 1
    proc.print(*(encoded[at : at + size] for at in range(0, len(encoded), size)))
    return code
