"""Families: what they share, what is wrong with them, and how often each of them is drawn."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from sim.scenario import Catalogue, Family, ScenarioError, load_scenario
from sim.scenario.loader import FOLDER
from tests.scenario.texts import FAMILY, SEED, line, mistakes, own, shared

WEIGHTS = {"one": 33.0, "two": 26.0, "three": 34.0, "four": 7.0}


def _family(weights: dict[str, float]) -> Family:
    head = {"name": "f", "title": "F", "summary": "s", "weights": weights}
    return Family.model_validate({"family": head, "shared": {}})


def test_draws_follow_the_weights_and_the_seed_alone() -> None:
    family = _family(WEIGHTS)
    backwards = _family(dict(reversed(WEIGHTS.items())))

    drawn = Counter(family.draw(seed) for seed in range(4000))

    assert [family.draw(seed) for seed in range(50)] == [backwards.draw(seed) for seed in range(50)]
    for slug, weight in WEIGHTS.items():
        assert drawn[slug] / 4000 == pytest.approx(weight / 100, abs=0.02)


def test_catalogue_draws_a_night_of_the_family() -> None:
    catalogue = Catalogue()

    assert catalogue.families() == ["payments"]
    family = catalogue.family("payments")
    for slug in family.slugs:
        assert catalogue[slug].family == "payments"
    assert catalogue.draw("payments", 3).slug == family.draw(3)


def test_unknown_family_names_the_nearest() -> None:
    with pytest.raises(KeyError, match='no family "payment"; nearest: payments'):
        Catalogue().family("payment")


def test_folder_elsewhere_finds_the_family_of_this_repository(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(SEED, copy)

    assert load_scenario(copy).digest == load_scenario(SEED).digest


def test_family_beside_the_folder_comes_first(tmp_path: Path) -> None:
    shutil.copytree(SEED, tmp_path / "copy")
    shutil.copytree(FOLDER / "families", tmp_path / "families")
    near = tmp_path / FAMILY
    near.write_text(near.read_text().replace("minutes: 60", "minutes: 45"))

    assert load_scenario(tmp_path / "copy").minutes == 45


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: payments\n", "name: other\n", "the file of this family is families/other.yaml"),
        ("  difficulty: 2", "  title: x", "each scenario of a family says its own `title`"),
        ("  difficulty: 2", "  dificulty: 2", '"dificulty" is not a field of a scenario'),
        ("payments-0247: 33", "payments-0247: 0", "input should be greater than 0"),
    ],
)
def test_mistakes_of_the_family_stand_in_its_file(old: str, new: str, message: str) -> None:
    wrong = shared().replace(old, new, 1)

    told = mistakes(family=wrong)

    at = line(wrong, new.strip())
    assert any(one.startswith(f"{FAMILY}:{at}: ") and one.endswith(message) for one in told)


def test_what_cannot_be_dropped_stands_in_the_scenarios_file() -> None:
    text = own().replace("facts:\n", "facts:\n  - {id: users-faling, drop: true}\n", 1)

    told = mistakes(text)

    assert told == [
        f"scenario.yaml:{line(text, 'users-faling')}: facts[0].drop: "
        'no id to drop "users-faling"; nearest: users-failing'
    ]


def test_broken_family_is_one_mistake_with_its_line() -> None:
    (told,) = mistakes(family="family: [a\nb: c\n")

    assert told.startswith(f"{FAMILY}:2: not YAML: ")


def test_scenario_of_no_family_is_told_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "scenario.yaml").write_text("format: 1\nfamily: payment\n")

    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "one")

    assert str(caught.value) == ('scenario.yaml:2: family: no family "payment"; nearest: payments')
