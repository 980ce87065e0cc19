"""Scripted players: whatever types instead of a person, with a shell and nothing else.

A player is a generator: it yields what to do next and gets what came back on the screen. It never
sees the cluster, the evidence or the score.
"""

from sim.players.moves import Move, Pause, Play, Shown, Type
from sim.players.playbook import play_book
from sim.players.tricks import TRICKS

__all__ = ["TRICKS", "Move", "Pause", "Play", "Shown", "Type", "play_book"]
