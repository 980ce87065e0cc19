"""What has to be the same in every night of a family, so that nobody knows which one it is without a look.

Nights may differ in what happens and in what can be found out; not in what is there before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sim.scenario.mistakes import Location
from sim.scenario.spec import Scenario

LISTS = (
    "component",
    "failure",
    "trigger",
    "mechanism",
    "scope",
    "ticket_origin",
    "ticket_fix",
    "ticket_owner",
)
"""The lists of the closing form and of the ticket."""


def _choices(question: str) -> Callable[[Scenario], Any]:
    return lambda one: getattr(one.closing, question).choices


SAME: dict[Location, Callable[[Scenario], Any]] = {
    ("difficulty",): lambda one: one.difficulty,
    ("summary",): lambda one: one.summary,
    ("minutes",): lambda one: one.minutes,
    ("epoch",): lambda one: one.epoch,
    ("zone",): lambda one: one.zone,
    ("horizon",): lambda one: one.horizon,
    ("page_by",): lambda one: one.page_by,
    ("briefing",): lambda one: one.briefing,
    # What a source says tonight may be what is wrong tonight.
    ("documents",): lambda one: tuple(
        (page.id, page.kind, page.title, page.kind == "source" or page.text)
        for page in one.documents
    ),
    ("people",): lambda one: tuple(
        (who.id, who.name, who.role, who.knows, who.asleep) for who in one.people
    ),
    ("cluster",): lambda one: one.cluster,
    ("proxy",): lambda one: one.proxy,
    ("applications",): lambda one: one.applications,
    ("secrets",): lambda one: one.secrets,
    # Of its users all that a chart shows before the fault; what fails by itself may be the matter.
    ("traffic",): lambda one: tuple(
        users.model_copy(
            update={
                "classes": tuple(kind.model_copy(update={"fails": None}) for kind in users.classes)
            }
        )
        for users in one.traffic
    ),
    ("history", "revision"): lambda one: one.history.revision,
    ("history", "alerts"): lambda one: one.history.alerts,
    ("alerts",): lambda one: one.alerts,
    ("access",): lambda one: one.access,
    ("hypotheses",): lambda one: one.hypotheses,
    ("rubric", "mitigated_below"): lambda one: one.rubric.mitigated_below,
    **{("closing", name): _choices(name) for name in LISTS},
}
"""Where it stands -> what must be equal."""


def differences(nights: Iterable[Scenario]) -> list[tuple[str, Location, str]]:
    """Return (slug, where, message) for each thing that would tell a night from the others.

    Where two nights disagree, the one of which there are fewer is to blame.
    """
    known = sorted(nights, key=lambda one: one.slug)
    found = []
    for where, value in SAME.items():
        values = [value(one) for one in known]
        usual = max(values, key=values.count)
        found += [
            (one.slug, where, "is not what the other nights of the family have, and tells this one")
            for one, given in zip(known, values, strict=True)
            if given != usual
        ]
    return found
