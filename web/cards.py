"""What can be played, as the first page and the briefing offer it; nothing here says which night it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sim.scenario import ScenarioError
from web.access import hub


@dataclass(frozen=True, slots=True)
class Card:
    """What can be played, as it is offered: an incident, or a family of which one is drawn."""

    name: str
    title: str
    summary: str
    minutes: int
    difficulty: int
    nights: tuple[tuple[str, str], ...] = ()
    """(incident, its name in the family) of each there is to draw from; none: it is no draw."""


def card_of(name: str) -> Card:
    """Return the card of an incident or a family; raises KeyError, ScenarioError."""
    catalogue = hub().catalogue
    if name in catalogue.slugs() or name not in catalogue.families():
        one = hub().scenario(name)
        return Card(name, one.title, one.summary, one.minutes, one.difficulty)
    family = catalogue.family(name)
    # What a card says beside its title is the same in all of them.
    one = hub().scenario(family.slugs[0])
    about = family.family
    titles = ((hub().scenario(slug).title, slug) for slug in family.slugs)
    nights = tuple((slug, _short(title, about.title)) for title, slug in sorted(titles))
    return Card(name, about.title, about.summary, one.minutes, one.difficulty, nights)


def _short(title: str, family: str) -> str:
    return title.removeprefix(family).strip(" ()") or title


def cards() -> list[Card]:
    """Return the families with their nights, then the other incidents; titles say nothing."""
    drawn = []
    for name in hub().catalogue.families():
        with suppress(ScenarioError, KeyError):
            drawn.append(card_of(name))
    held = {slug for card in drawn for slug, _ in card.nights}
    alone = []
    for slug in hub().catalogue.slugs():
        if slug in held:
            continue
        with suppress(ScenarioError):
            alone.append(card_of(slug))
    return drawn + sorted(alone, key=lambda card: card.title)
