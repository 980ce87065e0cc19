"""Evidence and a rubric in, a scorecard with quotes out; it reaches neither the cluster nor the tools.

Counterfactuals come from a `replay` function that is handed in, so a stored run can be scored again
anywhere.
"""

from sim.scoring.impact import Impact
from sim.scoring.ledger import Entry, Ledger, Replay
from sim.scoring.score import References, score_run
from sim.scoring.scorecard import BANDS, LEAST_NO_HARM, PASS, Finding, Scorecard, band
from sim.scoring.story import Story

__all__ = [
    "BANDS",
    "LEAST_NO_HARM",
    "PASS",
    "Entry",
    "Finding",
    "Impact",
    "Ledger",
    "References",
    "Replay",
    "Scorecard",
    "Story",
    "band",
    "score_run",
]
