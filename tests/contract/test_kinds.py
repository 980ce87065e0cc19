"""Every kind can be created, read, listed, replaced, patched, watched, shown and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from sim.apimachinery.wire import Obj
from tests.contract.kinds import KINDS, Kind
from tests.contract.place import MERGE, TABLE, Place

CONDITIONAL = {
    "events",
    "leases",
    "poddisruptionbudgets",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
}
"""Kinds that are not replaced without the version that is replaced."""


@pytest.fixture(params=KINDS, ids=lambda kind: kind.plural)
def kind(request: pytest.FixtureRequest, place: Place) -> Kind:
    """Yield each kind that the server has."""
    kind: Kind = request.param
    if place.server.version < tuple(int(part) for part in kind.since.split(".")):
        pytest.skip(f"since {kind.since}")
    return kind


@pytest.fixture
def made(place: Place, kind: Kind) -> Any:
    """Yield the object as the server made it; delete it afterwards."""
    path = kind.path(place.name)
    manifest = kind.manifest(f"{place.name}-x")
    if "involvedObject" in manifest:
        manifest["involvedObject"] = {**manifest["involvedObject"], "namespace": place.name}
    answer = place.send("POST", path, manifest)
    assert answer.code == 201, answer.body
    yield answer.body
    place.send("DELETE", f"{path}/{place.name}-x", {"gracePeriodSeconds": 0})


def test_created_has_its_identity(place: Place, kind: Kind, made: Obj) -> None:
    metadata = made["metadata"]
    assert (made["apiVersion"], made["kind"]) == (kind.group_version, kind.kind)
    assert metadata["uid"].count("-") == 4
    assert metadata["resourceVersion"].isdecimal()
    assert metadata["creationTimestamp"].endswith("Z")
    assert metadata["name"] == f"{place.name}-x"
    assert metadata["labels"]["suite"] == "contract"
    assert metadata.get("namespace") == (place.name if kind.namespaced else None)


def test_what_was_written_is_what_is_read(place: Place, kind: Kind, made: Obj) -> None:
    got = place.ok("GET", f"{kind.path(place.name)}/{place.name}-x")
    listed = place.ok("GET", kind.path(place.name), labelSelector="suite=contract")
    assert listed["kind"] == f"{kind.kind}List"
    assert listed["apiVersion"] == kind.group_version
    assert "kind" not in listed["items"][0]
    mine = [one for one in listed["items"] if one["metadata"]["name"] == f"{place.name}-x"]
    assert mine[0]["metadata"]["uid"] == made["metadata"]["uid"] == got["metadata"]["uid"]
    _contains(got, {k: v for k, v in kind.body.items() if k != "involvedObject"})


def _contains(got: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            if value != []:
                _contains(got[name], value)
    elif isinstance(wanted, list):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            _contains(one, other)
    else:
        assert got == wanted


def test_a_merge_patch_and_a_replace_change_it(place: Place, kind: Kind, made: Obj) -> None:
    path = f"{kind.path(place.name)}/{place.name}-x"
    if kind.plural == "controllerrevisions" and place.server.version < (1, 30):
        pytest.skip("takes the same data, decoded again, for a change")
    patch = {"metadata": {"annotations": {"note": "one"}}}
    patched = place.ok("PATCH", path, patch, headers=MERGE)
    older = place.server.version < (1, 22) and kind.plural == "services"

    def replace() -> Obj | None:
        # Whoever works on the object (a scheduler that binds it) may come in between.
        held = place.ok("GET", path)
        metadata = {**held["metadata"], "annotations": {"note": "two"}}
        if not (older or kind.plural in CONDITIONAL):
            metadata.pop("resourceVersion")
        answer = place.send("PUT", path, {**held, "metadata": metadata})
        assert answer.code in (200, 409, 422), answer.body
        return answer.body if answer.code == 200 else None

    replaced = place.wait(replace, 10)
    assert patched["metadata"]["annotations"]["note"] == "one"
    assert replaced["metadata"]["annotations"]["note"] == "two"
    assert int(replaced["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    assert replaced["metadata"]["uid"] == made["metadata"]["uid"]


def test_it_can_be_watched_by_name(place: Place, kind: Kind, made: Obj) -> None:
    path = kind.path(place.name)
    if kind.plural == "controllerrevisions" and place.server.version < (1, 30):
        pytest.skip("takes the same data, decoded again, for a change")
    name = f"{place.name}-x"
    since = made["metadata"]["resourceVersion"]
    query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": since}
    with place.watch(path, **query) as stream:
        patch = {"metadata": {"annotations": {"note": "seen"}}}
        place.ok("PATCH", f"{path}/{name}", patch, headers=MERGE)
        seen = stream.until(
            lambda event: "note" in event["object"]["metadata"].get("annotations", {})
        )
    assert {event["type"] for event in seen} == {"MODIFIED"}
    assert seen[-1]["object"]["kind"] == kind.kind
    assert seen[-1]["object"]["apiVersion"] == kind.group_version


def test_it_shows_as_a_table_with_its_name_first(place: Place, kind: Kind, made: Obj) -> None:
    table = place.ok("GET", f"{kind.path(place.name)}/{place.name}-x", headers=TABLE)
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    columns = [column["name"] for column in table["columnDefinitions"]]
    row = table["rows"][0]
    assert len(row["cells"]) == len(columns)
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"]["name"] == f"{place.name}-x"
    if kind.plural != "events":
        assert columns[0] == "Name"
        assert row["cells"][0] == f"{place.name}-x"


def test_deleted_it_goes(place: Place, kind: Kind, made: Obj) -> None:
    path = f"{kind.path(place.name)}/{place.name}-x"
    answer = place.send(
        "DELETE", path, {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
    )
    assert answer.code == 200, answer.body
    place.wait(lambda: place.send("GET", path).code == 404)
    assert place.no(404, "DELETE", path)["reason"] == "NotFound"
