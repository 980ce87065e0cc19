"""The grammar of JSONPath templates as client-go's util/jsonpath reads them, with its error texts.

It must not know what the nodes are applied to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_DICT_KEY = re.compile(r"'([^']*)'\Z")
_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?\Z")
_FILTER = re.compile(r"([^!<>=]+)([!<>=]+)(.+?)\Z", re.DOTALL)
_TERMINATORS = frozenset(" \t\r\n.,[]$@{}")
_SIMPLE_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
}  # fmt: skip


class JsonPathError(Exception):
    """The template is malformed, or does not fit the object."""


@dataclass(slots=True)
class Node:
    """One step: `kind` is text, list, field, array, wildcard, recursive, filter, union ..."""

    kind: str
    value: Any = None
    nodes: list[Node] = field(default_factory=list)
    right: list[Node] = field(default_factory=list)


class Parser:
    """Reads one template into `root`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self._start = 0
        self.root: list[Node] = []
        self._parse_text()

    def _take(self) -> str:
        taken = self._text[self._start : self._pos]
        self._start = self._pos
        return taken

    def _next(self) -> str:
        char = self._text[self._pos : self._pos + 1]
        self._pos += len(char)
        return char

    def _peek(self) -> str:
        return self._text[self._pos : self._pos + 1]

    def _at(self, prefix: str) -> bool:
        return self._text.startswith(prefix, self._pos)

    def _parse_text(self) -> None:
        while True:
            brace = self._text.find("{", self._pos)
            self._pos = brace if brace >= 0 else len(self._text)
            if self._pos > self._start:
                self.root.append(Node("text", self._take()))
            if brace < 0:
                return
            self._pos += 1
            self._take()
            action = Node("list")
            self.root.append(action)
            self._parse_action(action.nodes)

    def _parse_action(self, current: list[Node]) -> None:
        """Read up to the closing brace."""
        while True:
            if self._at("}"):
                self._pos += 1
                self._take()
                return
            if self._at("[?("):
                self._parse_filter(current)
                continue
            if self._at(".."):
                self._parse_recursive(current)
                continue
            char = self._next()
            if char in ("", "\r", "\n"):
                raise JsonPathError("unclosed action")
            if char in " @$":
                self._take()
            elif char == "[":
                self._parse_array(current)
            elif char in "\"'":
                self._parse_quote(current, char)
            elif char == ".":
                self._parse_field(current)
            elif char in "+-" or char.isdecimal():
                self._pos -= 1
                self._parse_number(current)
            elif char == "_" or char.isalpha():
                self._pos -= 1
                self._parse_identifier(current)
            else:
                name = f" '{char}'" if char.isprintable() else ""
                raise JsonPathError(f"unrecognized character in action: U+{ord(char):04X}{name}")

    def _parse_identifier(self, current: list[Node]) -> None:
        while self._peek() and self._peek() not in _TERMINATORS:
            self._pos += 1
        name = self._take()
        if name in ("true", "false"):
            current.append(Node("literal", name == "true"))
        else:
            current.append(Node("identifier", name))

    def _parse_recursive(self, current: list[Node]) -> None:
        if current and current[-1].kind == "recursive":
            raise JsonPathError("invalid multiple recursive descent")
        self._pos += 2
        self._take()
        current.append(Node("recursive"))
        if self._peek() == "_" or self._peek().isalnum():
            self._parse_field(current)

    def _parse_number(self, current: list[Node]) -> None:
        self._pos += 1
        while self._peek() == "." or self._peek().isdecimal():
            self._pos += 1
        text = self._take()
        try:
            current.append(Node("literal", float(text) if "." in text else int(text)))
        except ValueError:
            raise JsonPathError(f"cannot parse number {text}") from None

    def _parse_field(self, current: list[Node]) -> None:
        self._take()
        while self._peek() and self._peek() not in _TERMINATORS:
            self._pos += 2 if self._peek() == "\\" else 1
        self._pos = min(self._pos, len(self._text))
        name = self._take()
        if name == "*":
            current.append(Node("wildcard"))
        else:
            current.append(Node("field", name.replace("\\", "")))

    def _parse_quote(self, current: list[Node], quote: str) -> None:
        while True:
            char = self._next()
            if char in ("", "\n"):
                raise JsonPathError("unterminated quoted string")
            if char == quote and self._text[self._pos - 2] != "\\":
                break
        current.append(Node("text", _unquote(self._take())))

    def _parse_array(self, current: list[Node]) -> None:
        while True:
            char = self._next()
            if char in ("", "\n"):
                raise JsonPathError("unterminated array")
            if char == "]":
                break
        text = self._take()[1:-1]
        if text == "*":
            text = ":"
        parts = text.split(",")
        if len(parts) > 1:
            lists = [Node("list", nodes=_action(f"[{part.strip(' ')}]")) for part in parts]
            current.append(Node("union", nodes=lists))
        elif match := _DICT_KEY.match(text):
            current.extend(_action(f".{match[1]}"))
        else:
            current.append(Node("array", _slice(text)))

    def _parse_filter(self, current: list[Node]) -> None:
        self._pos += 3
        self._take()
        begun = ended = False
        pair = ""
        while True:
            char = self._next()
            if char in ("", "\n"):
                raise JsonPathError("unterminated filter")
            if char in "\"'":
                if not begun:
                    begun, pair = True, char
                elif self._text[self._pos - 2] != "\\" and char == pair:
                    ended = True
            elif char == ")" and begun == ended:
                break
        if self._next() != "]":
            raise JsonPathError("unclosed array expect ]")
        text = self._take()[:-2]
        match = _FILTER.match(text)
        if match is None:
            current.append(Node("filter", "exists", nodes=_action(text)))
        else:
            left, right = _action(match[1]), _action(match[3])
            current.append(Node("filter", match[2], nodes=left, right=right))


def _action(text: str) -> list[Node]:
    return Parser(f"{{{text}}}").root[0].nodes


def _slice(text: str) -> tuple[int | None, int | None, int | None, bool]:
    match = _SLICE.match(text)
    if match is None:
        raise JsonPathError(f"invalid array index {text}")
    first, second, third = match.groups()
    try:
        start = int(first) if first else None
        step = int(third[1:]) if third and third != ":" else None
        if second is None:
            return start, (start or 0) + 1, step, True
        return start, int(second[1:]) if second != ":" else None, step, False
    except ValueError:
        raise JsonPathError(f"invalid array index {text}") from None


def _unquote(text: str) -> str:
    body, quote = text[1:-1], text[0]
    if "\\" not in body:
        return body
    out, index = [], 0
    while index < len(body):
        char = body[index]
        if char != "\\":
            out.append(char)
            index += 1
            continue
        code = body[index + 1 : index + 2]
        if code in _SIMPLE_ESCAPES or code == quote:
            out.append(_SIMPLE_ESCAPES.get(code, code))
            index += 2
        elif code in "xuU" and code:
            size = {"x": 2, "u": 4, "U": 8}[code]
            out.append(chr(int(body[index + 2 : index + 2 + size], 16)))
            index += 2 + size
        else:
            raise JsonPathError(f"unquote string {text} error invalid syntax")
    return "".join(out)
