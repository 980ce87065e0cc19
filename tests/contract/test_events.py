"""Events, in both groups."""

from __future__ import annotations

from sim.apimachinery.wire import Obj
from tests.contract.place import TABLE, Place


def event(place: Place, name: str = "e", **more: object) -> Obj:
    about = {"apiVersion": "v1", "kind": "Pod", "name": "x", "namespace": place.name}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": place.name},
        "involvedObject": about,
        "reason": "Told",
        "message": "something",
        "type": "Warning",
        "count": 3,
        "firstTimestamp": "2026-11-20T01:00:00Z",
        "lastTimestamp": "2026-11-20T01:10:00Z",
        "source": {"component": "me", "host": "n"},
        **more,
    }


def test_an_event_is_one_in_both_groups(place: Place) -> None:
    place.ok("POST", place.at("events"), event(place))
    new = place.ok("GET", place.at("events", "e", group="events.k8s.io/v1"))
    assert (new["kind"], new["apiVersion"]) == ("Event", "events.k8s.io/v1")
    assert new["regarding"]["name"] == "x"
    assert new["note"] == "something"
    assert new["deprecatedCount"] == 3
    assert new["deprecatedSource"] == {"component": "me", "host": "n"}
    assert "involvedObject" not in new
    assert "message" not in new


def test_events_are_selected_by_fields(place: Place) -> None:
    place.ok("POST", place.at("events"), event(place, "a"))
    place.ok("POST", place.at("events"), event(place, "b", type="Normal", reason="Other"))
    path = place.at("events")
    assert place.names(path, fieldSelector="involvedObject.name=x,type=Warning") == ["a"]
    assert place.names(path, fieldSelector="reason=Other") == ["b"]
    assert place.names(path, fieldSelector="involvedObject.kind=Node") == []
    assert place.names(path, fieldSelector="source=me") == ["a", "b"]


def test_events_as_a_table(place: Place) -> None:
    place.ok("POST", place.at("events"), event(place))
    table = place.ok("GET", place.at("events"), headers=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == [
        "Last Seen", "Type", "Reason", "Object", "Subobject", "Source", "Message", "First Seen", "Count", "Name",
    ]  # fmt: skip
    cells = table["rows"][0]["cells"]
    assert cells[1:7] == ["Warning", "Told", "pod/x", "", "me, n", "something"]
    assert cells[8:] == [3, "e"]


def test_an_event_belongs_to_the_namespace_of_its_object(place: Place) -> None:
    about = {"kind": "Pod", "name": "x", "namespace": "other"}
    status = place.no(422, "POST", place.at("events"), event(place, involvedObject=about))
    assert (
        "does not match event.namespace" in status["message"]
        or "involvedObject.namespace" in status["message"]
    )
