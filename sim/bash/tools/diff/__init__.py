"""`diff`: files and directories line by line, with the hunks that GNU's finds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Hashable
from datetime import UTC, datetime
from typing import Any

import simpy

from sim.bash.patterns import matches
from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.diff.changes import Change, changes
from sim.bash.tools.diff.formats import (
    Page,
    SideBySide,
    Text,
    hunks,
    in_context,
    normal,
    unified,
)
from sim.bash.tools.options import Misuse, Options, UsageProblem, read_options, tool

_LONG = {
    "brief": "q", "report-identical-files": "s", "context": "context=?", "unified": "unified=?",
    "normal": "normal", "side-by-side": "y", "width": "W", "left-column": "left-column",
    "suppress-common-lines": "suppress-common-lines", "recursive": "r", "new-file": "N",
    "ignore-case": "i", "ignore-tab-expansion": "E", "ignore-trailing-space": "Z",
    "ignore-space-change": "b", "ignore-all-space": "w", "ignore-blank-lines": "B",
    "text": "a", "minimal": "d", "color": "color=?", "label": "L", "exclude": "x",
    "ignore-matching-lines": "I", "speed-large-files": "H", "strip-trailing-cr":
    "strip-trailing-cr", "no-dereference": "no-dereference",
}  # fmt: skip
_COUNT = re.compile(r"-([qsuyrNiEZbwBad]*)([0-9]+)([a-zA-Z]*)")
_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
_USAGE = "[OPTION]... FILES"


@tool(2, usage=_USAGE, package="GNU diffutils) 3.8")
def diff(proc: Proc) -> Running:
    """Compare FILES line by line."""
    try:
        return (yield from _diff(proc))
    except Misuse as problem:
        proc.fail(str(problem))
        return proc.fail("Try 'diff --help' for more information.", 2)


def _diff(proc: Proc) -> Running:
    argv = [proc.argv[0]]
    for word in proc.argv[1:]:
        count = _COUNT.fullmatch(word) if "--" not in argv else None
        argv += [f"-{count[1]}{count[3]}U{count[2]}"] if count else [word]
    options = read_options(argv, "qsuycrNiEZbwBadHt", "UCWLxI", _LONG)
    if not options.operands:
        raise Misuse("missing operand after 'diff'")
    if len(options.operands) < 2:
        raise Misuse(f"missing operand after '{options.operands[-1]}'")
    if len(options.operands) > 2:
        raise Misuse(f"extra operand '{options.operands[2]}'")
    for letter in "It":
        if letter in options:
            raise UsageProblem(f"-{letter}: not supported in this simulator")
    given = ""
    if "-" in options.operands:
        given = yield from proc.stdin.read_all()
    comparing = _Comparing(proc, options, given)
    code = yield from comparing.operands(*options.operands)
    yield from proc.stdout.drain()
    return code


def _number(options: Options, names: tuple[str, ...], default: int, what: str) -> int:
    for name, value in reversed(options.order):
        if name in names and value:
            if not re.fullmatch(r"[0-9]{1,9}", value):
                raise UsageProblem(f"invalid {what} '{value}'")
            return int(value)
    return default


def _quoted(name: str) -> str:
    """Return a name as headers show it: in quotes if it has blanks in it."""
    if not re.search(r'[\s"\\]', name):
        return name
    return '"' + re.sub(r'(["\\])', r"\\\1", name).replace("\n", "\\n") + '"'


class _Comparing:
    """One command: what is compared, and how it is shown."""

    def __init__(self, proc: Proc, options: Options, given: str) -> None:
        self.proc = proc
        self.options = options
        self.given = given
        has = options.__contains__
        self.style = "normal"
        if has("y"):
            self.style = "side"
        elif has("u") or has("U") or has("unified"):
            self.style = "unified"
        elif has("c") or has("C") or has("context"):
            self.style = "context"
        if self.style != "normal" and (has("u") or has("U")) and (has("c") or has("C")):
            raise Misuse("conflicting output style options")
        self.context = 0
        if self.style in {"unified", "context"}:
            names = ("U", "C", "unified", "context")
            self.context = _number(options, names, 3, "context length")
        self.width = _number(options, ("W",), 130, "width")
        when = options.flags.get("color", "never")
        if when not in {"", "always", "never", "auto"}:
            raise Misuse(f"invalid color '{when}'")
        self.coloured = when == "always" or (when in {"", "auto"} and proc.stdout.tty)

    # -- operands ------------------------------------------------------------------------------

    def operands(self, left: str, right: str) -> Generator[simpy.Event, Any, int]:
        """Compare what the operands name; return the code."""
        files = self.proc.files
        folders = [name != "-" and files.is_dir(self.proc.path(name)) for name in (left, right)]
        if all(folders):
            return self._folders(left, right)
        # A file is compared with the file of its name in a directory.
        if folders[0] and right != "-":
            left = f"{left.rstrip('/') or ''}/{posixpath.basename(right)}"
        elif folders[1] and left != "-":
            right = f"{right.rstrip('/') or ''}/{posixpath.basename(left)}"
        return self._pair(left, right)
        yield

    def _text(self, name: str) -> str | None:
        """Return a file's text; None (after a line) if it cannot be read."""
        if name == "-":
            return self.given
        try:
            return self.proc.files.read(self.proc.path(name))
        except FileProblem as problem:
            if "N" in self.options and str(problem) == "No such file or directory":
                return ""
            self.proc.fail(f"{name}: {problem}")
            return None

    def _pair(self, left: str, right: str, *, named: bool = False) -> int:
        ours, theirs = self._text(left), self._text(right)
        if ours is None or theirs is None:
            return 2
        self.proc.charge(len(ours) + len(theirs))
        if ours == theirs:
            return self._same(left, right)
        if "\0" in ours + theirs and "a" not in self.options:
            self.proc.print(f"Binary files {left} and {right} differ")
            return 1
        sides = [self._side(left, ours), self._side(right, theirs)]
        for side, label in zip(sides, self.options.many.get("L", []), strict=False):
            side.label = label
        script = changes(
            self._keys(sides[0]),
            self._keys(sides[1]),
            horizon=self.context,
            minimal="d" in self.options,
            charge=self.proc.charge,
        )
        page = Page(self.proc.stdout.write, self.coloured, *sides)
        real = [change for change in script if not self._ignorable(page, change)]
        if not real:
            if self.style == "side" and "q" not in self.options:
                self._show(page, script)
            return self._same(left, right, shown=True)
        if "q" in self.options:
            self.proc.print(f"Files {left} and {right} differ")
            return 1
        if named:
            words = self.proc.argv[1:]
            for operand in reversed(self.options.operands):
                del words[len(words) - 1 - words[::-1].index(operand)]
            names = [*self.options.many.get("L", [])[:2], left, right]
            names = names[:2] if len(names) == 4 else [left, right]
            self.proc.print(" ".join(["diff", *words, *names]))
        self._show(page, script)
        return 1

    def _same(self, left: str, right: str, *, shown: bool = False) -> int:
        if self.style == "side" and "q" not in self.options and not shown:
            text = self._side(left, self._text(left) or "")
            self._show(Page(self.proc.stdout.write, self.coloured, text, text), [])
        if "s" in self.options:
            self.proc.print(f"Files {left} and {right} are identical")
        return 0

    def _show(self, page: Page, script: list[Change]) -> None:
        def ignorable(change: Change) -> bool:
            return self._ignorable(page, change)

        if self.style == "side":
            SideBySide(
                page,
                self.width,
                suppress="suppress-common-lines" in self.options,
                left_column="left-column" in self.options,
            ).print(script)
        elif self.style == "normal":
            normal(page, [change for change in script if not ignorable(change)])
        else:
            groups = hunks(script, self.context, ignorable)
            (unified if self.style == "unified" else in_context)(page, groups, self.context)

    def _side(self, name: str, text: str) -> Text:
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if "strip-trailing-cr" in self.options:
            lines = [line.removesuffix("\r") for line in lines]
        return Text(
            lines, text == "" or text.endswith("\n"), f"{_quoted(name)}\t{self._stamp(name)}"
        )

    def _stamp(self, name: str) -> str:
        """Return when a file was changed, as headers show it."""
        found = None
        if name != "-":
            found = self.proc.files.stat_or_none(self.proc.path(name))
        ms = self.proc.files.clock() if name == "-" else found.mtime_ms if found else 0
        when = datetime.fromtimestamp(ms // 1000, UTC)
        return f"{when:%Y-%m-%d %H:%M:%S}.{ms % 1000:03d}000000 +0000"

    # -- what counts as equal ------------------------------------------------------------------

    def _keys(self, text: Text) -> list[Hashable]:
        lines: list[Hashable] = [self._key(line) for line in text.lines]
        loose = {"b", "w", "Z"} & set(self.options.flags)
        if lines and not text.ended and not loose:
            lines[-1] = (lines[-1], "no newline")
        return lines

    def _key(self, line: str) -> str:
        has = self.options.flags.__contains__
        if has("E"):
            line = line.expandtabs(8)
        if has("w"):
            line = _BLANKS.sub("", line)
        elif has("b"):
            line = _BLANKS.sub(" ", line).rstrip(" ")
        elif has("Z"):
            line = line.rstrip(" \t\v\f\r")
        return line.lower() if has("i") else line

    def _ignorable(self, page: Page, change: Change) -> bool:
        if "B" not in self.options:
            return False
        lines = page.left.lines[change.left : change.left + change.deleted]
        lines += page.right.lines[change.right : change.right + change.inserted]
        trim = bool({"b", "w", "Z"} & set(self.options.flags))
        return not any(line.strip() if trim else line for line in lines)

    # -- directories ---------------------------------------------------------------------------

    def _names(self, folder: str) -> list[str]:
        if not self.proc.files.is_dir(self.proc.path(folder)):
            return []
        unwanted = self.options.many.get("x", [])
        names = self.proc.files.listdir(self.proc.path(folder))
        return [name for name in names if not any(matches(one, name) for one in unwanted)]

    def _folders(self, left: str, right: str) -> int:
        ours, theirs = self._names(left), self._names(right)
        code = 0
        for name in sorted({*ours, *theirs}):
            self.proc.charge(50)
            sides = [f"{folder.rstrip('/')}/{name}" for folder in (left, right)]
            if "N" not in self.options and (name not in ours or name not in theirs):
                self.proc.print(f"Only in {left if name in ours else right}: {name}")
                code = max(code, 1)
                continue
            code = max(code, self._entries(*sides))
        return code

    def _entries(self, left: str, right: str) -> int:
        files = self.proc.files
        folders = [files.is_dir(self.proc.path(side)) for side in (left, right)]
        there = [files.exists(self.proc.path(side)) for side in (left, right)]
        if any(folders) and (all(folders) or not all(there)):
            if "r" in self.options:
                return self._folders(left, right)
            self.proc.print(f"Common subdirectories: {left} and {right}")
            return 0
        if any(folders):
            kinds = ["directory" if folder else "regular file" for folder in folders]
            if not folders[0] and files.size(self.proc.path(left)) == 0:
                kinds[0] = "regular empty file"
            if not folders[1] and files.size(self.proc.path(right)) == 0:
                kinds[1] = "regular empty file"
            self.proc.print(f"File {left} is a {kinds[0]} while file {right} is a {kinds[1]}")
            return 1
        return self._pair(left, right, named=True)


__all__ = ["diff"]
