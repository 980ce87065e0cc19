"""`uniq`: neighbouring equal lines become one, with their count on request."""

from __future__ import annotations

import re

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.inputs import each_line, plainly
from sim.bash.tools.options import Misuse, Options, UsageProblem, extra_operand, read_options, tool

_LONG = {
    "count": "c", "repeated": "d", "unique": "u", "ignore-case": "i", "skip-fields": "f",
    "skip-chars": "s", "check-chars": "w", "zero-terminated": "z", "all-repeated": "D=?",
    "group": "group=?",
}  # fmt: skip
_BLANKS = re.compile(r"[ \t]*[^ \t]*")
_GROUPS = ("prepend", "append", "separate", "both")


@tool(usage="[OPTION]... [INPUT [OUTPUT]]")
def uniq(proc: Proc) -> Running:
    """Print each run of equal lines once."""
    options = read_options(proc.argv, "cdDuiz", "fsw", _LONG)
    extra_operand(options, 2)
    skip = {letter: _count(options, letter) for letter in "fsw"}
    repeated = _method(
        options.flags.get("D", ""), "--all-repeated", ("none", "prepend", "separate")
    )
    grouped = _method(options.flags.get("group", ""), "--group", _GROUPS) or "separate"
    if "group" in options and set("cdDu") & set(options.flags):
        raise Misuse("--group is mutually exclusive with -c/-d/-D/-u")
    if "c" in options and "D" in options:
        raise Misuse("printing all duplicated lines and repeat counts is meaningless")
    end = "\0" if "z" in options else "\n"
    write = proc.stdout.write
    if len(options.operands) > 1:
        path = proc.path(options.operands[1])
        proc.files.write(path, "")
        write = _Appending(proc, path).write
    run: list[str] = []
    key = ""
    groups = 0
    count = 0

    def flush() -> None:
        nonlocal groups
        if not run:
            return
        if "group" in options:
            if grouped in ("prepend", "both") or (groups and grouped in ("separate",)):
                write(end)
            write("".join(line + end for line in run))
            if grouped == "append":
                write(end)
            groups += 1
            return
        if "D" in options:
            if count > 1 and "u" not in options:
                if repeated == "prepend" or (repeated == "separate" and groups):
                    write(end)
                write("".join(line + end for line in run))
                groups += 1
            return
        if ("d" in options and count < 2) or ("u" in options and count > 1):
            return
        write((f"{count:7} " if "c" in options else "") + run[0] + end)

    def take(line: str) -> None:
        nonlocal key, count
        own = _key(line, skip, fold="i" in options)
        if run and own == key:
            count += 1
            if "D" in options or "group" in options:
                run.append(line)
            return
        flush()
        run[:] = [line]
        key, count = own, 1

    names = [name for name in options.operands[:1] if name != "-"]
    if end == "\n":
        code = yield from each_line(proc, names, take)
    else:
        raise UsageProblem("--zero-terminated: not supported in this simulator")
    flush()
    if groups and grouped == "both" and "group" in options:
        write(end)
    return code


class _Appending:
    def __init__(self, proc: Proc, path: str) -> None:
        self._proc, self._path = proc, path

    def write(self, text: str) -> None:
        self._proc.charge(len(text) // 8)
        try:
            self._proc.files.write(self._path, text, append=True)
        except FileProblem as problem:
            raise UsageProblem(plainly(self._path, problem)) from None


def _key(line: str, skip: dict[str, int | None], *, fold: bool) -> str:
    at = 0
    for _ in range(min(skip["f"] or 0, len(line))):
        match = _BLANKS.match(line, at)
        at = match.end() if match is not None else at
    at += skip["s"] or 0
    text = line[at:] if skip["w"] is None else line[at : at + skip["w"]]
    return text.upper() if fold else text


def _count(options: Options, letter: str) -> int | None:
    text = options.flags.get(letter)
    if text is None:
        return None
    if not re.fullmatch(r"\+?\d{1,12}", text):
        what = {"f": "fields to skip", "s": "bytes to skip", "w": "bytes to compare"}[letter]
        raise UsageProblem(f"{text}: invalid number of {what}")
    return int(text)


def _method(text: str, option: str, known: tuple[str, ...]) -> str:
    if not text:
        return ""
    found = [one for one in known if one.startswith(text)]
    if len(found) != 1:
        listed = "".join(f"\n  - ‘{one}’" for one in known)
        raise Misuse(f"invalid argument ‘{text}’ for ‘{option}’\nValid arguments are:{listed}")
    return found[0]
