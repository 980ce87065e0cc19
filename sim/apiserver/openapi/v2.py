"""The same description in the second format of OpenAPI, made from the documents of the third."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.apimachinery import definitions as published
from sim.apimachinery.wire import Obj
from sim.apiserver.openapi.schemas import PREFIX

_SPECIAL = {
    published.QUANTITY: {"type": "string"},
    published.INT_OR_STRING: {"type": "string", "format": "int-or-string"},
}


def swagger(git_version: str, documents: Sequence[Obj]) -> Obj:
    """Return one document that says what all *documents* say."""
    paths: Obj = {}
    definitions: Obj = {}
    for document in documents:
        for path, item in document["paths"].items():
            paths[path] = _item(item)
        for name, schema in document["components"]["schemas"].items():
            if name not in definitions:
                definitions[name] = _SPECIAL.get(name) or _schema(schema)
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": git_version},
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": {
            "BearerToken": {
                "description": "Bearer Token authentication",
                "type": "apiKey",
                "name": "authorization",
                "in": "header",
            }
        },
        "security": [{"BearerToken": []}],
    }


def _item(item: Obj) -> Obj:
    made: Obj = {}
    for method, held in item.items():
        made[method] = _parameters(held) if method == "parameters" else _operation(held)
    return made


def _parameters(parameters: list[Obj]) -> list[Obj]:
    return [
        {**{key: value for key, value in one.items() if key != "schema"}, **one["schema"]}
        for one in parameters
    ]


def _operation(held: Obj) -> Obj:
    made = {key: value for key, value in held.items() if key != "requestBody"}
    made["parameters"] = _parameters(held["parameters"])
    body = held.get("requestBody")
    made["consumes"] = ["*/*"]
    made["produces"] = ["application/json"]
    if body:
        forms = body["content"]
        schema = _schema(next(iter(forms.values()))["schema"])
        made["consumes"] = list(forms)
        made["parameters"].append(
            {"name": "body", "in": "body", "required": "required" in body, "schema": schema}
        )
    made["responses"] = {
        code: {"description": one["description"]}
        | ({"schema": _schema(_first(one["content"]))} if "content" in one else {})
        for code, one in held["responses"].items()
    }
    return made


def _first(content: Obj) -> Obj:
    schema: Obj = next(iter(content.values()))["schema"]
    return schema


def _schema(schema: Any) -> Any:
    """Return a schema in the second format: references stand beside, nothing has a default."""
    if isinstance(schema, list):
        return [_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made: Obj = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: _schema(one) for name, one in value.items()}
        elif key == "$ref":
            made[key] = f"#/definitions/{value.removeprefix(PREFIX)}"
        elif key == "allOf" and len(value) == 1:
            made.update(_schema(value[0]))
        elif key not in ("default", "nullable", "oneOf", "anyOf", "not"):
            made[key] = _schema(value)
    return made
