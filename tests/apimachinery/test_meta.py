"""Metadata: read and rewritten without touching the object."""

from sim.apimachinery import meta

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "n", "uid": "u", "resourceVersion": "7"},
    "spec": {"containers": [{"name": "c"}]},
}


def test_replace_shares_what_it_does_not_change():
    changed = meta.replace(POD, "status", "phase", value="Running")
    assert changed["status"] == {"phase": "Running"}
    assert changed["spec"] is POD["spec"]
    assert "status" not in POD
    assert meta.replace(changed, "status", "phase", value=None)["status"] == {}


def test_with_metadata_sets_and_removes():
    changed = meta.with_metadata(POD, labels={"a": "b"}, uid=None)
    assert changed["metadata"] == {
        "name": "p",
        "namespace": "n",
        "resourceVersion": "7",
        "labels": {"a": "b"},
    }


def test_controller_is_the_owner_that_controls():
    reference = meta.owner_reference(POD)
    owned = meta.with_metadata(POD, ownerReferences=[{"uid": "x"}, reference])
    assert meta.controller_of(owned) == reference
    assert meta.controller_of(POD) is None


def test_reference_carries_what_events_need():
    assert meta.reference_to(POD) == {
        "kind": "Pod",
        "name": "p",
        "namespace": "n",
        "uid": "u",
        "apiVersion": "v1",
        "resourceVersion": "7",
    }


def test_read_follows_names_and_indices():
    assert meta.read(POD, "spec", "containers", 0, "name") == "c"
    assert meta.read(POD, "spec", "containers", 3, "name", default="-") == "-"
    assert meta.read(POD, "spec", "missing", "x") is None


def test_key_prints_with_its_namespace():
    assert str(meta.key_of(POD)) == "n/p"
    assert str(meta.Key("", "node")) == "node"
