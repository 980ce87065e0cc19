"""The command line: play, serve, list, validate, score, doctor; it holds sessions, never a cluster."""

from sim.cli import comparing  # noqa: F401 - its commands enter themselves
from sim.cli.main import main

__all__ = ["main"]
