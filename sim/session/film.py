"""A run for a scrubber: what the terminals had shown, which panels were on screen, how the cluster stood.

The cluster is filmed once by a replay, in steps; everything else is read from the evidence. Nothing
here is judged.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from sim.apimachinery.wire import ApiRequest
from sim.evidence import CommandRecord, EvidenceLog, OutputRecord, PanelRecord, plain_text
from sim.scenario import Scenario
from sim.scoring import Story
from sim.session.inputs import Input
from sim.session.run import Run, try_apply

STEP_MS = 15_000
"""How often the cluster is looked at, and after each input."""
MOST_TEXT = 16_000
"""Characters of a terminal that a scrubber is handed: the last screens."""
_ZONE = "topology.kubernetes.io/zone"

Frame = dict[str, Any]
"""`{at, nodes: [...], pods: [...]}`, see `shoot`."""
Listing = Callable[[str], list[dict[str, Any]]]
"""From a path of the API to the objects there."""


def shoot(
    scenario: Scenario, seed: int, inputs: list[Input], *, epoch: str = "", until: int | None = None
) -> list[Frame]:
    """Replay a run and return how its cluster stood, a frame for each change, from the page on.

    A frame: `{at, nodes: [{name, zone, ready, schedulable}], pods: [{namespace, name, node, version,
    status, ready: "1/1", restarts}]}` with the pods of the scenario's applications, up to *until*
    (ms), else the horizon.
    """
    run = Run(scenario, seed, epoch=epoch)
    run.start()
    end = run.horizon if until is None else until
    frames: list[Frame] = [_frame(run)]
    # A skip only lets time pass, which happens here in steps.
    for given in [one for one in inputs if one.kind != "skip" and one.at <= end]:
        _advance(run, given.at, frames)
        try_apply(run, given)
        _take(run, frames)
    _advance(run, end, frames)
    return frames


def _advance(run: Run, until: int, frames: list[Frame]) -> None:
    while run.now + STEP_MS < until:
        run.advance(run.now + STEP_MS)
        _take(run, frames)
    if run.now < until:
        run.advance(until)
        _take(run, frames)


def _take(run: Run, frames: list[Frame]) -> None:
    frame = _frame(run)
    if {**frame, "at": 0} != {**frames[-1], "at": 0}:
        frames.append(frame)


def _frame(run: Run) -> Frame:
    namespaces = dict.fromkeys(one.namespace for one in run.scenario.applications)
    return frame_of(run.now, lambda path: listed(run, path), namespaces)


def frame_of(at: int, listing: Listing, namespaces: Iterable[str]) -> Frame:
    """Return how a cluster stands at *at*, with the pods of *namespaces*."""
    pods = [_pod(pod) for name in namespaces for pod in listing(f"/api/v1/namespaces/{name}/pods")]
    nodes = [_node(node) for node in listing("/api/v1/nodes")]
    return {"at": at, "nodes": nodes, "pods": pods}


def listed(run: Run, path: str) -> list[dict[str, Any]]:
    """Return the objects that a run's cluster lists at *path*, without a trace."""
    body = run.peek(ApiRequest("GET", path)).body
    return list(body.get("items") or ()) if isinstance(body, dict) else []


def _node(node: dict[str, Any]) -> dict[str, Any]:
    metadata, status = node["metadata"], node.get("status") or {}
    return {
        "name": metadata["name"],
        "zone": (metadata.get("labels") or {}).get(_ZONE, ""),
        "ready": _condition(status, "Ready"),
        "schedulable": not (node.get("spec") or {}).get("unschedulable", False),
    }


def _pod(pod: dict[str, Any]) -> dict[str, Any]:
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    containers = status.get("containerStatuses") or []
    ready = sum(1 for one in containers if one.get("ready"))
    image = str((spec.get("containers") or [{}])[0].get("image", ""))
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "node": spec.get("nodeName", ""),
        "version": image.rpartition(":")[2],
        "status": _status(metadata, status, containers),
        "ready": f"{ready}/{len(spec.get('containers') or ())}",
        "restarts": sum(one.get("restartCount", 0) for one in containers),
    }


def _status(metadata: dict[str, Any], status: dict[str, Any], containers: list[Any]) -> str:
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    for one in containers:
        state = one.get("state") or {}
        for kind in ("waiting", "terminated"):
            reason = (state.get(kind) or {}).get("reason")
            if reason and reason != "Completed":
                return str(reason)
    return str(status.get("reason") or status.get("phase", ""))


def _condition(status: dict[str, Any], name: str) -> bool:
    return any(
        one.get("type") == name and one.get("status") == "True"
        for one in status.get("conditions") or ()
    )


def _changes(frames: list[Frame]) -> list[dict[str, Any]]:
    """Return *frames* as what each changed of the one before it."""
    changes: list[dict[str, Any]] = []
    nodes: list[Any] = []
    pods: dict[str, Any] = {}
    for frame in frames:
        now = {f"{pod['namespace']}/{pod['name']}": pod for pod in frame["pods"]}
        change: dict[str, Any] = {
            "at": frame["at"],
            "pods": {
                **{key: None for key in pods if key not in now},
                **{key: pod for key, pod in now.items() if pods.get(key) != pod},
            },
        }
        if frame["nodes"] != nodes:
            change["nodes"] = frame["nodes"]
        nodes, pods = frame["nodes"], now
        changes.append(change)
    return changes


class Scrubber:
    """One finished run, to be looked at at any moment; each look takes a few ms."""

    def __init__(self, log: EvidenceLog, scenario: Scenario, frames: list[Frame]) -> None:
        """Read *log*; *frames* are what `shoot` returned, empty if the cluster is not filmed yet."""
        self._story = Story(log, scenario)
        self._frames = frames
        self._marks = [frame["at"] for frame in frames]
        self._typed = [one for one in log if isinstance(one, CommandRecord | OutputRecord)]
        self._times = [record.at for record in self._typed]
        self._panels = list(log.of(PanelRecord))
        self._terminals = {
            record.command: record.terminal or "outside" for record in log.of(CommandRecord)
        }

    def at(self, at: int) -> dict[str, Any]:
        """Return how the run stood at *at* (simulated ms).

        `{at, terminals: {t1: text}, panels: [{panel, by, at, text}] (the newest last), cluster: frame |
        None, share: 0-1, lost: requests since the fault, facts: [sentence], posterior: {id: 0-1} |
        None}`; a terminal's text has the last screens, each command behind its prompt.
        """
        story = self._story
        # Before the page it stood as it did when the page came.
        place = max(0, bisect_right(self._marks, at) - 1)
        shown = {(one.panel, one.by): one for one in self._panels if one.at <= at}
        return {
            "at": at,
            "terminals": self._screens(at),
            "panels": [
                {"panel": one.panel, "by": one.by, "at": one.at, "text": one.text}
                for one in sorted(shown.values(), key=lambda one: one.at)
            ],
            "cluster": self._frames[place] if self._frames else None,
            "share": story.impact.share(at),
            "lost": story.impact.lost(story.run.fault_at, at),
            "facts": [
                story.sentence(fact)
                for fact, known in sorted(story.known.items(), key=lambda pair: pair[1].at)
                if known.at <= at
            ],
            "posterior": None if story.belief is None else story.belief.at(at),
        }

    def reel(self) -> dict[str, Any]:
        """Return the whole run for a page that moves through it by itself.

        `{typed: [[at, terminal, text]], panels: [[at, panel, by, text]], frames: [change], facts:
        [[at, sentence]], lost: [[at, requests since the fault]]}`; a change is `{at, nodes?, pods:
        {"namespace/name": pod | None}}` with what differs from the frame before it.
        """
        story = self._story
        start, end = story.run.fault_at, story.horizon
        marks = [*range(start, end, STEP_MS), end]
        return {
            "typed": [list(self._printed(record)) for record in self._typed],
            "panels": [[one.at, one.panel, one.by, one.text] for one in self._panels],
            "frames": _changes(self._frames),
            "facts": [
                [known.at, story.sentence(fact)]
                for fact, known in sorted(story.known.items(), key=lambda pair: pair[1].at)
            ],
            "lost": [[at, round(story.impact.lost(start, at), 1)] for at in marks],
        }

    def _printed(self, record: CommandRecord | OutputRecord) -> tuple[int, str, str]:
        """Return when, on which terminal and what *record* added to the screen."""
        name = self._terminals.get(record.command, "t1")
        if isinstance(record, CommandRecord):
            place = f"{record.place} " if record.place else ""
            return record.at, name, f"{place}$ {record.line}\n"
        return record.at, name, plain_text(record.text)[-MOST_TEXT:]

    def _screens(self, at: int) -> dict[str, str]:
        parts: dict[str, list[str]] = {}
        sizes: dict[str, int] = {}
        for record in reversed(self._typed[: bisect_right(self._times, at)]):
            _, name, text = self._printed(record)
            if sizes.get(name, 0) >= MOST_TEXT:
                continue
            parts.setdefault(name, []).append(text)
            sizes[name] = sizes.get(name, 0) + len(text)
        return {
            name: "".join(reversed(texts))[-MOST_TEXT:] for name, texts in sorted(parts.items())
        }
