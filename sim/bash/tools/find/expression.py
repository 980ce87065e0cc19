"""find's expression: tests and actions, with `-a`, `-o`, `!` and parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from sim.bash.patterns import matches
from sim.bash.process import FileProblem, Proc
from sim.bash.regex import Dialect, Regex, RegexProblem, compile_regex, translate
from sim.bash.tools.find.entries import Entry, is_empty, listed, printed
from sim.bash.tools.options import UsageProblem, in_locale

Test = Callable[[Entry], Generator[simpy.Event, Any, bool]]
_UNITS = {"c": 1, "w": 2, "b": 512, "k": 1024, "M": 1 << 20, "G": 1 << 30}
_DAY, _MINUTE = 86_400_000, 60_000
_NESTED = 64


@dataclass
class Expression:
    """What to do with each file, and the options that hold for all."""

    test: Test | None = None
    acts: bool = False
    """Whether an action is named; without one files are printed."""
    least: int = 0
    most: int = 1 << 30
    contents_first: bool = False
    pruned: bool = False
    quit: bool = False
    code: int = 0
    batches: list[tuple[list[str], list[str]]] = field(default_factory=list)
    """Programs of `-exec ... +`, and the names they wait for."""


class Reader:
    """Reads the words after the paths."""

    def __init__(self, proc: Proc, words: list[str]) -> None:
        """Read *words*; raises UsageProblem."""
        self.proc = proc
        self.words = words
        self.at = 0
        self.depth = 0
        self.made = Expression()
        self.extended = False
        if words:
            self.made.test = self._or()
            if self.at < len(words):
                raise UsageProblem(
                    "invalid expression; you have too many ')'"
                    if self.words[self.at] == ")"
                    else f"paths must precede expression: `{self.words[self.at]}'"
                )

    def _peek(self) -> str | None:
        return self.words[self.at] if self.at < len(self.words) else None

    def _or(self) -> Test:
        left = self._and()
        while self._peek() in {"-o", "-or", ","}:
            word = self.words[self.at]
            self.at += 1
            if self._peek() in {None, ")"}:
                raise UsageProblem(f"expected an expression after '{word}'")
            left = _either(left, self._and()) if word != "," else _after(left, self._and())
        return left

    def _and(self) -> Test:
        left = self._not()
        while (word := self._peek()) not in {None, "-o", "-or", ",", ")"}:
            if word in {"-a", "-and"}:
                self.at += 1
                if self._peek() in {None, ")"}:
                    raise UsageProblem(f"expected an expression after '{word}'")
            left = _both(left, self._not())
        return left

    def _not(self) -> Test:
        word = self._peek()
        if word in {"!", "-not"}:
            self.at += 1
            if self._peek() is None:
                raise UsageProblem(f"expected an expression after '{word}'")
            return _opposite(self._not())
        if word == "(":
            self.at += 1
            self.depth += 1
            if self.depth > _NESTED:
                raise UsageProblem("expression is nested too deep")
            if self._peek() == ")":
                raise UsageProblem("invalid expression; empty parentheses are not allowed.")
            if self._peek() is None:
                raise UsageProblem(_OPEN)
            inner = self._or()
            if self._peek() != ")":
                raise UsageProblem(_OPEN)
            self.at += 1
            self.depth -= 1
            return inner
        if word in {"-o", "-or", "-a", "-and", ","}:
            raise UsageProblem(
                "invalid expression; you have used a binary operator "
                f"'{word}' with nothing before it."
            )
        return self._primary()

    def _value(self, name: str) -> str:
        if self.at >= len(self.words):
            raise UsageProblem(f"missing argument to `{name}'")
        self.at += 1
        return self.words[self.at - 1]

    # -- tests and actions ---------------------------------------------------------------------

    def _primary(self) -> Test:
        name = self.words[self.at]
        self.at += 1
        if not name.startswith("-"):
            raise UsageProblem(f"paths must precede expression: `{name}'")
        if name in {"-maxdepth", "-mindepth", "-depth", "-d", "-xdev", "-mount", "-follow",
                    "-noleaf", "-daystart", "-warn", "-nowarn", "-regextype"}:  # fmt: skip
            return self._option(name)
        if name in {"-exec", "-ok", "-execdir"}:
            return self._exec(name)
        simple = self._simple(name)
        if simple is not None:
            return _plain(simple)
        if name in {"-print", "-print0", "-ls", "-printf", "-delete", "-prune", "-quit"}:
            return self._action(name)
        raise UsageProblem(f"unknown predicate `{name}'")

    def _option(self, name: str) -> Test:
        if name in {"-maxdepth", "-mindepth"}:
            text = self._value(name)
            if not re.fullmatch(r"[0-9]{1,9}", text):
                raise UsageProblem(
                    f"Expected a positive decimal integer argument to {name}, but got ‘{text}’"
                )
            if name == "-maxdepth":
                self.made.most = int(text)
            else:
                self.made.least = int(text)
        elif name in {"-depth", "-d"}:
            self.made.contents_first = True
        elif name == "-regextype":
            self.extended = "extended" in self._value(name) or "egrep" in self.words[self.at - 1]
        return _plain(lambda entry: True)

    def _simple(self, name: str) -> Callable[[Entry], bool] | None:
        """Return a test that needs nothing but the file."""
        proc = self.proc
        if name in {"-true", "-false"}:
            return lambda entry: name == "-true"
        if name in {"-name", "-iname"}:
            pattern = self._value(name)
            if name == "-iname":
                return lambda entry: matches(pattern.lower(), entry.name.lower())
            return lambda entry: matches(pattern, entry.name)
        if name in {"-path", "-wholename", "-ipath", "-iwholename"}:
            pattern = self._value(name)
            if name[1] == "i":
                return lambda entry: matches(pattern.lower(), entry.shown.lower())
            return lambda entry: matches(pattern, entry.shown)
        if name in {"-regex", "-iregex"}:
            regex = self._regex(self._value(name), name == "-iregex")
            return lambda entry: regex.fits(entry.shown)
        if name in {"-type", "-xtype"}:
            return self._type(name)
        if name == "-empty":
            return lambda entry: is_empty(proc.files, entry)
        if name in {"-user", "-group"}:
            owner = self._value(name)
            return lambda entry: owner in {entry.stat.owner, entry.stat.group}
        if name == "-perm":
            return self._mode(self._value(name))
        if name == "-size":
            return self._size(self._value(name))
        if name in {"-newer", "-anewer", "-cnewer"}:
            return self._newer(self._value(name))
        if name in {"-mtime", "-atime", "-ctime", "-mmin", "-amin", "-cmin"}:
            return self._age(name, self._value(name))
        if name in {"-links", "-inum"}:
            fits = self._number(name, self._value(name))
            return lambda entry: fits(entry.stat.links if name == "-links" else entry.stat.inode)
        if name in {"-readable", "-writable"}:
            return lambda entry: True
        if name == "-executable":
            return lambda entry: bool(entry.stat.mode & 0o111)
        return None

    def _regex(self, source: str, ignore_case: bool) -> Regex:
        if not self.extended:
            # The Emacs syntax, find's default, has `+` and `?` as operators, and `\|`, `\(`.
            source = re.sub(r"\\.|\[\^?\]?[^]]*\]|[+?]",
                            lambda m: "\\" + m[0] if m[0] in "+?" else m[0], source)  # fmt: skip
        try:
            readable = translate(source, Dialect(extended=self.extended))
            return compile_regex(f"^(?:{readable})$", ignore_case=ignore_case)
        except RegexProblem as problem:
            raise UsageProblem(f"failed to compile regular expression '{source}': {problem}") from (
                None
            )

    def _type(self, name: str) -> Callable[[Entry], bool]:
        text = self._value(name)
        letters = text.split(",")
        for letter in letters:
            if letter not in {"f", "d", "l", "b", "c", "p", "s"}:
                raise UsageProblem(f"Unknown argument to {name}: {letter[:1]}")
        return lambda entry: entry.type in letters

    def _number(self, name: str, text: str) -> Callable[[float], bool]:
        match = re.fullmatch(r"([-+]?)([0-9]{1,12})", text)
        if match is None:
            raise UsageProblem(f"invalid argument `{text}' to `{name}'")
        count = int(match[2])
        if match[1] == "+":
            return lambda value: value > count
        if match[1] == "-":
            return lambda value: value < count
        return lambda value: value == count

    def _size(self, text: str) -> Callable[[Entry], bool]:
        match = re.fullmatch(r"([-+]?[0-9]{1,15})([cwbkMG]?)", text)
        if match is None:
            digits = re.match(r"[-+]?[0-9]+", text)
            if digits is None or len(text) > len(digits[0]) + 1:
                raise UsageProblem(f"invalid -size type `{text[-1:]}'" if text else "invalid -size")
            raise UsageProblem(f"invalid -size type `{text[len(digits[0]) :]}'")
        fits = self._number("-size", match[1])
        unit = _UNITS[match[2] or "b"]
        return lambda entry: fits(-(-entry.stat.size // unit))

    def _age(self, name: str, text: str) -> Callable[[Entry], bool]:
        fits = self._number(name, text)
        files = self.proc.files
        unit = _DAY if name.endswith("time") else _MINUTE
        if unit == _DAY:
            return lambda entry: fits((files.clock() - entry.stat.mtime_ms) // _DAY)
        # Minutes are not cut to whole ones: `-mmin 5` is from four to five minutes ago.
        return lambda entry: fits(-(-(files.clock() - entry.stat.mtime_ms) // _MINUTE))

    def _newer(self, name: str) -> Callable[[Entry], bool]:
        try:
            than = self.proc.files.stat(self.proc.path(name)).mtime_ms
        except FileProblem as problem:
            raise UsageProblem(f"‘{name}’: {problem}") from None
        return lambda entry: entry.stat.mtime_ms > than

    def _mode(self, text: str) -> Callable[[Entry], bool]:
        match = re.fullmatch(r"([-/]?)([0-7]{1,4})", text)
        if match is None:
            raise UsageProblem(f"invalid mode ‘{text}’")
        wanted = int(match[2], 8)
        if match[1] == "-":
            return lambda entry: entry.stat.mode & wanted == wanted
        if match[1] == "/":
            return lambda entry: not wanted or bool(entry.stat.mode & wanted)
        return lambda entry: entry.stat.mode == wanted

    def _action(self, name: str) -> Test:
        proc, made = self.proc, self.made
        if name == "-prune":

            def prune(entry: Entry) -> bool:
                made.pruned = True
                return True

            return _plain(prune)
        made.acts = True
        if name == "-quit":

            def leave(entry: Entry) -> bool:
                made.quit = True
                return True

            return _plain(leave)
        if name == "-delete":
            made.contents_first = True
            return _plain(self._delete)
        form = self._value(name) if name == "-printf" else ""

        def show(entry: Entry) -> bool:
            text = {"-print": entry.shown + "\n", "-print0": entry.shown + "\0"}.get(name)
            if name == "-ls":
                text = listed(entry, proc.files.clock()) + "\n"
            proc.stdout.write(printed(form, entry) if text is None else text)
            return True

        return _plain(show)

    def _delete(self, entry: Entry) -> bool:
        files = self.proc.files
        if entry.shown == ".":
            return True
        try:
            (files.rmdir if entry.type == "d" else files.remove)(entry.path)
        except FileProblem as problem:
            self.proc.fail(in_locale(self.proc, f"cannot delete ‘{entry.shown}’: {problem}"))
            self.made.code = 1
            return False
        return True

    def _exec(self, name: str) -> Test:
        if name != "-exec":
            raise UsageProblem(f"{name}: not supported in this simulator")
        argv: list[str] = []
        while (word := self._peek()) is not None:
            self.at += 1
            if word == ";" or (word == "+" and argv[-1:] == ["{}"]):
                break
            argv.append(word)
        else:
            raise UsageProblem("missing argument to `-exec'")
        if not argv:
            raise UsageProblem("missing argument to `-exec'")
        self.made.acts = True
        if word == "+":
            batch: tuple[list[str], list[str]] = (argv[:-1], [])
            self.made.batches.append(batch)

            def gather(entry: Entry) -> bool:
                batch[1].append(entry.shown)
                return True

            return _plain(gather)

        def run(entry: Entry) -> Generator[simpy.Event, Any, bool]:
            words = [one.replace("{}", entry.shown) for one in argv]
            return (yield from run_program(self.proc, words)) == 0

        return run


_OPEN = "invalid expression; I was expecting to find a ')' somewhere but did not see one."


def run_program(proc: Proc, argv: list[str]) -> Generator[simpy.Event, Any, int]:
    """Run a program with *argv*; return its code."""
    proc.charge(1000)
    if argv[0] not in proc.programs and argv[0].rpartition("/")[2] not in proc.programs:
        proc.fail(in_locale(proc, f"‘{argv[0]}’: No such file or directory"))
        return 127
    code: int = yield from proc.call(argv)
    return code


def _plain(test: Callable[[Entry], bool]) -> Test:
    def run(entry: Entry) -> Generator[simpy.Event, Any, bool]:
        return test(entry)
        yield

    return run


def _both(left: Test, right: Test) -> Test:
    def run(entry: Entry) -> Generator[simpy.Event, Any, bool]:
        return (yield from left(entry)) and (yield from right(entry))

    return run


def _either(left: Test, right: Test) -> Test:
    def run(entry: Entry) -> Generator[simpy.Event, Any, bool]:
        return (yield from left(entry)) or (yield from right(entry))

    return run


def _after(left: Test, right: Test) -> Test:
    def run(entry: Entry) -> Generator[simpy.Event, Any, bool]:
        yield from left(entry)
        return (yield from right(entry))

    return run


def _opposite(test: Test) -> Test:
    def run(entry: Entry) -> Generator[simpy.Event, Any, bool]:
        return not (yield from test(entry))

    return run
