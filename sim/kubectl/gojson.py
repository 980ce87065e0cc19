"""What is wrong with a JSON text, in the words of Go's `encoding/json`.

People who lose the quotes of a patch to their shell know these words. It must not know what the
text is for.
"""

from __future__ import annotations

import re

from sim.kubectl.goformat import quote

_SPACE = re.compile(r"[ \t\r\n]*")
_HEX = frozenset("0123456789abcdefABCDEF")
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_END = "unexpected end of JSON input"
_TOKENS = ("in literal ", "in numeric ", "in exponent ", "after decimal ", "in \\u ", "in string e")


class _Problem(Exception):  # noqa: N818 - the result, not a failure of this program
    """Found it."""


def json_problem(text: str) -> str:
    """Return the complaint about *text*, or nothing if it is one JSON value."""
    scanner = _Scanner(text)
    try:
        scanner.value()
        scanner.space()
        if scanner.position < len(text):
            scanner.complain("after top-level value")
    except _Problem as problem:
        return str(problem)
    except RecursionError:
        return "exceeded max depth"
    return ""


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self.position = 0

    def complain(self, where: str) -> None:
        """Raise about the character at hand."""
        character = self._peek()
        if not character:
            if not where.startswith(_TOKENS):
                raise _Problem(_END)
            character = " "  # Go tries whether a token ends by feeding it a blank
        shown = {"'": "'\\''", '"': "'\"'"}.get(character) or f"'{quote(character)[1:-1]}'"
        raise _Problem(f"invalid character {shown} {where}")

    def space(self) -> None:
        """Pass white space."""
        found = _SPACE.match(self._text, self.position)
        self.position = found.end() if found else self.position

    def _peek(self) -> str:
        return self._text[self.position : self.position + 1]

    def value(self) -> None:
        """Pass one value."""
        self.space()
        character = self._peek()
        if character == "{":
            self._object()
        elif character == "[":
            self._array()
        elif character == '"':
            self._string()
        elif character in _LITERALS:
            self._literal(_LITERALS[character])
        elif character == "-" or character.isdecimal():
            self._number()
        else:
            self.complain("looking for beginning of value")

    def _object(self) -> None:
        self.position += 1
        self.space()
        if self._peek() == "}":
            self.position += 1
            return
        while True:
            self.space()
            if self._peek() != '"':
                self.complain("looking for beginning of object key string")
            self._string()
            self.space()
            if self._peek() != ":":
                self.complain("after object key")
            self.position += 1
            self.value()
            self.space()
            if self._peek() == "}":
                self.position += 1
                return
            if self._peek() != ",":
                self.complain("after object key:value pair")
            self.position += 1

    def _array(self) -> None:
        self.position += 1
        self.space()
        if self._peek() == "]":
            self.position += 1
            return
        while True:
            self.value()
            self.space()
            if self._peek() == "]":
                self.position += 1
                return
            if self._peek() != ",":
                self.complain("after array element")
            self.position += 1

    def _string(self) -> None:
        self.position += 1
        while (character := self._peek()) != '"':
            if not character or character < " ":
                self.complain("in string literal")
            self.position += 1
            if character == "\\":
                self._escape()
        self.position += 1

    def _escape(self) -> None:
        character = self._peek()
        if not character or character not in 'bfnrt\\/"u':
            self.complain("in string escape code")
        self.position += 1
        if character == "u":
            for _ in range(4):
                if self._peek() not in _HEX:
                    self.complain("in \\u hexadecimal character escape")
                self.position += 1

    def _literal(self, word: str) -> None:
        for expected in word:
            if self._peek() != expected:
                self.complain(f"in literal {word} (expecting '{expected}')")
            self.position += 1

    def _digits(self, where: str) -> None:
        if not self._peek().isdecimal():
            self.complain(where)
        while self._peek().isdecimal():
            self.position += 1

    def _number(self) -> None:
        if self._peek() == "-":
            self.position += 1
        if self._peek() == "0":
            self.position += 1
        else:
            self._digits("in numeric literal")
        if self._peek() == ".":
            self.position += 1
            self._digits("after decimal point in numeric literal")
        if self._peek() in ("e", "E"):
            self.position += 1
            if self._peek() in ("+", "-"):
                self.position += 1
            self._digits("in exponent of numeric literal")
