"""The terminal in front of a program: its size, and whether it takes whole lines or single keys.

One is there for each tab, each `ssh` and each `exec -it`; a program that draws on the whole screen
claims it for a while. What is drawn, and who presses the keys, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import simpy

from sim.bash.pipes import Pipe

COLUMNS, ROWS = 80, 24
"""The size until one is told: a VT100's."""
MOST_COLUMNS, MOST_ROWS = 500, 300
"""Above these a size is cut: a screen of text must stay small."""


def _nothing() -> None:
    pass


@dataclass(eq=False, slots=True)
class Claim:
    """A program's hold on the keys of a terminal."""

    signals: bool
    on_stop: Callable[[], None] = _nothing
    """Called when its job is stopped: the screen is given back to the shell."""
    on_continue: Callable[[], None] = _nothing
    """Called when its job is in the foreground again: everything is drawn anew."""


class Keyboard(Pipe):
    """What is typed on a terminal: an end of file lasts until the next job is in the foreground."""

    def reopen(self) -> None:
        """Let text come again after an end of file."""
        self._written = False


class Tty:
    """A terminal, as a program sees it.

    | claims      | what arrives on `keyboard` | Ctrl-C, Ctrl-Z                            |
    |-------------|----------------------------|-------------------------------------------|
    | none        | whole lines                | signals                                   |
    | one or more | keys as they are pressed   | signals if the last claim says so, or keys |
    """

    def __init__(
        self,
        env: simpy.Environment,
        keyboard: Pipe | None = None,
        *,
        columns: int = COLUMNS,
        rows: int = ROWS,
    ) -> None:
        """Open a terminal of *columns* x *rows* in which lines are entered on *keyboard*."""
        self._env = env
        self.columns = columns
        self.rows = rows
        self.keyboard = keyboard or Keyboard(env)
        """Where keys arrive, also for a program whose standard input is something else."""
        self.on_mode: Callable[[], None] = _nothing
        """Called when `raw` or `signals` may have changed."""
        self.completer: Callable[[str], list[str]] | None = None
        """Completes what is typed at the prompt of the shell that reads here; None without one."""
        self._claims: list[Claim] = []
        self._changed: simpy.Event | None = None
        self._freed: simpy.Event | None = None

    @property
    def raw(self) -> bool:
        """Whether a program reads keys one by one."""
        return bool(self._claims)

    @property
    def signals(self) -> bool:
        """Whether Ctrl-C and Ctrl-Z are signals rather than keys; always while lines are read."""
        return not self._claims or self._claims[-1].signals

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size and tell whoever waits for one."""
        columns = min(max(1, columns), MOST_COLUMNS)
        rows = min(max(1, rows), MOST_ROWS)
        if (columns, rows) == (self.columns, self.rows):
            return
        self.columns, self.rows = columns, rows
        event, self._changed = self._changed, None
        if event is not None:
            event.succeed()

    def changed(self) -> simpy.Event:
        """Return the event that fires at the next resize."""
        if self._changed is None:
            self._changed = self._env.event()
        return self._changed

    def holds(self, claim: Claim | None) -> bool:
        """Return whether keys are meant for the program with *claim*: the last of those that want them."""
        return bool(self._claims) and self._claims[-1] is claim

    def freed(self) -> simpy.Event:
        """Return the event that fires when somebody else may have the keys: they are given back, or taken again."""
        if self._freed is None:
            self._freed = self._env.event()
        return self._freed

    @contextmanager
    def keys(
        self,
        *,
        signals: bool,
        on_stop: Callable[[], None] = _nothing,
        on_continue: Callable[[], None] = _nothing,
    ) -> Iterator[Claim]:
        """Read keys one by one inside the `with`; *signals* keeps Ctrl-C and Ctrl-Z as they are."""
        claim = Claim(signals, on_stop, on_continue)
        self._claims.append(claim)
        self.on_mode()
        try:
            yield claim
        finally:
            if claim in self._claims:
                self._claims.remove(claim)
            self.on_mode()
            self._hand_over()

    def stop(self) -> list[Claim]:
        """Take the terminal from the foreground job, which is being stopped; returns its claims."""
        claims, self._claims = self._claims, []
        for claim in reversed(claims):
            claim.on_stop()
        if claims:
            self.on_mode()
        return claims

    def resume(self, claims: list[Claim]) -> None:
        """Give the terminal back to a job that continues, with what `stop` returned."""
        self._claims += claims
        for claim in claims:
            claim.on_continue()
        if claims:
            self.on_mode()
            self._hand_over()

    def _hand_over(self) -> None:
        event, self._freed = self._freed, None
        if event is not None:
            event.succeed()
