"""Bodies against the published schemas, in the words of a real server's decoder."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.definitions import definitions
from sim.apimachinery.resources import RESOURCES, by_plural
from sim.apiserver.schema import check_shape, structure_of, without_unknown

QUANTITY = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)


def found(plural: str, **fields: Any) -> list[str]:
    return [error.text for error in check_shape(by_plural(plural), fields)]


def pod(**container: Any) -> dict[str, Any]:
    return {"containers": [{"name": "a"}, {"name": "b", **container}]}


def cannot(value: str, where: str, go: str) -> list[str]:
    return [f"json: cannot unmarshal {value} into Go struct field {where} of type {go}"]


@pytest.mark.parametrize(
    ("plural", "fields", "texts"),
    [
        ("configmaps", {"datta": {}}, ['unknown field "datta"']),
        (
            "deployments",
            {"spec": {"replica": 1, "template": {"spec": pod(img="x")}}},
            [
                'unknown field "spec.replica"',
                'unknown field "spec.template.spec.containers[1].img"',
            ],
        ),
        ("pods", {"metadata": {"lables": {}}}, ['unknown field "metadata.lables"']),
        ("pods", {"Spec": {}}, ['unknown field "Spec"']),
        (
            "deployments",
            {"spec": {"replicas": "3", "unknown": 1}},
            cannot("string", "DeploymentSpec.spec.replicas", "int32"),
        ),
        (
            "deployments",
            {"spec": {"replicas": 1.5}},
            cannot("number 1.5", "DeploymentSpec.spec.replicas", "int32"),
        ),
        (
            "deployments",
            {"spec": {"replicas": 2**31}},
            cannot("number 2147483648", "DeploymentSpec.spec.replicas", "int32"),
        ),
        ("deployments", {"spec": []}, cannot("array", "Deployment.spec", "v1.DeploymentSpec")),
        (
            "configmaps",
            {"data": {"port": 80}},
            cannot("number", "ConfigMap.data", "string"),
        ),
        (
            "pods",
            {"spec": {"containers": {}}},
            cannot("object", "PodSpec.spec.containers", "[]v1.Container"),
        ),
        (
            "pods",
            {"spec": pod(imagePullPolicy=1)},
            cannot("number", "Container.spec.containers.imagePullPolicy", "v1.PullPolicy"),
        ),
        (
            "pods",
            {"spec": pod(livenessProbe={"httpGet": {"port": True}})},
            cannot("bool", "HTTPGetAction.spec.containers.livenessProbe.httpGet.port", "int32"),
        ),
        ("pods", {"spec": pod(resources={"limits": {"cpu": "x"}})}, [QUANTITY]),
        ("resourcequotas", {"spec": {"hard": {"pods": "1O"}}}, [QUANTITY]),
        (
            "pods",
            {"metadata": {"creationTimestamp": "today"}},
            ['parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"'],
        ),
        (
            "leases",
            {"spec": {"renewTime": 3}},
            cannot("number", "LeaseSpec.spec.renewTime", "string"),
        ),
        ("secrets", {"data": {"a": "a_b="}}, ["illegal base64 data at input byte 1"]),
        ("secrets", {"data": {"a": "YWJj", "b": None}}, []),
        ("services", {"spec": {"ports": [{"port": 80, "targetPort": "web"}]}}, []),
        (
            "customresourcedefinitions",
            {
                "spec": {
                    "versions": [
                        {
                            "schema": {
                                "openAPIV3Schema": {
                                    "properties": {"a": {"items": {"type": "x"}, "default": [1]}}
                                }
                            }
                        }
                    ]
                }
            },
            [],
        ),
    ],
)
def test_what_does_not_decode(plural: str, fields: dict[str, Any], texts: list[str]) -> None:
    assert found(plural, **fields) == texts


def test_a_custom_resource_is_judged_by_its_metadata_alone() -> None:
    """Its own schema is its definition's business."""
    custom = by_plural("pods").__class__("example.com", "v1", "widgets", "Widget", "widget")
    assert check_shape(custom, {"spec": 1, "metadata": {"name": "a"}}) == []
    errors = check_shape(custom, {"metadata": {"labels": {"a": 1}, "nam": "x"}})
    assert [error.text for error in errors] == cannot(
        "number", "ObjectMeta.metadata.labels", "string"
    )


def test_every_stored_kind_has_a_schema_and_a_structure() -> None:
    types = definitions()
    for info in RESOURCES:
        if info.stored or info.plural in ("pods", "nodes"):
            assert types.name_of(info.group_version, info.kind), info
            structure = structure_of(info.group_version, info.kind)
            assert structure is not None
            assert structure.field("metadata") is not None


@pytest.mark.parametrize("version", ["v1.30.4", "v1.36.0", "v1.37.1", "v1.99.0"])
def test_a_server_has_the_schemas_of_its_own_version(version: str) -> None:
    assert check_shape(by_plural("pods"), {"spec": pod()}, version) == []
    newer = check_shape(by_plural("pods"), {"spec": {"hostnameOverride": "x"}}, version)
    assert bool(newer) == (version == "v1.30.4")


def test_what_nobody_knows_is_left_out_when_it_is_not_refused() -> None:
    spec = {"replica": 1, "template": {"spec": pod(img="x", env=[{"name": "a", "x": 1}])}}
    kept = without_unknown(by_plural("deployments"), {"spec": spec, "x": {"a": 1}})
    assert kept == {"spec": {"template": {"spec": pod(env=[{"name": "a"}])}}}
