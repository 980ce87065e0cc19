"""A node's journal: order, filters and lines drawn on read."""

from sim.node.journal import Entry, Journal


def journal():
    made = Journal(-1_000)
    made.write(10, "kubelet.service", "two", pid=7)
    made.write(5, "kubelet", "one")
    made.write(10, "kernel", "oops", priority=4)
    made.write(12, "systemd", "Started x.", pid=1, unit="x.service")
    return made


def texts(entries):
    return [one.message for one in entries]


def test_lines_come_in_the_order_of_time():
    assert texts(journal().query()) == ["one", "two", "oops", "Started x."]


def test_filters_by_unit_kernel_and_time():
    made = journal()
    assert texts(made.query("kubelet.service")) == ["one", "two"]
    assert texts(made.query("x.service")) == ["Started x."]
    assert texts(made.query(kernel=True)) == ["oops"]
    assert texts(made.query(since=10, until=10)) == ["two", "oops"]
    assert texts(made.query(lines=1)) == ["Started x."]
    assert made.query(lines=0) == []


def test_routine_lines_are_drawn_within_the_window_and_merged():
    made = journal()

    def every_four(since, until):
        first = -(-since // 4) * 4
        return [Entry(at, "t", 1, "t.service", 6, f"t{at}") for at in range(first, until, 4)]

    made.routine("t.service", every_four)
    assert texts(made.query(since=4, now=12)) == [
        "t4",
        "one",
        "t8",
        "two",
        "oops",
        "Started x.",
        "t12",
    ]
    assert texts(made.query("kubelet.service", since=0, now=12)) == ["one", "two"]
    assert texts(made.query(since=4)) == ["one", "two", "oops", "Started x."]


def test_nothing_is_known_from_before_the_boot():
    made = Journal(0)
    made.routine("t.service", lambda since, _until: [Entry(since, "t", 1, "t.service", 6, "t")])
    assert made.query(since=-500, now=5)[0].at == 0
