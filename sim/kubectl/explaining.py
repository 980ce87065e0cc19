"""The page of `kubectl explain` from an OpenAPI v3 document (kubectl pkg/explain/v2, plaintext.tmpl).

Pure: from a document, a kind and a path of fields to text. It must not know where documents come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.apimachinery.wire import Obj
from sim.client.discovery import Resource
from sim.kubectl.wordwrap import wrap

Schema = Mapping[str, Any]
_WIDTH = 76
_FEW = 4
"""How many values of an enumeration the list of fields shows."""


class ExplainError(Exception):
    """There is no such resource or field; carries what was printed before it was noticed."""

    def __init__(self, message: str, printed: str = "") -> None:
        """Keep *message* and the text that stands on standard output already."""
        super().__init__(message)
        self.printed = printed


def _indent(amount: int, text: str) -> str:
    pad = " " * amount
    return pad + text.replace("\n", f"\n{pad}")


class Explainer:
    """Explains what one document describes."""

    def __init__(self, document: Obj, *, recursive: bool = False, depth: int = 0) -> None:
        """Read *document*; *depth* limits *recursive*, 0 does not."""
        self._document = document
        self._schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
        self._recursive = recursive
        self._depth = depth

    def page(self, resource: Resource, fields: Sequence[str]) -> str:
        """Return the page of a resource, or of the field that *fields* leads to.

        Raises:
            ExplainError: if the document has no such kind or field.
        """
        gvk = self._kind(resource)
        if gvk is None:
            name = f"{resource.group}/{resource.version}, Resource={resource.plural}"
            raise ExplainError(f"error: GVR ({name}) not found in OpenAPI schema")
        head = f"GROUP:      {gvk['group']}\n" if gvk.get("group") else ""
        head += f"KIND:       {gvk['kind']}\nVERSION:    {gvk['version']}\n\n"
        for _, schema in sorted(self._schemas.items()):
            if gvk in (schema.get("x-kubernetes-group-version-kind") or ()):
                body = self._output(schema, list(fields), frozenset())
                if not body:
                    raise ExplainError(f'error: field "{fields[-1]}" does not exist', head)
                return f"{head}{body}\n"
        shown = f"map[group:{gvk['group']} kind:{gvk['kind']} version:{gvk['version']}]"
        raise ExplainError(f"error: GVK {shown} not found in OpenAPI schema", head)

    def _kind(self, resource: Resource) -> dict[str, str] | None:
        """Return the kind that the resource's paths are of."""
        root = f"/apis/{resource.group}" if resource.group else "/api"
        root = f"{root}/{resource.version}"
        found: dict[str, str] | None = None
        for inside in ("", "/namespaces/{namespace}"):
            for end in ("", "/{name}"):
                item = self._document["paths"].get(f"{root}{inside}/{resource.plural}{end}") or {}
                for method in ("get", "post", "put", "patch", "delete"):
                    gvk = (item.get(method) or {}).get("x-kubernetes-group-version-kind")
                    if gvk:
                        found = gvk
                        break
        return found

    def _resolved(self, schema: Schema) -> Schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._schemas.get(name) or schema

    def _output(self, schema: Schema, fields: list[str], seen: frozenset[str]) -> str:
        """Return the page below its head, or nothing if *fields* leads nowhere."""
        ref = schema.get("$ref", "")
        held = self._resolved(schema)
        if not fields:
            return self._described(held)
        if ref and ref in seen:
            return ""
        below = seen | {ref}
        properties = held.get("properties") or {}
        if fields[0] in properties:
            sub = properties[fields[0]]
            head = ""
            if len(fields) == 1:
                head = f"FIELD: {fields[0]} <{self.type_name(sub)}>\n{_values(sub)}\n\n"
            return head + self._output(sub, fields[1:], frozenset())
        if held.get("items"):
            return self._output(held["items"], fields, below)
        if isinstance(held.get("additionalProperties"), dict):
            return self._output(held["additionalProperties"], fields, below)
        for one in held.get("allOf") or ():
            found = self._output(one, fields, below)
            if found:
                return found
        return ""

    def _described(self, schema: Schema) -> str:
        text = "".join(self._descriptions(schema)) or "<empty>"
        made = f"DESCRIPTION:\n{_indent(4, wrap(text, _WIDTH))}\n"
        outside = _outside(schema, 0)
        listed = "".join(self._fields(schema, 1, frozenset()))
        return made + (f"\n{outside}" if outside else "") + (f"FIELDS:\n{listed}" if listed else "")

    def _descriptions(self, schema: Schema) -> Iterator[str]:
        held = self._resolved(schema)
        if held.get("description"):
            yield f"{held['description']}\n"
        for one in held.get("allOf") or ():
            yield from self._descriptions(one)
        for part in ("items", "additionalProperties"):
            if isinstance(held.get(part), dict) and held[part]:
                yield from self._descriptions(held[part])

    def _fields(self, schema: Schema, level: int, seen: frozenset[str]) -> Iterator[str]:
        ref = schema.get("$ref", "")
        if ref and ref in seen:
            return
        below = seen | {ref}
        held = self._resolved(schema)
        for name, one in sorted((held.get("properties") or {}).items()):
            yield self._field(held, name, one, level)
            if self._recursive and (self._depth == 0 or level < self._depth):
                yield from self._fields(one, level + 1, below)
        for one in held.get("allOf") or ():
            yield from self._fields(one, level, below)
        for part in ("items", "additionalProperties"):
            if isinstance(held.get(part), dict) and held[part]:
                yield from self._fields(held[part], level, below)

    def _field(self, owner: Schema, name: str, schema: Schema, level: int) -> str:
        pad = level * 2
        line = f"{_indent(pad, name)}\t<{self.type_name(schema)}>"
        if name in (owner.get("required") or ()):
            line += " -required-"
        values = schema.get("enum") or []
        if values:
            shown = ", ".join(map(_value, values[:_FEW]))
            line += f"\n{' ' * pad}enum: {shown}{', ....' if len(values) > _FEW else ''}"
        line += "\n"
        if self._recursive:
            return line
        text = schema.get("description") or "<no description>"
        outside = _outside(schema, pad + 2)
        line += f"{_indent(pad + 2, wrap(text, 78 - pad))}\n"
        return f"{line}{chr(10) + outside if outside else ''}\n"

    def type_name(self, schema: Schema) -> str:
        """Return what kind of value a schema stands for: `[]Container`, `map[string]string`."""
        if schema.get("items"):
            return f"[]{self.type_name(schema['items'])}"
        if isinstance(schema.get("additionalProperties"), dict):
            return f"map[string]{self.type_name(schema['additionalProperties'])}"
        several = schema.get("allOf") or []
        if len(several) == 1 and not schema.get("properties"):
            return self.type_name(several[0])
        ref = schema.get("$ref")
        if ref:
            held = self._schemas.get(ref.rpartition("/")[2])
            if held and held.get("type", "object") != "object":
                return str(held["type"])
            return str(ref.rpartition("/")[2].rpartition(".")[2]) or "Object"
        kind = schema.get("type") or "Object"
        return "Object" if kind == "object" else str(kind)


def _outside(schema: Schema, pad: int) -> str:
    """Return the section that points to documentation elsewhere, or nothing."""
    docs = schema.get("externalDocs") or {}
    if not docs:
        return ""
    made = f"{_indent(pad, 'EXTERNAL DOCS:')}\n"
    if docs.get("description"):
        made += f"{_indent(pad + (4 if pad == 0 else 2), wrap(docs['description'], _WIDTH - max(0, pad - 2)))}\n"
    if docs.get("url"):
        made += f"{_indent(pad + (4 if pad == 0 else 2), 'URL: ' + docs['url'])}\n"
    return made


def _values(schema: Schema) -> str:
    values = schema.get("enum") or []
    return "ENUM:" + "".join(f"\n    {_value(one)}" for one in values) if values else ""


def _value(value: Any) -> str:
    return '""' if value == "" else str(value)
