"""Which runs count: the first attempt of a person at a night, and of a run and its copies one."""

from dataclasses import replace

from sim.scoring.cohort.attempts import Entrant, counted
from sim.scoring.cohort.compare import compare
from sim.scoring.cohort.page import document
from sim.scoring.cohort.tables import as_csv, as_text
from tests.scoring.cohort.made import sample


def entrant(run: str, person: str = "ann", began: int = 0, digest: str = "", **same) -> Entrant:
    return Entrant(replace(sample(run, **same), digest=digest or run), person, began)


def runs(found) -> dict[str, list[tuple[str, int]]]:
    return {name: [(one.run, one.attempt) for one in group] for name, group in found.groups.items()}


AGAIN = {
    "g": [
        entrant("third", began=3),
        entrant("first", began=1),
        entrant("other night", began=2, seed=1),
        entrant("bob's", "bob", began=5),
        entrant("unknown", "", began=6),
        entrant("unknown as well", "", began=7),
        entrant("second", began=2),
    ]
}


def test_of_one_persons_runs_on_a_night_the_first_counts():
    found = counted(AGAIN)
    kept = ["first", "other night", "bob's", "unknown", "unknown as well"]
    assert runs(found) == {"g": [(run, 1) for run in kept]}
    assert found.left_out == [
        ("third", "attempt 3 of the same person at the same night; the first counts"),
        ("second", "attempt 2 of the same person at the same night; the first counts"),
    ]


def test_later_attempts_are_counted_on_demand_and_shown_as_such():
    found = counted(AGAIN, every=True)
    assert found.left_out == []
    assert dict(runs(found)["g"])["third"] == 3
    whole = compare(found.groups)
    said = "2 of them later attempts at a night"
    assert said in as_text(whole)
    assert said in document(whole)
    (line,) = [line for line in as_csv(whole).splitlines() if line.startswith("g,third,")]
    assert line.split(",")[4:6] == ["0", "3"]


def test_a_copy_counts_once_in_all_groups_and_before_and_after_stay_apart():
    found = counted(
        {
            "before": [entrant("a", digest="x"), entrant("file of a", "", digest="x")],
            "after": [entrant("b", began=2), entrant("a", digest="x")],
        }
    )
    assert runs(found) == {"before": [("a", 1)], "after": [("b", 1)]}
    assert found.left_out == [
        ("file of a", "the same run as a; it counts once"),
        ("a", "named twice; it counts once"),
    ]


def test_a_script_plays_in_every_group_but_once_in_each():
    one = entrant("player:senior", "", digest="s", who="senior")
    assert runs(counted({"g": [one, one], "h": [one]})) == {
        "g": [("player:senior", 1)],
        "h": [("player:senior", 1)],
    }
