"""The words of Go's text/template, with its error texts (text/template/parse/lex.go).

It must not know what they mean together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sim.kubectl.goformat import quote

KEYWORDS = frozenset(
    {
        "block",
        "break",
        "continue",
        "define",
        "else",
        "end",
        "if",
        "range",
        "nil",
        "template",
        "with",
    }
)
_SPACES = " \t\r\n"
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]+(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bB][01_]+|0[oO][0-7_]+"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word; `kind` is `text`, `field`, `number`, a keyword ..."""

    kind: str
    text: str
    at: int
    """Where it begins, in characters."""
    line: int

    def __str__(self) -> str:
        """Return it as error texts name it."""
        if self.kind == "eof":
            return "EOF"
        if self.kind == "error":
            return self.text
        if self.kind in KEYWORDS:
            return f"<{self.text}>"
        return f"{quote(self.text[:10])}..." if len(self.text) > 10 else quote(self.text)


class Lexer:
    """Cuts one template into tokens; the last is `eof`, or `error` with what is wrong."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._parens = 0

    def tokens(self) -> Iterator[Token]:
        """Yield the tokens."""
        source = self._source
        trim = False
        while True:
            start = source.find("{{", self._at)
            text = source[self._at :] if start < 0 else source[self._at : start]
            begin = self._at
            if trim:
                begin += len(text) - len(text.lstrip(_SPACES))
                text = text.lstrip(_SPACES)
            if start >= 0 and self._trims(start + 2):
                text = text.rstrip(_SPACES)
            if text:
                yield self._token("text", text, begin)
            if start < 0:
                yield self._token("eof", "", len(source))
                return
            after = start + (4 if self._trims(start + 2) else 2)
            if source.startswith("/*", after):
                close = source.find("*/", after)
                if close < 0:
                    yield self._token("error", "unclosed comment", start)
                    return
                end = self._closing(close + 2)
                if end is None:
                    yield self._token("error", "comment ends before closing delimiter", start)
                    return
                trim = end - close - 2 > 2
                self._at = end
                continue
            yield self._token("left", "{{", start)
            self._at = after
            self._parens = 0
            for token in self._inside():
                yield token
                if token.kind == "error":
                    return
                trim = token.kind == "right" and len(token.text) > 2

    def _trims(self, at: int) -> bool:
        return self._source[at : at + 1] == "-" and self._source[at + 1 : at + 2] in tuple(_SPACES)

    def _closing(self, at: int) -> int | None:
        """Return where the text goes on if the action ends at *at*."""
        if self._source.startswith("}}", at):
            return at + 2
        trims = self._source[at : at + 1] in tuple(_SPACES) and self._source.startswith(
            "-}}", at + 1
        )
        return at + 4 if trims else None

    def _token(self, kind: str, text: str, at: int) -> Token:
        return Token(kind, text, at, 1 + self._source.count("\n", 0, at))

    def _error(self, text: str, at: int) -> Token:
        return self._token("error", text, min(at, len(self._source)))

    def _inside(self) -> Iterator[Token]:
        while True:
            at = self._at
            end = self._closing(at)
            if end is not None:
                if self._parens:
                    yield self._error("unclosed left paren", at)
                    return
                self._at = end
                yield self._token("right", self._source[at:end], at)
                return
            token = self._word(at)
            yield token
            if token.kind == "error":
                return

    def _word(self, at: int) -> Token:
        source = self._source
        char = source[at : at + 1]
        if not char:
            return self._error("unclosed action", at)
        if char in _SPACES:
            return self._space(at)
        if char == ":":
            if source[at + 1 : at + 2] != "=":
                return self._error("expected :=", at)
            return self._made("declare", at, at + 2)
        if char in "=|,":
            return self._made({"=": "assign", "|": "pipe", ",": "char"}[char], at, at + 1)
        if char in "\"'`":
            return self._quoted(char, at)
        if char == "$":
            return self._name("variable", at)
        following = source[at + 1 : at + 2]
        if char == "." and following and not (following.isascii() and following.isdecimal()):
            return self._name("field", at)
        if char in ".+-" or (char.isascii() and char.isdecimal()):
            return self._number(at)
        if _is_word(char):
            return self._name("identifier", at)
        if char in "()":
            self._parens += 1 if char == "(" else -1
            if self._parens < 0:
                return self._error("unexpected right paren", at)
            return self._made(char, at, at + 1)
        if char.isascii() and char.isprintable():
            return self._made("char", at, at + 1)
        return self._error(f"unrecognized character in action: {codepoint(char)}", at)

    def _made(self, kind: str, start: int, end: int) -> Token:
        self._at = end
        return self._token(kind, self._source[start:end], start)

    def _space(self, at: int) -> Token:
        end = at
        while self._source[end : end + 1] in tuple(_SPACES):
            end += 1
        if self._closing(end - 1) is not None:
            end -= 1  # the last blank belongs to the closing delimiter
        return self._made("space", at, end)

    def _quoted(self, mark: str, at: int) -> Token:
        end = at + 1
        what = {'"': "quoted string", "'": "character constant", "`": "raw quoted string"}[mark]
        while True:
            char = self._source[end : end + 1]
            if mark != "`" and char == "\\":
                end += 1
                char = self._source[end : end + 1]
                if char and char != "\n":
                    end += 1
                    continue
            if not char or (char == "\n" and mark != "`"):
                return self._error(f"unterminated {what}", at)
            end += 1
            if char == mark:
                return self._made({'"': "string", "'": "rune", "`": "raw"}[mark], at, end)

    def _name(self, kind: str, at: int) -> Token:
        end = at if kind == "identifier" else at + 1
        begin = end
        while _is_word(self._source[end : end + 1]):
            end += 1
        char = self._source[end : end + 1]
        if char and char not in " \t\r\n.,|:()" and not self._source.startswith("}}", end):
            return self._error(f"bad character {codepoint(char)}", at)
        word = self._source[at:end]
        if kind == "field" and begin == end:
            return self._made("dot", at, end)
        if kind == "identifier":
            kind = word if word in KEYWORDS else "bool" if word in ("true", "false") else kind
        return self._made(kind, at, end)

    def _number(self, at: int) -> Token:
        found = _NUMBER.match(self._source, at)
        end = found.end() if found else at
        if _is_word(self._source[end : end + 1]):
            return self._error(f"bad number syntax: {quote(self._source[at : end + 1])}", at)
        return self._made("number", at, end)


def codepoint(char: str) -> str:
    """Return *char* as Go's `%#U` prints it."""
    return f"U+{ord(char):04X}" + (f" '{char}'" if char.isprintable() else "")


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()
