"""Sets of fields: how they are written down, and merging by structure."""

import pytest

from sim.apimachinery.managedfields import (
    Entry,
    decode_owners,
    encode_owners,
    encode_paths,
    owner_of,
    show_path,
)
from sim.apimachinery.managedfields_merge import compare, field_set, merge, remove, undeclared
from sim.apimachinery.structure import ATOMIC, Structure

TEXT = Structure("scalar")
PART = Structure("struct", fields={"name": TEXT, "port": TEXT, "value": TEXT})
PARTS = Structure("keyed", of=PART, keys=("name", "port"), defaults={"port": 80})
TYPE = Structure(
    "struct",
    fields={
        "one": TEXT,
        "labels": Structure("map", of=TEXT),
        "tags": Structure("set", of=TEXT),
        "parts": PARTS,
        "whole": ATOMIC,
        "inner": Structure("struct", fields={"a": TEXT, "b": TEXT}),
    },
)


def shown(paths):
    return sorted(map(show_path, paths))


def test_fields_of_a_value():
    value = {
        "one": 1,
        "labels": {"a": "b"},
        "tags": ["x"],
        "parts": [{"name": "p", "value": 2}],
        "whole": {"a": {"b": 1}},
        "inner": {},
    }
    assert encode_paths(field_set(value, TYPE)) == {
        "f:one": {},
        "f:labels": {"f:a": {}},
        "f:tags": {'v:"x"': {}},
        "f:parts": {'k:{"name":"p","port":80}': {".": {}, "f:name": {}, "f:value": {}}},
        "f:whole": {},
        "f:inner": {},
    }


@pytest.mark.parametrize(
    ("old", "new", "added", "modified", "removed"),
    [
        ({"one": 1}, {"one": 2}, [], [".one"], []),
        ({}, {"labels": {"a": "b"}}, [".labels", ".labels.a"], [], []),
        ({"tags": ["x"]}, {"tags": ["y"]}, ['.tags[="y"]'], [], ['.tags[="x"]']),
        ({"whole": {"a": 1}}, {"whole": {"a": 2}}, [], [".whole"], []),
        (
            {"parts": [{"name": "p", "value": 1}]},
            {"parts": [{"name": "p", "port": 80, "value": 2}]},
            ['.parts[name="p",port=80].port'],
            ['.parts[name="p",port=80].value'],
            [],
        ),
        ({"one": 1}, {"one": 1}, [], [], []),
    ],
)
def test_differences(old, new, added, modified, removed):
    assert [shown(one) for one in compare(old, new, TYPE)] == [added, modified, removed]


def test_lists_are_merged_in_the_applied_order_around_what_was_there():
    live = {"parts": [{"name": n} for n in "abc"], "tags": ["x", "y"], "whole": [1]}
    applied = {"parts": [{"name": n, "value": 1} for n in "cda"], "tags": ["z"], "whole": [2]}
    merged = merge(live, applied, TYPE)
    assert [one["name"] for one in merged["parts"]] == ["b", "c", "d", "a"]
    assert merged["tags"] == ["x", "y", "z"]
    assert merged["whole"] == [2]
    assert live["whole"] == [1]


def test_remove_takes_items_and_fields():
    value = {"parts": [{"name": "p", "value": 1}, {"name": "q"}], "labels": {"a": "b", "c": "d"}}
    paths = {
        ("f:parts", 'k:{"name":"q","port":80}'),
        ("f:parts", 'k:{"name":"p","port":80}', "f:value"),
        ("f:labels", "f:a"),
    }
    left = remove(value, TYPE, frozenset(paths))
    assert left == {"parts": [{"name": "p"}], "labels": {"c": "d"}}


def test_undeclared_fields():
    value = {"inner": {"c": 1}, "labels": {"anything": 1}}
    assert shown(undeclared(value, TYPE)) == [".inner.c"]


def test_owners_are_read_and_written_alike():
    first = owner_of("kubectl", "Apply", "apps/v1")
    second = owner_of("web", "Update", "apps/v1", "status")
    owners = {
        second: Entry(frozenset({("f:status",)}), "2026-11-20T01:40:00Z", "apps/v1"),
        first: Entry(frozenset({("f:a", 'k:{"b":1}')}), "2026-11-20T01:41:00Z", "apps/v1"),
    }
    entries = encode_owners(owners)
    assert [one["manager"] for one in entries] == ["kubectl", "web"], "appliers come first"
    assert entries[1]["subresource"] == "status"
    assert decode_owners(entries) == owners


def test_keys_are_normalised_when_read():
    entry = {
        "manager": "m",
        "operation": "Update",
        "apiVersion": "v1",
        "fieldsV1": {"f:a": {'k:{"y": 1, "x": "z"}': {}}},
    }
    (held,) = decode_owners([entry]).values()
    assert held.paths == {("f:a", 'k:{"x":"z","y":1}')}


@pytest.mark.parametrize(
    "entry", [{"operation": "Steal"}, {"operation": "Apply", "fieldsV1": {"x": {}}}]
)
def test_entries_that_do_not_parse(entry):
    with pytest.raises(ValueError, match=r"invalid operation|unknown path element"):
        decode_owners([entry])
