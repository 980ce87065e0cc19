"""A player with luck and no eyes: the right thing at once, and the right words at the end.

It shows what a score is worth that nobody has looked for: it is told the answers, never the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.kernel import Stream
from sim.players.mending import mend
from sim.players.moves import Pause, Play, Type

PICKS = ("component", "failure", "trigger", "mechanism", "scope")


def guess_blindly(names: Mapping[str, str], _stream: Stream) -> Play:
    """Mitigate without a look, wait, and close with right picks and no citation.

    `luck.mitigation`, `luck.node` and `luck.<pick>` of *names* are what it happens to guess.
    """
    yield Pause(20_000)
    yield Type("incident ack")
    yield Pause(40_000)
    yield from mend(names, names.get("luck.mitigation", ""), names.get("luck.node", ""))
    yield Pause(300_000)
    guessed = [f"--{pick} {names[f'luck.{pick}']}" for pick in PICKS if f"luck.{pick}" in names]
    yield Type(f"incident close {' '.join(guessed)} --handover 'It is over.'")
