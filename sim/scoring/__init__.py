"""Evidence and a rubric in, a scorecard with quotes out; it reaches neither the cluster nor the tools.

Counterfactuals come from a `replay` function that is handed in, so a stored run can be scored again
anywhere.
"""

from sim.scoring.accounting import Basis, Replays
from sim.scoring.belief import Belief, Row
from sim.scoring.calibration import Bet, Calibration, Forecast, bets, of_bets, of_screen
from sim.scoring.decisions import Decision, decisions
from sim.scoring.impact import Impact
from sim.scoring.ledger import Bond, Entry, Joint, Ledger
from sim.scoring.rubric import Reweighed
from sim.scoring.score import References, Scoring, score_run
from sim.scoring.scorecard import BANDS, LEAST_NO_HARM, PASS, Finding, Scorecard, band
from sim.scoring.sooner import Sooner
from sim.scoring.story import Story

__all__ = [
    "BANDS",
    "LEAST_NO_HARM",
    "PASS",
    "Basis",
    "Belief",
    "Bet",
    "Bond",
    "Calibration",
    "Decision",
    "Entry",
    "Finding",
    "Forecast",
    "Impact",
    "Joint",
    "Ledger",
    "References",
    "Replays",
    "Reweighed",
    "Row",
    "Scorecard",
    "Scoring",
    "Sooner",
    "Story",
    "band",
    "bets",
    "decisions",
    "of_bets",
    "of_screen",
    "score_run",
]
