"""`test` and `[`: conditions on texts, numbers and files."""

from __future__ import annotations

from sim.bash.process import Proc, Running
from sim.bash.tools.options import UsageProblem, tool

_NUMERIC = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"}


class _Test:
    def __init__(self, proc: Proc, words: list[str]) -> None:
        self.proc = proc
        self.words = words
        self.at = 0

    def peek(self, ahead: int = 0) -> str | None:
        index = self.at + ahead
        return self.words[index] if index < len(self.words) else None

    def any(self) -> bool:
        value = self.all()
        while self.peek() == "-o":
            self.at += 1
            value = self.all() or value
        return value

    def all(self) -> bool:
        value = self.one()
        while self.peek() == "-a":
            self.at += 1
            value = self.one() and value
        return value

    def one(self) -> bool:
        word = self.peek()
        if word is None:
            raise UsageProblem("argument expected")
        following = self.peek(1)
        if following in {"=", "==", "!=", "<", ">"} | _NUMERIC and self.peek(2) is not None:
            self.at += 3
            return self._compare(word, following or "", self.words[self.at - 1])
        if word == "!" and following is not None:
            self.at += 1
            return not self.one()
        if word == "(":
            self.at += 1
            value = self.any()
            if self.peek() != ")":
                raise UsageProblem("`)' expected")
            self.at += 1
            return value
        if len(word) == 2 and word[0] == "-" and following is not None:
            self.at += 2
            return self._unary(word, following)
        self.at += 1
        return word != ""

    def _unary(self, operator: str, operand: str) -> bool:
        files, path = self.proc.files, self.proc.path(operand)
        if operator in {"-z", "-n"}:
            return (operand == "") == (operator == "-z")
        if operator == "-d":
            return files.is_dir(path)
        if operator in {"-e", "-r", "-w"}:
            return files.exists(path)
        if operator == "-f":
            return files.exists(path) and not files.is_dir(path)
        if operator == "-s":
            return files.exists(path) and files.size(path) > 0
        if operator == "-x":
            return files.is_dir(path)
        if operator == "-t":
            return self.proc.stdout.tty if operand == "1" else self.proc.tty
        raise UsageProblem(f"{operator}: unary operator expected")

    def _compare(self, left: str, operator: str, right: str) -> bool:
        if operator not in _NUMERIC:
            return {
                "=": left == right,
                "==": left == right,
                "!=": left != right,
                "<": left < right,
                ">": left > right,
            }[operator]
        numbers: list[int] = []
        for text in (left, right):
            if not text.strip().lstrip("+-").isdigit() or len(text) > 30:
                raise UsageProblem(f"{text}: integer expression expected")
            numbers.append(int(text))
        a, b = numbers
        return {
            "-eq": a == b, "-ne": a != b, "-lt": a < b,
            "-le": a <= b, "-gt": a > b, "-ge": a >= b,
        }[operator]  # fmt: skip


@tool(2)
def test(proc: Proc) -> Running:
    """Return 0 if the condition holds, 1 if not, 2 if it is none."""
    words = proc.argv[1:]
    if proc.argv[0] == "[":
        if words[-1:] != ["]"]:
            return proc.fail("missing `]'", 2)
        words.pop()
    if not words:
        return 1
    condition = _Test(proc, words)
    value = condition.any()
    if condition.peek() is not None:
        raise UsageProblem("too many arguments")
    return 0 if value else 1
    yield
