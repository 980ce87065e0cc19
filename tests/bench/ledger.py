"""A debrief of thirty actions: its lines and curve, and its ledger with every action left out in turn."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import NamedTuple

from sim.players import Pause, Play, Type
from sim.scenario import Catalogue
from sim.scoring import References, Scoring
from sim.session.branch import Branches
from sim.session.play import play
from sim.session.run import Run


class Debriefed(NamedTuple):
    """CPU seconds, of this process and those that it forked."""

    lines_s: float
    ledger_s: float
    actions: int


def _busy() -> list[str]:
    """Return lines that change something, most of them to no effect."""
    app, where = "deployment/payment-service", "-n payments"
    lines = [f"kubectl annotate {app} {where} note={number} --overwrite" for number in range(8)]
    lines += [f"kubectl scale {app} {where} --replicas={count}" for count in (5, 6, 4)]
    lines += [f"kubectl cordon node-worker-{number}" for number in (1, 2)]
    lines += [f"kubectl rollout restart {app} {where}"]
    lines += [f"kubectl uncordon node-worker-{number}" for number in (1, 2)]
    lines += [f"kubectl label pods {where} --all turn={turn} --overwrite" for turn in range(8)]
    lines += [
        f"kubectl run d{turn} {where} --image=nicolaka/netshoot -- sleep 99" for turn in range(3)
    ]
    return [*lines, *(f"kubectl delete pod d{turn} {where} --wait=false" for turn in range(3))]


def _typing() -> Play:
    for line in _busy():
        yield Pause(40_000)
        yield Type("kubectl get pods -n payments -o wide")
        yield Pause(20_000)
        yield Type(line)


def _spent() -> float:
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in every)


def measure() -> Debriefed:
    """Play the actions on seed 0, then score them."""
    scenario = Catalogue()["payments-0247"]
    run = Run(scenario, 0)
    run.start()
    play(run, _typing())
    log, branches = run.finish(), Branches(scenario, 0, run.inputs)
    begun = _spent()
    scoring = Scoring(log, scenario, References(230_000.0, 41_000.0), branches)
    scoring.at_once()
    scoring.story.impact.curve(0, scoring.story.horizon, 15_000)
    lines = _spent() - begun
    scoring.finish()
    return Debriefed(lines, _spent() - begun - lines, len(scoring.story.deeds))


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield (figure, measured, promise)."""
    found = measure()
    yield "score lines and curve of a stored run, CPU", f"{found.lines_s:.2f} s", "< 1 s"
    yield f"its ledger, {found.actions} actions left out, CPU", f"{found.ledger_s:.1f} s", "< 15 s"
