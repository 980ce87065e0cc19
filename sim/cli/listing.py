"""What `uncordon list` prints; the order and the words say nothing of what happens in a night."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario import Catalogue, ScenarioError


def lines(catalogue: Catalogue) -> Iterator[str]:
    """Yield the families, then the incidents by their titles, then what does not load."""
    for name in catalogue.families():
        try:
            family = catalogue.family(name)
            # What is said beside the title is the same in all of them.
            one = catalogue[family.slugs[0]]
        except (ScenarioError, KeyError):
            yield f"{name:16} does not load; see: uncordon validate {name}"
            continue
        nights = len(family.slugs)
        title = (
            f"{family.title}: one of {nights}, drawn by the seed" if nights > 1 else family.title
        )
        yield from _two(name, one.difficulty, one.minutes, title, family.family.summary)
    entries = list(catalogue)
    found = [entry.scenario for entry in entries if entry.scenario is not None]
    for one in sorted(found, key=lambda scenario: scenario.title):
        yield from _two(one.slug, one.difficulty, one.minutes, one.title, one.summary)
    for entry in entries:
        if entry.scenario is None:
            yield f"{entry.slug:16} does not load; see: uncordon validate {entry.slug}"


def _two(name: str, difficulty: int, minutes: int, title: str, summary: str) -> Iterator[str]:
    yield f"{name:16} {'*' * difficulty:6} {minutes:3} min  {title}"
    yield f"{'':24} {summary}"
