"""`cat`, `tac`, `rev` and `tee`: whole texts, as they are or turned."""

from __future__ import annotations

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import (
    all_text,
    each_piece,
    each_whole_line,
    encoded,
    plainly,
    quoted,
    shown,
)
from sim.bash.tools.options import UTIL_LINUX, read_options, tool

_CAT = {
    "number-nonblank": "b", "number": "n", "squeeze-blank": "s", "show-nonprinting": "v",
    "show-ends": "E", "show-tabs": "T", "show-all": "A",
}  # fmt: skip


@tool()
def cat(proc: Proc) -> Running:
    """Concatenate files or standard input to standard output."""
    options = read_options(proc.argv, "AbeEnstTuv", "", _CAT)
    letters = set(options.flags)
    if "A" in letters:
        letters |= {"v", "E", "T"}
    if letters & {"e", "t"}:
        letters |= (
            {"v"} | ({"E"} if "e" in letters else set()) | ({"T"} if "t" in letters else set())
        )
    if not letters - {"u", "A", "e", "t"}:
        return (yield from each_piece(proc, options.operands, proc.stdout.write))
    number = blanks = 0

    def show(line: str) -> None:
        nonlocal number, blanks
        bare = line.removesuffix("\n")
        ended = bare != line
        blanks = 0 if bare else blanks + 1
        if "s" in letters and blanks > 1:
            return
        if "v" in letters:
            proc.charge(2 * len(bare))
            bare = visible(bare)
        if "T" in letters:
            bare = bare.replace("\t", "^I")
        if "E" in letters and ended:
            # A \r before the end of a line shows as ^M.
            bare = bare.removesuffix("\r") + "^M" if bare.endswith("\r") else bare
            bare += "$"
        if ("b" in letters and line != "\n") or ("n" in letters and "b" not in letters):
            number += 1
            bare = f"{number:6}\t{bare}"
        proc.stdout.write(bare + ("\n" if ended else ""))

    return (yield from each_whole_line(proc, options.operands, show))


def visible(text: str) -> str:
    """Return *text* in the ^ and M- notation, tabs and newlines as they are."""
    out: list[str] = []
    for byte in encoded(text):
        high, low = byte >= 128, byte & 127
        if not high and byte in (9, 10):
            out.append(chr(byte))
            continue
        shape = "^?" if low == 127 else f"^{chr(low + 64)}" if low < 32 else chr(low)
        out.append(("M-" if high else "") + shape)
    return "".join(out)


def _tac_says(name: str, problem: FileProblem) -> str:
    if str(problem) == "Is a directory":
        return f"{shown(name)}: read error: {problem}"
    return f"failed to open {quoted(name)} for reading: {problem}"


@tool()
def tac(proc: Proc) -> Running:
    """Print the lines of each file from last to first."""
    options = read_options(
        proc.argv, "br", "s", {"before": "b", "regex": "r", "separator": "s"}
    )  # fmt: skip
    if "r" in options:
        return proc.fail("--regex: not supported in this simulator")
    end = options.flags.get("s", "\n") or "\0"
    code, texts = yield from all_text(proc, options.operands, _tac_says)
    for _, text in texts:
        pieces = text.split(end)
        if "b" in options:
            pieces = [pieces[0], *(end + piece for piece in pieces[1:])]
        else:
            pieces = [*(piece + end for piece in pieces[:-1]), pieces[-1]]
        proc.stdout.write("".join(reversed(pieces)))
    return code


@tool(usage="[options] [<file> ...]", package=UTIL_LINUX)
def rev(proc: Proc) -> Running:
    """Reverse lines characterwise."""
    options = read_options(proc.argv, "", "")

    def show(line: str) -> None:
        bare = line.removesuffix("\n")
        proc.stdout.write(bare[::-1] + line[len(bare) :])

    def says(name: str, problem: FileProblem) -> str:
        return f"cannot open {name}: {problem}"

    return (yield from each_whole_line(proc, options.operands, show, says))


@tool()
def tee(proc: Proc) -> Running:
    """Copy standard input to each file, and to standard output."""
    options = read_options(
        proc.argv,
        "aip",
        "",
        {"append": "a", "ignore-interrupts": "i", "output-error": "output-error=?"},
    )
    code = 0
    paths: list[str] = []
    for name in options.operands:
        try:
            path = proc.path(name)
            proc.files.write(path, "", append="a" in options)
            paths.append(path)
        except FileProblem as problem:
            code = proc.fail(plainly(name, problem))
    while (piece := (yield from proc.stdin.read())) is not None:
        for path, name in zip(list(paths), options.operands, strict=False):
            try:
                proc.charge(len(piece))
                proc.files.write(path, piece, append=True)
            except FileProblem as problem:
                paths.remove(path)
                code = proc.fail(plainly(name, problem))
        proc.stdout.write(piece)
        yield from proc.stdout.drain()
    return code


def plain_name(name: str, problem: FileProblem) -> str:
    """Return `name: problem`."""
    return f"{shown(name)}: {problem}"
