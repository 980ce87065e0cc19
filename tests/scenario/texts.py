"""The seed scenario's files as texts, for tests that make mistakes in them."""

from __future__ import annotations

import pytest

from sim.scenario import ScenarioError, parse_scenario
from sim.scenario.loader import FOLDER

SEED = FOLDER / "payments-0247"
FAMILY = "families/payments.yaml"


def own() -> str:
    """Return what the seed scenario says for itself."""
    return (SEED / "scenario.yaml").read_text(encoding="utf-8")


def shared() -> str:
    """Return its family's file."""
    return (FOLDER / FAMILY).read_text(encoding="utf-8")


def line(text: str, part: str) -> int:
    """Return the line on which *part* first stands."""
    return text[: text.index(part)].count("\n") + 1


def mistakes(
    text: str | None = None,
    players: tuple[tuple[str, str], ...] = (),
    *,
    family: str | None = None,
) -> list[str]:
    """Return what is wrong with these texts, the seed's where none is given."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(
            own() if text is None else text,
            players,
            (FAMILY, shared() if family is None else family),
        )
    return [str(mistake) for mistake in caught.value.mistakes]
