"""`-o go-template`: the part of Go's text/template that people type on a command line.

Fields, variables, pipelines, if, range, with and the comparison and string functions; it must not
know what the objects are. `define` and `template` are refused with a clear message.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sim.kubectl.goformat import quote, to_text
from sim.kubectl.printers.jsonpath import JsonPathError, compare

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<variable>\$\w*)
    |(?P<field>\.\w+|\.)
    |(?P<word>\w+)
    |(?P<symbol>:=|=|\||\(|\)|,))""",
    re.VERBOSE,
)
_WORD = re.compile(r"\A\w*")
_MISSING = object()


class GoTemplateError(Exception):
    """The template is malformed, or does not fit the object."""


@dataclass(slots=True)
class _Node:
    kind: str
    text: str = ""
    pipe: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    body: list[_Node] = field(default_factory=list)
    other: list[_Node] = field(default_factory=list)


class GoTemplate:
    """One parsed template."""

    def __init__(self, source: str) -> None:
        """Parse *source*.

        Raises:
            GoTemplateError: if it is malformed.
        """
        self._pieces = _split(source)
        self._position = 0
        self._nodes, ended_by = self._block()
        if ended_by:
            raise GoTemplateError(f"template: output:1: unexpected {{{{{ended_by}}}}}")

    def render(self, data: Any) -> str:
        """Return the text that the template makes of *data*."""
        out: list[str] = []
        _Run(out, data).block(self._nodes, data, [{"$": data}])
        return "".join(out)

    def _block(self) -> tuple[list[_Node], str]:
        nodes: list[_Node] = []
        while self._position < len(self._pieces):
            kind, text = self._pieces[self._position]
            self._position += 1
            if kind == "text":
                nodes.append(_Node("text", text))
                continue
            word = "".join(_WORD.findall(text)[:1])
            rest = text[len(word) :]
            if word in ("end", "else"):
                return nodes, text
            if word in ("if", "range", "with"):
                nodes.append(self._branch(word, rest))
            elif word in ("define", "template", "block", "break", "continue"):
                raise GoTemplateError(f'"{word}" is not supported in this simulator')
            elif text and not text.startswith("/*"):
                names, pipe = _pipeline(text)
                nodes.append(_Node("action", pipe=pipe, names=names))
        return nodes, ""

    def _branch(self, word: str, rest: str) -> _Node:
        names, pipe = _pipeline(rest)
        node = _Node(word, pipe=pipe, names=names)
        node.body, ended_by = self._block()
        if ended_by == "else":
            node.other, ended_by = self._block()
        elif ended_by.startswith("else if "):
            node.other = [self._branch("if", ended_by.removeprefix("else if "))]
            return node
        if ended_by != "end":
            raise GoTemplateError("template: output:1: unexpected EOF")
        return node


def _split(source: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    position, trim = 0, False
    while True:
        start = source.find("{{", position)
        text = source[position:] if start < 0 else source[position:start]
        if trim:
            text = text.lstrip()
        if start < 0:
            if text:
                pieces.append(("text", text))
            return pieces
        end = source.find("}}", start)
        if end < 0:
            raise GoTemplateError("template: output:1: unclosed action")
        action = source[start + 2 : end]
        if action.startswith("- "):
            text, action = text.rstrip(), action[1:]
        trim = action.endswith(" -")
        if trim:
            action = action[:-1]
        if text:
            pieces.append(("text", text))
        pieces.append(("action", action.strip()))
        position = end + 2


def _pipeline(text: str) -> tuple[list[str], list[Any]]:
    """Return the variables that are set and the commands of a pipeline."""
    tokens: list[tuple[str, str, bool]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise GoTemplateError(
                f"template: output:1: unexpected {quote(text[position : position + 1])} in operand"
            )
        kind = str(match.lastgroup)
        joined = match.start(kind) == position and position > 0
        tokens.append((kind, match[kind], joined))
        position = match.end()
    names: list[str] = []
    words = [token[1] for token in tokens]
    for sign in (":=", "="):
        if sign in words:
            at = words.index(sign)
            names = [word for word in words[:at] if word != ","]
            tokens = tokens[at + 1 :]
            break
    pipe, rest = _commands(tokens)
    if rest:
        raise GoTemplateError(f"template: output:1: unexpected {quote(rest[0][1])} in command")
    return names, pipe


_Tokens = list[tuple[str, str, bool]]


def _commands(tokens: _Tokens) -> tuple[list[Any], _Tokens]:
    """Return commands (lists of operands) up to a closing parenthesis."""
    commands: list[Any] = [[]]
    while tokens:
        kind, text, joined = tokens[0]
        if text == ")" and kind == "symbol":
            break
        tokens = tokens[1:]
        if kind == "symbol" and text == "|":
            commands.append([])
        elif kind == "symbol" and text == "(":
            inner, tokens = _commands(tokens)
            if not tokens:
                raise GoTemplateError("template: output:1: unclosed left paren")
            tokens = tokens[1:]
            commands[-1].append(["pipe", inner, []])
        elif kind == "field" and joined and commands[-1] and commands[-1][-1][0] != "word":
            commands[-1][-1][2].append(text[1:])
        elif kind == "field":
            commands[-1].append(["dot", None, [text[1:]] if text != "." else []])
        else:
            commands[-1].append([kind, text, []])
    return commands, tokens


class _Run:
    """One rendering."""

    def __init__(self, out: list[str], root: Any) -> None:
        self._out = out
        self._root = root

    def block(self, nodes: list[_Node], dot: Any, scopes: list[dict[str, Any]]) -> None:
        for node in nodes:
            if node.kind == "text":
                self._out.append(node.text)
            elif node.kind == "action":
                value = self._pipe(node.pipe, dot, scopes)
                if node.names:
                    scopes[-1][node.names[0]] = value
                else:
                    self._out.append(_shown(value))
            elif node.kind == "range":
                self._range(node, dot, scopes)
            else:
                value = self._pipe(node.pipe, dot, scopes)
                scope = {node.names[0]: value} if node.names else {}
                inside = value if node.kind == "with" and _truth(value) else dot
                self.block(node.body if _truth(value) else node.other, inside, [*scopes, scope])

    def _range(self, node: _Node, dot: Any, scopes: list[dict[str, Any]]) -> None:
        value = self._pipe(node.pipe, dot, scopes)
        pairs: list[tuple[Any, Any]]
        if isinstance(value, dict):
            pairs = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, list):
            pairs = list(enumerate(value))
        elif value is None or value is _MISSING:
            pairs = []
        else:
            raise GoTemplateError(f"range can't iterate over {to_text(value)}")
        for key, item in pairs:
            values = (item,) if len(node.names) == 1 else (key, item)
            scope = dict(zip(node.names, values, strict=False))
            self.block(node.body, item, [*scopes, scope])
        if not pairs:
            self.block(node.other, dot, [*scopes, {}])

    def _pipe(self, commands: list[Any], dot: Any, scopes: list[dict[str, Any]]) -> Any:
        value: Any = None
        for number, operands in enumerate(commands):
            if not operands:
                raise GoTemplateError("template: output:1: missing value for command")
            extra = [value] if number else []
            head = operands[0]
            if head[0] == "word" and head[1] not in ("true", "false", "nil"):
                values = [self._operand(one, dot, scopes) for one in operands[1:]]
                value = _call(head[1], [*values, *extra])
            else:
                value = self._operand(head, dot, scopes)
        return value

    def _operand(self, operand: list[Any], dot: Any, scopes: list[dict[str, Any]]) -> Any:
        kind, text, path = operand
        value: Any
        if kind == "dot":
            value = dot
        elif kind == "variable":
            for scope in reversed(scopes):
                if text in scope:
                    value = scope[text]
                    break
            else:
                raise GoTemplateError(f"template: output:1: undefined variable {quote(text)}")
        elif kind == "string":
            value = text[1:-1] if text[0] == "`" else _unescape(text[1:-1])
        elif kind == "number":
            value = float(text) if "." in text else int(text)
        elif kind == "pipe":
            value = self._pipe(text, dot, scopes)
        else:
            value = {"true": True, "false": False}.get(text)
        for name in path:
            value = _field(value, name)
        return value


def _field(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name, _MISSING)
    if value is None or value is _MISSING:
        raise GoTemplateError(
            f'template: output:1: executing "output" at <.{name}>: nil data; no entry for key '
            f"{quote(name)}"
        )
    raise GoTemplateError(
        f'template: output:1: executing "output" at <.{name}>: '
        f"can't evaluate field {name} in type interface {{}}"
    )


def _truth(value: Any) -> bool:
    return value is not _MISSING and bool(value)


def _shown(value: Any) -> str:
    return "<no value>" if value is None or value is _MISSING else to_text(value)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, list):
            if not 0 <= key < len(value):
                raise GoTemplateError(f"error calling index: index out of range: {key}")
            value = value[key]
        elif isinstance(value, dict):
            value = value.get(key)
        else:
            raise GoTemplateError("error calling index: can't index item of type string")
    return value


def _decode(text: Any) -> str:
    try:
        return base64.b64decode(str(text), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        raise GoTemplateError("error calling base64decode: illegal base64 data") from None


def _printf(form: str, *values: Any) -> str:
    left = list(values)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = left.pop(0) if left else None
        text = quote(str(value)) if match[2] == "q" else to_text(value)
        width = match[1]
        return f"{text:<{width[1:]}}" if width.startswith("-") else f"{text:>{width or 0}}"

    return re.sub(r"%%|%(-?\d*)([vsdqt])", one, form)


def _any_of(left: Any, *rights: Any) -> bool:
    return any(left == right for right in rights)


def _all(*values: Any) -> Any:
    return next((value for value in values if not _truth(value)), values[-1])


def _first(*values: Any) -> Any:
    return next((value for value in values if _truth(value)), values[-1])


def _exists(value: Any, *keys: Any) -> bool:
    try:
        return _truth(_index(value, *keys))
    except GoTemplateError:
        return False


def _ordered(operator: str) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(left, operator, right)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": _all,
    "base64decode": _decode,
    "eq": _any_of,
    "exists": _exists,
    "ge": _ordered(">="),
    "gt": _ordered(">"),
    "index": _index,
    "le": _ordered("<="),
    "len": len,
    "lt": _ordered("<"),
    "ne": lambda left, right: left != right,
    "not": lambda value: not _truth(value),
    "or": _first,
    "print": lambda *values: "".join(map(to_text, values)),
    "printf": _printf,
    "println": lambda *values: " ".join(map(to_text, values)) + "\n",
}


def _call(name: str, values: list[Any]) -> Any:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise GoTemplateError(f"template: output:1: function {quote(name)} not defined")
    known = [None if value is _MISSING else value for value in values]
    try:
        return function(*known)
    except (TypeError, JsonPathError) as error:
        raise GoTemplateError(f"error calling {name}: {error}") from None
