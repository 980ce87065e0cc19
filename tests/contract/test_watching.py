"""Watches: what they show, from when, and how they end."""

from __future__ import annotations

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.place import MERGE, Place, configmap


def told(events: list[Obj]) -> list[tuple[str, str]]:
    """Return (type, name) of events."""
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def version(place: Place) -> str:
    """Return the version of the list of ConfigMaps."""
    found: str = place.ok("GET", place.at("configmaps"))["metadata"]["resourceVersion"]
    return found


def test_a_watch_shows_every_change_once_and_in_order(place: Place) -> None:
    path = place.at("configmaps")
    with place.watch(path, resourceVersion=version(place)) as stream:
        place.config("a")
        place.ok("PATCH", f"{path}/a", {"data": {"a": "2"}}, headers=MERGE)
        place.config("b")
        place.ok("DELETE", f"{path}/a")
        seen = stream.take(4)
    assert told(seen) == [("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a")]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in seen]
    assert versions == sorted(set(versions))
    assert seen[3]["object"]["data"] == {"a": "2"}


def test_from_a_version_of_the_past(place: Place) -> None:
    path, since = place.at("configmaps"), version(place)
    place.config("a")
    place.ok("DELETE", f"{path}/a")
    with place.watch(path, resourceVersion=since) as stream:
        assert told(stream.take(2)) == [("ADDED", "a"), ("DELETED", "a")]


@pytest.mark.parametrize("since", [None, "0"])
def test_without_a_version_it_begins_with_what_there_is(place: Place, since: str | None) -> None:
    place.config("a")
    place.wait(lambda: "a" in place.names(place.at("configmaps"), resourceVersion="0"))
    query = {"resourceVersion": since, "fieldSelector": "metadata.name=a"}
    with place.watch(place.at("configmaps"), **query) as stream:
        assert told(stream.take(1)) == [("ADDED", "a")]
        place.ok("DELETE", place.at("configmaps", "a"))
        assert told(stream.take(1)) == [("DELETED", "a")]


def test_what_leaves_a_selection_is_deleted_and_what_enters_is_added(place: Place) -> None:
    path = place.at("configmaps")
    place.config("a", metadata={"labels": {"on": "yes"}})
    with place.watch(path, resourceVersion=version(place), labelSelector="on=yes") as stream:
        place.ok("PATCH", f"{path}/a", {"metadata": {"labels": {"on": "no"}}}, headers=MERGE)
        place.ok("PATCH", f"{path}/a", {"metadata": {"labels": {"x": "y"}}}, headers=MERGE)
        changed = place.ok(
            "PATCH", f"{path}/a", {"metadata": {"labels": {"on": "yes"}}}, headers=MERGE
        )
        seen = stream.take(2)
    assert told(seen) == [("DELETED", "a"), ("ADDED", "a")]
    # a DELETED carries the object as it last was in the selection, with the version of the change
    assert seen[0]["object"]["metadata"]["labels"] == {"on": "yes"}
    assert (
        seen[1]["object"]["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]
    )


def test_too_old_a_version_is_gone(place: Place) -> None:
    with place.watch("/api/v1/configmaps", resourceVersion="1") as stream:
        event = stream.take(1)[0]
    if place.server.version < (1, 30) and event["type"] == "ADDED":
        pytest.skip("the cluster is so young that it remembers everything")
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["code"], status["reason"], status["kind"]) == (410, "Expired", "Status")
    assert status["message"].startswith("too old resource version: 1 (")


def test_a_version_that_is_no_number(place: Place) -> None:
    with place.watch(place.at("configmaps"), resourceVersion="abc") as answer:
        if hasattr(answer, "code"):
            assert answer.code in (400, 500)
            assert "abc" in answer.body["message"]
        else:
            assert answer.take(1)[0]["type"] == "ERROR"


def test_a_watch_ends_at_its_time(place: Place) -> None:
    with place.watch(
        place.at("configmaps"), resourceVersion=version(place), timeoutSeconds=1
    ) as stream:
        assert stream.take(1, 3) == []
        place.config("late")
        assert stream.take(1, 1) == []


def test_one_object_is_read_and_not_watched(place: Place) -> None:
    place.config("a")
    # `watch` means something for collections only (apiserver/pkg/endpoints/request/requestinfo.go)
    assert place.ok("GET", place.at("configmaps", "a"), watch=True)["kind"] == "ConfigMap"


def test_over_all_namespaces(place: Place) -> None:
    since = version(place)
    with place.watch("/api/v1/configmaps", resourceVersion=since) as stream:
        place.config("mine")
        seen = stream.until(lambda event: event["object"]["metadata"]["name"] == "mine")
    assert seen[-1]["object"]["metadata"]["namespace"] == place.name


@pytest.mark.since("1.32")
def test_initial_events_end_with_a_marked_bookmark(place: Place) -> None:
    place.config("a")
    query = {
        "sendInitialEvents": True,
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": True,
    }
    with place.watch(place.at("configmaps"), labelSelector="!x", **query) as stream:
        seen = stream.until(lambda event: event["type"] == "BOOKMARK")
        assert ("ADDED", "a") in told(seen)
        mark = seen[-1]["object"]
        assert (mark["kind"], mark["apiVersion"]) == ("ConfigMap", "v1")
        assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        place.config("b")
        assert told(stream.take(1)) == [("ADDED", "b")]


@pytest.mark.since("1.32")
def test_initial_events_need_a_match(place: Place) -> None:
    with place.watch(
        place.at("configmaps"), sendInitialEvents=True, allowWatchBookmarks=True
    ) as answer:
        assert answer.code == 422
        assert "sendInitialEvents" in answer.body["message"]


def test_as_tables(place: Place) -> None:
    place.config("a")
    # the watch of `kubectl get -w`: each event holds a Table of one row
    from tests.contract.place import TABLE

    answer = place.ok("GET", place.at("configmaps", "a"), headers=TABLE)
    assert answer["rows"][0]["cells"][:2] == ["a", 1]


def test_a_pod_lives_in_view(place: Place) -> None:
    from tests.contract.place import pod

    since = version(place)
    with place.watch(place.at("pods"), resourceVersion=since) as stream:
        place.ok("POST", place.at("pods"), pod("seen"))
        lived = stream.until(lambda e: e["object"]["status"].get("phase") == "Running")
        place.ok("DELETE", place.at("pods", "seen"), {"gracePeriodSeconds": 1})
        died = stream.until(lambda e: e["type"] == "DELETED")
    assert lived[0]["type"] == "ADDED"
    assert lived[0]["object"]["status"]["phase"] == "Pending"
    assert "nodeName" not in lived[0]["object"]["spec"]
    bound = next(e for e in lived if e["object"]["spec"].get("nodeName"))
    conditions = {c["type"]: c["status"] for c in bound["object"]["status"]["conditions"]}
    assert conditions["PodScheduled"] == "True"
    assert "deletionTimestamp" in died[-1]["object"]["metadata"]


def test_a_conflicting_create_is_not_seen(place: Place) -> None:
    place.config("a")
    with place.watch(place.at("configmaps"), resourceVersion=version(place)) as stream:
        place.no(409, "POST", place.at("configmaps"), configmap("a"))
        place.ok("PATCH", place.at("configmaps", "a"), {}, headers=MERGE)
        place.config("b")
        assert told(stream.take(1)) == [("ADDED", "b")]
