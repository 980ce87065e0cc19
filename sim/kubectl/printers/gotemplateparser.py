"""The grammar of Go's text/template, with its error texts (text/template/parse).

It must not know what the templates are applied to, nor what functions do.
"""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from sim.kubectl.goformat import quote, unquote
from sim.kubectl.printers.goprintf import Int
from sim.kubectl.printers.gotemplatelexer import Lexer, Token

_OPERANDS = frozenset(
    {
        "bool",
        "rune",
        "dot",
        "field",
        "identifier",
        "number",
        "nil",
        "raw",
        "string",
        "variable",
        "(",
    }
)
_CONSTANTS = frozenset({"bool", "string", "number", "nil", "dot"})


class GoTemplateError(Exception):
    """The template is malformed, or does not fit the object."""


@dataclass(slots=True)
class Node:
    """One node: text, action, if, range, with, template, list, pipe, command or an operand."""

    kind: str
    at: int
    text: str = ""
    """As it stands in the source."""
    value: Any = None
    names: list[str] = field(default_factory=list)
    """Parts of a field or variable; the variables that a pipe sets."""
    assigns: bool = False
    nodes: list[Node] = field(default_factory=list)
    pipe: Node | None = None
    body: Node | None = None
    other: Node | None = None

    def __str__(self) -> str:
        """Return it as error texts show it."""
        match self.kind:
            case "field":
                return "".join(f".{name}" for name in self.names)
            case "variable":
                return ".".join(self.names)
            case "chain":
                inner = self.nodes[0]
                shown = f"({inner})" if inner.kind == "pipe" else str(inner)
                return shown + "".join(f".{name}" for name in self.names)
            case "command":
                return " ".join(f"({n})" if n.kind == "pipe" else str(n) for n in self.nodes)
            case "pipe":
                sign = " = " if self.assigns else " := "
                head = f"{', '.join(self.names)}{sign}" if self.names else ""
                return head + " | ".join(map(str, self.nodes))
            case "action":
                return f"{{{{{self.pipe}}}}}"
            case "list":
                return "".join(map(str, self.nodes))
            case "if" | "range" | "with":
                other = f"{{{{else}}}}{self.other}" if self.other else ""
                return f"{{{{{self.kind} {self.pipe}}}}}{self.body}{other}{{{{end}}}}"
            case "template":
                pipe = f" {self.pipe}" if self.pipe else ""
                return f"{{{{template {quote(self.text)}{pipe}}}}}"
            case "break" | "continue" | "end" | "else":
                return f"{{{{{self.kind}}}}}"
        return self.text


class Parser:
    """Reads one template; `root` is its list, `templates` what it defines by name."""

    def __init__(self, source: str, functions: Container[str]) -> None:
        self._tokens = list(Lexer(source).tokens())
        self._place = 0
        self._functions = functions
        self._variables = ["$"]
        self._ranges = 0
        self._action_line = 0
        self.templates: dict[str, Node] = {}
        self.root = Node("list", 0)
        while self._peek().kind != "eof":
            if self._peek().kind == "left" and self._peek_after("left").kind == "define":
                self._define()
                continue
            node = self._text_or_action()
            if node.kind in ("end", "else"):
                raise self._error(f"unexpected {node}")
            self.root.nodes.append(node)

    # -- tokens ----------------------------------------------------------------------------------

    def _peek(self) -> Token:
        return self._tokens[min(self._place, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _skip_space(self) -> Token:
        while self._peek().kind == "space":
            self._place += 1
        return self._peek()

    def _next_word(self) -> Token:
        self._skip_space()
        return self._next()

    def _peek_after(self, _: str) -> Token:
        place = self._place + 1
        while place < len(self._tokens) - 1 and self._tokens[place].kind == "space":
            place += 1
        return self._tokens[min(place, len(self._tokens) - 1)]

    def _error(self, text: str) -> GoTemplateError:
        line = self._tokens[max(0, min(self._place, len(self._tokens)) - 1)].line
        return GoTemplateError(f"template: output:{line}: {text}")

    def _unexpected(self, token: Token, context: str) -> GoTemplateError:
        if token.kind != "error":
            return self._error(f"unexpected {token} in {context}")
        extra = ""
        if self._action_line and self._action_line != token.line:
            extra = f" in action started at output:{self._action_line}"
            if token.text.endswith(" action"):
                extra = extra.removeprefix(" in action")
        return self._error(f"{token}{extra}")

    def _expect(self, kind: str, context: str) -> Token:
        token = self._next_word()
        if token.kind != kind:
            raise self._unexpected(token, context)
        return token

    # -- actions ---------------------------------------------------------------------------------

    def _text_or_action(self) -> Node:
        token = self._next()
        if token.kind == "text":
            return Node("text", token.at, token.text)
        if token.kind != "left":
            raise self._unexpected(token, "input")
        self._action_line = token.line
        try:
            return self._action()
        finally:
            self._action_line = 0

    def _action(self) -> Node:
        token = self._next_word()
        match token.kind:
            case "block":
                return self._block()
            case "break" | "continue":
                after = self._next_word()
                if after.kind != "right":
                    raise self._unexpected(after, f"{{{{{token.kind}}}}}")
                if not self._ranges:
                    raise self._error(f"{{{{{token.kind}}}}} outside {{{{range}}}}")
                return Node(token.kind, token.at)
            case "else":
                if self._skip_space().kind not in ("if", "with"):
                    self._expect("right", "else")
                return Node("else", token.at)
            case "end":
                self._expect("right", "end")
                return Node("end", token.at)
            case "if" | "range" | "with":
                return self._control(token)
            case "template":
                return self._template()
        self._place -= 1
        return Node("action", token.at, pipe=self._pipeline("command", "right"))

    def _control(self, token: Token) -> Node:
        context = token.kind
        known = len(self._variables)
        node = Node(context, token.at, pipe=self._pipeline(context, "right"))
        self._ranges += context == "range"
        node.body, ended = self._items()
        self._ranges -= context == "range"
        if ended.kind == "else":
            if context in ("if", "with") and self._peek().kind == context:
                inner = self._next()
                node.other = Node("list", ended.at, nodes=[self._control(inner)])
            else:
                node.other, ended = self._items()
                if ended.kind != "end":
                    raise self._error(f"expected end; found {ended}")
        del self._variables[known:]
        return node

    def _items(self) -> tuple[Node, Node]:
        """Return the nodes up to `end` or `else`, and which it was."""
        listed = Node("list", self._skip_space().at)
        while self._skip_space().kind != "eof":
            node = self._text_or_action()
            if node.kind in ("end", "else"):
                return listed, node
            listed.nodes.append(node)
        self._place += 1
        raise self._error("unexpected EOF")

    def _name(self, token: Token, context: str) -> str:
        if token.kind not in ("string", "raw"):
            raise self._unexpected(token, context)
        return self._unquote(token)

    def _template(self) -> Node:
        context = "template clause"
        token = self._next_word()
        node = Node("template", token.at, self._name(token, context))
        if self._skip_space().kind == "right":
            self._next()
        else:
            node.pipe = self._pipeline(context, "right")
        return node

    def _block(self) -> Node:
        context = "block clause"
        token = self._next_word()
        name = self._name(token, context)
        pipe = self._pipeline(context, "right")
        self._body(name, context)
        return Node("template", token.at, name, pipe=pipe)

    def _define(self) -> None:
        context = "define clause"
        self._next()
        self._next_word()
        name = self._name(self._next_word(), context)
        self._expect("right", context)
        self._body(name, context)

    def _body(self, name: str, context: str) -> None:
        outer, self._variables = self._variables, ["$"]
        ranges, self._ranges = self._ranges, 0
        body, ended = self._items()
        if ended.kind != "end":
            raise self._error(f"unexpected {ended} in {context}")
        self._variables, self._ranges = outer, ranges
        self.templates[name] = body

    # -- pipelines -------------------------------------------------------------------------------

    def _pipeline(self, context: str, end: str) -> Node:
        pipe = Node("pipe", self._skip_space().at)
        self._declarations(pipe, context)
        while True:
            token = self._next_word()
            if token.kind == end:
                break
            if token.kind not in _OPERANDS:
                raise self._unexpected(token, context)
            self._place -= 1
            pipe.nodes.append(self._command())
        if not pipe.nodes:
            raise self._error(f"missing value for {context}")
        for number, command in enumerate(pipe.nodes[1:], 2):
            if command.nodes[0].kind in _CONSTANTS:
                raise self._error(f"non executable command in pipeline stage {number}")
        return pipe

    def _declarations(self, pipe: Node, context: str) -> None:
        while (token := self._skip_space()).kind == "variable":
            after = self._peek_after("variable")
            if after.kind in ("assign", "declare"):
                pipe.assigns = after.kind == "assign"
            elif not (after.kind == "char" and after.text == ","):
                return
            self._next()
            self._next_word()
            pipe.names.append(token.text)
            self._variables.append(token.text)
            if after.kind != "char":
                return
            if context != "range" or len(pipe.names) > 1:
                raise self._error(f"too many declarations in {context}")
            if self._skip_space().kind not in ("variable", "right", ")"):
                raise self._error("range can only initialize variables")

    def _command(self) -> Node:
        command = Node("command", self._skip_space().at)
        while True:
            self._skip_space()
            operand = self._operand()
            if operand is not None:
                command.nodes.append(operand)
            token = self._next()
            if token.kind == "space":
                continue
            if token.kind in ("right", ")"):
                self._place -= 1
            elif token.kind != "pipe":
                raise self._unexpected(token, "operand")
            break
        if not command.nodes:
            raise self._error("empty command")
        return command

    def _operand(self) -> Node | None:
        node = self._term()
        if node is None or self._peek().kind != "field":
            return node
        at = self._peek().at
        names = []
        while self._peek().kind == "field":
            names.append(self._next().text[1:])
        if node.kind in ("field", "variable"):
            return Node(node.kind, at, names=[*node.names, *names])
        if node.kind in _CONSTANTS:
            raise self._error(f"unexpected . after term {quote(str(node))}")
        return Node("chain", at, names=names, nodes=[node])

    def _term(self) -> Node | None:
        token = self._next_word()
        match token.kind:
            case "identifier":
                if token.text not in self._functions:
                    raise self._error(f"function {quote(token.text)} not defined")
                return Node("identifier", token.at, token.text)
            case "dot" | "nil":
                return Node(token.kind, token.at, token.text)
            case "bool":
                return Node("bool", token.at, token.text, token.text == "true")
            case "variable":
                if token.text not in self._variables:
                    raise self._error(f"undefined variable {quote(token.text)}")
                return Node("variable", token.at, names=[token.text])
            case "field":
                return Node("field", token.at, names=[token.text[1:]])
            case "number" | "rune":
                return Node("number", token.at, token.text, self._constant(token))
            case "string" | "raw":
                return Node("string", token.at, token.text, self._unquote(token))
            case "(":
                return self._pipeline("parenthesized pipeline", ")")
        self._place -= 1
        return None

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError:
            raise self._error("invalid syntax") from None

    def _constant(self, token: Token) -> int | float:
        text = token.text
        try:
            return _rune(text) if token.kind == "rune" else _number(text)
        except ValueError:
            what = "malformed character constant: " if token.kind == "rune" else ""
            if not what and text.endswith("i"):
                raise self._error(
                    f"complex constant {text} is not supported in this simulator"
                ) from None
            shown = text if what else quote(text)
            raise self._error(f"{what or 'illegal number syntax: '}{shown}") from None


def _rune(text: str) -> int:
    inside = unquote(f'"{text[1:-1]}"') if text != "'\"'" else '"'
    if len(inside) != 1:
        raise ValueError
    return Int(ord(inside))


def _number(text: str) -> int | float:
    sign, digits = (text[0], text[1:]) if text[:1] in "+-" and text else ("", text)
    if not digits or digits.startswith("_") or digits.endswith("_"):
        raise ValueError
    lower = digits.lower()
    if lower[:2] in ("0x", "0b", "0o"):
        try:
            fraction = "p" in lower or "." in lower
            value: int | float = float.fromhex(lower) if fraction else int(lower, 0)
        except OverflowError as problem:
            raise ValueError from problem
    elif any(char in lower for char in ".e"):
        value = float(digits)
    elif len(digits) > 1 and digits[0] == "0":
        value = int(digits, 8)
    else:
        value = int(digits)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    value = -value if sign == "-" else value
    return Int(value) if isinstance(value, int) else value
