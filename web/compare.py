"""Runs compared on a page: the visitor's own, those with a share link, scripted players; and as files.

The whole choice stands in the address, so the page works without scripts and can be come back to. What
is not scored yet is worked out in the worker process; the page loads itself again until all is there.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace

from flask import Blueprint, abort, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from sim.scenario import Scenario, ScenarioError
from sim.scoring.cohort.sample import Sample
from sim.session.export import kept_scenario
from sim.session.job import Job
from sim.session.play import player_names
from sim.session.sampling import player_job, stored_job, why_not
from sim.session.storage import RunRow, UnknownRunError
from web.access import holder, hub

blueprint = Blueprint("compare", __name__)

GROUPS = ("a", "b", "c")
NAMES = {"a": "A", "b": "B", "c": "C"}
SEEDS = (1, 3, 5, 8)
"""How many nights of an incident a player can be asked to play here."""
MOST_RUNS = 60
AGAIN_S = 3
_TOKEN = re.compile(r"(?:^|/shared/)([A-Za-z0-9_-]{8,64})/?$")
_NAME = 40


@dataclass(slots=True)
class Chosen:
    """What the address asks for."""

    jobs: dict[str, list[tuple[Job, Scenario, str]]] = field(default_factory=dict)
    """Group -> jobs, each with the name under which others see it (empty: its own)."""
    left_out: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Scored:
    """What has come of it so far."""

    groups: dict[str, list[Sample]] = field(default_factory=dict)
    waiting: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many runs are scored."""
        return sum(map(len, self.groups.values()))


@blueprint.get("/compare")
def page() -> str:
    """Show the choice and, once something is chosen, what comes of it."""
    chosen = _chosen()
    scored = _score(chosen)
    report = style = Markup("")
    if scored.done and not scored.waiting:
        # Thousands of numbers are only loaded where somebody compares.
        from sim.scoring.cohort.compare import compare  # noqa: PLC0415
        from sim.scoring.cohort.page import body  # noqa: PLC0415
        from sim.scoring.cohort.page import style as styles  # noqa: PLC0415

        found = compare(scored.groups, [*chosen.left_out, *scored.failed])
        # Everything in it that somebody typed has been escaped there.
        report, style = Markup(body(found)), Markup(styles())
    return render_template(
        "compare.html",
        own=_own(),
        known=_known(),
        players=_players(),
        groups=GROUPS,
        names=_names(),
        seeds=SEEDS,
        args=request.args,
        scored=scored,
        left_out=chosen.left_out,
        report=report,
        style=style,
        again=AGAIN_S if scored.waiting else 0,
        files=[
            (kind, url_for("compare.get_file", kind=kind, **request.args.to_dict(flat=False)))  # type: ignore[arg-type]
            for kind in ("html", "csv", "json")
        ],
    )


@blueprint.get("/compare.<any(csv, json, html):kind>")
def get_file(kind: str) -> Response:
    """Hand out the comparison that the address asks for; 503 while runs are still being scored."""
    from sim.scoring.cohort.compare import compare  # noqa: PLC0415
    from sim.scoring.cohort.page import document  # noqa: PLC0415
    from sim.scoring.cohort.tables import as_csv, as_json  # noqa: PLC0415

    chosen = _chosen()
    scored = _score(chosen)
    if scored.waiting:
        abort(503, "The runs are still being scored; try again in a moment.")
    if not scored.done:
        abort(400, "No run was chosen.")
    found = compare(scored.groups, [*chosen.left_out, *scored.failed])
    made, mime = {
        "csv": (as_csv, "text/csv"),
        "json": (as_json, "application/json"),
        "html": (document, "text/html"),
    }[kind]
    answer = Response(made(found), mimetype=mime)
    answer.headers.set("Content-Disposition", "attachment", filename=f"comparison.{kind}")
    return answer


@blueprint.after_request
def unseen(response: Response) -> Response:
    """Keep the address, which may hold a share link, out of other sites' logs and caches."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _own() -> list[tuple[RunRow, str, str]]:
    """Return the visitor's closed runs: the run, its title, and why it is not compared, if so."""
    titles: dict[str, str] = {}
    found = []
    for row in hub().store.runs(holder()):
        if not row.closed:
            continue
        if row.scenario not in titles:
            with suppress(KeyError, ScenarioError):
                titles[row.scenario] = hub().scenario(row.scenario).title
        found.append((row, titles.get(row.scenario, row.scenario), why_not(row)))
    return found


def _known() -> list[tuple[str, str]]:
    """Return the incidents that players can play for the visitor: slug and title, by title."""
    rows = hub().store.runs(holder())
    found = [
        (one.slug, one.scenario.title)
        for one in hub().catalogue
        if one.scenario and not _kept_back(one.scenario, rows)
    ]
    return sorted(found, key=lambda pair: pair[1])


def _kept_back(scenario: Scenario, rows: list[RunRow]) -> str:
    """Return why a player's run of *scenario* is not shown to who has *rows*; empty: it is.

    It tells the truth of the night, by which a drawn one that is still open could be known.
    """
    if not any(row.closed and row.scenario == scenario.slug for row in rows):
        return "A scripted player is shown on an incident of which you have closed a run; close one first."
    if any(not row.closed and row.mystery and row.mystery == scenario.family for row in rows):
        return "You have an open run drawn from this family of incidents; close it first."
    return ""


def _players() -> list[str]:
    """Return the players of every incident."""
    lists = [player_names(entry.scenario) for entry in hub().catalogue if entry.scenario]
    return [name for name in (lists[0] if lists else []) if all(name in one for one in lists)]


def _names() -> dict[str, str]:
    """Return what the groups are called; two never alike."""
    found: dict[str, str] = {}
    for group in GROUPS:
        asked = " ".join(request.args.get(f"name_{group}", "").split())[:_NAME]
        name = asked or NAMES[group]
        found[group] = f"{name} ({NAMES[group]})" if name in found.values() else name
    return found


def _chosen() -> Chosen:
    found = Chosen()
    names = _names()
    for row, _, why in _own():
        group = request.args.get(f"run_{row.id}", "")
        if group not in GROUPS:
            continue
        if why:
            found.left_out.append((row.id, why))
        else:
            _add(found, names[group], row, "")
    for group in GROUPS:
        for number, text in enumerate(request.args.get(f"links_{group}", "").split(), 1):
            _link(found, names[group], text, f"link {NAMES[group]}{number}")
        _add_player(found, names[group], group)
    if sum(map(len, found.jobs.values())) > MOST_RUNS:
        abort(
            400,
            f"At most {MOST_RUNS} runs are compared here at once; `uncordon compare` takes more.",
        )
    return found


def _link(found: Chosen, group: str, text: str, shown: str) -> None:
    match = _TOKEN.search(text)
    try:
        row = hub().store.shared(match[1] if match else "")
    except UnknownRunError:
        found.left_out.append((shown, "there is no such link"))
        return
    if why := why_not(row):
        found.left_out.append((shown, why))
    else:
        _add(found, group, row, shown)


def _add(found: Chosen, group: str, row: RunRow, shown: str) -> None:
    scenario = kept_scenario(hub().store, row)
    if scenario is None:
        try:
            scenario = hub().scenario(row.scenario)
        except (KeyError, ScenarioError):
            found.left_out.append((shown or row.id, "its incident is not here any more"))
            return
    job = stored_job(row, scenario, hub().store.inputs(row.id))
    found.jobs.setdefault(group, []).append((job, scenario, shown))


def _add_player(found: Chosen, name: str, group: str) -> None:
    player = request.args.get(f"player_{group}", "")
    if not player:
        return
    asked = request.args.get("seeds", "")
    count = int(asked) if asked in map(str, SEEDS) else SEEDS[0]
    known = hub().catalogue.slugs()
    rows = hub().store.runs(holder())
    for slug in request.args.getlist("incident"):
        if slug not in known:
            abort(404, "There is no such incident.")
        try:
            scenario = hub().scenario(slug)
            jobs = [player_job(scenario, seed, player) for seed in range(count)]
        except KeyError:
            abort(404, "There is no such player.")
        except ScenarioError:
            abort(500, f"It does not load; see: uncordon validate {slug}")
        if why := _kept_back(scenario, rows):
            abort(403, why)
        found.jobs.setdefault(name, []).extend((job, scenario, "") for job in jobs)


def _score(chosen: Chosen) -> Scored:
    scored = Scored()
    for name in _names().values():
        for job, scenario, shown in chosen.jobs.get(name, []):
            one = hub().reviews.sample(job, scenario)
            if one is None:
                scored.waiting += 1
            elif isinstance(one, str):
                scored.failed.append((shown or job.named, "it could not be scored"))
            else:
                scored.groups.setdefault(name, []).append(replace(one, run=shown or one.run))
    return scored
