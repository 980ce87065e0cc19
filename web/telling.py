"""A closed run told on a page: to its holder, and to whoever was given a link to it.

What either may do with the run besides reading stands with their routes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import abort, get_template_attribute, render_template, request

from sim.scenario import ScenarioError
from sim.scoring import LEAST_NO_HARM, PASS
from sim.session.branching import StillOpenError
from sim.session.live import Session
from sim.session.storage import LeaseLostError, RunRow
from web.access import family_of, hub
from web.bars import bars
from web.curve import Curve
from web.timeline import minutes

POLL_S = 10.0
"""How long a question for new rows waits for one."""
SHEETS = 40
"""Lines of the timeline and the ledger that find room on paper."""
PATIENCE_S = 0.6
"""How long a page waits for the night's reference runs before it says that they are being played."""


class Telling:
    """One closed run and the address below which its page and its data are."""

    def __init__(self, row: RunRow, base: str) -> None:
        """Load nothing yet: what was worked out before is read from the store."""
        self.row = row
        self._base = base

    def page(self, *, share: str = "", calibration: dict[str, Any] | None = None) -> str:
        """Return the page.

        *calibration* is the holder's over all runs; a reader of a link is given none, and no buttons.
        *share* is the address that the holder has given away.
        """
        kept = hub().reviews.kept(self.row)
        if kept is None and (why := hub().reviews.prepare(self._session(), PATIENCE_S)) != "":
            return render_template("debrief/wait.html", title=self._session().title, failed=why)
        found = debrief_of(self._session()) if kept is None else _placed(kept, self.row)
        rows = found["ledger"]
        if found["pending"]:
            rows = hub().reviews.ledger(self._session(), 0)["rows"]
        row, mine = self.row, calibration is not None
        return render_template(
            "debrief.html",
            debrief=found,
            rows=rows,
            base=self._base,
            mine=mine,
            long=_is_long(found),
            no_pass=_no_pass(found),
            run=row.id if mine else "",
            share=share,
            all_bets=calibration,
            slug=row.mystery or row.scenario,
            family=family_of(row),
            bars=bars(found["findings"], found["missing"], found["kind"]),
            curve=Curve(found),
            minutes=minutes(found),
        )

    def rows(self) -> dict[str, Any]:
        """Return `{html: [row], next, done, failed}`: the ledger's rows from `since` on, as they come."""
        since = whole(request.args.get("since", "0"), 10**6)
        session = self._session()
        found = hub().reviews.ledger(session, since, POLL_S)
        row = get_template_attribute("debrief/row.html", "row")
        epoch = session.run.epoch.rfc3339(0)
        html = [str(row(one, epoch)) for one in found.pop("rows")]
        return {"html": html, **found}

    def reel(self) -> dict[str, Any]:
        """Return the run to be moved through, `filmed` once the cluster is in it, with its curves."""
        reviews = hub().reviews
        made = reviews.kept_reel(self.row) or reviews.reel(self._session())
        found = reviews.kept(self.row) or debrief_of(self._session())
        belief = found["belief"] or {"rows": [], "hypotheses": []}
        return {
            **made,
            "curves": found["curves"],
            "belief": [
                [row["at"], [row["posterior"][one["id"]] for one in belief["hypotheses"]]]
                for row in belief["rows"]
            ],
        }

    def without(self) -> tuple[dict[str, Any], int]:
        """Return `Reviews.without` the action `input`; 202 while it is worked out."""
        given = whole(request.args.get("input", ""), 10**6)
        try:
            found = hub().reviews.without(self._session(), given, POLL_S)
        except ValueError as error:
            abort(404, str(error))
        if found["failed"]:
            abort(500, f"It could not be worked out: {found['failed']}.")
        return found, 202 if found["pending"] else 200

    def _session(self) -> Session:
        try:
            return hub().open(self.row.id, self.row.holder)
        except LeaseLostError:
            abort(503, "This run is open in another server process; try again in half a minute.")


def debrief_of(session: Session, wait_s: float = 0.0) -> dict[str, Any]:
    """Return a closed run's debrief, having waited for the whole of it for at most *wait_s*.

    Answers 503 while the runs that it is held against are still being played.
    """
    reviews = hub().reviews
    try:
        found = reviews.whole(session, wait_s)
    except StillOpenError as error:
        abort(409, str(error))
    if found is None:
        if why := reviews.prepare(session, PATIENCE_S):
            abort(500, f"The expert's run of this night could not be played: {why}.")
        if why is None:
            abort(503, "This night is being played by the expert and by nobody; ask again soon.")
        found = reviews.debrief(session)
    return _placed(found, session.row)


def _placed(found: dict[str, Any], row: RunRow) -> dict[str, Any]:
    """Say where the run came from: its family if the night was drawn, the run it was branched from."""
    drawn = ""
    if row.mystery:
        # Of a run whose night was drawn, this is where it is told which one it was.
        drawn = row.mystery
        with suppress(KeyError, ScenarioError):
            drawn = hub().catalogue.family(row.mystery).family.title
    return found | {"drawn_from": drawn, "parent": row.parent}


def _no_pass(found: dict[str, Any]) -> int:
    """Return how many points of no harm a pass would have needed, 0 if it is not for want of them."""
    enough = found["total"] is not None and found["total"] >= PASS
    return LEAST_NO_HARM if enough and not found["passed"] else 0


def _is_long(found: dict[str, Any]) -> bool:
    """Return whether there is more to tell than two sheets of paper hold."""
    told = [row for row in found["timeline"] if row["kind"] in ("fact", "action")]
    return len(told) + len(found["ledger"]) > SHEETS


def whole(text: str, most: int) -> int:
    """Return a whole number that somebody sent, or answer 400."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text) <= most):
        abort(400, f"a whole number up to {most} is needed, not {text[:40]!r}")
    return int(text)
