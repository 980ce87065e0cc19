"""The published schemas of Kubernetes' own types, as a server of some version has them.

They come in the package kubernetes-validate, whose converter made JSON Schema of them; what it
changed is changed back here. Read on first need (about 25 ms): nothing that starts a process or
moves the cluster may ask. This file must not know what a field is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.apimachinery.wire import Obj

NEWEST = "v1.37.0"
_PREFIX = "#/$defs/"

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
TIME = f"{_META}Time"
MICRO_TIME = f"{_META}MicroTime"
RAW_EXTENSION = "io.k8s.apimachinery.pkg.runtime.RawExtension"
OBJECT_META = f"{_META}ObjectMeta"
LIST_META = f"{_META}ListMeta"

_TCP = {"default": "TCP"}
_DEFAULTS: dict[str, dict[str, Obj]] = {
    "io.k8s.api.core.v1.ContainerPort": {"protocol": _TCP},
    "io.k8s.api.core.v1.ServicePort": {"protocol": _TCP},
}
"""Defaults of fields that are keys of lists; the second OpenAPI format cannot carry them."""


def _ref(name: str, description: str) -> Obj:
    return {"$ref": _PREFIX + name, "description": description}


def _metrics(kind: str, what: str, usage: Obj) -> Obj:
    described = (
        f"{kind} sets resource usage metrics of a {what}." if what else f"{kind} sets metrics."
    )
    return {
        "description": described,
        "type": "object",
        "required": ["timestamp", "window", *usage],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": _ref(OBJECT_META, "Standard object's metadata."),
            "timestamp": _ref(TIME, "The end of the interval that the metrics were collected in."),
            "window": {
                "type": "string",
                "description": "The length of the interval, e.g. `15s`.",
            },
            **usage,
        },
        "x-kubernetes-group-version-kind": [
            {"group": "metrics.k8s.io", "kind": kind, "version": "v1beta1"}
        ],
    }


_USAGE: Obj = {
    "usage": {
        "type": "object",
        "description": "The memory usage is the memory working set.",
        "additionalProperties": {"$ref": _PREFIX + QUANTITY},
    }
}
_METRICS = "io.k8s.metrics.pkg.apis.metrics.v1beta1."
_AGGREGATED: dict[str, Obj] = {
    f"{_METRICS}ContainerMetrics": {
        "description": "ContainerMetrics sets resource usage metrics of a container.",
        "type": "object",
        "required": ["name", "usage"],
        "properties": {"name": {"type": "string"}, **_USAGE},
    },
    f"{_METRICS}NodeMetrics": _metrics("NodeMetrics", "node", _USAGE),
    f"{_METRICS}PodMetrics": _metrics(
        "PodMetrics",
        "pod",
        {
            "containers": {
                "type": "array",
                "description": "Metrics for all containers, collected within the same interval.",
                "items": {"$ref": f"{_PREFIX}{_METRICS}ContainerMetrics"},
                "x-kubernetes-list-type": "atomic",
            }
        },
    ),
}
"""Types that metrics-server adds to a cluster."""


class Definitions:
    """Every published type of one version, by its full name."""

    def __init__(self, types: dict[str, Obj]) -> None:
        self._raw = types
        self._restored: dict[str, Obj] = {}
        self._kinds: dict[tuple[str, str, str], str] = {}
        for name, schema in types.items():
            for one in schema.get("x-kubernetes-group-version-kind") or ():
                key = (one["group"], one["version"], one["kind"])
                self._kinds.setdefault(key, name)

    def name_of(self, group_version: str, kind: str) -> str | None:
        """Return the full name of a kind's type, e.g. `io.k8s.api.apps.v1.Deployment`, or None."""
        group, _, version = group_version.rpartition("/")
        return self._kinds.get((group, version, kind))

    def of_kind(self, kind: str, group_version: str | None) -> Obj | None:
        """Return the schema of a kind, of whatever group where *group_version* is not known."""
        if group_version:
            name = self.name_of(group_version, kind)
        else:
            name = next((held for key, held in self._kinds.items() if key[2] == kind), None)
        return None if name is None else self.get(name)

    def get(self, name: str) -> Obj:
        """Return the schema called *name*, not to be changed; raises KeyError."""
        known = self._restored.get(name)
        if known is None:
            known = self._restored[name] = _restore(name, self._raw[name])
        return known

    def resolve(self, ref: str) -> Obj:
        """Return the schema that a `$ref` points to."""
        return self.get(ref.removeprefix(_PREFIX))


def ref_name(schema: Mapping[str, Any]) -> str | None:
    """Return the name of the type that *schema* refers to, or None."""
    ref: str | None = schema.get("$ref")
    return None if ref is None else ref.removeprefix(_PREFIX)


@cache
def _available() -> dict[tuple[int, int], Path]:
    # Found, not imported: importing the package costs half a second.
    spec = find_spec("kubernetes_validate")
    found: dict[tuple[int, int], Path] = {}
    for location in (spec and spec.submodule_search_locations) or ():
        for entry in (Path(location) / "kubernetes-json-schema").iterdir():
            parsed = re.fullmatch(r"v(\d+)\.(\d+)\.\d+-local", entry.name)
            if parsed:
                found[int(parsed[1]), int(parsed[2])] = entry
    return found


@cache
def _folder(version: str) -> Path:
    """Return the folder of the schemas nearest to *version*, e.g. `v1.35.2`."""
    parsed = re.match(r"v?(\d+)\.(\d+)", version)
    wanted = (int(parsed[1]), int(parsed[2])) if parsed else max(_available())
    nearest = min(_available(), key=lambda one: (abs(one[1] - wanted[1]), one))
    return _available()[nearest]


@cache
def _load(folder: Path) -> Definitions:
    types: dict[str, Obj] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return Definitions({**types, **_AGGREGATED})


def definitions(version: str = NEWEST) -> Definitions:
    """Return the types of the release nearest to *version*."""
    return _load(_folder(version))


# -- what the converter changed ------------------------------------------------------------------

_SPECIAL: dict[str, Obj] = {
    QUANTITY: {"oneOf": [{"type": "string"}, {"type": "number"}]},
    INT_OR_STRING: {
        "description": (
            "IntOrString is a type that can hold an int32 or a string.  When used in JSON or YAML "
            "marshalling and unmarshalling, it produces or consumes the inner type.  This allows "
            "you to have, for example, a JSON field that can accept a name or number."
        ),
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
}


def _restore(name: str, schema: Obj) -> Obj:
    special = _SPECIAL.get(name)
    if special is not None:
        return special
    restored: Obj = _plain(schema)
    properties = restored.get("properties") or {}
    if "x-kubernetes-group-version-kind" in restored:
        # The values of these two were listed so as to tell kinds apart.
        for field in ("apiVersion", "kind"):
            properties.get(field, {}).pop("enum", None)
    for field, extra in _DEFAULTS.get(name, {}).items():
        properties[field] |= extra
    return restored


def _plain(schema: Any) -> Any:
    """Return *schema* with every `["string", "null"]` a plain `string` again."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key != "type"}
    kind = schema.get("type")
    if isinstance(kind, list):
        plain["type"] = next((one for one in kind if one != "null"), "")
    elif kind is not None:  # a dict is a property that is called `type`
        plain["type"] = _plain(kind)
    return plain
