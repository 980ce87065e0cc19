"""`find`: the files below a directory that fit an expression."""

from __future__ import annotations

import posixpath
from collections.abc import Generator
from typing import Any

import simpy

from sim.bash.process import FileProblem, Proc, Running
from sim.bash.tools.find.entries import Entry
from sim.bash.tools.find.expression import Expression, Reader, run_program
from sim.bash.tools.options import UsageProblem, in_locale

_DEEPEST = 128
_UNITS = 60


def find(proc: Proc) -> Running:
    """Search for files in a directory hierarchy."""
    words = proc.argv[1:]
    if {"--help", "-help"} & set(words):
        proc.print("Usage: find [-H] [-L] [-P] [path...] [expression]")
        return 0
    if {"--version", "-version"} & set(words):
        proc.print("find (GNU findutils) 4.9.0")
        return 0
    follow = False
    while words and (words[0] in {"-H", "-L", "-P"} or words[0].startswith("-O")):
        follow = words.pop(0) == "-L"
    tops: list[str] = []
    while words and not (words[0].startswith("-") or words[0] in {"(", "!"}):
        tops.append(words.pop(0))
    try:
        walk = _Walk(proc, Reader(proc, words).made, follow)
    except UsageProblem as problem:
        return proc.fail(in_locale(proc, str(problem)))
    for top in tops or ["."]:
        yield from walk.begin(top)
        if walk.made.quit:
            break
    for argv, names in walk.made.batches:
        if names and (yield from run_program(proc, [*argv, *names])):
            walk.made.code = 1
    yield from proc.stdout.drain()
    return walk.made.code


class _Walk:
    def __init__(self, proc: Proc, made: Expression, follow: bool) -> None:
        self.proc = proc
        self.made = made
        self.follow = follow
        self.count = 0

    def begin(self, top: str) -> Generator[simpy.Event, Any, None]:
        """Walk through what an operand names."""
        try:
            stat = self.proc.files.stat(self.proc.path(top), follow=self.follow)
        except FileProblem as problem:
            self.proc.fail(in_locale(self.proc, f"‘{top}’: {problem}"))
            self.made.code = 1
            return
        yield from self._visit(Entry(top, top, self.proc.path(top), 0, stat))

    def _visit(self, entry: Entry) -> Generator[simpy.Event, Any, None]:
        made = self.made
        made.pruned = False
        self.proc.charge(_UNITS)
        if not made.contents_first:
            yield from self._test(entry)
        enters = entry.stat.kind == "d" and entry.depth < min(made.most, _DEEPEST)
        if enters and not (made.pruned and not made.contents_first) and not made.quit:
            yield from self._below(entry)
        if made.contents_first and not made.quit:
            yield from self._test(entry)
        self.count += 1
        if self.count % 256 == 0:
            yield from self.proc.stdout.drain()

    def _test(self, entry: Entry) -> Generator[simpy.Event, Any, None]:
        made = self.made
        if entry.depth < made.least or made.quit:
            return
        fits = made.test is None or (yield from made.test(entry))
        if fits and not made.acts:
            self.proc.print(entry.shown)

    def _below(self, folder: Entry) -> Generator[simpy.Event, Any, None]:
        files = self.proc.files
        try:
            names = files.listdir(folder.path)
        except FileProblem:
            return
        for name in names:
            path = posixpath.join(folder.path, name)
            shown = f"{folder.shown.rstrip('/') if folder.shown != '/' else ''}/{name}"
            try:
                stat = files.stat(path, follow=self.follow)
            except FileProblem:
                stat_of_link = files.stat_or_none(path, follow=False)
                if stat_of_link is None:
                    continue
                stat = stat_of_link
            yield from self._visit(Entry(shown, folder.top, path, folder.depth + 1, stat))
            if self.made.quit:
                return


__all__ = ["find"]
