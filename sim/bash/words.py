"""From the text of one word to its parts: quotes, escapes, `$` forms and braces.

The grammar says where a word begins and ends; this file reads inside it and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sim.bash.syntax import (
    Arithmetic,
    Literal,
    Part,
    Script,
    ShellSyntaxError,
    Substitution,
    Variable,
    Word,
)

MAX_BRACES = 1024
"""How many words one brace expression may become."""

MAX_NESTING = 100
"""How deep quotes and `$` forms may stand inside each other."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9?$!#@*-]")
_BRACED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$!#@*-]")
_OPERATOR = re.compile(r":-|:=|:\+|:\?|-|=|\+|\?|%%|%|##|#|//|/|:")
_RANGE = re.compile(r"(-?\d{1,6})\.\.(-?\d{1,6})")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "a": "\a", "e": "\x1b"}

Parse = Callable[[str], Script]


class _Reader:
    """Reads one text from left to right; *parse* reads the scripts inside `$( )`."""

    def __init__(self, text: str, parse: Parse) -> None:
        self.text = text
        self.parse = parse
        self.at = 0
        self.parts: list[Part] = []

    def literal(self, text: str, *, quoted: bool) -> None:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, Literal) and last.quoted == quoted:
            self.parts[-1] = Literal(last.text + text, quoted)
        else:
            self.parts.append(Literal(text, quoted))

    def word(self, *, heredoc: bool = False) -> Word:
        """Read the whole text; *heredoc* means that quotes are ordinary characters."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self._escape(special="$`\\" if heredoc else None)
            elif char in "$`":
                self._dollar(quoted=heredoc)
            elif heredoc:
                self.literal(char, quoted=True)
                self.at += 1
            elif char == "'":
                self.literal(self._until("'"), quoted=True)
            elif char == '"':
                self._double()
            else:
                self.literal(char, quoted=False)
                self.at += 1
        return Word(tuple(self.parts))

    def _escape(self, special: str | None) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            return
        if special is None or (following and following in special):
            self.literal(following or "\\", quoted=True)
        else:
            self.literal("\\" + following, quoted=True)

    def _until(self, close: str) -> str:
        end = self.text.find(close, self.at + 1)
        if end < 0:
            raise ShellSyntaxError(f"unexpected EOF while looking for matching `{close}'")
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        return inner

    def _double(self) -> None:
        self.literal("", quoted=True)
        self.at += 1
        while self.text[self.at : self.at + 1] != '"':
            if self.at >= len(self.text):
                raise ShellSyntaxError("unexpected EOF while looking for matching `\"'")
            char = self.text[self.at]
            if char == "\\":
                self._escape(special='$`"\\')
            elif char in "$`":
                self._dollar(quoted=True)
            else:
                self.literal(char, quoted=True)
                self.at += 1
        self.at += 1

    def _dollar(self, *, quoted: bool) -> None:
        text, start = self.text, self.at
        if text[start] == "`":
            end = skip_backticks(text, start)
            inner = re.sub(r"\\([\\`$])", r"\1", text[start + 1 : end - 1])
            self.parts.append(Substitution(self.parse(inner), quoted))
        elif text.startswith("$((", start) and text.startswith(
            "))", (end := skip(text, start)) - 2
        ):
            expression = _Reader(text[start + 3 : end - 2], self.parse).word(heredoc=True)
            self.parts.append(Arithmetic(expression))
        elif text.startswith("$(", start):
            end = skip(text, start)
            self.parts.append(Substitution(self.parse(text[start + 2 : end - 1]), quoted))
        elif text.startswith("${", start):
            end = skip(text, start)
            self.parts.append(self._braced(text[start + 2 : end - 1], quoted=quoted))
        elif text.startswith("$'", start) and not quoted:
            self.at += 1
            self._ansi()
            return
        elif match := _NAME.match(text, start + 1):
            end = match.end()
            self.parts.append(Variable(match[0], quoted))
        else:
            end = start + 1
            self.literal("$", quoted=quoted)
        self.at = end

    def _ansi(self) -> None:
        out: list[str] = []
        self.at += 1
        while (char := self.text[self.at : self.at + 1]) != "'":
            if not char:
                raise ShellSyntaxError("unexpected EOF while looking for matching `''")
            if char == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                out.append(_ESCAPES.get(following, "\\" + following))
                self.at += 2
            else:
                out.append(char)
                self.at += 1
        self.at += 1
        self.literal("".join(out), quoted=True)

    def _braced(self, inner: str, *, quoted: bool) -> Variable:
        bad = ShellSyntaxError(f"${{{inner}}}: bad substitution")
        if inner.startswith("#") and len(inner) > 1 and _BRACED_NAME.fullmatch(inner, 1):
            return Variable(inner[1:], quoted, "#")
        match = _BRACED_NAME.match(inner)
        if match is None:
            raise bad
        rest = inner[match.end() :]
        if not rest:
            return Variable(match[0], quoted)
        operator = _OPERATOR.match(rest)
        if operator is None:
            raise bad
        sign, argument = operator[0], rest[operator.end() :]
        second: Word | None = None
        if sign in {"/", "//", ":"}:
            first, separator, tail = argument.partition("/" if sign != ":" else ":")
            argument = first
            if separator:
                second = parse_word(tail, self.parse, quoted=quoted)
        elif sign in {"#", "##"}:
            sign = "lead" + sign
        return Variable(
            match[0], quoted, sign, parse_word(argument, self.parse, quoted=quoted), second
        )


def parse_word(text: str, parse: Parse, *, quoted: bool = False) -> Word:
    """Return the parts of *text*; *quoted* if it stands inside double quotes.

    Raises:
        ShellSyntaxError: if a quote or bracket in it is not closed.
    """
    word = _Reader(text, parse).word()
    if not quoted:
        return word
    parts = tuple(
        Literal(part.text, quoted=True) if isinstance(part, Literal) else part
        for part in word.parts
    )
    return Word(parts)


def parse_heredoc(text: str, parse: Parse) -> Word:
    """Return the parts of a here-document's body, in which quotes mean nothing."""
    return _Reader(text, parse).word(heredoc=True)


def skip_backticks(text: str, start: int) -> int:
    """Return the index after the backtick that closes the one at *start*."""
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "`":
            return at + 1
        at += 1
    raise ShellSyntaxError("unexpected EOF while looking for matching ``'")


def skip(text: str, start: int) -> int:
    """Return the index after the quoted or `$` form that begins at *start*.

    Raises:
        ShellSyntaxError: if it is not closed.
    """
    char = text[start]
    if char == "\\":
        return min(start + 2, len(text))
    if char == "'":
        end = text.find("'", start + 1)
        if end < 0:
            raise ShellSyntaxError("unexpected EOF while looking for matching `''")
        return end + 1
    if char == "`":
        return skip_backticks(text, start)
    if char == '"':
        return _skip_to('"', text, start + 1)
    if text.startswith("$(", start):
        return _skip_to(")", text, start + 2)
    if text.startswith("${", start):
        return _skip_to("}", text, start + 2)
    return start + 1


def _skip_to(close: str, text: str, at: int) -> int:
    """Return the index after the *close* that balances, from *at* (no recursion into itself)."""
    stack = [close]
    while stack:
        if len(stack) > MAX_NESTING:
            raise ShellSyntaxError("commands are nested too deep")
        if at >= len(text):
            raise ShellSyntaxError(f"unexpected EOF while looking for matching `{stack[-1]}'")
        char = text[at]
        if char == "\\":
            at += 2
        elif char == stack[-1]:
            stack.pop()
            at += 1
        elif char == '"':
            stack.append('"')
            at += 1
        elif char == "'" and stack[-1] != '"':
            at = skip(text, at)
        elif char == "`":
            at = skip_backticks(text, at)
        elif text.startswith(("$(", "${"), at):
            stack.append(")" if text[at + 1] == "(" else "}")
            at += 2
        elif char == "(" and stack[-1] == ")":
            stack.append(")")
            at += 1
        else:
            at += 1
    return at


def check_balanced(text: str) -> None:
    """Read over *text*.

    Raises:
        ShellSyntaxError: naming the first quote or `$` form that is never closed.
    """
    at, fresh = 0, True
    while at < len(text):
        char = text[at]
        if char == "#" and fresh:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        fresh = char in " \t\n;|&("
        at = skip(text, at)


def expand_braces(text: str) -> list[str]:
    """Return the words that `{a,b}` and `{1..3}` make of *text*; usually just *text*.

    Raises:
        ShellSyntaxError: if there would be more than `MAX_BRACES`.
    """
    if "{" not in text:
        return [text]
    done: list[str] = []
    todo = [text]
    while todo:
        current = todo.pop()
        found = _first_brace(current)
        if found is None:
            done.append(current)
        else:
            before, options, after = found
            todo.extend(before + option + after for option in reversed(options))
        if len(done) + len(todo) > MAX_BRACES:
            raise ShellSyntaxError(f"brace expansion makes more than {MAX_BRACES} words")
    return done


def _first_brace(text: str) -> tuple[str, list[str], str] | None:
    at = 0
    while at < len(text):
        if text[at] == "{":
            found = _options(text, at)
            if found is not None:
                options, end = found
                return text[:at], options, text[end:]
            at += 1
        else:
            at = skip(text, at)
    return None


def _options(text: str, start: int) -> tuple[list[str], int] | None:
    depth, at = 1, start + 1
    options, begin = [], start + 1
    while at < len(text):
        char = text[at]
        if char == "{":
            depth += 1
            at += 1
        elif char == "}":
            depth -= 1
            at += 1
            if depth == 0:
                options.append(text[begin : at - 1])
                break
        elif char == "," and depth == 1:
            options.append(text[begin:at])
            at += 1
            begin = at
        elif char in " \t":
            return None
        else:
            at = skip(text, at)
    if depth:
        return None
    if len(options) > 1:
        return options, at
    match = _RANGE.fullmatch(options[0])
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    if abs(last - first) >= MAX_BRACES:
        raise ShellSyntaxError(f"brace expansion makes more than {MAX_BRACES} words")
    step = 1 if last >= first else -1
    return [str(number) for number in range(first, last + step, step)], at
