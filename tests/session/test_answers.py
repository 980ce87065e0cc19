"""What lines answered on two backends stands side by side, whatever the names there."""

import pytest

from sim.session.answers import Answer, differ, shape, side_by_side

NAMES = ("simulated", "kind")
NODES = {"node-worker-3": "node.bad", "uncordon-worker3": "node.bad", "node-worker-1": "node.good"}


def answer(line, at=0.0, code=0, facts=()):
    return Answer(shape(line, NODES), line, at, code=code, facts=set(facts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kubectl cordon node-worker-3", "kubectl cordon uncordon-worker3"),
        (
            "for pod in web-7f8b9c4d5-q4r7p web-7f8b9c4d5-x2k9m; do kubectl logs $pod; done",
            "for pod in web-6b999b6779-tbr4q web-6b999b6779-2fq9z; do kubectl logs $pod; done",
        ),
        ("nc -zv 10.96.45.12 5432", "nc -zv 10.96.7.7 5432"),
        ('{"nodeName":"node-worker-3"}', '{"nodeName":"uncordon-worker3"}'),
    ],
)
def test_a_line_is_the_same_whatever_names_a_run_has(one, other):
    assert shape(one, NODES) == shape(other, NODES)


def test_lines_of_different_intent_are_not_the_same():
    assert shape("kubectl cordon node-worker-3", NODES) != shape(
        "kubectl cordon node-worker-1", NODES
    )


def test_what_one_side_alone_typed_stands_alone_in_its_place():
    one = [answer("incident ack"), answer("df"), answer("kubectl cordon node-worker-3", 9.0)]
    other = [answer("incident ack"), answer("kubectl cordon uncordon-worker3", 12.0)]
    rows = side_by_side(one, other, NAMES)
    assert [row["line"] for row in rows] == ["incident ack", "df", "kubectl cordon node-worker-3"]
    assert rows[1]["kind"] is None
    assert (rows[2]["simulated"]["at"], rows[2]["kind"]["at"]) == (9.0, 12.0)
    assert [differ(row, NAMES) for row in rows] == [False, True, False]


@pytest.mark.parametrize(
    ("more", "differs"),
    [({}, False), ({"at": 40.0}, False), ({"code": 1}, True), ({"facts": ["rules-sparse"]}, True)],
)
def test_an_answer_differs_by_its_end_or_by_what_it_shows(more, differs):
    (row,) = side_by_side([answer("df")], [answer("df", **more)], NAMES)
    assert differ(row, NAMES) == differs
