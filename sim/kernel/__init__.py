"""Simulated time and named random streams; knows nothing of clusters."""

from sim.kernel.collector import uncollected
from sim.kernel.environment import Environment, Interrupted
from sim.kernel.streams import Stream
from sim.kernel.walltime import Epoch, format_rfc3339, parse_duration_ms

__all__ = [
    "Environment",
    "Epoch",
    "Interrupted",
    "Stream",
    "format_rfc3339",
    "parse_duration_ms",
    "uncollected",
]
