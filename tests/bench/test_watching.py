"""Every watcher sees every change once, in order."""

from tests.bench.watching import roll


def test_every_watcher_sees_a_roll_whole_and_in_order():
    seen = roll(20, 200)
    assert seen.changes > 5 * 20
    assert seen.delivered == 200 * seen.changes
    assert seen.wrong == 0
