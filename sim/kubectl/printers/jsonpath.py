"""JSONPath templates as kubectl reads them (client-go util/jsonpath), with its error texts.

`{.items[*].metadata.name}`, ranges, filters, unions, slices, recursive descent, escaped dots and
quoted literals; it must not know what the objects are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sim.kubectl.goformat import to_json, to_text

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


class _Parser:
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
            elif char in "+-" or char.isdigit():
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
        while self._peek() == "." or self._peek().isdigit():
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
    return _Parser(f"{{{text}}}").root[0].nodes


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


class JsonPath:
    """One parsed template."""

    def __init__(self, template: str, *, allow_missing: bool = True) -> None:
        """Parse *template*; with *allow_missing* an absent field is empty, else an error.

        Raises:
            JsonPathError: if it is malformed.
        """
        self.template = template
        self._allow_missing = allow_missing
        self._root = _Parser(template).root

    def render(self, data: Any) -> str:
        """Return the text that the template makes of *data*."""
        return "".join(_print(results) for results in self.find(data))

    def find(self, data: Any) -> list[list[Any]]:
        """Return the results of each part of the template.

        Raises:
            JsonPathError: if an index is out of bounds, or a filter does not fit.
        """
        results, position = self._run([data], 0, in_range=False)
        if position < len(self._root):
            raise JsonPathError("not in range, nothing to end")
        return results

    def _run(
        self, data: list[Any], position: int, *, in_range: bool
    ) -> tuple[list[list[Any]], int]:
        """Evaluate from *position* to the end (or `{end}`) and return where it stopped."""
        out: list[list[Any]] = []
        while position < len(self._root):
            node = self._root[position]
            word = _keyword(node)
            if word == "end":
                if not in_range:
                    raise JsonPathError("not in range, nothing to end")
                return out, position
            if word == "range":
                values = self._walk(data, Node("list", nodes=node.nodes[1:]))
                end = position + 1
                for value in values:
                    inner, end = self._run([value], position + 1, in_range=True)
                    out.extend(inner)
                if not values:
                    end = self._end_of_range(position + 1)
                position = end + 1
                continue
            out.append(self._walk(data, node))
            position += 1
        return out, position

    def _end_of_range(self, position: int) -> int:
        depth = 1
        while position < len(self._root):
            word = _keyword(self._root[position])
            depth += {"range": 1, "end": -1}.get(word, 0)
            if depth == 0:
                break
            position += 1
        return position

    def _walk(self, values: list[Any], node: Node) -> list[Any]:
        match node.kind:
            case "list":
                for step in node.nodes:
                    values = self._walk(values, step)
                return values
            case "text":
                return [node.value]
            case "field":
                return self._field(values, node.value)
            case "array":
                return [item for value in values for item in _index(value, node.value)]
            case "wildcard":
                return [item for value in values for item in _children(value)]
            case "recursive":
                return _descend(values)
            case "filter":
                return self._filter(values, node)
            case "union":
                return [item for part in node.nodes for item in self._walk(values, part)]
            case "literal":
                return [node.value] * len(values)
        raise JsonPathError(f"unrecognized identifier {node.value}")

    def _field(self, values: list[Any], name: str) -> list[Any]:
        found = [value[name] for value in values if isinstance(value, dict) and name in value]
        if not found and values and not self._allow_missing:
            raise JsonPathError(f"{name} is not found")
        return found

    def _filter(self, values: list[Any], node: Node) -> list[Any]:
        found = []
        for value in values:
            if not isinstance(value, list):
                text = to_text(value)
                raise JsonPathError(f"{text} is not array or slice and cannot be filtered")
            found += [item for item in value if self._passes(item, node)]
        return found

    def _passes(self, item: Any, node: Node) -> bool:
        if node.value == "exists":
            try:
                return bool(self._walk([item], Node("list", nodes=node.nodes)))
            except JsonPathError:
                return False
        lefts = self._walk([item], Node("list", nodes=node.nodes))
        if not lefts:
            return False
        rights = self._walk([item], Node("list", nodes=node.right))
        if len(lefts) > 1 or len(rights) > 1:
            raise JsonPathError("can only compare one element at a time")
        return bool(rights) and compare(lefts[0], node.value, rights[0])


def _keyword(node: Node) -> str:
    if node.kind == "list" and node.nodes and node.nodes[0].kind == "identifier":
        return str(node.nodes[0].value)
    return ""


def _index(value: Any, bounds: tuple[int | None, int | None, int | None, bool]) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        kind = {dict: "map[string]interface {}", str: "string", bool: "bool"}.get(
            type(value), "int64" if isinstance(value, int) else "float64"
        )
        raise JsonPathError(f"{kind} is not array or slice")
    start, end, step, derived = bounds
    length = len(value)
    start = 0 if start is None else start + length if start < 0 else start
    if end is None:
        end = length
    elif end < 0 or (end == 0 and derived):
        end += length
    if start == end:
        return []
    if not 0 <= start < length:
        raise JsonPathError(f"array index out of bounds: index {start}, length {length}")
    if not 0 <= end <= length:
        raise JsonPathError(f"array index out of bounds: index {end - 1}, length {length}")
    if start > end:
        raise JsonPathError(f"starting index {start} is greater than ending index {end}")
    if step is not None and step <= 0:
        raise JsonPathError("step must be > 0")
    return value[start : end : step or 1]


def _children(value: Any) -> list[Any]:
    # Go walks maps in random order; sorted keys are one of its answers
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, list) else []


def _descend(values: list[Any]) -> list[Any]:
    found = []
    for value in values:
        children = _children(value)
        if children:
            found.append(value)
            found += _descend(children)
    return found


def compare(left: Any, operator: str, right: Any) -> bool:
    """Return whether `left operator right` holds for two JSON values.

    Raises:
        JsonPathError: if the two cannot be compared.
    """
    kinds = (_basic_kind(left), _basic_kind(right))
    if None in kinds:
        raise JsonPathError("invalid type for comparison")
    if kinds[0] != kinds[1]:
        raise JsonPathError("incompatible types for comparison")
    if operator == "==":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    if kinds[0] == "bool":
        raise JsonPathError("invalid type for comparison")
    match operator:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
    raise JsonPathError(f"unrecognized filter operator {operator}")


def _basic_kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "string" if isinstance(value, str) else None


def _print(results: list[Any]) -> str:
    return " ".join(
        to_json(value) if isinstance(value, dict | list) else to_output(value) for value in results
    )


def to_output(value: Any) -> str:
    """Return a scalar as the template prints it; null is `null`."""
    return "null" if value is None else to_text(value)
