"""Looks for the answer in everything that a fresh run offers before its debrief.

What is offered: names, briefing, wiki, directory, the panels with every split, the change feed, the
closing lists and the first messages, as they stand when the page comes. What may not be in it: names
that only authors know (facts, roles, classes of mitigation, files), sentences of facts, the true
hypothesis, a drawn night's slug and title, and texts that mark an answer as right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.evidence import AlertRecord, MessageRecord
from sim.scenario import Scenario, fill
from sim.session.desk import PICKS
from sim.session.panels import offered as charts
from sim.session.run import Run

TICKET = ("ticket_origin", "ticket_fix", "ticket_owner")


def offered(run: Run) -> Iterator[tuple[str, str]]:
    """Yield (where, text) of everything that the run, just paged, shows to whoever asks."""
    scenario, desk, roles = run.scenario, run.desk, run.roles
    briefing = scenario.briefing
    for part in ("you", "service", "access", "slo", "documents"):
        yield f"briefing: {part}", fill(getattr(briefing, part), roles)
    yield "summary", scenario.summary
    for panel in ("page", "people", "alerts", "changes", "document:"):
        yield f"panel {panel}", desk.text(panel)
    for document in scenario.documents:
        yield f"document {document.id}", desk.text(f"document:{document.id}")
    for change in run.telemetry.changes():
        yield f"change {change.id}", desk.text(f"change:{change.id}")
    for metric in charts(run.telemetry):
        for by in metric.splits:
            yield f"panel {metric.id} by {by}", desk.text(metric.id, by)
    lists = desk.lists()
    for name in PICKS:
        yield f"closing list {name}", _listed(lists[name])
    for name in TICKET:
        yield f"ticket list {name}", _listed(lists[name])
    yield "update template", desk.update_template()
    for message in run.log.of(MessageRecord):
        yield f"message of {message.who}", message.text
    for alert in run.log.of(AlertRecord):
        yield f"alert {alert.state}", f"{alert.alert}\n{alert.text}"


def _listed(choices: list[tuple[str, str]]) -> str:
    return "\n".join(f"{id_} {text}" for id_, text in choices)


def forbidden(scenario: Scenario) -> dict[str, str]:
    """Return word or sentence -> what it is, for everything that would give the answer away."""
    words: dict[str, str] = {}
    for fact in scenario.facts:
        words[fact.id] = "the id of a fact"
        words[fact.sentence] = "the sentence of a fact"
    for role in scenario.roles:
        if "." in role:
            words[role] = "the name of a role"
    for one in scenario.hypotheses:
        if "-" in one.mitigation:
            words[one.mitigation] = "a class of mitigation"
        if one.id == scenario.truth:
            words[one.text] = "the hypothesis that is true"
    for book in scenario.players:
        for step in book.steps:
            words[step.think] = f"a thought of the player {book.player}"
    words |= {name: "the name of a file" for name, _ in scenario.texts}
    words[scenario.digest] = "the digest, which tells the night"
    if scenario.family:
        words[scenario.slug] = "the slug of a night that is drawn"
        words[scenario.title] = "the title of a night that is drawn"
    return {word: what for word, what in words.items() if word}


def leaks(run: Run, texts: Iterator[tuple[str, str]] | None = None) -> list[str]:
    """Return one line for each thing that gives something away in *texts*, else in what is offered."""
    patterns = list(_patterns(run))
    return [
        f"{where}: {what}: {found[0]}"
        for where, text in (offered(run) if texts is None else texts)
        for pattern, what in patterns
        if (found := pattern.search(" ".join(text.split())))
    ]


def _patterns(run: Run) -> Iterator[tuple[re.Pattern[str], str]]:
    for word, what in forbidden(run.scenario).items():
        said = re.escape(" ".join(fill(word, run.roles).split()))
        yield re.compile(rf"(?<![\w.-]){said}(?![\w-])", re.IGNORECASE), what
    for role in run.scenario.roles:
        yield re.compile(re.escape(f"{{{role}}}")), "a role that was not filled in"
