"""The recorded command lines, replayed with our kubectl on the same workload, print the same."""

from __future__ import annotations

import difflib
import re

import pytest

from tests.golden.differences import ALLOWED, LEFT_OUT
from tests.golden.recordings import Recording, names, normal, read
from tests.golden.replaying import Replay
from tests.kubectl.cluster import Done

AT_LEAST = 120
"""So many recordings are held; leaving more out needs a reason and this number."""


@pytest.fixture(scope="module")
def done() -> dict[str, Done | Exception]:
    """Replay everything once, in the order of the recordings."""
    replay = Replay()
    results: dict[str, Done | Exception] = {}
    for name in names():
        try:
            results[name] = replay.run(read(name).command)
        except Exception as error:  # told by the test of that recording
            results[name] = error
    return results


def unlike(recording: Recording, ours: Done) -> list[str]:
    """Return the lines on one side only that nothing allows."""
    sides = [f"{normal(one.out)}\n{normal(one.err)}".splitlines() for one in (recording, ours)]
    found = [
        line
        for line in difflib.unified_diff(*sides, lineterm="", n=0)
        if line[:1] in "-+" and line[:3] not in ("---", "+++") and line.strip("-+ ")
    ]
    return [line for line in found if not _allowed(recording.name, line)]


def _allowed(name: str, line: str) -> bool:
    return any(re.match(one.names, name) and re.fullmatch(one.line, line) for one in ALLOWED)


@pytest.mark.parametrize("name", [name for name in names() if name not in LEFT_OUT])
def test_the_replay_prints_what_was_recorded(done: dict[str, Done | Exception], name: str) -> None:
    ours, recording = done[name], read(name)
    assert isinstance(ours, Done), ours
    assert unlike(recording, ours) == []
    assert ours.code == recording.code


def test_enough_is_held() -> None:
    assert len([name for name in names() if name not in LEFT_OUT]) >= AT_LEAST
    assert set(LEFT_OUT) <= set(names())


def test_events_have_the_recorded_reasons(done: dict[str, Done | Exception]) -> None:
    """Each (reason, kind of object) that the recorded workload brought about, it brings about here."""
    ours = done["get-events"]
    assert isinstance(ours, Done)
    missing = _reasons(read("get-events").out) - _reasons(ours.out) - EVENTS_MISSING
    assert missing == set()


EVENTS_MISSING = {
    # of the recorded cluster's beginning and of what was done to its nodes before
    *((reason, "node") for reason in (
        "CIDRAssignmentFailed", "InvalidDiskCapacity", "NodeAllocatableEnforced", "NodeHasNoDiskPressure",
        "NodeHasSufficientMemory", "NodeHasSufficientPID", "NodeNotReady", "NodeNotSchedulable", "NodeReady",
        "NodeSchedulable", "RegisteredNode", "Starting",
    )),
    ("SuccessfulDelete", "replicaset"),
    ("TaintManagerEviction", "pod"),
    ("Preempted", "pod"),
    # no image of a sandbox takes memory by itself
    ("SystemOOM", "node"),
    # the recorded cluster has no metrics
    ("FailedGetResourceMetric", "horizontalpodautoscaler"),
    ("FailedComputeMetricsReplicas", "horizontalpodautoscaler"),
    # and no storage class
    ("FailedBinding", "persistentvolumeclaim"),
    # nor IPv6 addresses for its slices
    ("FailedToUpdateEndpointSlices", "service"),
    ("FailedToUpdateEndpoint", "endpoints"),
}  # fmt: skip


def _reasons(table: str) -> set[tuple[str, str]]:
    found = set()
    for line in table.splitlines()[1:]:
        _, _, reason, about, *_ = line.split()
        found.add((reason, about.partition("/")[0]))
    return found
