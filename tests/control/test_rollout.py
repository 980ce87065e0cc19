"""The arithmetic of rollouts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.apimachinery.wire import Obj
from sim.control.rollout import (
    Fence,
    fence,
    new_set_replicas,
    proportional,
    resolve,
    scale_down_old,
)


def deployment(replicas: int, surge: int | str = "25%", unavailable: int | str = "25%") -> Obj:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    return {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
        },
    }


def sets(*sizes: tuple[int, int]) -> list[Obj]:
    """Return ReplicaSets of (replicas, available), oldest first."""
    return [
        {
            "metadata": {
                "name": f"web-{place}",
                "creationTimestamp": f"2026-11-20T0{place}:00:00Z",
            },
            "spec": {"replicas": size},
            "status": {"availableReplicas": available},
        }
        for place, (size, available) in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("value", "total", "up", "down"),
    [("25%", 4, 1, 1), ("25%", 10, 3, 2), ("30%", 1, 1, 0), (2, 10, 2, 2), ("100%", 7, 7, 7)],
)
def test_percentages_round_surge_up_and_unavailable_down(
    value: int | str, total: int, up: int, down: int
) -> None:
    assert (resolve(value, total, up=True), resolve(value, total, up=False)) == (up, down)


def test_both_limits_at_zero_let_one_pod_be_missing() -> None:
    assert fence(deployment(3, 0, 0)) == Fence(0, 1)
    assert fence(deployment(3, 0, "10%")) == Fence(0, 1)


def test_unavailable_is_never_more_than_there_are() -> None:
    assert fence(deployment(2, 0, 5)) == Fence(0, 2)


@pytest.mark.parametrize(
    ("old", "current", "expected"),
    [((4, 4), 0, 1), ((3, 3), 1, 2), ((5, 4), 0, 0), ((0, 0), 0, 4)],
)
def test_new_set_grows_into_the_room_that_surge_leaves(
    old: tuple[int, int], current: int, expected: int
) -> None:
    olds = sets(old, (current, 0))
    assert new_set_replicas(deployment(4), olds, current) == expected


def test_unavailable_old_pods_go_before_available_ones() -> None:
    old_broken, old_good, new = sets((2, 0), (3, 3), (1, 1))
    steps = scale_down_old(deployment(4), [old_broken, old_good], new)
    assert [(one["metadata"]["name"], size) for one, size in steps] == [("web-0", 0), ("web-1", 2)]


def test_nothing_shrinks_while_the_new_pods_are_missing() -> None:
    old, new = sets((3, 3), (2, 0))
    assert scale_down_old(deployment(4), [old], new) == []


def test_proportional_scaling_gives_the_rest_to_the_largest() -> None:
    old, new = sets((8, 8), (5, 0))
    for one in (old, new):
        one["metadata"]["annotations"] = {"deployment.kubernetes.io/max-replicas": "13"}
    sizes = {
        one["metadata"]["name"]: n for one, n in proportional(deployment(15, 3, 2), [old, new])
    }
    assert sizes == {"web-0": 11, "web-1": 7}


def test_scaling_to_zero_empties_every_set() -> None:
    old, new = sets((3, 3), (2, 0))
    assert [size for _, size in proportional(deployment(0), [old, new])] == [0, 0]


@given(
    replicas=st.integers(1, 30),
    surge=st.integers(0, 10),
    unavailable=st.integers(0, 10),
    data=st.data(),
)
def test_no_step_leaves_the_fence(
    replicas: int, surge: int, unavailable: int, data: st.DataObject
) -> None:
    """From any state within the fence every step stays in it, whatever has become available."""
    wanted = deployment(replicas, surge, unavailable)
    limits = fence(wanted)
    old_size = data.draw(st.integers(0, replicas))
    new_size = data.draw(st.integers(0, replicas + limits.surge - old_size))
    old_up = data.draw(st.integers(0, old_size))
    new_up = data.draw(st.integers(0, new_size))
    old, new = sets((old_size, old_up), (new_size, new_up))
    grown = new_set_replicas(wanted, [old, new], min(new_size, replicas))
    assert old_size + grown <= max(replicas + limits.surge, old_size + new_size)
    steps = scale_down_old(wanted, [old], new)
    left = steps[-1][1] if steps else old_size
    lost = max(0, old_up - left)
    assert old_up + new_up - lost >= min(old_up + new_up, replicas - limits.unavailable)
