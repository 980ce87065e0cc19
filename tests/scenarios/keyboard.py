"""Somebody who types into a scenario's run, and the questions that tests ask of what happened."""

from __future__ import annotations

import re

from sim.evidence import AlertRecord, ImpactRecord, MessageRecord, OutputRecord, RunRecord
from sim.scenario import Catalogue
from sim.scoring.story import Story
from sim.session.inputs import Input
from sim.session.play import TERMINAL, make_player, play
from sim.session.run import Run
from tests.docs.reading import section

MINUTE = 60_000


class Keyboard:
    """A run from its page on, with one terminal; each line is typed some seconds after the last."""

    def __init__(self, slug: str, seed: int, *, pause_s: int = 20) -> None:
        self.run = Run(Catalogue()[slug], seed)
        self.run.start()
        self._pause_ms = pause_s * 1000

    def type(self, line: str, patience_s: int = 60) -> str:
        """Type *line*, let it run for *patience_s* before Ctrl-C, and return what it showed."""
        run = self.run
        run.advance(run.now + self._pause_ms)
        before, end = len(run.log), run.now + patience_s * 1000
        run.apply(Input(run.now, "command", {"terminal": TERMINAL, "line": line}))
        while run.workstation.busy(TERMINAL) and run.now < end:
            run.advance(run.now + 500)
        if run.workstation.busy(TERMINAL):
            run.apply(Input(run.now, "interrupt", {"terminal": TERMINAL}))
        run.advance(run.now + 1000)
        assert not run.workstation.busy(TERMINAL)
        new = (run.log[number] for number in range(before, len(run.log)))
        return "".join(record.text for record in new if isinstance(record, OutputRecord))

    def wait(self, minutes: float) -> None:
        """Let time pass."""
        self.run.advance(self.run.now + round(minutes * MINUTE))

    def clock(self, at: int) -> str:
        """Return the time of day, `02:47:00`."""
        return self.run.epoch.datetime(at).strftime("%H:%M:%S")

    @property
    def failing(self) -> float:
        """Return the weighted share of requests that fail or are too slow now."""
        return self.shares[-1][1]

    @property
    def shares(self) -> list[tuple[int, float]]:
        """Return (ms, share that fails) of the whole night so far."""
        return [(one.at, one.failed / one.arrivals) for one in self.run.log.of(ImpactRecord)]

    def alerts(self, state: str) -> list[int]:
        """Return when the alert took a state (ms)."""
        return [one.at for one in self.run.log.of(AlertRecord) if one.state == state]

    def said(self, who: str) -> list[str]:
        """Return what a person of the scenario has said in the channel."""
        return [
            one.text for one in self.run.log.of(MessageRecord) if who in one.who.lower().split()
        ]

    @property
    def fault_at(self) -> int:
        """When it began to hurt, or could have (ms)."""
        return next(self.run.log.of(RunRecord)).fault_at

    def panel(self, line: str) -> dict[str, list[str]]:
        """Type a dashboard's line and return its rows, without the clock: name -> cells."""
        rows = [line.split() for line in self.type(line).splitlines()[2:]]
        return {
            " ".join(cell for cell in row if cell[0].isalpha() or cell[0] == "/"): [
                cell for cell in row if cell[0].isdigit() or cell == "-"
            ]
            for row in rows
        }


def looks(slug: str, seed: int, lines: list[str]) -> list[tuple[str, str, set[str]]]:
    """Type *lines* from the page on; return (line, `command` or `panel`, facts) of each look.

    A dashboard in the terminal is both; a document is a panel. A line `+6` waits that many minutes.
    """
    keyboard = Keyboard(slug, seed, pause_s=2)
    for line in lines:
        if line.startswith("+"):
            keyboard.wait(float(line))
        else:
            keyboard.type(line, 20)
    story = Story(keyboard.run.log, keyboard.run.scenario)
    return [
        (one.typed, one.source.partition(":")[0], set(one.facts))
        for one in story.sights
        if one.typed
    ]


def figures(slug: str) -> dict[str, str]:
    """Return what the README beside a scenario says that comes out: figure -> simulated."""
    title = "What comes out, beside published figures"
    rows = re.findall(r"^\| .+ \|$", section(f"scenarios/{slug}/README.md", title), re.MULTILINE)
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {name: simulated for name, simulated, _ in cells[1:]}


def expert(slug: str, seed: int = 0) -> Story:
    """Return the senior's night."""
    scenario = Catalogue()[slug]
    run = Run(scenario, seed)
    run.start()
    play(run, make_player(run, "senior"))
    return Story(run.finish(), scenario)
