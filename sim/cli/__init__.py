"""The command line: play, serve, list, validate, score, doctor; it holds sessions, never a cluster."""

from sim.cli import comparing, fidelity, kind  # noqa: F401 - their commands enter themselves
from sim.cli.main import main

__all__ = ["main"]
