"""A container's log: stored and drawn lines."""

from sim.kernel import Epoch
from sim.node.logs import LogBuffer, LogLine

EPOCH = Epoch.parse("2026-11-20T01:40:00Z")


def every_second(since, until, limit):
    lines = [LogLine(at, f"r{at}") for at in range(-(-since // 1000) * 1000, until, 1000)]
    return lines if limit is None else lines[-limit:]


def test_drawn_and_stored_lines_are_merged_and_cut_alike():
    log = LogBuffer(every_second, 0)
    log.write(1_500, "happened\ntwice")
    assert [one.text for one in log.read(3_000)] == [
        "r0",
        "r1000",
        "happened",
        "twice",
        "r2000",
        "r3000",
    ]
    assert [one.text for one in log.read(3_000, tail=3)] == ["twice", "r2000", "r3000"]
    assert [one.text for one in log.read(3_000, since=1_500)] == [
        "happened",
        "twice",
        "r2000",
        "r3000",
    ]


def test_nothing_is_drawn_after_the_end():
    log = LogBuffer(every_second, 0)
    log.ends_at = 1_500
    assert [one.text for one in log.read(9_000)] == ["r0", "r1000"]


def test_reading_twice_is_the_same():
    log = LogBuffer(every_second, 0)
    assert log.read(5_000) == log.read(5_000)


def test_timestamp_has_nanoseconds_that_belong_to_the_line():
    line = LogLine(1_234, "hello")
    assert line.stamped(EPOCH).startswith("2026-11-20T01:40:01.234")
    assert line.stamped(EPOCH).endswith("Z hello")
    assert line.stamped(EPOCH) == LogLine(1_234, "hello").stamped(EPOCH)


def test_backdated_lines_find_their_place():
    log = LogBuffer(lambda *_: [], -9_000)
    log.write(5, "later")
    log.backdate(-4_000, "earlier")
    assert [one.text for one in log.read(10)] == ["earlier", "later"]


def test_listeners_hear_until_they_stop():
    log, heard = LogBuffer(lambda *_: [], 0), []
    stop = log.listen(heard.append)
    log.write(1, "a")
    stop()
    log.write(2, "b")
    assert [one.text for one in heard] == ["a"]
