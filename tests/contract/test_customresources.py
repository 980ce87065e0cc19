"""Resources that a user defines: they appear, hold to their schema, print their columns, and go."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import APPLY, JSON_PATCH, MERGE, STRATEGIC, TABLE, Place

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NUMBERS = itertools.count(1)


class Widgets:
    """One custom resource, in a group of its own."""

    def __init__(self, place: Place, group: str) -> None:
        self.place = place
        self.group = group
        self.crd = f"{CRDS}/widgets.{group}"
        self.path = place.at("widgets", group=f"{group}/v1")

    def widget(self, name: str = "w", spec: Obj | None = None, **more: object) -> Obj:
        """Return a Widget."""
        spec = {"size": 3, "color": "red"} if spec is None else spec
        metadata = {"name": name}
        return {
            "apiVersion": f"{self.group}/v1",
            "kind": "Widget",
            "metadata": metadata,
            "spec": spec,
            **more,
        }


def definition(group: str) -> Obj:
    """Return the CustomResourceDefinition of widgets."""
    spec = {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 10},
            "color": {"type": "string", "enum": ["red", "blue"], "default": "blue"},
            "replicas": {"type": "integer"},
            "parts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
                },
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "either": {"x-kubernetes-int-or-string": True},
        },
    }
    status = {
        "type": "object",
        "properties": {"replicas": {"type": "integer"}, "ready": {"type": "boolean"}},
    }
    schema = {"type": "object", "properties": {"spec": spec, "status": status}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {
                "plural": "widgets",
                "singular": "widget",
                "kind": "Widget",
                "listKind": "WidgetList",
                "shortNames": ["wd"],
                "categories": ["all"],
            },
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {
                        "status": {},
                        "scale": {
                            "specReplicasPath": ".spec.replicas",
                            "statusReplicasPath": ".status.replicas",
                        },
                    },
                    "additionalPrinterColumns": [
                        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                        {
                            "name": "Color",
                            "type": "string",
                            "jsonPath": ".spec.color",
                            "priority": 1,
                        },
                        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                    ],
                }
            ],
        },
    }


@pytest.fixture
def widgets(place: Place) -> Iterator[Widgets]:
    """Yield a custom resource that is established."""
    made = Widgets(place, f"g{next(NUMBERS)}.{place.name}.example.com")
    place.ok("POST", CRDS, definition(made.group))

    def established() -> bool:
        conditions = place.ok("GET", made.crd)["status"].get("conditions") or ()
        return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

    place.wait(established)
    place.wait(lambda: place.send("GET", made.path).code == 200)
    yield made
    place.send("DELETE", made.crd)


def test_a_definition_is_established(place: Place, widgets: Widgets) -> None:
    crd = place.ok("GET", widgets.crd)
    assert crd["status"]["acceptedNames"]["plural"] == "widgets"
    assert crd["status"]["storedVersions"] == ["v1"]
    conditions = {
        c["type"]: (c["status"], c["reason"], c["message"]) for c in crd["status"]["conditions"]
    }
    assert conditions["NamesAccepted"] == ("True", "NoConflicts", "no conflicts found")
    assert conditions["Established"] == (
        "True",
        "InitialNamesAccepted",
        "the initial names have been accepted",
    )
    assert crd["spec"]["conversion"] == {"strategy": "None"}


def test_it_is_discovered(place: Place, widgets: Widgets) -> None:
    def listed() -> Obj | None:
        answer = place.send("GET", f"/apis/{widgets.group}/v1")
        return answer.body if answer.code == 200 else None

    body = place.wait(listed)
    assert body is not None
    rows = {row["name"]: row for row in body["resources"]}
    assert set(rows) == {"widgets", "widgets/status", "widgets/scale"}
    assert rows["widgets"]["shortNames"] == ["wd"]
    assert rows["widgets"]["categories"] == ["all"]
    assert rows["widgets"]["singularName"] == "widget"
    assert rows["widgets/scale"]["kind"] == "Scale"
    verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    assert sorted(rows["widgets"]["verbs"]) == verbs
    place.wait(
        lambda: widgets.group in [group["name"] for group in place.ok("GET", "/apis")["groups"]]
    )


def test_objects_live(place: Place, widgets: Widgets) -> None:
    made = place.ok("POST", widgets.path, widgets.widget())
    assert made["spec"] == {"size": 3, "color": "red"}
    assert made["metadata"]["generation"] == 1
    assert made["metadata"]["uid"]
    since = made["metadata"]["resourceVersion"]
    with place.watch(widgets.path, resourceVersion=since) as stream:
        changed = place.ok("PATCH", f"{widgets.path}/w", {"spec": {"size": 4}}, headers=MERGE)
        place.ok("DELETE", f"{widgets.path}/w")
        assert [event["type"] for event in stream.take(2)] == ["MODIFIED", "DELETED"]
    assert changed["metadata"]["generation"] == 2
    status = place.no(404, "GET", f"{widgets.path}/w")
    assert status["message"] == f'widgets.{widgets.group} "w" not found'


def test_a_list_of_them(place: Place, widgets: Widgets) -> None:
    for name in ("a", "b", "c"):
        place.ok("POST", widgets.path, widgets.widget(name))
    listed = place.ok("GET", widgets.path, limit=2)
    assert (listed["kind"], listed["apiVersion"]) == ("WidgetList", f"{widgets.group}/v1")
    assert [one["metadata"]["name"] for one in listed["items"]] == ["a", "b"]
    assert listed["metadata"]["continue"]
    assert place.names(widgets.path, fieldSelector="metadata.name=c") == ["c"]


def test_defaults_and_pruning(place: Place, widgets: Widgets) -> None:
    spec = {"size": 1, "unknown": "x", "free": {"anything": [1, {"a": None}]}}
    made = place.ok("POST", widgets.path, widgets.widget(spec=spec), fieldValidation="Ignore")
    assert made["spec"]["color"] == "blue"
    assert "unknown" not in made["spec"]
    assert made["spec"]["free"]["anything"][0] == 1


@pytest.mark.parametrize(
    ("spec", "field", "text"),
    [
        (
            {"size": "big"},
            "spec.size",
            'Invalid value: "string": spec.size in body must be of type integer: "string"',
        ),
        (
            {"size": 0},
            "spec.size",
            "Invalid value: 0: spec.size in body should be greater than or equal to 1",
        ),
        ({"size": 11}, "spec.size", "spec.size in body should be less than or equal to 10"),
        ({"color": "red"}, "spec.size", "Required value"),
        (
            {"size": 1, "color": "green"},
            "spec.color",
            'Unsupported value: "green": supported values: "red", "blue"',
        ),
        ({"size": 1, "parts": [{"n": 1}]}, "spec.parts[0].name", "Required value"),
    ],
)
def test_the_schema_is_held(
    place: Place, widgets: Widgets, spec: Obj, field: str, text: str
) -> None:
    status = place.no(422, "POST", widgets.path, widgets.widget(spec=spec))
    assert status["reason"] == "Invalid"
    assert status["message"].startswith(f'Widget.{widgets.group} "w" is invalid: ')
    causes = {cause["field"]: cause["message"] for cause in status["details"]["causes"]}
    if place.server.version < (1, 30):  # "spec.parts.name"
        return
    assert text in causes[field]


@pytest.mark.since("1.27")
def test_strictly(place: Place, widgets: Widgets) -> None:
    spec = {"size": 1, "colour": "red"}
    status = place.no(
        400, "POST", widgets.path, widgets.widget(spec=spec), fieldValidation="Strict"
    )
    assert 'strict decoding error: unknown field "spec.colour"' in status["message"]


def test_the_status_is_apart(place: Place, widgets: Widgets) -> None:
    made = place.ok("POST", widgets.path, widgets.widget(status={"ready": True}))
    assert "status" not in made
    told = place.ok(
        "PATCH",
        f"{widgets.path}/w/status",
        {"status": {"ready": True}, "spec": {"size": 9}},
        headers=MERGE,
    )
    assert told["status"] == {"ready": True}
    assert told["spec"]["size"] == 3
    assert told["metadata"]["generation"] == 1
    kept = place.ok("PATCH", f"{widgets.path}/w", {"status": {"ready": False}}, headers=MERGE)
    assert kept["status"] == {"ready": True}


def test_it_scales(place: Place, widgets: Widgets) -> None:
    place.ok("POST", widgets.path, widgets.widget(spec={"size": 1, "replicas": 2}))
    scale = place.ok("GET", f"{widgets.path}/w/scale")
    assert scale["kind"] == "Scale"
    assert scale["spec"] == {"replicas": 2}
    place.ok("PATCH", f"{widgets.path}/w/scale", {"spec": {"replicas": 5}}, headers=MERGE)
    assert place.ok("GET", f"{widgets.path}/w")["spec"]["replicas"] == 5


def test_its_columns(place: Place, widgets: Widgets) -> None:
    place.ok("POST", widgets.path, widgets.widget())
    table = place.ok("GET", widgets.path, headers=TABLE)
    assert [c["name"] for c in table["columnDefinitions"]] == ["Name", "Size", "Color", "Age"]
    assert [c["priority"] for c in table["columnDefinitions"]] == [0, 0, 1, 0]
    cells = table["rows"][0]["cells"]
    assert cells[:3] == ["w", 3, "red"]


def test_patches_of_it(place: Place, widgets: Widgets) -> None:
    place.ok("POST", widgets.path, widgets.widget())
    ops = [{"op": "replace", "path": "/spec/size", "value": 5}]
    assert place.ok("PATCH", f"{widgets.path}/w", ops, headers=JSON_PATCH)["spec"]["size"] == 5
    answer = place.send("PATCH", f"{widgets.path}/w", {"spec": {"size": 6}}, headers=STRATEGIC)
    assert answer.code == 415
    assert "application/merge-patch+json" in answer.body["message"]


@pytest.mark.since("1.25")  # 1.20 takes the list as a whole
def test_lists_with_keys_are_applied(place: Place, widgets: Widgets) -> None:
    path = f"{widgets.path}/w"
    one = widgets.widget(spec={"size": 1, "parts": [{"name": "a", "n": 1}]})
    two = widgets.widget(spec={"parts": [{"name": "b", "n": 2}]})
    place.ok("PATCH", path, one, headers=APPLY, fieldManager="one")
    made = place.ok("PATCH", path, two, headers=APPLY, fieldManager="two")
    assert made["spec"]["parts"] == [{"name": "a", "n": 1}, {"name": "b", "n": 2}]
    three = widgets.widget(spec={"parts": [{"name": "a", "n": 7}]})
    status = place.no(409, "PATCH", path, three, headers=APPLY, fieldManager="three")
    assert status["message"].endswith(': .spec.parts[name="a"].n')


def test_removed_it_takes_its_objects_along(place: Place, widgets: Widgets) -> None:
    place.ok("POST", widgets.path, widgets.widget())
    crd = place.ok("GET", widgets.crd)
    assert "finalizers" not in crd["metadata"] or crd["metadata"]["finalizers"] == [
        "customresourcecleanup.apiextensions.k8s.io"
    ]
    place.ok("DELETE", widgets.crd)
    place.wait(lambda: place.send("GET", widgets.crd).code == 404)
    place.wait(lambda: place.send("GET", widgets.path).code == 404)


def test_a_namespace_takes_them_along(place: Place, widgets: Widgets) -> None:
    name = f"{place.name}-cr"
    place.ok("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    path = f"/apis/{widgets.group}/v1/namespaces/{name}/widgets"
    place.ok("POST", path, widgets.widget())
    place.ok("DELETE", f"/api/v1/namespaces/{name}")
    place.wait(lambda: place.send("GET", f"/api/v1/namespaces/{name}").code == 404)
    assert place.names(path) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metadata": {"name": "wrong"}}, "metadata.name"),
        ({"spec": {"scope": "Galaxy"}}, "spec.scope"),
        ({"spec": {"versions": []}}, "spec.versions"),
    ],
)
def test_definitions_are_validated(place: Place, change: Obj, field: str) -> None:
    body = definition(f"{place.name}.example.com")
    body = {**body, **{k: {**body[k], **v} for k, v in change.items()}}
    status = place.no(422, "POST", CRDS, body)
    assert field in [cause["field"] for cause in status["details"]["causes"]]


def test_a_definition_needs_a_schema(place: Place) -> None:
    body = definition(f"{place.name}.example.com")
    del body["spec"]["versions"][0]["schema"]
    status = place.no(422, "POST", CRDS, body)
    assert any("schema" in cause["field"] for cause in status["details"]["causes"])
