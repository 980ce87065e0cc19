"""Lets a scripted player play a run: its moves become inputs like anybody's.

The player sees what the terminal shows. How time passes between its moves is its hands' business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from sim.evidence import CommandRecord, ExitRecord, OutputRecord, plain_text
from sim.kernel import Stream
from sim.players import TRICKS, Pause, Play, Shown, Type, play_book
from sim.scenario import Look, Scenario, fill, shows
from sim.session.inputs import Input
from sim.session.run import Run

TERMINAL = "t1"
KEYSTROKE_MS = 1
"""A line is entered this long after the prompt at the earliest, so that an instant is never split."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line that a player typed, for those who watch and for the debrief."""

    at: int
    line: str
    think: str
    command: int


Watcher = Callable[[Step, Shown | None], None]
"""Called when a line is entered (None) and when its output has come."""


def _nobody(_step: Step, _shown: Shown | None) -> None:
    pass


def player_names(scenario: Scenario) -> list[str]:
    """Return every player that can play *scenario*."""
    return [*(book.player for book in scenario.players), *TRICKS]


def make_player(run: Run, name: str) -> Play:
    """Return the player called *name* for *run*; raises KeyError with those that there are."""
    names = {role: value for role, value in run.roles.items() if isinstance(value, str)}
    scenario = run.scenario
    if name in TRICKS:
        stream = Stream(scenario.digest, run.seed, "player", name)
        return TRICKS[name]({**names, **_luck(run)}, stream)
    try:
        book = scenario.player(name)
    except KeyError:
        msg = f"no player {name!r}; there are: {', '.join(player_names(scenario))}"
        raise KeyError(msg) from None

    def on_screen(fact: str, line: str, shown: Shown) -> bool:
        text = shown.stdout + shown.stderr
        ways = [Look(text=text, command=line)]
        ways += [
            Look(text=record.text, on="panel", panel=record.panel, by=record.by)
            for record in run.workstation.panels(shown.command)
        ]
        return any(shows(scenario.fact(fact), look, run.roles) for look in ways)

    return play_book(book, names, on_screen)


def _luck(run: Run) -> dict[str, str]:
    """Return what somebody happens to guess who guesses everything right."""
    scenario, closing = run.scenario, run.scenario.closing
    right = {one.id: one.mitigation for one in scenario.hypotheses}
    guessed = {
        "mitigation": right.get(scenario.truth or "", ""),
        "node": str(run.roles.get("node.bad", "")),
        "component": closing.component.right[0],
        "failure": closing.failure.right[0],
        "trigger": closing.trigger.right[0],
        "mechanism": closing.mechanism.right[0],
        "scope": closing.scope.right[0],
    }
    return {f"luck.{name}": value for name, value in guessed.items()}


class Hands(Protocol):
    """How a player's moves reach a run, and how its time goes on between them."""

    def enter(self, line: str) -> None:
        """Enter *line* at the player's terminal."""

    def interrupt(self) -> None:
        """Press Ctrl-C there."""

    def wait(self, until: int) -> None:
        """Let time pass to *until*."""

    def wait_idle(self, until: int) -> None:
        """Let time pass until the terminal is idle, or to *until*."""


class Simulated:
    """Hands in a simulated run: time passes in the simulation only."""

    def __init__(self, run: Run) -> None:
        """Play *run*, which must have been started."""
        self._run = run

    def enter(self, line: str) -> None:
        """Enter *line* a keystroke from now."""
        self._apply("command", {"line": line})

    def interrupt(self) -> None:
        """Press Ctrl-C a keystroke from now."""
        self._apply("interrupt", {})

    def _apply(self, kind: str, payload: dict[str, str]) -> None:
        run = self._run
        run.apply(Input(run.now + KEYSTROKE_MS, kind, {"terminal": TERMINAL, **payload}))

    def wait(self, until: int) -> None:
        """Let the world go on to *until*."""
        self._run.advance(until)

    def wait_idle(self, until: int) -> None:
        """Let the world go on until the terminal is idle, or to *until*."""
        run, env = self._run, self._run.env
        while run.workstation.busy(TERMINAL):
            if env.peek() >= until:
                run.advance(until)
                return
            env.step()
        # The rest of this instant belongs before whatever is entered next.
        run.advance(run.now + KEYSTROKE_MS)


def play(
    run: Run,
    player: Play,
    *,
    watcher: Watcher = _nobody,
    until: int | None = None,
    hands: Hands | None = None,
) -> None:
    """Let *player* play *run*, which must have been started, until it stops or time is up.

    *hands* are those of a simulated run if nothing is said.
    """
    end = run.horizon if until is None else until
    hands = hands or Simulated(run)
    answer: Shown | None = None
    while True:
        try:
            move = player.send(answer)
        except StopIteration:
            return
        if run.now >= end:
            player.close()
            return
        if isinstance(move, Pause):
            hands.wait(min(end, run.now + move.ms))
            answer = None
        else:
            answer = _type(run, hands, move, watcher, end)


def _type(run: Run, hands: Hands, move: Type, watcher: Watcher, end: int) -> Shown:
    at = run.now + KEYSTROKE_MS
    before = len(run.log)
    step = Step(at, move.line, fill(move.think, run.roles), run.workstation.commands)
    watcher(step, None)
    hands.enter(move.line)
    patience = min(move.patience_ms, move.interrupt_ms or move.patience_ms)
    hands.wait_idle(min(end, at + patience))
    if run.workstation.busy(TERMINAL):
        hands.interrupt()
        hands.wait_idle(run.now + 5_000)
    shown = _shown(run, before)
    watcher(step, shown)
    return shown


def _shown(run: Run, before: int) -> Shown:
    records = [run.log[number] for number in range(before, len(run.log))]
    number = next((one.command for one in records if isinstance(one, CommandRecord)), -1)
    outputs = [one for one in records if isinstance(one, OutputRecord) and one.command == number]
    code = next(
        (one.code for one in records if isinstance(one, ExitRecord) and one.command == number), 130
    )
    return Shown(number, _join(outputs, "stdout"), _join(outputs, "stderr"), code)


def _join(outputs: Iterable[OutputRecord], stream: str) -> str:
    return "".join(plain_text(one.text) for one in outputs if one.stream == stream)
