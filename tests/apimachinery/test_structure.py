"""What types are made of: the published ones and custom resources' schemas."""

from __future__ import annotations

import pytest

from sim.apimachinery.structure import DEDUCED, structure_from_schema
from sim.apiserver.schema import structure_of


def at(structure, *path):
    for step in path:
        structure = structure.item if step == "*" else structure.field(step)
        assert structure is not None, step
    return structure


@pytest.mark.parametrize(
    ("version", "kind", "path", "form", "keys"),
    [
        ("v1", "Pod", ("spec", "containers"), "keyed", ("name",)),
        ("v1", "Pod", ("spec", "containers", "*", "env"), "keyed", ("name",)),
        (
            "v1",
            "Pod",
            ("spec", "containers", "*", "ports"),
            "keyed",
            ("containerPort", "protocol"),
        ),
        ("v1", "Pod", ("spec", "containers", "*", "volumeMounts"), "keyed", ("mountPath",)),
        ("v1", "Pod", ("spec", "containers", "*", "args"), "atomic", ()),
        ("v1", "Pod", ("spec", "containers", "*", "resources", "limits"), "map", ()),
        ("v1", "Pod", ("spec", "containers", "*", "resources", "limits", "cpu"), "scalar", ()),
        ("v1", "Pod", ("spec", "tolerations"), "atomic", ()),
        ("v1", "Pod", ("spec", "nodeSelector"), "atomic", ()),
        ("v1", "Pod", ("metadata", "finalizers"), "set", ()),
        ("v1", "Pod", ("metadata", "ownerReferences"), "keyed", ("uid",)),
        ("v1", "Pod", ("metadata", "labels"), "map", ()),
        ("v1", "Pod", ("metadata", "creationTimestamp"), "scalar", ()),
        ("v1", "Service", ("spec", "ports"), "keyed", ("port", "protocol")),
        ("v1", "Service", ("spec", "ports", "*", "targetPort"), "scalar", ()),
        ("v1", "Service", ("spec", "selector"), "atomic", ()),
        ("v1", "ConfigMap", ("data",), "map", ()),
        ("apps/v1", "Deployment", ("spec", "selector"), "atomic", ()),
        ("apps/v1", "Deployment", ("status", "conditions"), "keyed", ("type",)),
        ("rbac.authorization.k8s.io/v1", "Role", ("rules",), "atomic", ()),
    ],
)
def test_published_types(version, kind, path, form, keys):
    found = at(structure_of(version, kind), *path)
    assert (found.form, found.keys) == (form, keys)


def test_key_that_an_item_lacks_has_its_default():
    ports = at(structure_of("v1", "Service"), "spec", "ports")
    assert dict(ports.defaults) == {"protocol": "TCP"}


def test_field_that_a_type_does_not_have():
    assert structure_of("v1", "Pod").field("replicas") is None
    assert structure_of("example.com/v1", "Widget") is None


def test_recursive_type_ends():
    schemas = {"#/tree": {"type": "object", "properties": {"kids": {"$ref": "#/kids"}}}}
    schemas["#/kids"] = {"type": "object", "additionalProperties": {"$ref": "#/tree"}}
    tree = structure_from_schema({"$ref": "#/tree"}, schemas.__getitem__)
    assert at(tree, "kids", "a", "kids", "b") is at(tree, "kids", "c")


def test_custom_resource():
    made = structure_from_schema(
        {
            "type": "object",
            "properties": {
                "tags": {
                    "type": "array",
                    "x-kubernetes-list-type": "set",
                    "items": {"type": "string"},
                },
                "parts": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                },
                "plain": {"type": "array", "items": {"type": "string"}},
                "port": {"x-kubernetes-int-or-string": True},
                "whole": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "properties": {"a": {"type": "string"}},
                },
                "limits": {"type": "object", "additionalProperties": {"type": "integer"}},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            },
        }
    )
    forms = {name: at(made, name).form for name in ("tags", "parts", "plain", "port", "whole")}
    assert forms == {
        "tags": "set",
        "parts": "keyed",
        "plain": "atomic",
        "port": "scalar",
        "whole": "atomic",
    }
    assert at(made, "limits", "any").form == "scalar"
    assert at(made, "free") is DEDUCED
    assert at(made, "free", "a", "b") is DEDUCED
