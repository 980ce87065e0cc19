"""What a worker process is asked to do, as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sim.scoring import Impact
from sim.session.debrief import Mode

Task = Literal["debrief", "film", "references", "without", "sample", "player", "bets", "export"]


@dataclass(frozen=True, slots=True)
class Job:
    """A task and the run that it is about."""

    task: Task
    texts: tuple[tuple[str, str], ...]
    """The scenario's files."""
    seed: int
    who: str = "trainee"
    epoch: str = ""
    inputs: list[tuple[int, str, str]] = field(default_factory=list)
    """As stored: at, kind, payload."""
    known: dict[str, str] = field(default_factory=dict)
    """What is remembered already: references by their keys."""
    practice: bool = False
    branched_at: int | None = None
    mystery: str = ""
    before: dict[str, list[float]] | None = None
    """How users fared in the run from which it was branched: `impact_json`."""
    parent: list[tuple[int, str, str]] = field(default_factory=list)
    """The inputs of that run, where how users fared in it is not known yet."""
    parent_key: str = ""
    """Under which key that is to be remembered then."""

    told: list[str] = field(default_factory=list)
    """Evidence of a run on a real cluster, a line of JSON each; nothing can play it again."""
    leave_out: list[int] = field(default_factory=list)
    """Inputs without which the run is played once more, for the task `without`."""
    named: str = ""
    """What a comparison calls the run, for the tasks `sample` and `player` (whose name is *who*)."""
    stored: dict[str, Any] = field(default_factory=dict)
    """The run as stored, for the task `export`."""

    def mode(self) -> Mode:
        """Return how the run was played."""
        before = None
        if self.before is not None:
            times = tuple(int(at) for at in self.before["times"])
            failed, arrivals = tuple(self.before["failed"]), tuple(self.before["arrivals"])
            before = Impact(times, failed, arrivals)
        return Mode(self.practice, self.branched_at, self.mystery, before)

    def dumps(self) -> str:
        """Return it as a line."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    @classmethod
    def loads(cls, line: str) -> Job:
        """Read what `dumps` wrote."""
        given = json.loads(line)
        texts = tuple((name, text) for name, text in given.pop("texts"))
        inputs = [(at, kind, payload) for at, kind, payload in given.pop("inputs")]
        parent = [(at, kind, payload) for at, kind, payload in given.pop("parent")]
        return cls(texts=texts, inputs=inputs, parent=parent, **given)


def impact_json(impact: Impact) -> dict[str, list[float]]:
    """Return how users fared, as a job carries it."""
    return {
        "times": list(impact.times),
        "failed": list(impact.failed),
        "arrivals": list(impact.arrivals),
    }
