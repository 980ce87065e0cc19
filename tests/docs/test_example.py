"""The example for authors is whole: it loads, conforms to the schemas, and plays as an incident should."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from ruamel.yaml import YAML

from sim.scenario import Scenario, load_scenario
from sim.session.judge import judge
from sim.session.play import make_player, play
from sim.session.references import NoCache
from sim.session.run import Run
from tests.docs.reading import ROOT

EXAMPLE = ROOT / "docs" / "example" / "payments-finch"
FILES = {
    "night": [*ROOT.glob("scenarios/*/scenario.yaml"), EXAMPLE / "scenario.yaml"],
    "family": [*ROOT.glob("scenarios/families/*.yaml")],
    "playbook": [*ROOT.glob("scenarios/*/players/*.yaml"), *EXAMPLE.glob("players/*.yaml")],
}


def schema(name: str) -> dict[str, Any]:
    """Return a published schema."""
    read: dict[str, Any] = json.loads((ROOT / f"docs/{name}.schema.json").read_text())
    return read


@pytest.fixture(scope="module")
def example() -> Scenario:
    return load_scenario(EXAMPLE)


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name, paths in FILES.items() for path in paths],
    ids=lambda value: "/".join(value.parts[-3:]) if isinstance(value, Path) else value,
)
def test_every_file_conforms_to_its_schema(name: str, path: Path) -> None:
    night = Resource.from_contents(schema("night"))
    registry: Registry[Any] = Registry().with_resource("night.schema.json", night)
    # Times of a YAML file are texts to the schema, and keys of a mapping are, too.
    tree = json.loads(json.dumps(YAML(typ="safe").load(path.read_text()), default=str))
    checked = Draft202012Validator(schema(name), registry=registry)

    assert [f"{list(one.path)}: {one.message}" for one in checked.iter_errors(tree)] == []


def test_schema_of_a_night_forbids_what_is_no_field() -> None:
    checked = Draft202012Validator(schema("night"))

    assert checked.is_valid({"slug": "x", "facts": [{"id": "a", "drop": True}]})
    assert not checked.is_valid({"slugg": "x"})
    assert not checked.is_valid({"facts": [{"id": "a", "drp": True}]})


def test_example_is_played_as_an_incident_should_be(example: Scenario) -> None:
    totals = {}
    for name in ("senior", "junior", "idle"):
        run = Run(example, 1, who=name)
        run.start()
        play(run, make_player(run, name))
        totals[name] = judge(run.finish(), example, 1, run.inputs, NoCache()).card.total

    assert totals["idle"] <= 12
    assert 30 <= totals["junior"] <= 55
    assert totals["senior"] >= 95


def test_example_is_in_nobodys_draw(example: Scenario) -> None:
    assert example.family == "payments"
    assert not (ROOT / "scenarios" / example.slug).exists()
