"""`tr`: characters replaced, deleted or squeezed."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.options import UsageProblem, read_options, tool

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "0": "\0"}
_CLASSES = {
    "[:lower:]": "abcdefghijklmnopqrstuvwxyz",
    "[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "[:digit:]": "0123456789",
    "[:space:]": " \t\n\r\v\f",
    "[:blank:]": " \t",
    "[:punct:]": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
}
_CLASSES["[:alpha:]"] = _CLASSES["[:upper:]"] + _CLASSES["[:lower:]"]
_CLASSES["[:alnum:]"] = _CLASSES["[:digit:]"] + _CLASSES["[:alpha:]"]


def _characters(text: str) -> str:
    for name, members in _CLASSES.items():
        text = text.replace(name, members.replace("\\", "\\\\").replace("-", "\\-"))
    out: list[str] = []
    plain: list[bool] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            out.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            plain.append(False)
            at += 2
        else:
            out.append(text[at])
            plain.append(True)
            at += 1
    result: list[str] = []
    index = 0
    while index < len(out):
        if index + 2 < len(out) and out[index + 1] == "-" and plain[index + 1]:
            first, last = ord(out[index]), ord(out[index + 2])
            if last < first or last - first > 512:
                raise UsageProblem(
                    f"range-endpoints of '{out[index]}-{out[index + 2]}' are in reverse "
                    "collating sequence order"
                )
            result.extend(map(chr, range(first, last + 1)))
            index += 3
        else:
            result.append(out[index])
            index += 1
    return "".join(result)


@tool()
def tr(proc: Proc) -> Running:
    """Copy standard input with characters changed."""
    options = read_options(proc.argv, "dscC", "", {"delete": "d", "squeeze-repeats": "s"})
    if not options.operands:
        raise UsageProblem("missing operand")
    first = _characters(options.operands[0])
    second = _characters(options.operands[1]) if len(options.operands) > 1 else ""
    if not second and "d" not in options and "s" not in options:
        raise UsageProblem(f"missing operand after '{options.operands[0]}'")
    complement = "c" in options or "C" in options
    known = set(first)
    padded = second + second[-1:] * (len(first) - len(second))
    mapping = dict(zip(first, padded, strict=False)) if second and "d" not in options else {}
    squeezed = set(second or first) if "s" in options else set()
    last = ""
    while (text := (yield from proc.stdin.read())) is not None:
        out: list[str] = []
        for char in text:
            inside = (char in known) != complement
            if inside and "d" in options:
                continue
            if inside and mapping:
                char = second[-1] if complement else mapping[char]  # noqa: PLW2901
            member = (char in squeezed) != (complement and not second)
            if squeezed and member and char == last:
                continue
            last = char
            out.append(char)
        proc.stdout.write("".join(out))
        yield from proc.stdout.drain()
    return 0
