"""The words of an awk program."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.bash.tools.options import UsageProblem

_TOKEN = re.compile(
    r"""(?P<space>[ \t]+|\\\n)|(?P<end>[;\n]+)|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)
    |(?P<string>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\+\+|--|[-+*/%]=|==|!=|<=|>=|&&|\|\||!~|[-+*/%<>!~=?:,(){}$\[\]])""",
    re.VERBOSE,
)


@dataclass
class Token:
    """One word or sign; `spaced` if a blank stands before it."""

    kind: str
    text: str
    spaced: bool


def read_tokens(program: str) -> list[Token]:
    """Return the tokens of *program*, the last of kind `eof`; raises UsageProblem."""
    out: list[Token] = []
    at, spaced = 0, False
    while at < len(program):
        if program[at] == "#":
            at = (program + "\n").find("\n", at)
            continue
        before = out[-1] if out else None
        if program[at] == "/" and (
            before is None
            or before.kind == "end"
            or (before.kind == "sign" and before.text not in {")", "]", "$"})
        ):
            match = re.compile(r"/((?:[^/\\\n]|\\.)*)/").match(program, at)
            if match is not None:
                out.append(Token("regex", match[1].replace("\\/", "/"), spaced))
                at, spaced = match.end(), False
                continue
        found = _TOKEN.match(program, at)
        if found is None or found.lastgroup is None:
            raise UsageProblem(f"syntax error at source line 1 near {program[at : at + 10]!r}")
        if found.lastgroup == "space":
            spaced = True
        else:
            out.append(Token(found.lastgroup, found[0], spaced))
            spaced = False
        at = found.end()
    out.append(Token("eof", "", spaced=False))
    return out
