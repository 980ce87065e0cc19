"""The compound commands of the grammar: loops, conditions, `case`, `[[ ]]` and groups.

What a list, pipeline or simple command is, `parser` says; nothing runs here.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from sim.bash.syntax import (
    ArithmeticCommand,
    ArithmeticFor,
    Binary,
    Both,
    Bracketed,
    Case,
    Clause,
    Command,
    Condition,
    For,
    Group,
    If,
    Incomplete,
    Not,
    Script,
    Select,
    ShellSyntaxError,
    Test,
    Unary,
    While,
    Word,
)
from sim.bash.words import Reader

_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")
_TOKEN = re.compile(r"(?:[^\s|&;()<>\\\"'$`]|\\.)+")
_SIGN = re.compile(r"&&|\|\||;;&|;;|;&|&>>|&>|\|&|<<<|<<-|<<|<>|<&|>>|>&|>\||[|&;()<>]")
_CLOSERS = frozenset({"then", "else", "elif", "fi", "do", "done", "esac", "}", "in"})
_UNARY = frozenset("abcdefghknoprstuvwxzGLNORS")
_BINARY = {"=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"}  # fmt: skip


class Compounds(Reader, ABC):
    """A reader that knows the compound commands; `until`, `command` and the rest come with it."""

    first_line: int = 1
    error_token: str = ""

    @abstractmethod
    def until(self, *words: str) -> Script:
        """Return the commands up to one of *words*."""

    @abstractmethod
    def redirected(self, body: Command) -> Command:
        """Return *body* with the redirections that follow it."""

    @abstractmethod
    def newline(self) -> None:
        """Take a line end."""

    # -- where it stands -----------------------------------------------------------------------

    def line_of(self, at: int) -> int:
        """Return the number of the line that offset *at* is in."""
        return self.first_line + self.text.count("\n", 0, at)

    def blanks(self) -> None:
        """Go over blanks, joined lines and a comment."""
        match = _BLANKS.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        if self.text.startswith("#", self.at) and (
            self.at == 0 or self.text[self.at - 1] in " \t\n;&|()"
        ):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def newlines(self) -> None:
        """Go over blanks and line ends."""
        while True:
            self.blanks()
            if not self.text.startswith("\n", self.at):
                return
            self.newline()

    def peek_word(self) -> str:
        """Return the literal word that stands here, or what of it comes before a quote."""
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            return ""
        following = self.text[match.end() : match.end() + 1]
        return match[0] + following if following and following in "\"'$`" else match[0]

    def stands(self, words: tuple[str, ...]) -> bool:
        """Return whether one of *words* stands here."""
        for word in words:
            if word in {")", ";;"}:
                if self.text.startswith(word, self.at) or (
                    word == ";;" and self.text.startswith(";&", self.at)
                ):
                    return True
            elif word and self.peek_word() == word:
                return True
        return False

    def unexpected(self) -> ShellSyntaxError:
        """Return bash's complaint about what stands here."""
        self.blanks()
        line = self.line_of(self.at)
        if self.at >= len(self.text) and not self.error_token:
            return self.end_of_file() if False else self._near("newline", line)
        if self.error_token:
            return self._near(self.error_token, line)
        if self.text[self.at] == "\n":
            return self._near("newline", line)
        sign = _SIGN.match(self.text, self.at)
        token = sign[0] if sign is not None else self.word().raw
        return self._near(token, line)

    def _near(self, token: str, line: int) -> ShellSyntaxError:
        lines = self.text.split("\n")
        index = min(line - self.first_line, len(lines) - 1)
        return ShellSyntaxError(
            f"syntax error near unexpected token `{token}'", line=line, echo=lines[index]
        )

    def end_of_file(self) -> Incomplete:
        """Return bash's complaint about a text that breaks off."""
        line = self.first_line + self.text.count("\n") + (not self.text.endswith("\n"))
        return Incomplete("syntax error: unexpected end of file", line=line)

    def take(self, word: str) -> None:
        """Take *word*, which has to stand here.

        Raises:
            ShellSyntaxError: if something else does.
        """
        self.newlines()
        if self.at >= len(self.text):
            raise self.end_of_file()
        if not self.stands((word,)):
            raise self.unexpected()
        self.at += len(word)

    # -- compound commands ---------------------------------------------------------------------

    def compound(self, word: str) -> Command | None:
        """Return the compound command that begins with *word*, None if none does."""
        method = {
            "if": self._if, "for": self._for, "while": self._while, "until": self._while,
            "case": self._case, "{": self._group, "[[": self._test, "select": self._select,
        }.get(word)  # fmt: skip
        if method is None:
            if word in _CLOSERS and word != "in":
                raise self.unexpected()
            return None
        self.deeper()
        start = self.at
        self.at += len(word)
        command = method(start)
        self.depth -= 1
        return self.redirected(command)

    def _body(self, *ends: str) -> Script:
        script = self.until(*ends)
        if not script.commands:
            raise self.unexpected()
        return script

    def _group(self, start: int) -> Command:
        script = self._body("}")
        self.take("}")
        return Group(script)

    def _if(self, start: int) -> Command:
        branches: list[tuple[Script, Script]] = []
        otherwise: Script | None = None
        while True:
            condition = self._body("then")
            self.take("then")
            branches.append((condition, self._body("elif", "else", "fi")))
            if self.stands(("elif",)):
                self.at += len("elif")
                continue
            if self.stands(("else",)):
                self.at += len("else")
                otherwise = self._body("fi")
            self.take("fi")
            return If(tuple(branches), otherwise)

    def _while(self, start: int) -> Command:
        until = self.text.startswith("until", start)
        condition = self._body("do")
        return While(condition, self._do(), until)

    def _do(self) -> Script:
        self.newlines()
        if self.text.startswith("{", self.at):
            self.at += 1
            body = self._body("}")
            self.take("}")
            return body
        self.take("do")
        body = self._body("done")
        self.take("done")
        return body

    def _name(self) -> str:
        self.blanks()
        if self.at >= len(self.text) or self.text[self.at] in "\n|&;()<>":
            raise self.unexpected()
        return self.word().raw

    def _in_words(self) -> tuple[Word, ...] | None:
        self.newlines()
        words: list[Word] | None = None
        if self.peek_word() == "in":
            self.at += 2
            words = []
            while True:
                self.blanks()
                if self.at >= len(self.text):
                    raise self.end_of_file()
                if self.text[self.at] in ";\n":
                    break
                if self.text[self.at] in "|&()<>" and not self.text.startswith(
                    ("<(", ">("), self.at
                ):
                    raise self.unexpected()
                words.append(self.word())
        self.blanks()
        if self.text.startswith(";", self.at) and not self.text.startswith(";;", self.at):
            self.at += 1
        return None if words is None else tuple(words)

    def _for(self, start: int) -> Command:
        self.blanks()
        line = self.line_of(start)
        if self.text.startswith("((", self.at):
            self.at += 2
            whole = self.arithmetic().raw
            pieces = _semicolons(whole)
            if len(pieces) != 3:
                problem = ShellSyntaxError(
                    "syntax error: arithmetic expression required", line=line
                )
                problem.echo = f"(({whole}))"
                raise problem
            self.blanks()
            if self.text.startswith(";", self.at):
                self.at += 1
            first, test, step = (Reader(piece, self.script_until).quoted_rest() for piece in pieces)
            return ArithmeticFor(first, test, step, self._do(), line)
        name = self._name()
        return For(name, self._in_words(), self._do(), line)

    def _select(self, start: int) -> Command:
        name = self._name()
        return Select(name, self._in_words(), self._do())

    def _case(self, start: int) -> Command:
        self.blanks()
        line = self.line_of(start)
        if self.at >= len(self.text) or self.text[self.at] in "\n;|&()<>":
            raise self.unexpected()
        word = self.word()
        self.take("in")
        clauses: list[Clause] = []
        while True:
            self.newlines()
            if self.at >= len(self.text):
                raise self.end_of_file()
            if self.stands(("esac",)):
                self.at += len("esac")
                return Case(word, tuple(clauses), line)
            if self.text.startswith("(", self.at):
                self.at += 1
            patterns: list[Word] = []
            while True:
                self.blanks()
                pattern = self.word()
                if not pattern.raw:
                    raise self.unexpected()
                patterns.append(pattern)
                self.blanks()
                if self.at >= len(self.text):
                    raise self.end_of_file()
                sign = self.text[self.at]
                if sign not in "|)":
                    raise self.unexpected()
                self.at += 1
                if sign == ")":
                    break
            body = self.until(";;", "esac")
            end = next((s for s in (";;&", ";;", ";&") if self.text.startswith(s, self.at)), "")
            self.at += len(end)
            clauses.append(Clause(tuple(patterns), body, end or ";;"))

    # -- (( )) and [[ ]] -----------------------------------------------------------------------

    def arithmetic_command(self) -> Command | None:
        """Return the `((...))` that stands here, or None if it is a subshell in a subshell."""
        start = self.at
        self.at += 2
        try:
            end = self._arithmetic_end(self.at)
        except Incomplete:
            self.at = start
            return None
        if end is None:
            self.at = start
            return None
        return ArithmeticCommand(self.arithmetic(), self.line_of(start))

    def _test(self, start: int) -> Command:
        line = self.line_of(start)
        condition = self._any(line)
        self.newlines()
        if self.at >= len(self.text):
            raise self.end_of_file()
        if not self.text.startswith("]]", self.at):
            raise self._conditional(line)
        self.at += 2
        return Test(condition, line)

    def _conditional(self, line: int) -> ShellSyntaxError:
        where = self._token()
        told = "syntax error in conditional expression"
        if _SIGN.match(where):
            told += f": unexpected token `{where}'"
        return ShellSyntaxError(told, line=line, code=None)

    def _token(self) -> str:
        self.blanks()
        sign = _SIGN.match(self.text, self.at)
        return sign[0] if sign is not None else self.word().raw

    def _any(self, line: int) -> Condition:
        left = self._all(line)
        while self._next_is("||"):
            left = Both(left, "||", self._all(line))
        return left

    def _all(self, line: int) -> Condition:
        left = self._one(line)
        while self._next_is("&&"):
            left = Both(left, "&&", self._one(line))
        return left

    def _next_is(self, sign: str) -> bool:
        self.newlines()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def _one(self, line: int) -> Condition:
        self.newlines()
        if self.at >= len(self.text):
            raise self.end_of_file()
        self.deeper()
        try:
            return self._primary(line)
        finally:
            self.depth -= 1

    def _primary(self, line: int) -> Condition:
        if self.text.startswith("(", self.at):
            self.at += 1
            inner = self._any(line)
            self.newlines()
            if not self.text.startswith(")", self.at):
                raise self._near_conditional(line, "expected `)'")
            self.at += 1
            return Bracketed(inner)
        token = self.peek_word()
        if token == "!":
            self.at += 1
            return Not(self._one(line))
        if token == "]]" or self.text[self.at] in "|&;<>)":
            where = self._token()
            raise self._near_after(where, line)
        word = self.word(extglob=True)
        if len(token) == 2 and token[0] == "-" and token[1] in _UNARY and word.raw == token:
            self.blanks()
            if not self._operator() and not self._ends():
                return Unary(token, self.word(extglob=True))
            if self._ends():
                where = self._token()
                raise ShellSyntaxError(
                    f"unexpected argument `{where}' to conditional unary operator",
                    line=line,
                    code=None,
                )
        operator = self._operator()
        if not operator:
            self.blanks()
            if not self._ends():
                where = self._token()
                raise self._binary_expected(where, line)
            return Unary("-n", word)
        self.at += len(operator)
        self.blanks()
        if self._ends() and not (operator == "=~" and self.text.startswith("(", self.at)):
            where = self._token() or "newline"
            code = 2 if where == "newline" else None
            raise ShellSyntaxError(
                f"unexpected argument `{where}' to conditional binary operator",
                line=line,
                code=code,
            )
        right = self.word(regex=operator == "=~", extglob=True)
        return Binary(word, operator, right)

    def _operator(self) -> str:
        self.blanks()
        if self.text.startswith(("<", ">"), self.at) and not self.text.startswith(
            ("<(", ">("), self.at
        ):
            return self.text[self.at]
        token = self.peek_word()
        return token if token in _BINARY else ""

    def _ends(self) -> bool:
        return (
            self.at >= len(self.text) or self.text[self.at] in "\n|&;)" or self.peek_word() == "]]"
        )

    def _echo(self, line: int) -> str:
        lines = self.text.split("\n")
        return lines[min(line - self.first_line, len(lines) - 1)]

    def _near_after(self, where: str, line: int) -> ShellSyntaxError:
        return ShellSyntaxError(f"syntax error near `{where}'", line=line, echo=self._echo(line))

    def _near_conditional(self, line: int, what: str) -> ShellSyntaxError:
        if self.at >= len(self.text):
            return self.end_of_file()
        where = self._token()
        return ShellSyntaxError(f"unexpected token `{where}', {what}", line=line, code=None)

    def _binary_expected(self, where: str, line: int) -> ShellSyntaxError:
        return ShellSyntaxError("conditional binary operator expected", line=line, code=None)


def _semicolons(text: str) -> list[str]:
    """Return the three parts of `for ((...))`."""
    pieces, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == ";" and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]
