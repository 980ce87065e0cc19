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
from sim.scoring.cohort.attempts import Entrant, counted
from sim.scoring.cohort.sample import Sample
from sim.session.export import kept_scenario
from sim.session.job import Job
from sim.session.play import player_names
from sim.session.sampling import person_of_row, player_job, stored_job, why_not
from sim.session.storage import RunRow, UnknownRunError
from web.access import family_of, holder, hub, kept_back
from web.filters import date

blueprint = Blueprint("compare", __name__)

GROUPS = ("a", "b", "c")
NAMES = {"a": "A", "b": "B", "c": "C"}
SEEDS = (1, 3, 5, 8)
"""How many nights of an incident a player can be asked to play here."""
MOST_RUNS = 60
AGAIN_S = 3
_TOKEN = re.compile(r"(?:^|/shared/)([A-Za-z0-9_-]{8,64})/?$")
_NAME = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """One run to be compared."""

    job: Job
    scenario: Scenario
    shown: str = ""
    """The name under which somebody else's is seen; empty: its own."""
    person: str = ""
    began_ms: int = 0


@dataclass(slots=True)
class Chosen:
    """What the address asks for."""

    jobs: dict[str, list[Asked]] = field(default_factory=dict)
    """By group."""
    left_out: list[tuple[str, str]] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    """Run -> what its holder knows it by."""


@dataclass(slots=True)
class Scored:
    """What has come of it so far."""

    groups: dict[str, list[Sample]] = field(default_factory=dict)
    waiting: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    twice: list[tuple[str, str]] = field(default_factory=list)
    """Copies and later attempts, and why they do not count."""
    done: int = 0
    """How many runs are scored."""


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

        found = compare(scored.groups, [*chosen.left_out, *scored.failed, *scored.twice])
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
        left_out=[*chosen.left_out, *scored.failed],
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
    found = compare(scored.groups, [*chosen.left_out, *scored.failed, *scored.twice])
    made, mime = {
        "csv": (as_csv, "text/csv"),
        "json": (as_json, "application/json"),
        "html": (document, "text/html"),
    }[kind]
    answer = Response(made(found), mimetype=mime)
    answer.headers.set("Content-Disposition", "attachment", filename=f"comparison.{kind}")
    return answer


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
    """Return why a player's run of *scenario* is not shown to who has *rows*; empty: it is."""
    if not any(row.closed and row.scenario == scenario.slug for row in rows):
        return "A scripted player is shown on an incident of which you have closed a run; close one first."
    return kept_back(scenario.family, holder())


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
    for row, title, why in _own():
        group = request.args.get(f"run_{row.id}", "")
        if group not in GROUPS:
            continue
        found.titles[row.id] = f"{title}, seed {row.seed}, {date(row.created_ms)}"
        if why:
            found.left_out.append((found.titles[row.id], why))
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
    if why := kept_back(family_of(row), holder()):
        abort(403, why)
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
    store = hub().store
    job = stored_job(row, scenario, store.inputs(row.id), store.evidence(row.id))
    asked = Asked(job, scenario, shown, person_of_row(row), row.created_ms)
    found.jobs.setdefault(group, []).append(asked)


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
        found.jobs.setdefault(name, []).extend(Asked(job, scenario) for job in jobs)


def _score(chosen: Chosen) -> Scored:
    scored = Scored()
    groups: dict[str, list[Entrant]] = {}
    for name in _names().values():
        for asked in chosen.jobs.get(name, []):
            one = hub().reviews.sample(asked.job, asked.scenario, holder())
            if one is None:
                scored.waiting += 1
            elif isinstance(one, str):
                name_ = asked.shown or chosen.titles.get(asked.job.named, asked.job.named)
                scored.failed.append((name_, f"not scored: {one}"))
            else:
                sample = replace(one, run=asked.shown or one.run)
                groups.setdefault(name, []).append(Entrant(sample, asked.person, asked.began_ms))
    who = counted(groups, every=request.args.get("attempts") == "all")
    scored.groups = who.groups
    scored.twice = [(chosen.titles.get(run, run), _said(why, chosen)) for run, why in who.left_out]
    scored.done = sum(map(len, groups.values()))
    return scored


def _said(why: str, chosen: Chosen) -> str:
    """Return *why* with runs called as their holder knows them."""
    for run, title in chosen.titles.items():
        why = why.replace(run, title)
    return why
