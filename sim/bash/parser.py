"""From text to the tree of its commands, as bash's grammar has it, one complete line at a time.

Reads and refuses; it runs nothing, and of the shell it knows the aliases only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from sim.bash.redirections import REDIRECT, Redirections
from sim.bash.syntax import (
    AndOr,
    Array,
    Assignment,
    Background,
    Command,
    Compound,
    Coprocess,
    Function,
    Incomplete,
    Pipeline,
    Redirect,
    Script,
    ShellSyntaxError,
    Simple,
    Subshell,
    Word,
)
from sim.bash.words import Reader, unmatched

MAX_LINE = 64 * 1024
MAX_STAGES = 64

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[|\+?=)")
_ARRAYS = frozenset({"declare", "typeset", "local", "export", "readonly"})


class Parser(Redirections):
    """Reads the commands of one text."""

    def __init__(
        self,
        text: str,
        *,
        aliases: Mapping[str, str] | None = None,
        extglob: bool | Callable[[], bool] = False,
        first_line: int = 1,
    ) -> None:
        """Read *text*, whose first line is number *first_line*; *aliases* are replaced."""
        super().__init__(text, script_until)
        self.aliases = aliases or {}
        self.extglob = extglob if isinstance(extglob, bool) else extglob()
        self.first_line = first_line
        self._pending: list[Redirect] = []
        self._expanding: list[tuple[str, int]] = []
        self._follows = -1
        """Where an alias ends whose last blank makes the next word an alias too."""
        self.unfinished = False
        """A here-document ended with the text instead of its delimiter."""
        self.warnings: list[str] = []

    # -- lists ---------------------------------------------------------------------------------

    def next_line(self) -> Script | None:
        """Return the commands of the next complete line; None at the end.

        Raises:
            ShellSyntaxError: if it is none.
        """
        while True:
            self.blanks()
            if self.at >= len(self.text):
                self.bodies()
                return None
            if self.text[self.at] != "\n":
                break
            self.newline()
        start = self.at
        commands: list[Command] = []
        while True:
            command, end = self._item()
            commands.append(command)
            self.blanks()
            if self.at >= len(self.text):
                self.bodies()
                break
            if self.text[self.at] == "\n":
                self.newline()
                break
            if not end:
                raise self.unexpected()
        return Script(tuple(commands), self.text[start : self.at].strip())

    def until(self, *words: str) -> Script:
        """Return the commands up to one of *words* in a command's place, which is not taken."""
        self.newlines()
        commands: list[Command] = []
        while True:
            if self.at >= len(self.text):
                if words == ("",):
                    self.bodies()
                    return Script(tuple(commands))
                raise self.end_of_file()
            if self.stands(words):
                return Script(tuple(commands))
            command, end = self._item()
            commands.append(command)
            self.blanks()
            if self.text.startswith("\n", self.at):
                self.newlines()
            elif not end and self.at < len(self.text) and not self.stands(words):
                raise self.unexpected()
            self.newlines_if_any()

    def newlines_if_any(self) -> None:
        """Go over blanks and line ends."""
        self.newlines()

    def _item(self) -> tuple[Command, str]:
        """Return one and-or list and the `;` or `&` behind it."""
        command: Command = self._pipeline()
        while True:
            self.blanks()
            sign = self.text[self.at : self.at + 2]
            if sign not in {"&&", "||"}:
                break
            self.at += 2
            self.newlines()
            if self.at >= len(self.text):
                raise self.end_of_file()
            command = AndOr(command, sign, self._pipeline())
        if self.text.startswith("&", self.at) and not self.text.startswith("&>", self.at):
            self.at += 1
            return Background(command), "&"
        if self.text.startswith(";", self.at) and not self.text.startswith((";;", ";&"), self.at):
            self.at += 1
            return command, ";"
        return command, ""

    def _pipeline(self) -> Command:
        negated, timed, marked = False, "", False
        while True:
            self.blanks()
            word = self.peek_word()
            if word == "!":
                self.at += 1
                negated = not negated
            elif word == "time" and not timed:
                self.at += 4
                timed = "time"
                self.blanks()
                if self.peek_word() == "-p":
                    self.at += 2
                    timed = "time -p"
                    self.blanks()
                if self.peek_word() == "--":
                    self.at += 2
            else:
                break
            marked = True
        self.blanks()
        if marked and (self.at >= len(self.text) or self.text[self.at] in "\n;)"):
            return Pipeline((), (), negated, timed)
        stages = [self.command()]
        joins: list[bool] = []
        while True:
            self.blanks()
            if not self.text.startswith("|", self.at) or self.text.startswith("||", self.at):
                break
            joined = self.text.startswith("|&", self.at)
            self.at += 2 if joined else 1
            joins.append(joined)
            self.newlines()
            if self.at >= len(self.text):
                raise self.end_of_file()
            if self.peek_word() == "!":
                raise self.unexpected()
            stages.append(self.command())
            if len(stages) > MAX_STAGES:
                raise ShellSyntaxError(f"a pipeline of more than {MAX_STAGES} commands")
        if len(stages) == 1 and not marked:
            return stages[0]
        return Pipeline(tuple(stages), (*joins, False), negated, timed)

    # -- commands ------------------------------------------------------------------------------

    def command(self) -> Command:
        """Return one command: compound, function or simple."""
        self.blanks()
        word = self.peek_word()
        if not word:
            if self.text.startswith("((", self.at):
                arithmetic = self.arithmetic_command()
                if arithmetic is not None:
                    return self.redirected(arithmetic)
            if self.text.startswith("(", self.at):
                self.at += 1
                self.deeper()
                script = self.until(")")
                if not script.commands:
                    raise self.unexpected()
                self.at += 1
                self.depth -= 1
                return self.redirected(Subshell(script))
            begins = self.at < len(self.text) and self.text[self.at] not in "\n|&;()<>"
            if not begins and not (
                REDIRECT.match(self.text, self.at) or self.text.startswith(("<(", ">("), self.at)
            ):
                raise self.unexpected()
            return self._simple()
        compound = self.compound(word)
        if compound is not None:
            return compound
        if word == "function":
            return self._function_word()
        if word == "coproc":
            self.at += len(word)
            self.command()
            return Coprocess()
        return self._simple()

    def redirected(self, body: Command) -> Command:
        """Return *body* with the redirections that follow it."""
        redirects: list[Redirect] = []
        while (redirect := self.redirect()) is not None:
            redirects.append(redirect)
        return Compound(body, tuple(redirects)) if redirects else body

    def _function_word(self) -> Command:
        line = self.line_of(self.at)
        self.at += len("function")
        self.blanks()
        name = self.word().raw
        if not name:
            raise self.unexpected()
        self.blanks()
        if self.text.startswith("(", self.at):
            self.at += 1
            self.blanks()
            if not self.text.startswith(")", self.at):
                raise self.unexpected()
            self.at += 1
        return self._function(name, line)

    def _function(self, name: str, line: int) -> Command:
        self.newlines()
        if self.at >= len(self.text):
            raise self.end_of_file()
        self.deeper()
        word = self.peek_word()
        if not word and not self.text.startswith("(", self.at):
            raise self.unexpected()
        start = self.at
        body = self.command()
        if isinstance(body, Simple | Function | Pipeline):
            self.at = start
            raise self.unexpected()
        self.depth -= 1
        if isinstance(body, Compound):
            return Function(name, body.body, body.redirects, line)
        return Function(name, body, (), line)

    def _simple(self) -> Command:
        assignments: list[Assignment] = []
        words: list[Word | Assignment] = []
        redirects: list[Redirect] = []
        line = self.line_of(self.at)
        declares = False
        text = self.text
        while True:
            self.blanks()
            text = self.text
            if self.at >= len(text):
                break
            char = text[self.at]
            if char in "<>&0123456789{" and (redirect := self.redirect()) is not None:
                redirects.append(redirect)
                continue
            if char in "\n|&;()" or (char in "<>" and not text.startswith("(", self.at + 1)):
                if char == "(":
                    if len(words) == 1 and not assignments and not redirects:
                        return self._function_paren(words[0], line)
                    raise self.unexpected()
                break
            if not words or declares:
                assignment = self._assignment(arrays=not words or declares)
                if assignment is not None:
                    (words if words else assignments).append(assignment)
                    continue
            if self.aliases and (not words or 0 <= self._follows <= self.at):
                if words:
                    self._follows = -1
                if self._alias():
                    if not words and not assignments and not redirects:
                        return self.command()
                    continue
            word = self.word()
            words.append(word)
            if word.fixed in _ARRAYS and (len(words) == 1 or _only_prefixes(words)):
                declares = True
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)

    def _function_paren(self, word: Word | Assignment, line: int) -> Command:
        start = self.at
        self.at += 1
        self.blanks()
        if not self.text.startswith(")", self.at) or not isinstance(word, Word):
            if self.at < len(self.text) and self.text[self.at] not in "\n":
                if self.text[self.at] not in "|&;()<>":
                    self.error_token = self.peek_word()
                raise self.unexpected()
            self.at = start
            raise self.unexpected()
        self.at += 1
        return self._function(word.raw, line)

    def _alias(self) -> bool:
        """Replace the alias that stands here; return whether there was one."""
        name = self.peek_word()
        self._expanding = [(n, e) for n, e in self._expanding if self.at < e]
        if name not in self.aliases or any(n == name for n, _ in self._expanding):
            return False
        value = self.aliases[name]
        rest = self.text[self.at + len(name) :]
        self.text = self.text[: self.at] + value + rest
        grown = len(value) - len(name)
        self._expanding = [(n, e + grown) for n, e in self._expanding]
        self._expanding.append((name, self.at + len(value)))
        if len(self._expanding) > self.MAX_ALIASES or len(self.text) > 4 * MAX_LINE:
            raise ShellSyntaxError("aliases are nested too deep")
        if value[-1:] in {" ", "\t"}:
            self._follows = self.at + len(value)
        return True

    MAX_ALIASES = 32

    def _assignment(self, *, arrays: bool) -> Assignment | None:
        start = self.at
        match = _ASSIGNMENT.match(self.text, start)
        if match is None:
            return None
        name, sign = match[1], match[2]
        index: Word | None = None
        end = match.end()
        if sign == "[":
            close = self.bracket_end(end - 1)
            if close is None or not re.compile(r"\+?=").match(self.text, close + 1):
                return None
            inner = Reader(self.text[end:close], self.script_until)
            inner.depth = self.depth
            inner.deeper()
            index = inner.whole()
            index.raw = inner.text
            sign = "+=" if self.text[close + 1] == "+" else "="
            end = close + 1 + len(sign)
        self.at = end
        value: Word | Array
        if self.text.startswith("(", end) and index is None and arrays:
            value = self._array()
        else:
            value = self.word()
            if value.braced:
                # Of all words, the value of an assignment is not brace-expanded.
                value = Word(value.parts, value.raw, line=value.line)
        return Assignment(name, value, sign == "+=", index, self.text[start : self.at])

    def _array(self) -> Array:
        self.at += 1
        items: list[Word | Assignment] = []
        while True:
            self.newlines()
            if self.at >= len(self.text):
                problem = unmatched(")")
                problem.code = 1
                raise problem
            if self.text[self.at] == ")":
                self.at += 1
                return Array(tuple(items))
            if self.text[self.at] in "|&;<>(" and not self.text.startswith(("<(", ">("), self.at):
                wrong = self.unexpected()
                wrong.code = 1
                raise wrong
            if self.text[self.at] == "[":
                close = self.bracket_end(self.at)
                sign = close is not None and re.compile(r"\+?=").match(self.text, close + 1)
                if close is not None and sign:
                    inner = Reader(self.text[self.at + 1 : close], self.script_until)
                    inner.depth = self.depth
                    index = inner.whole()
                    index.raw = inner.text
                    self.at = sign.end()
                    items.append(Assignment("", self.word(), sign[0] == "+=", index))
                    continue
            items.append(self.word())


def _only_prefixes(words: list[Word | Assignment]) -> bool:
    return all(
        isinstance(word, Word) and word.fixed in {"command", "builtin"} for word in words[:-1]
    )


def script_until(reader: Reader, close: str) -> Script:
    """Read commands from where *reader* stands to *close*, which is taken."""
    nested = Parser(
        reader.text,
        aliases=getattr(reader, "aliases", None),
        extglob=reader.extglob,
        first_line=getattr(reader, "first_line", 1),
    )
    nested.at = reader.at
    nested.depth = reader.depth
    nested.deeper()
    try:
        script = nested.until(close)
    except Incomplete as problem:
        if close and "looking for" not in str(problem):
            raise unmatched(close, problem.line) from None
        raise
    # Aliases may have made the text in front of it longer; what is left is the same.
    left = len(nested.text) - nested.at - len(close)
    reader.at = len(reader.text) - left
    return script


def parse(text: str, *, extglob: bool = False) -> Script:
    """Return the tree of the whole of *text*.

    Raises:
        ShellSyntaxError: if it is too long, unbalanced or wrong.
    """
    commands: list[Command] = []
    parser = opened(text, extglob=extglob)
    try:
        while (line := parser.next_line()) is not None:
            commands.extend(line.commands)
    except RecursionError:
        raise ShellSyntaxError("commands are nested too deep") from None
    return Script(tuple(commands), text)


def opened(
    text: str,
    *,
    aliases: Mapping[str, str] | None = None,
    extglob: bool | Callable[[], bool] = False,
    first_line: int = 1,
) -> Parser:
    """Return a parser of *text*.

    Raises:
        ShellSyntaxError: if it is too long or no text.
    """
    if len(text) > 16 * MAX_LINE:
        raise ShellSyntaxError(f"line is longer than {16 * MAX_LINE // 1024} KiB")
    if "\0" in text:
        text = text.replace("\0", "")
    return Parser(text, aliases=aliases, extglob=extglob, first_line=first_line)


@lru_cache(maxsize=512)
def parsed_line(text: str, *, extglob: bool) -> Script | None:
    """Return the tree of a text of one line, or None if it is not exactly one complete line."""
    parser = Parser(text, extglob=extglob)
    script = parser.next_line()
    if script is None or parser.warnings or parser.at < len(text):
        return None
    return script


def is_incomplete(text: str) -> bool:
    """Return whether bash would ask for another line (`> `) before it runs *text*."""
    if not text:
        return False
    if _odd_backslashes(text.rstrip("\n")) and "\n" not in text[len(text.rstrip("\n")) :]:
        return True
    try:
        parser = opened(text, extglob=True)
        while parser.next_line() is not None:
            pass
    except Incomplete:
        return True
    except (ShellSyntaxError, RecursionError):
        return False
    return parser.unfinished


def _odd_backslashes(text: str) -> bool:
    last = text.rpartition("\n")[2]
    # In a comment, or between single quotes, a backslash does not join lines.
    return (len(last) - len(last.rstrip("\\"))) % 2 == 1 and not last.lstrip().startswith("#")
