"""A scenario can take rights away; what it writes wrongly is a mistake."""

import pytest
from pydantic import ValidationError

from sim.scenario.access import AccessRule, Grant
from tests.scenario.texts import mistakes, own


def test_rules_default_to_the_core_group() -> None:
    rule = AccessRule(verbs=("get",), resources=("pods",))

    assert (rule.groups, rule.names, rule.paths) == (("",), (), ())


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({}, "give `role` or `rules`"),
        ({"role": "view", "rules": ({"verbs": ("get",), "paths": ("/metrics",)},)}, "one of them"),
        ({"role": "root"}, "Input should be"),
        ({"rules": ({"verbs": ("get",)},)}, "resources or about paths"),
        ({"rules": ({"verbs": (), "resources": ("pods",)},)}, "at least 1"),
        ({"role": "view", "namespace": "shop"}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(spec: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Grant.model_validate(spec)


def test_rights_are_given_where_the_world_has_a_namespace() -> None:
    grants = "\naccess:\n  - role: view\n  - {role: edit, namespaces: [kube-system, payment]}\n"

    [mistake] = mistakes(own() + grants)

    assert mistake.endswith('access[1].namespaces[1]: no namespace "payment"; nearest: payments')
