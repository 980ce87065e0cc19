"""The rubric's items, a file a block; each criterion is a function from a `Case` to a `Finding`."""

from sim.scenario import Scenario
from sim.scoring.criteria.case import Case, Criterion
from sim.scoring.criteria.close import follow_through, temporary, updates
from sim.scoring.criteria.diagnosis import diagnosis
from sim.scoring.criteria.method import blast_radius, is_it_real, revises, what_changed
from sim.scoring.criteria.mitigate import mitigate_first
from sim.scoring.criteria.users import no_harm, recovery, users_loss

CRITERIA: tuple[Criterion, ...] = (
    users_loss,
    no_harm,
    recovery,
    is_it_real,
    what_changed,
    blast_radius,
    mitigate_first,
    revises,
    diagnosis,
    updates,
    temporary,
    follow_through,
)
"""The rubric in the order in which a debrief shows it."""

_BY_REPLAY = frozenset(
    {no_harm, recovery, what_changed, blast_radius, mitigate_first, revises, temporary}
)
"""Criteria that read the ledger."""
_BY_REPLAY_IF_FALSE = frozenset({users_loss})
"""Those that do so in a false alarm only."""


def needs_no_replay(criterion: Criterion, scenario: Scenario) -> bool:
    """Return whether *criterion* judges *scenario*'s runs without the ledger."""
    false_alarm = scenario.rubric.kind == "false-alarm"
    return criterion not in _BY_REPLAY and not (false_alarm and criterion in _BY_REPLAY_IF_FALSE)


__all__ = ["CRITERIA", "Case", "Criterion", "needs_no_replay"]
