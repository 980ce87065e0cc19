"""A measured run's inputs done again in the simulator, so that what each action did can be told.

Names are translated at the instant at which they were typed: a pod of the real cluster becomes the pod of
the same workload on the same node, nodes and addresses those of the same role. What the simulator did
not do likewise is not measured. Nothing is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from sim.backends.kind.aliases import Aliases
from sim.evidence import ActionRecord, ClusterRecord, CommandRecord, EvidenceLog, RunRecord
from sim.scenario import Scenario
from sim.scoring import Basis, Impact, Story
from sim.session.branch import Branches
from sim.session.camera import SYSTEM, stands
from sim.session.film import Frame, frame_of, listed
from sim.session.inputs import TERMINAL_KINDS, Input
from sim.session.run import Run, try_apply

SOURCE = "from the simulator"
NOTHING = "nothing in the simulator did likewise"
NOT_LIKEWISE = "the simulator did something else on the same line"
OUTSIDE = "it was done outside the terminal"
_GENERATED = re.compile(r"-[0-9bcdfghjklmnpqrstvwxz]{7,10}-[a-z0-9]{5}$|-[a-z0-9]{5}$|-\d+$")
"""A template's hash has no vowels, so that it makes no words."""
_REVISION = re.compile(r"(--to-revision[= ])(\d+)")
_SPARE = tuple(f"r{number}" for number in range(1, 9))
"""Terminals for lines whose own is still busy in the simulator."""
_STILL = ("pause", "resume", "skip")
_CONTROL_PLANE = "control-plane"


@dataclass(frozen=True)
class Reenactment:
    """What came of a measured run's inputs in the simulator."""

    scenario: Scenario
    seed: int
    inputs: list[Input]
    """As many as the run had, under the same numbers, with the simulator's names and times."""
    log: EvidenceLog
    """Its evidence up to its horizon."""
    unmeasured: Mapping[int, str]
    """Inputs that changed something, of which the simulator does not tell what; with the reason."""
    shift: int
    """To be added to an instant of the simulator for that of the run which is as long after the page."""

    @cached_property
    def story(self) -> Story:
        """What happened in the simulator."""
        return Story(self.log, self.scenario)

    @property
    def basis(self) -> Basis:
        """What replays of it are held against."""
        story = self.story
        return Basis(
            Impact.of(self.log).lost(story.run.fault_at, story.horizon),
            story.run.fault_at,
            story.horizon,
            self.unmeasured,
            SOURCE,
        )

    def replays(self) -> Branches:
        """Return it once more, with inputs left out."""
        return Branches(self.scenario, self.seed, self.inputs)


def reenact(story: Story, seed: int, inputs: list[Input]) -> Reenactment:
    """Do the *inputs* of a measured run again in the simulator, as long after the page as they were."""
    scenario = story.scenario
    run = Run(scenario, seed)
    run.start()
    shift = story.paged_at - run.paged_at
    names, terminals = Names(story.log, run), _Terminals(story.log, run)
    done: list[Input] = []
    for number, given in enumerate(inputs):
        at = max(run.now, given.at - shift)
        run.advance(at)
        done.append(terminals.placed(number, _translated(given, at, names)))
        try_apply(run, done[-1])
    log = run.finish()
    return Reenactment(
        scenario, seed, done, log, _unlike(story, Story(log, scenario), names), shift
    )


class _Terminals:
    """Where the lines of a run are entered: what ended there may still run in the simulator."""

    def __init__(self, log: EvidenceLog, run: Run) -> None:
        self._run = run
        self._fresh = {one.input for one in log.of(CommandRecord) if not one.place and one.terminal}
        """Inputs that were a command line at the workstation's prompt."""
        self._now: dict[str, str] = {}

    def placed(self, number: int, given: Input) -> Input:
        """Return *given* for a terminal of the simulator that is as free as the run's was."""
        name = given.payload.get("terminal")
        if given.kind not in TERMINAL_KINDS or name is None:
            return given
        if number in self._fresh:
            free = (one for one in (name, *_SPARE) if not self._busy(one))
            self._now[name] = next(free, name)
        return replace(given, payload={**given.payload, "terminal": self._now.get(name, name)})

    def _busy(self, name: str) -> bool:
        workstation = self._run.workstation
        return workstation.busy(name) or bool(workstation.place(name))


def _translated(given: Input, at: int, names: Names) -> Input:
    """Return *given* for the simulator; what has no counterpart becomes an input without effect."""
    if given.kind in _STILL or given.kind == "seen":
        return Input(at, "resume")
    return replace(given, at=at, payload=names.translated(given.payload, given.at))


def _unlike(real: Story, made: Story, names: Names) -> dict[int, str]:
    """Return the inputs whose changes the simulator does not show, each with the reason."""
    found = {}
    theirs = {deed.input: deed.actions for deed in made.deeds}
    for deed in real.deeds:
        if all(action.target.startswith("alert:") for action in deed.actions):
            continue
        wanted = {names.meant(action) for action in deed.actions}
        there = {_meant(action) for action in theirs.get(deed.input, ())}
        if any("made outside" in action.detail for action in deed.actions):
            found[deed.input] = OUTSIDE
        elif not there:
            found[deed.input] = NOTHING
        elif not wanted & there:
            found[deed.input] = NOT_LIKEWISE
    return found


def _meant(action: ActionRecord) -> tuple[str, str]:
    """Return what was done to which workload or node, whatever its pods are called."""
    kind, _, rest = action.target.partition("/")
    if kind == "pods":
        namespace, _, name = rest.rpartition("/")
        return action.verb, f"pods/{namespace}/{workload(name)}"
    return action.verb, action.target


def workload(pod: str) -> str:
    """Return the name of what made *pod*, as its name tells.

    >>> workload("payment-service-6b999b6779-tbr4q"), workload("kube-proxy-mxq6s"), workload("debug-net")
    ('payment-service', 'kube-proxy', 'debug-net')
    """
    return _GENERATED.sub("", pod)


class Names:
    """The names of a measured run's cluster and what they stand for in the simulator, at each instant."""

    def __init__(self, log: EvidenceLog, run: Run) -> None:
        """Read *log*, the measured run's; *run* is the simulated one, which goes on meanwhile."""
        self._run = run
        self._frames = stands(log.of(ClusterRecord))
        self._roles: dict[str, Any] = next(log.of(RunRecord)).roles
        self._pods = _pods_of(self._frames)
        self._pairs: dict[str, str] = {}
        """Pod of the run -> pod of the simulator, both as `namespace/name`, while both are there."""
        self._fixed = {**self._nodes(), **self._words()}
        known = sorted({*self._fixed, *(key.partition("/")[2] for key in self._pods)}, key=len)
        words = "|".join(re.escape(name) for name in reversed(known))
        self._known = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-]|\.\d)") if known else None

    def translated(self, value: Any, at: int) -> Any:
        """Return *value* with every name in its texts as the simulator has it at this moment."""
        if isinstance(value, dict):
            return {key: self.translated(one, at) for key, one in value.items()}
        if isinstance(value, list):
            return [self.translated(one, at) for one in value]
        return self.text(value, at) if isinstance(value, str) else value

    def text(self, text: str, at: int) -> str:
        """Return *text*, typed at *at* (of the run), for the simulator."""
        text = _REVISION.sub(self._revision, text)
        if self._known is None or self._known.search(text) is None:
            return text
        frame = self._now()
        return self._known.sub(lambda found: self._name(found[0], at, frame), text)

    def meant(self, action: ActionRecord) -> tuple[str, str]:
        """Return what an action of the run means, with the simulator's names of nodes."""
        verb, target = _meant(action)
        for kind in ("nodes/", "node:"):
            if target.startswith(kind):
                name = target.removeprefix(kind)
                return verb, f"{kind}{self._fixed.get(name, name)}"
        return verb, target

    # -- pods ------------------------------------------------------------------------------------

    def _name(self, name: str, at: int, frame: Frame) -> str:
        if name in self._fixed:
            return self._fixed[name]
        keys = [key for key in self._pods if key.partition("/")[2] == name]
        for key in keys:
            if (found := self._counterpart(key, at, frame)) is not None:
                return found.partition("/")[2]
        return name

    def _counterpart(self, key: str, at: int, frame: Frame) -> str | None:
        """Return the simulator's pod for one of the run, the same as long as it is there."""
        there = {f"{pod['namespace']}/{pod['name']}": pod for pod in frame["pods"]}
        if self._pairs.get(key) in there:
            return self._pairs[key]
        pod = self._pod_at(key, at)
        taken = {other for one, other in self._pairs.items() if self._alive(one, at)}
        node = self._fixed.get(pod["node"], pod["node"])
        mates = [
            (
                one["node"] != node,
                _well(one) != _well(pod),
                abs(one["restarts"] - pod["restarts"]),
                name,
            )
            for name, one in there.items()
            if name not in taken
            and one["namespace"] == pod["namespace"]
            and workload(one["name"]) == workload(pod["name"])
        ]
        if not mates:
            return None
        self._pairs[key] = min(mates)[-1]
        return self._pairs[key]

    def _pod_at(self, key: str, at: int) -> Any:
        """Return how a pod stood at *at*, or as it was first or last seen."""
        seen = self._pods[key]
        before = [pod for since, pod in seen if since <= at and pod is not None]
        return before[-1] if before else next(pod for _, pod in seen if pod is not None)

    def _alive(self, key: str, at: int) -> bool:
        before = [pod for since, pod in self._pods[key] if since <= at]
        return not before or before[-1] is not None

    def _now(self) -> Frame:
        run = self._run
        namespaces = dict.fromkeys(one.namespace for one in run.scenario.applications)
        return frame_of(run.now, lambda path: listed(run, path), [*namespaces, SYSTEM])

    # -- what stays as it is ---------------------------------------------------------------------

    def _nodes(self) -> dict[str, str]:
        """Return every node of the run, by either of its names, as the simulator calls it."""
        names = [node["name"] for frame in self._frames[-1:] for node in frame["nodes"]]
        heads = [name for name in names if _CONTROL_PLANE in name]
        aliases = Aliases.of(heads, [name for name in names if name not in heads])
        real = {either: node for alias, node in aliases.nodes.items() for either in (alias, node)}
        found: dict[str, str] = {}
        # A role that one node alone has says most, one that all have least.
        for role in sorted(self._roles, key=lambda role: len(_listed(self._roles[role]))):
            pairs = zip(
                _listed(self._roles[role]), _listed(self._run.roles.get(role)), strict=False
            )
            for here, there in pairs:
                if here in real and there not in found.values():
                    found.setdefault(real[here], there)
        return {either: found.get(node, either) for either, node in real.items()}

    def _words(self) -> dict[str, str]:
        """Return the addresses, hashes and other names that roles have here and there."""
        found = {}
        for role, value in self._roles.items():
            other, spec = self._run.roles.get(role), self._run.scenario.roles.get(role)
            named = spec is not None and (spec.address_of or spec.hash is not None)
            if named and isinstance(value, str) and isinstance(other, str) and value:
                found[value] = other
        return found

    def _revision(self, found: re.Match[str]) -> str:
        """Return `--to-revision` with the number that the simulator gives the same revision."""
        for role, spec in self._run.scenario.roles.items():
            here, there = self._roles.get(role), self._run.roles.get(role)
            if spec.revision is not None and str(here).isdecimal() and str(there).isdecimal():
                return f"{found[1]}{int(found[2]) + int(there) - int(here)}"  # type: ignore[arg-type]
        return found[0]


def _listed(value: Any) -> list[str]:
    """Return the texts that a role stands for."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _well(pod: Mapping[str, Any]) -> bool:
    ready, _, of = pod["ready"].partition("/")
    return bool(ready == of)


def _pods_of(frames: Iterable[Frame]) -> dict[str, list[tuple[int, Any]]]:
    """Return each pod that was ever there with how it stood since when; None: it was gone."""
    found: dict[str, list[tuple[int, Any]]] = {}
    empty: Frame = {"at": 0, "nodes": [], "pods": []}
    for before, after in pairwise([empty, *frames]):
        had, has = (
            {f"{pod['namespace']}/{pod['name']}": pod for pod in frame["pods"]}
            for frame in (before, after)
        )
        for key, pod in has.items():
            if had.get(key) != pod:
                found.setdefault(key, []).append((after["at"], pod))
        for key in had:
            if key not in has:
                found[key].append((after["at"], None))
    return found
