"""`test` and `[`: conditions on texts, numbers and files, as bash's builtin decides them."""

from __future__ import annotations

import re

from sim.bash.process import Proc, Running

_NUMERIC = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"}
_FILES = {"-nt", "-ot", "-ef"}
_TEXTS = {"=", "==", "!=", "<", ">"}
_BINARY = _NUMERIC | _FILES | _TEXTS
_UNARY = set("abcdefghknoprstuvwxzLNORGS")
_LIMIT = 1 << 63


class _Problem(Exception):  # noqa: N818 - a line that the program prints
    pass


class _Test:
    def __init__(self, proc: Proc, words: list[str]) -> None:
        self.proc = proc
        self.words = words
        self.at = 0

    def decide(self) -> bool:
        """Return whether the condition holds; by the number of words, as POSIX has it."""
        return self._posix(self.words)

    def _posix(self, words: list[str]) -> bool:
        match len(words):
            case 0:
                return False
            case 1:
                return words[0] != ""
            case 2:
                if words[0] == "!":
                    return words[1] == ""
                if _is_unary(words[0]):
                    return self._unary(words[0], words[1])
                raise _Problem(f"{words[0]}: unary operator expected")
            case 3:
                if words[1] in _BINARY:
                    return self._compare(*words)
                if words[1] in {"-a", "-o"}:
                    one, two = words[0] != "", words[2] != ""
                    return (one and two) if words[1] == "-a" else (one or two)
                if words[0] == "!":
                    return not self._posix(words[1:])
                if words[0] == "(" and words[2] == ")":
                    return words[1] != ""
                raise _Problem(f"{words[1]}: binary operator expected")
            case 4:
                if words[0] == "!":
                    return not self._posix(words[1:])
                if words[0] == "(" and words[3] == ")":
                    return self._posix(words[1:3])
        return self._long(words)

    def _long(self, words: list[str]) -> bool:
        self.words, self.at = words, 0
        value = self._any()
        if self.at < len(self.words):
            raise _Problem("too many arguments")
        return value

    def _peek(self, ahead: int = 0) -> str | None:
        index = self.at + ahead
        return self.words[index] if index < len(self.words) else None

    def _any(self) -> bool:
        value = self._all()
        while self._peek() == "-o":
            self.at += 1
            value = self._all() or value
        return value

    def _all(self) -> bool:
        value = self._one()
        while self._peek() == "-a":
            self.at += 1
            value = self._one() and value
        return value

    def _one(self) -> bool:
        word = self._peek()
        if word is None:
            raise _Problem("argument expected")
        following = self._peek(1)
        if word == "!":
            self.at += 1
            return not self._one()
        if word == "(":
            self.at += 1
            value = self._any()
            if self._peek() != ")":
                found = self._peek()
                raise _Problem("`)' expected" + ("" if found is None else f", found {found}"))
            self.at += 1
            return value
        if following in _BINARY and (right := self._peek(2)) is not None:
            self.at += 3
            return self._compare(word, following or "", right)
        if _is_unary(word) and following is not None:
            self.at += 2
            return self._unary(word, following)
        self.at += 1
        return word != ""

    def _unary(self, operator: str, operand: str) -> bool:
        files = self.proc.files
        if operator in {"-z", "-n"}:
            return (operand == "") == (operator == "-z")
        if operator == "-t":
            number = self._number(operand)
            return self.proc.stdout.tty if number == 1 else self.proc.tty if number == 0 else (
                number == 2 and self.proc.stderr.tty
            )  # fmt: skip
        if operator in {"-v", "-o", "-R"}:
            return operator == "-v" and operand in self.proc.environ
        if not operand:
            return False
        path = self.proc.path(operand)
        if operator in {"-h", "-L"}:
            return files.is_link(path)
        found = files.stat_or_none(path)
        if found is None:
            return False
        match operator:
            case "-d":
                return found.kind == "d"
            case "-f":
                return found.kind == "-"
            case "-c":
                return found.kind == "c"
            case "-s":
                return found.size > 0
            case "-x":
                return bool(found.mode & 0o111)
            case "-u" | "-g" | "-k":
                return bool(found.mode & {"-u": 0o4000, "-g": 0o2000, "-k": 0o1000}[operator])
            case "-O" | "-G":
                return found.owner == self.proc.environ.get("USER", "root")
        return operator in {"-a", "-e", "-r", "-w", "-N"}

    def _number(self, text: str) -> int:
        if not re.fullmatch(r"\s*[-+]?\d{1,30}\s*", text, re.ASCII) or not (
            -_LIMIT <= int(text) < _LIMIT
        ):
            raise _Problem(f"{text}: integer expression expected")
        return int(text)

    def _compare(self, left: str, operator: str, right: str) -> bool:
        if operator in _FILES:
            one = self.proc.files.stat_or_none(self.proc.path(left)) if left else None
            two = self.proc.files.stat_or_none(self.proc.path(right)) if right else None
            if operator == "-ef":
                real = self.proc.files.real
                same = real(self.proc.path(left)) == real(self.proc.path(right))
                return one is not None and two is not None and same
            older, newer = (one, two) if operator == "-ot" else (two, one)
            if newer is None:
                return False
            return older is None or newer.mtime_ms > older.mtime_ms
        if operator in _TEXTS:
            return {
                "=": left == right,
                "==": left == right,
                "!=": left != right,
                "<": left < right,
                ">": left > right,
            }[operator]
        a, b = self._number(left), self._number(right)
        return {
            "-eq": a == b, "-ne": a != b, "-lt": a < b,
            "-le": a <= b, "-gt": a > b, "-ge": a >= b,
        }[operator]  # fmt: skip


def _is_unary(word: str) -> bool:
    return len(word) == 2 and word[0] == "-" and word[1] in _UNARY


def test(proc: Proc) -> Running:
    """Return 0 if the condition holds, 1 if not, 2 if it is none."""
    words = proc.argv[1:]
    if proc.argv[0].endswith("["):
        if words[-1:] != ["]"]:
            return proc.fail("missing `]'", 2)
        words = words[:-1]
    try:
        return 0 if _Test(proc, words).decide() else 1
    except _Problem as problem:
        return proc.fail(str(problem), 2)
    except RecursionError:
        return proc.fail("too many arguments", 2)
    yield
