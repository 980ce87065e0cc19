"""JSON patch and merge patch, by example and by property."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.apimachinery.patch import PatchError, json_patch, merge_patch

leaves = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["x", "y", "z"])
keys = st.sampled_from(["a", "b", "c", "d/e", "f~g"])
documents = st.dictionaries(
    keys,
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(one) for key, one in value.items() if one is not None}
    return value


def difference(old, new):
    """Return the merge patch from *old* to *new*, both without nulls in maps."""
    patch = {key: None for key in old if key not in new}
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            patch[key] = difference(old[key], value)
        elif key not in old or old[key] != value:
            patch[key] = value
    return patch


@given(documents, documents)
def test_merge_patch_of_the_difference_gives_the_new_document(old, new):
    old, new = without_none(old), without_none(new)
    before = copy.deepcopy(old)
    assert merge_patch(old, difference(old, new)) == new
    assert old == before, "a patch must not touch what it is given"


@given(documents)
def test_merge_patch_with_nothing_changes_nothing(document):
    assert merge_patch(document, {}) == document


def test_merge_patch_shares_what_it_does_not_change():
    old = {"spec": {"a": 1}, "status": {"b": 2}}
    assert merge_patch(old, {"status": {"b": 3}})["spec"] is old["spec"]


@given(documents, keys, leaves)
def test_json_patch_add_then_remove_gives_the_document_back(document, key, value):
    document = {name: one for name, one in document.items() if name != key}
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    before = copy.deepcopy(document)
    added = json_patch(document, [{"op": "add", "path": pointer, "value": value}])
    assert added[key] == value
    assert json_patch(added, [{"op": "remove", "path": pointer}]) == before == document


def test_json_patch_works_on_lists():
    held = {"items": ["a", "b"]}
    patched = json_patch(
        held,
        [
            {"op": "test", "path": "/items/0", "value": "a"},
            {"op": "add", "path": "/items/1", "value": "x"},
            {"op": "add", "path": "/items/-", "value": "y"},
            {"op": "replace", "path": "/items/0", "value": "z"},
            {"op": "copy", "from": "/items/1", "path": "/copied"},
            {"op": "move", "from": "/copied", "path": "/moved"},
        ],
    )
    assert patched == {"items": ["z", "x", "b", "y"], "moved": "x"}
    assert held == {"items": ["a", "b"]}


def test_json_patch_replaces_a_field_that_is_missing():
    """As evanphx/json-patch 4 does, with which Kubernetes patches."""
    operation = {"op": "replace", "path": "/missing", "value": 1}
    assert json_patch({"items": ["a"]}, [operation]) == {"items": ["a"], "missing": 1}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/missing/deep", "value": 1},
        {"op": "replace", "path": "/items/7", "value": 1},
        {"op": "move", "from": "/missing", "path": "/items/0"},
        {"op": "copy", "from": "/missing/deep", "path": "/items/0"},
        {"op": "remove", "path": "/missing"},
        {"op": "remove", "path": "/items/7"},
        {"op": "add", "path": "/missing/deep", "value": 1},
        {"op": "test", "path": "/items/0", "value": "other"},
        {"op": "jump", "path": "/items"},
        {"op": "add", "path": "items", "value": 1},
        {"op": "add", "value": 1},
    ],
)
def test_json_patch_that_does_not_fit_is_refused(operation):
    with pytest.raises(PatchError):
        json_patch({"items": ["a"]}, [operation])
