"""JSONPath templates as kubectl reads them (client-go util/jsonpath), with its error texts.

`{.items[*].metadata.name}`, ranges, filters, unions, slices, recursive descent, escaped dots and
quoted literals; it must not know what the objects are.
"""

from __future__ import annotations

from typing import Any

from sim.kubectl.goformat import to_json, to_text
from sim.kubectl.printers.jsonpathparser import JsonPathError, Node, Parser

__all__ = ["JsonPath", "JsonPathError", "compare", "to_output"]


class JsonPath:
    """One parsed template."""

    def __init__(self, template: str, *, allow_missing: bool = True) -> None:
        """Parse *template*; with *allow_missing* an absent field is empty, else an error.

        Raises:
            JsonPathError: if it is malformed.
        """
        self.template = template
        self._allow_missing = allow_missing
        self._root = Parser(template).root

    def render(self, data: Any) -> str:
        """Return the text that the template makes of *data*."""
        return "".join(_print(results) for results in self.find(data))

    def find(self, data: Any) -> list[list[Any]]:
        """Return the results of each part of the template.

        Raises:
            JsonPathError: if an index is out of bounds, or a filter does not fit.
        """
        self._last_end = -1
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
                self._last_end = position
                return out, position
            if word == "range":
                values = self._walk(data, Node("list", nodes=node.nodes[1:]))
                for value in values:
                    inner, _ = self._run([value], position + 1, in_range=True)
                    out.extend(inner)
                if not values and not self._allow_missing:
                    self._run([None], position + 1, in_range=True)
                elif not values:
                    self._last_end = self._end_of_range(position + 1)
                # Go goes on behind the last end that it has seen; if it has seen none, in the range
                position = max(position, self._last_end) + 1
                continue
            out.append(self._walk(data, node))
            position += 1
        return out, position

    def _end_of_range(self, position: int) -> int:
        """Return the last end up to that of the range which begins before *position*; -1 if none."""
        depth, last = 1, -1
        for place in range(position, len(self._root)):
            word = _keyword(self._root[place])
            depth += {"range": 1, "end": -1}.get(word, 0)
            last = place if word == "end" else last
            if depth == 0:
                break
        return last

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
            return self._exists(item, node.nodes)
        lefts = self._walk([item], Node("list", nodes=node.nodes))
        if not lefts:
            return False
        rights = self._walk([item], Node("list", nodes=node.right))
        if len(lefts) > 1 or len(rights) > 1:
            raise JsonPathError("can only compare one element at a time")
        return bool(rights) and compare(lefts[0], node.value, rights[0])

    def _exists(self, item: Any, steps: list[Node]) -> bool:
        """Return what is left of *item* after *steps*; a step that fails leaves what it was given."""
        values = [item]
        for step in steps:
            try:
                values = self._walk(values, step)
            except JsonPathError:
                return step.kind != "field" and bool(values)
        return bool(values)


def _keyword(node: Node) -> str:
    if node.kind == "list" and node.nodes and node.nodes[0].kind == "identifier":
        return str(node.nodes[0].value)
    return ""


def _index(value: Any, bounds: tuple[int | None, int | None, int | None, bool]) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        named = {dict: "map[string]interface {}", str: "string", bool: "bool", int: "int64"}
        kind = next((name for type_, name in named.items() if isinstance(value, type_)), "float64")
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
        # Go goes into what has a length, texts included, and leaves out what is empty
        if isinstance(value, str | dict | list) and value:
            found.append(value)
            found += _descend(_children(value))
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
