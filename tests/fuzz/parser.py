"""Feeds the parser of the shell language what a coverage-guided fuzzer makes up.

Anything but a tree or a ShellSyntaxError is a finding; libFuzzer's options are taken (`-runs=100000`).
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["sim.bash"]):
    from sim.bash.parser import parse
    from sim.bash.syntax import ShellSyntaxError

from tests.fuzz.lines import SEEDS, TOKENS


def parse_one(data: bytes) -> None:
    """Parse text made of *data*: pieces of known lines, or whatever it is."""
    drawn = atheris.FuzzedDataProvider(data)
    parts: list[str] = []
    while drawn.remaining_bytes() and len(parts) < 40:
        kind = drawn.ConsumeIntInRange(0, 3)
        if kind == 0:
            parts.append(TOKENS[drawn.ConsumeIntInRange(0, len(TOKENS) - 1)])
        elif kind == 1:
            line = SEEDS[drawn.ConsumeIntInRange(0, len(SEEDS) - 1)]
            parts.append(line[drawn.ConsumeIntInRange(0, len(line)) :])
        elif kind == 2:
            parts.append(drawn.ConsumeUnicode(12))
        else:
            parts.append(" ")
    try:
        parse("".join(parts))
    except ShellSyntaxError:
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, parse_one)
    atheris.Fuzz()
