"""Decision points of practice mode: when one is reached, its question, and the expert's ranking.

They never change the world; a run in practice mode is only told where to stop and think.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sim.evidence import (
    AlertRecord,
    CommandRecord,
    EvidenceLog,
    FreezeRecord,
    NodeCommandRecord,
    OutputRecord,
    PanelRecord,
    Record,
    RequestRecord,
    RunRecord,
)
from sim.scenario import Scenario, fill

if TYPE_CHECKING:
    from sim.scenario.freeze import FreezePoint
    from sim.session.run import Run

_STILL = re.compile(r"\s*(?:incident\s+(?:rank|help)\b.*|exit|logout)\s*", re.DOTALL)
"""Lines that can be entered at a decision point: they take no time."""
_SHOWING = (CommandRecord, OutputRecord, NodeCommandRecord, RequestRecord, PanelRecord)
"""Of these is made up what a command showed."""


def takes_no_time(kind: str, payload: dict[str, Any]) -> bool:
    """Return whether an input can be taken while a run stands at a decision point."""
    if kind == "command":
        return bool(_STILL.fullmatch(payload["line"]))
    return kind in ("freeze", "look", "resize", "think")


def find_point(scenario: Scenario, id_: str) -> FreezePoint | None:
    """Return the scenario's decision point with that id, if there is one."""
    return next((point for point in scenario.freeze if point.id == id_), None)


def read_ranking(point: FreezePoint, ranking: Iterable[str]) -> list[str]:
    """Return *ranking* as ids; letters or numbers of the options will do.

    Raises:
        ValueError: if it does not name every option once.
    """
    ids = [option.id for option in point.options]
    short = dict(zip("abcdefghijkl", ids, strict=False))
    short |= {str(number): id_ for number, id_ in enumerate(ids, 1)}
    order = []
    for word in ranking:
        id_ = word if word in ids else short.get(word.lower())
        if id_ is None:
            msg = f"no option {word!r}; rank these, the best first: {' '.join(ids)}"
            raise ValueError(msg)
        order.append(id_)
    if sorted(order) != sorted(ids):
        letters = dict(zip(ids, "ABCDEFGHIJKL", strict=False))
        out = " ".join(letters[id_] for id_ in ids if id_ not in order)
        twice = " ".join(letters[id_] for id_ in ids if order.count(id_) > 1)
        what = "; ".join(
            [*([f"not ranked: {out}"] if out else []), *([f"twice: {twice}"] if twice else [])]
        )
        msg = f"rank each option once, the best first; {what}"
        raise ValueError(msg)
    return order


def asked(point: FreezePoint, roles: dict[str, Any]) -> str:
    """Return the question with its options, as a terminal shows it."""
    lines = [f"DECISION POINT  {fill(point.question, roles).strip()}", ""]
    lines += [
        f"  {letter}  {fill(option.text, roles)}"
        for letter, option in zip("ABCDEFGHIJKL", point.options, strict=False)
    ]
    letters = " ".join("ABCDEFGHIJKL"[: len(point.options)])
    return "\n".join(
        [*lines, "", f"Time stands still. Rank them, the best first: incident rank {letters}"]
    )


def answered(point: FreezePoint, ranking: list[str], roles: dict[str, Any]) -> str:
    """Return the expert's ranking beside the one given, each option with its reason."""
    texts = {option.id: fill(option.text, roles) for option in point.options}
    lines = ["The expert's ranking, and where you put it:"]
    for place, id_ in enumerate(point.ranking, 1):
        lines.append(f"  {place}. {texts[id_]}  (you: {ranking.index(id_) + 1})")
        reason = fill(point.reasons.get(id_, ""), roles).strip()
        if reason:
            lines.append(f"     {reason}")
    return "\n".join(lines)


def as_json(point: FreezePoint, roles: dict[str, Any], ranking: list[str] | None) -> dict[str, Any]:
    """Return a decision point for a page; the expert's side only once *ranking* was given.

    `{id, question, options: [{id, text}], ranking: [id] | None, expert: [{id, reason}] | None}`
    """
    expert = [
        {"id": id_, "reason": fill(point.reasons.get(id_, ""), roles)} for id_ in point.ranking
    ]
    return {
        "id": point.id,
        "question": fill(point.question, roles),
        "options": [
            {"id": option.id, "text": fill(option.text, roles)} for option in point.options
        ],
        "ranking": ranking,
        "expert": None if ranking is None else expert,
    }


class Points:
    """The decision points of one run in practice mode that are still ahead."""

    def __init__(self, run: Run) -> None:
        """Begin where *run* stands; what it has answered or stands at is behind it."""
        self._run = run
        self._screen = _Screen(run)
        done = {record.point for record in run.log.of(FreezeRecord)} | {run.point}
        self._ahead = [point for point in run.scenario.freeze if point.id not in done]
        self._known: set[str] = set()

    def reached(self) -> str:
        """Return the id of a point that the run has reached by now; empty if none."""
        facts = {point.when.fact for point in self._ahead if point.when.fact} - self._known
        if facts:
            self._look(facts)
        for point in self._ahead:
            when = point.when
            due = when.after is not None and self._run.now >= self._run.paged_at + when.after
            if due or (when.fact and when.fact in self._known):
                self._ahead.remove(point)
                return point.id
        return ""

    def _look(self, wanted: set[str]) -> None:
        """Learn which of the *wanted* facts the newest evidence shows."""
        run = self._run
        # A command's output counts as a whole, so it is read once the command has ended.
        if any(_runs(run, name) for name in run.workstation.terminals()):
            return
        self._known |= wanted & self._screen.news()


def _runs(run: Run, terminal: str) -> bool:
    return run.workstation.busy(terminal) and not run.workstation.prompt(terminal)


class _Screen:
    """What of a run's evidence was shown, read once: a look costs what is new, not what there is."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen = 0
        self._start: list[tuple[int, Record]] = []
        """What every story begins with: the run, and the page."""
        self._commands: dict[int, list[tuple[int, Record]]] = {}
        """Command -> its records so far, as what it shows later stands below what it showed before."""

    def news(self) -> set[str]:
        """Return the facts that the commands and panels show of which there is something new."""
        touched: set[int] = set()
        panels: list[tuple[int, Record]] = []
        for number in range(self._seen, len(self._run.log)):
            record = self._run.log[number]
            if isinstance(record, RunRecord | AlertRecord):
                self._start.append((number, record))
            elif isinstance(record, PanelRecord) and record.command < 0:
                panels.append((number, record))
            elif isinstance(record, _SHOWING) and record.command >= 0:
                self._commands.setdefault(record.command, []).append((number, record))
                if isinstance(record, OutputRecord | PanelRecord):
                    touched.add(record.command)
        self._seen = len(self._run.log)
        if not touched and not panels:
            return set()
        from sim.scoring import Story  # noqa: PLC0415 - only practice mode needs it while a run goes on

        parts = [*self._start, *panels]
        for command in sorted(touched):
            parts += self._commands[command]
        ordered = sorted(parts, key=lambda part: part[0])
        log = EvidenceLog(record for _, record in ordered)
        return set(Story(log, self._run.scenario).known)
