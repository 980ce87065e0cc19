"""The table of resources: consistent with itself."""

from sim.apimachinery.resources import (
    RESOURCES,
    by_kind,
    by_path,
    by_plural,
    group_versions,
)


def test_paths_are_unique_and_found_again():
    for info in RESOURCES:
        assert by_path(info.group, info.version, info.plural) is info


def test_stored_resources_have_one_key_each_except_events_and_autoscalers():
    keys = [info.plural for info in RESOURCES if info.stored]
    twice = ["events", "horizontalpodautoscalers"]
    assert sorted(keys) == sorted([*dict.fromkeys(keys), *twice])
    assert by_plural("horizontalpodautoscalers").version == "v2"


def test_core_stands_before_metrics_and_newer_events():
    assert by_plural("pods").group == ""
    assert by_plural("events").group == ""
    assert by_kind("Event").group == ""


def test_groups_stand_in_the_order_of_discovery():
    listed = [group for group, _ in group_versions()]
    assert listed[0] == ""
    assert listed == sorted(listed)


def test_short_names_are_those_that_kubectl_documents():
    assert by_plural("deployments").short_names == ("deploy",)
    assert by_plural("poddisruptionbudgets").short_names == ("pdb",)
    assert by_plural("deployments").subresources == ("scale", "status")
