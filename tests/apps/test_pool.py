"""Slots of a pool: ages, replacement, patience after a failure."""

from __future__ import annotations

import pytest

from sim.apps.pool import Pool
from sim.kernel import Stream

HALF_HOUR = 1_800_000
DAY = 86_400_000


def pool(size: int = 20, lifetime: int = HALF_HOUR, seed: int = 0) -> Pool:
    return Pool(size, lifetime, Stream("pool", seed))


def test_lifetimes_are_up_to_a_fortieth_shorter_and_differ() -> None:
    one = pool()
    one.open(0)
    ends = [slot.until for slot in one.slots]

    assert all(HALF_HOUR * 39 // 40 < end <= HALF_HOUR for end in ends)
    assert len(set(ends)) > 15


def test_short_lifetimes_are_not_varied() -> None:
    one = pool(lifetime=10_000)
    one.open(0)

    assert {slot.until for slot in one.slots} == {10_000}


@pytest.mark.parametrize("age", [20 * 60_000, 5 * 3_600_000, 3 * DAY])
def test_a_pool_found_running_has_drifted_as_one_that_was_watched(age: int) -> None:
    """Means and spreads of ages agree with replacing every connection one by one."""
    found, watched = [], []
    for seed in range(20):
        one = pool(seed=seed)
        one.adopt(-age, 0)
        assert all(slot.opened_at <= 0 < slot.until <= HALF_HOUR for slot in one.slots)
        found += [-slot.opened_at for slot in one.slots]
        other = pool(seed=1_000 + seed)
        other.open(-age)
        while due := [slot for slot in other.slots if slot.until <= 0]:
            for slot in due:
                other.fill(slot, slot.until)
        watched += [-slot.opened_at for slot in other.slots]

    def middle(ages: list[int]) -> float:
        return sorted(ages)[len(ages) // 2]

    def width(ages: list[int]) -> float:
        return sorted(ages)[len(ages) * 9 // 10] - sorted(ages)[len(ages) // 10]

    assert middle(found) == pytest.approx(middle(watched), abs=40_000)
    assert width(found) == pytest.approx(width(watched), rel=0.15, abs=2_000)


def test_waiting_grows_by_half_up_to_seconds_and_starts_anew_once_all_is_well() -> None:
    one = pool(2)
    one.open(0)
    waits, now = [], 0
    for _ in range(11):
        one.failed(now)
        assert one.retry_at is not None
        waits.append(one.retry_at - now)
        now = one.retry_at
    one.settle()
    one.failed(0)

    assert waits[:4] == [250, 375, 562, 843]
    assert waits[-2:] == [5_000, 5_000]
    assert one.retry_at == 250


def test_dead_slots_count_only_while_the_pool_is_open() -> None:
    one = pool(4)
    assert (one.dead, one.next_at()) == (0, None)
    one.open(0)
    one.slots[1].alive = False
    assert (one.dead, [slot.number for slot in one.live]) == (1, [0, 2, 3])
    one.close()
    assert (one.dead, one.live) == (0, [])
