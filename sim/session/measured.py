"""What is particular to figures that were measured: how the last of them go on, and how they are told.

A simulated run lives on to its horizon at no cost; a real cluster is let go when the incident is closed.
What users had in the last half minute before is taken to last. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.evidence import (
    AlertRecord,
    CommandRecord,
    EvidenceLog,
    ImpactRecord,
    Record,
    RunRecord,
    TimeRecord,
)
from sim.scenario import Scenario
from sim.session.inputs import TERMINAL_KINDS, Input
from sim.session.outside_inputs import OUTSIDE_KINDS

LAST_MS = 30_000
SIMULATED, KIND = "simulated", "kind"
MEASURED = (
    "played on a real cluster (kind): users' figures are measured, not exact; what each action did, and "
    "what nobody and the expert would have lost, come from the simulator"
)
UNHEARD = "unheard"
"""What a real run's evidence says if it ended before all that others had done was known."""
LEFT_OUT = "the API server's log could not be read up to the end, so changes made outside just before it may be missing"
NO_REPLAY = (
    "this run was played on a real cluster, which nothing can play again: there is no branch and no what-if "
    "of it"
)


def backend_of(log: EvidenceLog) -> str:
    """Return what the cluster of a run was: `simulated` or `kind`."""
    return next(log.of(RunRecord)).backend


def measured(log: EvidenceLog) -> str:
    """Return the sentence on the figures of a real run; empty of a simulated one."""
    if backend_of(log) == SIMULATED:
        return ""
    unheard = any(record.what == UNHEARD for record in log.of(TimeRecord))
    return f"{MEASURED}; {LEFT_OUT}" if unheard else MEASURED


def last_words(log: EvidenceLog, at: int, what: str) -> list[Record]:
    """Return the records with which a real run ends at *at*: *what* it ends as, and what lasts."""
    return [TimeRecord(at=at, what=what), *_lasting(log, at)]


def _lasting(log: EvidenceLog, at: int) -> list[ImpactRecord]:
    """Return how users of each application fared over the last half minute, as from *at* on."""
    of: dict[str, list[ImpactRecord]] = {}
    for record in log.of(ImpactRecord):
        of.setdefault(record.application, []).append(record)
    return [_mean(of[name], at) for name in sorted(of)]


def _mean(records: list[ImpactRecord], at: int) -> ImpactRecord:
    start = max(at - LAST_MS, records[0].at)
    marks = [record.at for record in records[1:]] + [max(at, records[-1].at)]
    spans = [
        (max(0, min(end, at) - max(record.at, start)), record)
        for record, end in zip(records, marks, strict=True)
    ]
    whole = sum(span for span, _ in spans)
    if not whole:
        spans, whole = [(1, records[-1])], 1

    def mean(values: list[float]) -> float:
        return sum(span * value for (span, _), value in zip(spans, values, strict=True)) / whole

    def split(parts: list[Mapping[str, float]]) -> dict[str, float]:
        names = sorted({name for part in parts for name in part})
        return {name: mean([part.get(name, 0.0) for part in parts]) for name in names}

    found = [record for _, record in spans]
    return ImpactRecord(
        at=at,
        application=records[0].application,
        arrivals=mean([one.arrivals for one in found]),
        failed=mean([one.failed for one in found]),
        errors=mean([one.errors for one in found]),
        by=split([one.by for one in found]),
        by_call=split([one.by_call for one in found]),
    )


def why_untrue(log: EvidenceLog, scenario: Scenario, seed: int, inputs: Sequence[Input]) -> str:
    """Return what in the evidence of a real run contradicts its header or its inputs; empty: nothing.

    Nothing can make it again, so this is all that can be checked beside its digests.
    """
    first = next(log.of(RunRecord), None)
    if first is None or first.backend == SIMULATED:
        return "its header says that it was played on a real cluster, its evidence does not"
    said = (first.scenario, first.digest, first.seed)
    if said != (scenario.slug, scenario.digest, seed):
        return f"its evidence is of {first.scenario}, seed {first.seed}, its header is not"
    if not any(record.state == "paged" for record in log.of(AlertRecord)):
        return "its evidence has no page"
    for record in log.of(CommandRecord):
        given = inputs[record.input] if 0 <= record.input < len(inputs) else None
        if given is None or given.kind not in (*TERMINAL_KINDS, *OUTSIDE_KINDS):
            return f"command {record.command} in its evidence was entered by no input"
    return ""
