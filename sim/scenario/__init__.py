"""What a scenario says, checked: specs, loader, catalogue, and when an output shows a fact."""

from sim.scenario.catalogue import Catalogue, Entry
from sim.scenario.family import Family
from sim.scenario.fields import fill, fill_pattern
from sim.scenario.loader import load_scenario, parse_scenario
from sim.scenario.matching import Look, Quote, shows
from sim.scenario.mistakes import Mistake, ScenarioError
from sim.scenario.playbook import Playbook, Step, Until
from sim.scenario.schema import family_schema, night_schema, playbook_schema, scenario_schema
from sim.scenario.spec import Pinned, Role, Scenario

__all__ = [
    "Catalogue",
    "Entry",
    "Family",
    "Look",
    "Mistake",
    "Pinned",
    "Playbook",
    "Quote",
    "Role",
    "Scenario",
    "ScenarioError",
    "Step",
    "Until",
    "family_schema",
    "fill",
    "fill_pattern",
    "load_scenario",
    "night_schema",
    "parse_scenario",
    "playbook_schema",
    "scenario_schema",
    "shows",
]
