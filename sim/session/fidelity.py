"""One night on two backends side by side: users' errors, what pods went through, events, answers, score.

Times are seconds from the moment at which users began to fail, or from the page where that is what
counts. It compares; whether a difference matters is for people to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sim.evidence import ClusterRecord, EvidenceLog, RunRecord
from sim.kernel import Epoch
from sim.scenario import Scenario
from sim.scoring import Story
from sim.session.answers import answers_of, differ, side_by_side
from sim.session.camera import Camera, frames
from sim.session.film import listed
from sim.session.judge import EXPERT, Verdict, judge
from sim.session.measured import SIMULATED
from sim.session.play import make_player, play
from sim.session.probed import probed
from sim.session.reenact import workload
from sim.session.references import Cache
from sim.session.run import Run

BEFORE_MS = 60_000
STEP_MS = 30_000
SETTLES_MS = 120_000
"""So long before the fault the camera begins."""
LEAD_MS = 5_000
"""Events are told from so long before the fault on: what brings it about comes a little earlier."""
_HASH = re.compile(r"-[a-z0-9]{8,10}$")
"""Of the template, in the name of a ReplicaSet."""
CONTROL_PLANE = "node.control-plane"
ALLOWED = 10.0
"""Points by which the two scores may differ."""
_DULL = frozenset({"Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "Pulling"})
"""Events that every pod has."""


@dataclass(frozen=True, slots=True)
class Side:
    """The night on one backend."""

    name: str
    log: EvidenceLog
    verdict: Verdict


def simulated_side(scenario: Scenario, seed: int, cache: Cache, until_ms: int | None) -> Side:
    """Let the expert play the night in the simulator; for *until_ms* after the page, or to the end."""
    run = Run(scenario, seed, who=EXPERT)
    fault = next(run.log.of(RunRecord)).fault_at
    run.advance(max(0, fault - SETTLES_MS))
    Camera(run.env, scenario, run.log, lambda path: listed(run, path))
    run.start()
    end = None if until_ms is None else run.paged_at + until_ms
    play(run, make_player(run, EXPERT), until=end)
    note_events(run)
    log = run.finish()
    return Side(SIMULATED, log, judge(log, scenario, seed, run.inputs, cache))


def note_events(run: Run) -> None:
    """Write the events of the applications' namespaces into the evidence, while the cluster is there."""
    names = dict.fromkeys(one.namespace for one in run.scenario.applications)
    found = [event for name in names for event in listed(run, f"/api/v1/namespaces/{name}/events")]
    run.log.append(ClusterRecord(at=run.now, events=[_noted(event) for event in found]))


def _noted(event: dict[str, Any]) -> dict[str, Any]:
    about, metadata = event.get("involvedObject") or {}, event.get("metadata") or {}
    first = event.get("firstTimestamp") or event.get("eventTime")
    return {
        "kind": str(about.get("kind", "")),
        "name": str(about.get("name", "")),
        "reason": str(event.get("reason", "")),
        "first": str(first or metadata.get("creationTimestamp") or ""),
    }


def report(scenario: Scenario, seed: int, one: Side, other: Side) -> dict[str, Any]:
    """Return both sides and their differences as JSON.

    `{scenario, seed, backends: [a, b], page_s, prober: {a, b}, series: {step_s, from_s, a: [share], b: [share]},
    states: [{workload, node, state, a, b}], events: [{about, reason, a, b}], facts: [{fact, sentence, a, b}],
    answers: [{line, same, a: {at, times, code, facts, said}, b}],
    sequences: {a: [[s, workload, node, state]]}, score: {total, blocks, mitigate_s, requests_lost, ...},
    differences: [sentence], mitigated: [a, b], holds: bool}`; a figure that a side does not have is None.
    """
    sides = [_Told(side, scenario) for side in (one, other)]
    a, b = sides
    total = {side.name: side.side.verdict.card.total for side in sides}
    found: dict[str, Any] = {
        "scenario": scenario.slug,
        "seed": seed,
        "backends": [a.name, b.name],
        "measured": "figures of a real cluster are measured, not exact",
        "prober": {side.name: probed(side.story) for side in sides},
        "page_s": {side.name: side.since_fault(side.story.paged_at) for side in sides},
        "series": {
            "from_s": -BEFORE_MS // 1000,
            "step_s": STEP_MS // 1000,
            **{side.name: side.series(min(a.length, b.length)) for side in sides},
        },
        "states": _both(a.states(), b.states(), ("workload", "node", "state"), sides),
        "events": _both(a.events(), b.events(), ("about", "reason"), sides),
        "facts": [
            {**row, "sentence": a.story.sentence(row["fact"])}
            for row in _both(a.facts(), b.facts(), ("fact",), sides)
        ],
        "answers": _answers(a, b),
        "sequences": {side.name: side.sequence() for side in sides},
        "score": {
            "total": total,
            "blocks": {
                name: {side.name: side.block(name) for side in sides}
                for name, _, _ in one.verdict.card.blocks()
            },
            **{
                key: {side.name: side.side.verdict.card.reported[key] for side in sides}
                for key in ("mitigate_s", "diagnose_s", "requests_lost")
            },
        },
    }
    found["differences"] = _differences(found)
    mitigated = [side.name for side in sides if side.story.mitigated_at is not None]
    found["mitigated"] = mitigated
    found["holds"] = len(mitigated) != 1 and abs(total[a.name] - total[b.name]) <= ALLOWED
    return found


class _Told:
    """One side, read."""

    def __init__(self, side: Side, scenario: Scenario) -> None:
        self.side = side
        self.name = side.name
        self.story = Story(side.log, scenario)
        self._fault = self.story.run.fault_at
        self._apps = {one.name for one in scenario.applications}
        self.nodes = _node_roles(self.story.roles)
        """Node -> what it is in this night."""

    @property
    def length(self) -> int:
        """How long users' errors are known from the fault on (ms)."""
        return max(0, self.side.log[len(self.side.log) - 1].at - self._fault)

    def since_fault(self, at: int) -> float:
        return round((at - self._fault) / 1000, 1)

    def series(self, length: int) -> list[float]:
        start, end = self._fault - BEFORE_MS, self._fault + length
        points = self.story.impact.curve(start, end, STEP_MS)
        return [round(share, 5) for _, share in points]

    def block(self, name: str) -> float:
        return next(points for one, points, _ in self.side.verdict.card.blocks() if one == name)

    def sequence(self) -> list[list[Any]]:
        """Return `[s, workload, node, state]` at each change of what a workload's pods on a node do."""
        found: list[list[Any]] = []
        before: dict[tuple[str, str], tuple[str, ...]] = {}
        for frame in frames(self.side.log, self.story.scenario):
            now: dict[tuple[str, str], list[str]] = {}
            for pod in frame["pods"]:
                name = workload(pod["name"])
                if name in self._apps:
                    place = self.nodes.get(pod["node"], "elsewhere") if pod["node"] else "nowhere"
                    now.setdefault((name, place), []).append(_state(pod))
            states = {key: tuple(sorted(one)) for key, one in now.items()}
            for key in sorted({*before, *states}):
                if before.get(key) != states.get(key):
                    said = _counted(states.get(key, ()))
                    found.append([self.since_fault(frame["at"]), *key, said])
            before = states
        return found

    def states(self) -> dict[tuple[str, ...], float]:
        """Return (workload, node, state) -> when a pod was first seen so; 0: it was when users failed."""
        found: dict[tuple[str, ...], float] = {}
        shot = frames(self.side.log, self.story.scenario)
        before = [frame for frame in shot if frame["at"] <= self._fault]
        after = [frame for frame in shot if frame["at"] > self._fault]
        for frame in [*before[-1:], *after]:
            for pod in frame["pods"]:
                name = workload(pod["name"])
                if name in self._apps and pod["node"]:
                    key = (name, self.nodes.get(pod["node"], "elsewhere"), _state(pod))
                    found.setdefault(key, max(0.0, self.since_fault(frame["at"])))
        return found

    def events(self) -> dict[tuple[str, ...], float]:
        """Return (what it is about, reason) -> when it first came since just before the fault."""
        epoch = self.story.run.epoch
        # Users of a real cluster may begin to fail by what was done while it was set up.
        since = max(self._fault - LEAD_MS, self.side.log[0].at)
        found: dict[tuple[str, ...], float] = {}
        noted = [one.events for one in self.side.log.of(ClusterRecord) if one.events]
        for event in noted[-1] if noted else []:
            reason = event["reason"]
            if not event["first"] or reason in _DULL:
                continue
            at = Epoch.parse(event["first"]).unix_ms - Epoch.parse(epoch).unix_ms
            if at < since:
                continue
            name = f"{event['kind'].lower()}/{_HASH.sub('', workload(event['name']))}"
            key, when = (name, reason), self.since_fault(at)
            found[key] = min(when, found.get(key, when))
        return found

    def facts(self) -> dict[tuple[str, ...], float]:
        """Return fact -> when it was first on the expert's screen, from the page on."""
        return {
            (fact,): round((known.at - self.story.paged_at) / 1000, 1)
            for fact, known in self.story.known.items()
        }


def _answers(one: _Told, other: _Told) -> list[dict[str, Any]]:
    """Return what each of the expert's lines answered on both sides."""
    names = one.name, other.name
    found = side_by_side(
        answers_of(one.story, one.nodes), answers_of(other.story, other.nodes), names
    )
    return [{**row, "same": not differ(row, names)} for row in found]


def _node_roles(roles: dict[str, Any]) -> dict[str, str]:
    """Return what each node is in this night: of several roles the one that fewest nodes have."""
    found: dict[str, str] = {}
    named = {
        role: value if isinstance(value, list) else [value]
        for role, value in roles.items()
        if role.startswith("node.")
    }
    # On a real cluster the control plane's node may have the part of others as well.
    for role in sorted(named, key=lambda one: (one == CONTROL_PLANE, len(named[one]), one)):
        for node in named[role]:
            found.setdefault(str(node), role)
    return found


def _state(pod: dict[str, Any]) -> str:
    ready, _, of = pod["ready"].partition("/")
    status = str(pod["status"])
    return f"{status}, not ready" if status == "Running" and ready != of else status


def _counted(states: Iterable[str]) -> str:
    listed_ = list(states)
    return ", ".join(f"{listed_.count(one)} {one}" for one in dict.fromkeys(listed_)) or "none"


def _both(
    one: dict[tuple[str, ...], float],
    other: dict[tuple[str, ...], float],
    names: tuple[str, ...],
    sides: list[_Told],
) -> list[dict[str, Any]]:
    """Return a row for each key of either, by when it came first."""
    keys = sorted(
        {*one, *other}, key=lambda key: (min(one.get(key, 1e9), other.get(key, 1e9)), key)
    )
    return [
        {
            **dict(zip(names, key, strict=True)),
            sides[0].name: one.get(key),
            sides[1].name: other.get(key),
        }
        for key in keys
    ]


def _differences(found: dict[str, Any]) -> list[str]:
    """Return what differs, in sentences, the most telling first."""
    a, b = found["backends"]
    total = found["score"]["total"]
    lines = [f"score: {total[a]:.1f} ({a}) and {total[b]:.1f} ({b})"]
    for name, points in found["score"]["blocks"].items():
        if abs(points[a] - points[b]) >= 0.5:
            lines.append(f"score, {name}: {points[a]:.1f} and {points[b]:.1f}")
    lost = found["score"]["requests_lost"]
    lines.append(f"requests lost: {lost[a]:,.0f} and {lost[b]:,.0f}")
    gap = max(
        (abs(x - y), number)
        for number, (x, y) in enumerate(zip(found["series"][a], found["series"][b], strict=False))
    )
    at = found["series"]["from_s"] + gap[1] * found["series"]["step_s"]
    lines.append(f"error rate: at most {gap[0]:.1%} apart, {at} s after users began to fail")
    for what, key in (("states", "state"), ("events", "reason"), ("facts", "fact")):
        for only, other in ((a, b), (b, a)):
            there = [
                " ".join(str(row[name]) for name in row if name not in (a, b, "sentence"))
                for row in found[what]
                if row[only] is not None and row[other] is None and row[key]
            ]
            if there:
                lines.append(f"{what} on {only} only: {'; '.join(there)}")
    return lines
