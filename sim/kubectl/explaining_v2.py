"""The older page of `kubectl explain`, from an OpenAPI v2 document (kubectl pkg/explain).

Pure: from a document, a kind and a path of fields to text. It must not know where documents come from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sim.apimachinery.wire import Obj

Schema = Mapping[str, Any]

_WIDTH = 80
_FIELDS, _DESCRIPTION, _OWN_DESCRIPTION = 3, 5, 2
"""How far the list of fields, a page's description and a field's own are indented."""
_VERBATIM = "    "
_BULLET = re.compile(r"(\d+\.?|-|\*)\s")
_ANYTHING: Schema = {}


class NoSuchFieldError(Exception):
    """The path leads nowhere."""


def find_kind(document: Obj, group: str, version: str, kind: str) -> Schema | None:
    """Return the schema of a kind, or None."""
    wanted = {"group": group, "version": version, "kind": kind}
    for schema in document.get("definitions", {}).values():
        if wanted in (schema.get("x-kubernetes-group-version-kind") or ()):
            found: Schema = schema
            return found
    return None


class Page:
    """Explains a kind or one of its fields."""

    def __init__(self, document: Obj, *, recursive: bool = False, depth: int = 0) -> None:
        """Read *document*; *depth* limits *recursive*, 0 does not."""
        self._schemas: Mapping[str, Schema] = document.get("definitions", {})
        self._recursive = recursive
        self._depth = depth
        self._lines: list[str] = []
        self._visited: set[str] = set()

    def of(self, schema: Schema, kind: str, version: str, fields: Sequence[str]) -> str:
        """Return the page of *kind*, whose schema is given, or of the field *fields* lead to.

        Raises:
            NoSuchFieldError: if it has no such field.
        """
        self._lines = [f"KIND:     {kind}", f"VERSION:  {version}", ""]
        self._model(fields[-1] if fields else "", self._found(schema, list(fields)))
        return "".join(f"{one}\n" for one in self._lines)

    # -- where a path leads ----------------------------------------------------------------------

    def _found(self, schema: Schema, path: list[str]) -> Schema:
        while path and _form(schema) not in ("primitive", "arbitrary"):
            if _form(schema) != "kind":
                schema = self._inside(schema)
                continue
            name = path.pop(0)
            if name not in schema["properties"]:
                msg = f'field "{name}" does not exist'
                raise NoSuchFieldError(msg)
            schema = schema["properties"][name]
        return schema

    def _inside(self, schema: Schema) -> Schema:
        """Return what a list, map or reference is about."""
        match _form(schema):
            case "array":
                found: Schema = schema.get("items") or _ANYTHING
            case "map":
                extra = schema.get("additionalProperties")
                found = extra if isinstance(extra, dict) else _ANYTHING
            case _:
                found = self._schemas.get(_referred(schema), _ANYTHING)
        return found

    def _type(self, schema: Schema) -> str:
        match _form(schema):
            case "kind":
                return "Object"
            case "array":
                return f"[]{self._type(self._inside(schema))}"
            case "map":
                return f"map[string]{self._type(self._inside(schema))}"
            case "reference":
                return self._type(self._inside(schema))
        return str(schema.get("type", ""))

    # -- the page --------------------------------------------------------------------------------

    def _model(self, name: str, schema: Schema) -> None:
        told: list[str] = []
        type_ = ""
        while _form(schema) in ("array", "map", "reference"):
            told.append(schema.get("description", ""))
            if _form(schema) != "reference":
                type_ = type_ or self._type(schema)
            schema = self._inside(schema)
        told.append(schema.get("description", ""))
        type_ = type_ or self._type(schema)
        form = _form(schema)
        if form == "kind" and name:
            self._lines += [f"RESOURCE: {name} <{type_}>", ""]
        elif form == "primitive":
            self._lines += [f"FIELD:    {name} <{type_}>", ""]
        self._describe(told)
        if form != "kind":
            return
        self._lines += ["", "FIELDS:"]
        if self._recursive:
            self._every(schema, _FIELDS, 1)
        else:
            self._direct(schema)

    def _describe(self, told: Sequence[str]) -> None:
        self._lines.append("DESCRIPTION:")
        for index, text in enumerate(told):
            if text:
                if index:
                    self._lines.append("")
                self._wrapped(text, _DESCRIPTION)
        if not any(told):
            self._wrapped("<empty>", _DESCRIPTION)

    def _direct(self, schema: Schema) -> None:
        needed = schema.get("required") or ()
        for name, one in sorted(schema["properties"].items()):
            required = " -required-" if name in needed else ""
            self._lines.append(f"{' ' * _FIELDS}{name}\t<{self._type(one)}>{required}")
            self._wrapped(one.get("description", ""), _FIELDS + _OWN_DESCRIPTION)
            self._lines.append("")

    def _every(self, schema: Schema, indent: int, depth: int) -> None:
        match _form(schema):
            case "kind":
                for name, one in sorted(schema["properties"].items()):
                    self._lines.append(f"{' ' * indent}{name}\t<{self._type(one)}>")
                    if not 0 < self._depth <= depth:
                        self._every(one, indent + _FIELDS, depth + 1)
            case "array" | "map":
                self._every(self._inside(schema), indent, depth)
            case "reference":
                name = _referred(schema)
                if name not in self._visited:
                    self._visited.add(name)
                    self._every(self._inside(schema), indent, depth)
                    self._visited.discard(name)

    def _wrapped(self, text: str, indent: int) -> None:
        pad = " " * indent
        self._lines += [pad + one if one else "" for one in _wrap(text, _WIDTH - indent)]


def _form(schema: Schema) -> str:
    if "$ref" in schema:
        return "reference"
    match schema.get("type"):
        case None:
            return "kind" if schema.get("properties") else "arbitrary"
        case "object":
            return "kind" if schema.get("properties") else "map"
        case "array":
            return "array"
    return "primitive"


def _referred(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix("#/definitions/")


def _wrap(text: str, width: int) -> list[str]:
    """Return the lines of *text*; a list's items and what is indented keep lines of their own."""
    made: list[str] = []
    line = last = ""
    for given in text.split("\n"):
        if given.startswith(_VERBATIM) or (made and not given.strip()):
            if line:
                made.append(line)
                line = last = ""
            made.append(given if given.startswith(_VERBATIM) else "")
            continue
        shown = given.strip()
        if line and (last.endswith(":") or not shown or _BULLET.match(shown)):
            made.append(line)
            line = last = ""
        for word in given.split():
            last = word
            if line and len(f"{line} {word}".encode()) > width:
                made.append(line)
                line, last = word, ""
            else:
                line = f"{line} {word}" if line else word
    return [*made, line] if line else made
