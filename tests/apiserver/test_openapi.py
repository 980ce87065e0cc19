"""The server's description of its API: the index, documents, their names, and custom resources'."""

from __future__ import annotations

import json
import re

import pytest

from sim.apimachinery.protobuf.wire import records
from sim.apimachinery.resources import RESOURCES
from tests.apiserver.widgets import DEFINITIONS, definition

SERVED = sorted({(one.group, one.version) for one in RESOURCES})
STRATEGIC = "application/strategic-merge-patch+json"


def url(group, version):
    return f"apis/{group}/{version}" if group else f"api/{version}"


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_index_names_every_group_version_and_a_hash_of_its_document(world):
    paths = world.ok("GET", "/openapi/v3")["paths"]
    assert {"api/v1", "apis/apps/v1", "apis/batch/v1"} <= set(paths)
    for key, one in paths.items():
        assert re.fullmatch(
            rf"/openapi/v3/{re.escape(key)}\?hash=[0-9A-F]{{128}}", one["serverRelativeURL"]
        )
    assert len({one["serverRelativeURL"] for one in paths.values()}) == len(paths)


@pytest.mark.parametrize(("group", "version"), SERVED)
def test_document_describes_each_kind_and_refers_to_nothing_missing(world, group, version):
    document = world.ok("GET", f"/openapi/v3/{url(group, version)}")
    schemas = document["components"]["schemas"]
    assert {one.removeprefix("#/components/schemas/") for one in references(document)} <= set(
        schemas
    )
    described = {
        (one["group"], one["version"], one["kind"])
        for schema in schemas.values()
        for one in schema.get("x-kubernetes-group-version-kind", ())
    }
    kinds = {one.kind for one in RESOURCES if (one.group, one.version) == (group, version)}
    assert {(group, version, kind) for kind in kinds} <= described
    assert json.loads(document.encoded) == document


def test_operations_say_what_kind_they_are_about_and_that_fields_can_be_checked(world):
    paths = world.ok("GET", "/openapi/v3/apis/apps/v1")["paths"]
    item = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    assert {"get", "put", "patch", "delete", "parameters"} <= set(item)
    kind = {"group": "apps", "kind": "Deployment", "version": "v1"}
    for verb in ("put", "patch"):
        names = {one["name"] for one in item[verb]["parameters"]}
        assert {"dryRun", "fieldManager", "fieldValidation"} <= names
        assert item[verb]["x-kubernetes-group-version-kind"] == kind
    assert STRATEGIC in item["patch"]["requestBody"]["content"]


def test_known_document_is_not_sent_again(world):
    path = "/openapi/v3/apis/apps/v1"
    etag = world.send("GET", path).headers["etag"]
    assert world.send("GET", path, headers={"if-none-match": etag}).code == 304
    assert world.send("GET", path, headers={"if-none-match": '"x"'}).code == 200


def test_custom_resource_is_described_once_it_is_served(world):
    before = world.ok("GET", "/openapi/v3")["paths"]
    assert "apis/example.com/v1" not in before
    world.ok("POST", DEFINITIONS, definition())
    after = world.ok("GET", "/openapi/v3")["paths"]
    assert after["api/v1"] == before["api/v1"]
    assert "apis/example.com/v1" in after
    document = world.ok("GET", "/openapi/v3/apis/example.com/v1")
    schema = document["components"]["schemas"]["com.example.v1.Widget"]
    kind = {"group": "example.com", "kind": "Widget", "version": "v1"}
    assert schema["x-kubernetes-group-version-kind"] == [kind]
    assert {"apiVersion", "kind", "metadata", "spec"} <= set(schema["properties"])
    assert schema["properties"]["spec"]["properties"]["size"]["maximum"] == 10
    path = "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"
    content = document["paths"][path]["patch"]["requestBody"]["content"]
    assert STRATEGIC not in content


def test_older_form_is_one_document_without_what_it_cannot_say(world):
    world.ok("POST", DEFINITIONS, definition())
    whole = world.ok("GET", "/openapi/v2", headers={"accept": "application/json"})
    assert whole["swagger"] == "2.0"
    assert "io.k8s.api.apps.v1.Deployment" in whole["definitions"]
    assert "com.example.v1.Widget" in whole["definitions"]
    named = {one.removeprefix("#/definitions/") for one in references(whole)}
    assert named <= set(whole["definitions"])
    assert "/api/v1/namespaces/{namespace}/pods/{name}" in whole["paths"]


def test_what_is_not_there_is_not_found(world):
    assert world.refused("GET", "/openapi/v3/apis/nope/v1")["code"] == 404


def parts(data, *numbers):
    """Yield what stands at *numbers* inside each other."""
    for number, _kind, value in records(data):
        if number == numbers[0]:
            yield from parts(value, *numbers[1:]) if numbers[1:] else (value,)


def test_older_form_comes_as_protobuf_to_who_asks_so(world):
    accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    answer = world.send("GET", "/openapi/v2", headers={"accept": accept})
    assert (answer.code, answer.content_type) == (200, accept.replace("@", "."))
    whole = world.ok("GET", "/openapi/v2")
    assert [*parts(answer.body, 1)] == [b"2.0"]
    assert {one.decode() for one in parts(answer.body, 9, 1, 1)} == set(whole["definitions"])
    assert {one.decode() for one in parts(answer.body, 8, 2, 1)} == set(whole["paths"])
    schemas = dict(zip(parts(answer.body, 9, 1, 1), parts(answer.body, 9, 1, 2), strict=True))
    pod = schemas[b"io.k8s.api.core.v1.Pod"]
    assert {b"spec", b"status", b"metadata"} <= set(parts(pod, 25, 1, 1))
    assert [*parts(pod, 22, 1)] == [b"object"]
    assert b"x-kubernetes-group-version-kind" in set(parts(pod, 31, 1))
