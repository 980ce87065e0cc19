"""Under which keys what was worked out about runs is remembered; each names all that it depends on.

Whoever reads a value knows its form; nothing here does.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim import ENGINE_VERSION
from sim.session.storage import RunRow


def debrief_key(row: RunRow, engine: str = ENGINE_VERSION) -> str:
    """Return the key of a run's whole debrief, as *engine* has told it."""
    return f"debrief4/{row.id}/{row.digest}/{engine}"


def debrief_keys(row: RunRow) -> list[str]:
    """Return the keys under which a debrief may be: of the engine that played the run, then of today's."""
    return list(dict.fromkeys([debrief_key(row, row.engine), debrief_key(row)]))


def film_key(row: RunRow) -> str:
    """Return the key of a run's filmed cluster."""
    return f"film/{row.id}/{row.digest}/{ENGINE_VERSION}"


def reel_key(row: RunRow) -> str:
    """Return the key of a run to be moved through, its film in it."""
    return f"reel/{row.id}/{row.digest}/{ENGINE_VERSION}"


def bets_key(row: RunRow) -> str:
    """Return the key of a run's bets and how they came out."""
    return f"bets/{row.id}/{row.digest}/{ENGINE_VERSION}"


def impact_key(run: str, digest: str) -> str:
    """Return the key of how users fared in a run; others that were branched from it are told beside it."""
    return f"impact/{run}/{digest}/{ENGINE_VERSION}"


def export_key(row: RunRow) -> str:
    """Return the key of a closed run's file; only the engine that played it can make it."""
    return f"export2/{row.id}/{row.digest}/{row.engine}"


def without_key(row: RunRow, inputs: Iterable[int]) -> str:
    """Return the key of the curve of a run without *inputs*."""
    numbers = "+".join(map(str, sorted(inputs)))
    return f"without2/{row.id}/{numbers}/{row.digest}/{ENGINE_VERSION}"
