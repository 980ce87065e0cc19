"""A definition makes an API: served at once, checked by its schema, gone with its objects."""

import pytest

from sim.apiserver.customresources.columns import PathError, find
from tests.apiserver.widgets import (
    DEFINITIONS,
    NAME,
    WIDGETS,
    definition,
    version,
    widget,
)
from tests.apiserver.world import MERGE, STRATEGIC, World

CRD = f"{DEFINITIONS}/{NAME}"


@pytest.fixture
def defined(world: World) -> World:
    world.ok("POST", DEFINITIONS, definition())
    return world


def conditions(obj):
    return {one["type"]: (one["status"], one["reason"]) for one in obj["status"]["conditions"]}


def test_definition_is_established_and_names_filled_in(world):
    made = world.ok("POST", DEFINITIONS, definition())
    assert conditions(made) == {
        "NamesAccepted": ("True", "NoConflicts"),
        "Established": ("True", "InitialNamesAccepted"),
    }
    names = made["status"]["acceptedNames"]
    assert (names["singular"], names["listKind"]) == ("widget", "WidgetList")
    assert made["status"]["storedVersions"] == ["v1"]


def test_discovery_follows_at_once_and_forgets(world):
    aggregated = {"accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
    before = world.send("GET", "/apis", headers=aggregated).headers["etag"]
    world.ok("POST", DEFINITIONS, definition())
    listed = world.ok("GET", "/apis/example.com/v1")["resources"]
    assert [one["name"] for one in listed] == ["widgets", "widgets/scale", "widgets/status"]
    assert listed[0]["shortNames"] == ["wd"]
    answer = world.send("GET", "/apis", headers=aggregated)
    assert "example.com" in [one["metadata"]["name"] for one in answer.body["items"]]
    assert answer.headers["etag"] != before
    world.ok("DELETE", CRD)
    assert world.send("GET", "/apis", headers=aggregated).headers["etag"] == before
    assert world.send("GET", WIDGETS).code == 404


def test_taken_names_are_not_accepted_and_not_served(defined):
    other = definition(names={"plural": "gadgets", "singular": "gadget", "kind": "Widget"})
    other["metadata"] = {"name": "gadgets.example.com"}
    made = defined.ok("POST", DEFINITIONS, other)
    assert conditions(made) == {
        "NamesAccepted": ("False", "KindConflict"),
        "Established": ("False", "NotAccepted"),
    }
    assert defined.send("GET", WIDGETS.replace("widgets", "gadgets")).code == 404


def test_defaults_are_filled_in_and_unknown_fields_dropped_with_a_warning(defined):
    body = widget(foo=1, parts=[{"name": "p", "x": 2}], free={"anything": [1]})
    answer = defined.send("POST", WIDGETS, body)
    assert answer.body["spec"] == {
        "color": "red",
        "size": 3,
        "parts": [{"name": "p", "weight": 1.5}],
        "free": {"anything": [1]},
    }
    assert answer.warnings == ('unknown field "spec.foo"', 'unknown field "spec.parts[0].x"')
    strict = defined.refused("POST", WIDGETS, body, fieldValidation="Strict")
    assert strict["message"] == (
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown '
        'field "spec.foo", unknown field "spec.parts[0].x"'
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"color": None}, 'spec.color: Invalid value: "null": spec.color in body must be of type '
         'string: "null"'),
        ({"color": "x"}, 'spec.color: Unsupported value: "x": supported values: "red", "blue"'),
        ({"size": "x"}, 'spec.size: Invalid value: "string": spec.size in body must be of type '
         'integer: "string"'),
        ({"size": 11}, "spec.size: Invalid value: 11: spec.size in body should be less than or "
         "equal to 10"),
        ({"size": 0}, "spec.size: Invalid value: 0: spec.size in body should be greater than or "
         "equal to 1"),
        ({"code": "a1"}, 'spec.code: Invalid value: "a1": spec.code in body should match '
         "'^[a-z]+$'"),
        ({"code": "abcdef"}, "spec.code: Too long: may not be more than 5 bytes"),
        ({"port": True}, 'spec.port: Invalid value: "boolean": spec.port in body must be of type '
         'integer,string: "boolean"'),
        ({"tags": ["a", "a"]}, 'spec.tags[1]: Duplicate value: "a"'),
        ({"parts": []}, "spec.parts: Invalid value: 0: spec.parts in body should have at least 1 "
         "items"),
        ({"parts": [{"name": "a"}, {"name": "a"}]}, 'spec.parts[1]: Duplicate value: {"name":"a"}'),
        ({"parts": [{}]}, "spec.parts[0].name: Required value"),
        ({"limits": {"cpu": "1"}}, 'spec.limits.cpu: Invalid value: "string": spec.limits.cpu in '
         'body must be of type integer: "string"'),
    ],
)  # fmt: skip
def test_schema_is_checked_in_the_validators_words(defined, spec, message):
    status = defined.refused("POST", WIDGETS, widget(**spec))
    assert status["message"] == f'Widget.example.com "a" is invalid: {message}'
    assert status["code"] == 422


def test_null_is_kept_where_it_may_be(defined):
    assert defined.ok("POST", WIDGETS, widget(note=None))["spec"]["note"] is None


def test_missing_required_field_of_an_object(defined):
    body = {**widget(), "spec": {}}
    message = defined.refused("POST", WIDGETS, body)["message"]
    assert message == 'Widget.example.com "a" is invalid: spec.color: Required value'


def test_columns_come_from_the_definition(defined):
    defined.ok("POST", WIDGETS, widget())
    assert defined.rows(WIDGETS) == [["a", "red", 3, "0s"]]


def test_status_and_scale_are_apart_from_the_rest(defined):
    made = defined.ok("POST", WIDGETS, {**widget(replicas=2), "status": {"replicas": 7}})
    assert "status" not in made
    status = {"spec": {"color": "blue"}, "status": {"replicas": 2, "selector": "app=x"}}
    shown = defined.ok("PATCH", f"{WIDGETS}/a/status", status, headers=MERGE)
    assert (shown["spec"]["color"], shown["status"]["replicas"]) == ("red", 2)
    assert shown["metadata"]["generation"] == 1
    scale = defined.ok("PATCH", f"{WIDGETS}/a/scale", {"spec": {"replicas": 5}}, headers=MERGE)
    assert scale["spec"] == {"replicas": 5}
    assert scale["status"] == {"replicas": 2, "selector": "app=x"}
    held = defined.ok("GET", f"{WIDGETS}/a")
    assert (held["spec"]["replicas"], held["metadata"]["generation"]) == (5, 2)


def test_writes_need_a_version_and_no_strategic_patch(defined):
    defined.ok("POST", WIDGETS, widget())
    assert (
        "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"
        in (defined.refused("PUT", f"{WIDGETS}/a", widget(size=4))["message"])
    )
    assert defined.refused("PATCH", f"{WIDGETS}/a", {}, headers=STRATEGIC)["code"] == 415


def test_fields_of_the_definition_can_be_selected(defined):
    defined.ok("POST", WIDGETS, widget("a"))
    defined.ok("POST", WIDGETS, widget("b", color="blue"))
    listed = defined.ok("GET", WIDGETS, fieldSelector="spec.color=blue")["items"]
    assert [one["metadata"]["name"] for one in listed] == ["b"]
    assert defined.refused("GET", WIDGETS, fieldSelector="spec.size=3")["code"] == 400


def test_every_served_version_shows_the_stored_objects(world):
    old = version("v1beta1", storage=False, deprecated=True)
    world.ok("POST", DEFINITIONS, definition(version(), old))
    world.ok("POST", WIDGETS, widget())
    beta = WIDGETS.replace("v1", "v1beta1")
    answer = world.send("GET", f"{beta}/a")
    assert answer.body["apiVersion"] == "example.com/v1beta1"
    assert answer.warnings == ("example.com/v1beta1 Widget is deprecated",)
    made = world.ok("POST", beta, {**widget("b"), "apiVersion": "example.com/v1beta1"})
    assert made["apiVersion"] == "example.com/v1beta1"
    assert world.api.get(NAME, "default", "b")["apiVersion"] == "example.com/v1"
    versions = world.ok("GET", "/apis/example.com")["versions"]
    assert [one["version"] for one in versions] == ["v1", "v1beta1"]


def test_watch_sees_objects_and_ends_with_the_definition(defined):
    watch = defined.watch(WIDGETS)
    defined.ok("POST", WIDGETS, widget())
    defined.ok("DELETE", CRD)
    assert [event.type for event in watch.poll()] == ["ADDED", "DELETED"]
    assert watch.closed


def test_definition_waits_for_the_finalizers_of_its_objects(defined):
    held = widget()
    held["metadata"]["finalizers"] = ["example.com/hold"]
    defined.ok("POST", WIDGETS, held)
    ending = defined.ok("DELETE", CRD)
    assert conditions(ending)["Terminating"] == ("True", "InstanceDeletionInProgress")
    assert defined.refused("POST", WIDGETS, widget("b"))["message"] == (
        "create not allowed while custom resource definition is terminating"
    )
    free = {"metadata": {"finalizers": None}}
    defined.ok("PATCH", f"{WIDGETS}/a", free, headers=MERGE)
    assert defined.send("GET", CRD).code == 404


def test_dry_run_defines_nothing(world):
    world.ok("POST", DEFINITIONS, definition(), dryRun="All")
    assert world.send("GET", WIDGETS).code == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"group": "example"},
            '[metadata.name: Invalid value: "widgets.example.com": must be '
            'spec.names.plural+"."+spec.group, spec.group: Invalid value: "example": should be a '
            "domain with at least one dot]",
        ),
        (
            {"scope": "Galaxy"},
            'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"',
        ),
        (
            {"versions": [{"name": "v1", "served": True, "storage": True}]},
            "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
        ),
        (
            {"names": {"plural": "widgets", "kind": "Widget", "listKind": "Widget"}},
            'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
        ),
    ],
)
def test_definitions_that_are_refused(world, change, message):
    status = world.refused("POST", DEFINITIONS, definition(**change))
    full = (
        f'CustomResourceDefinition.apiextensions.k8s.io "widgets.example.com" is invalid: {message}'
    )
    assert status["message"] == full


@pytest.mark.parametrize(
    ("schema", "field", "reason"),
    [
        ({}, "type", "Required value: must not be empty at the root"),
        ({"type": "string"}, "type", 'Invalid value: "string": must be object at the root'),
        (
            {"type": "object", "properties": {"a": {}}},
            "properties[a].type",
            "Required value: must not be empty for specified object fields",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "array"}}},
            "properties[a].items",
            "Required value: must be specified",
        ),
        (
            {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
            "properties[a].default",
            None,
        ),
    ],
)
def test_schemas_must_be_structural(world, schema, field, reason):
    one = version(schema={"openAPIV3Schema": schema})
    causes = world.refused("POST", DEFINITIONS, definition(one))["details"]["causes"]
    assert causes[0]["field"] == f"spec.versions[0].schema.openAPIV3Schema.{field}"
    assert reason is None or causes[0]["message"] == reason


def test_what_is_kept_of_a_definition(defined):
    held = defined.ok("GET", CRD)
    scope = {**held, "spec": {**held["spec"], "scope": "Cluster"}}
    assert (
        'spec.scope: Invalid value: "Cluster": field is immutable'
        in (defined.refused("PUT", CRD, scope)["message"])
    )
    gone = {**held, "spec": {**held["spec"], "versions": [version("v2")]}}
    assert "v1 was previously a storage version" in defined.refused("PUT", CRD, gone)["message"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".a.b", [1]),
        (".list[0].x", ["p"]),
        (".list[-1].x", ["q"]),
        (".list[*].x", ["p", "q"]),
        ('.list[?(@.x=="q")].y', [2]),
        (".labels.example\\.com/x", ["z"]),
        (".labels['example.com/x']", ["z"]),
        (".nothing.here", []),
    ],
)
def test_paths_of_columns(path, found):
    obj = {
        "a": {"b": 1},
        "list": [{"x": "p"}, {"x": "q", "y": 2}],
        "labels": {"example.com/x": "z"},
    }
    assert find(path, obj) == found


def test_path_that_is_none():
    with pytest.raises(PathError):
        find("[?(", {})
