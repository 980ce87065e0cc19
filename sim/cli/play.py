"""The game in a terminal: a prompt with history and completion, or a scripted player to watch."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

import click

from sim.evidence import (
    AlertRecord,
    ExitRecord,
    MessageRecord,
    OutputRecord,
    Record,
)
from sim.players import Shown
from sim.scenario import Catalogue, Scenario, fill
from sim.scoring import band
from sim.session.debrief import headline, practise_next
from sim.session.hub import wall_ms
from sim.session.inputs import BadInputError, Input
from sim.session.judge import Verdict, judge
from sim.session.live import Session
from sim.session.play import Step, make_player, play
from sim.session.references import NoCache
from sim.session.run import Run, try_apply
from sim.session.storage import LeaseLostError, RunStore, UnknownRunError

HOLDER = "local"
TICK_S = 0.1
TERMINAL = "t1"


class CannotPlayError(RuntimeError):
    """Why a run cannot be played or scored here, for the person at the terminal."""


def watch(incident: str, seed: int, player: str, *, speed: float, quiet: bool) -> Verdict:
    """Let *player* play and print what it types, thinks and sees; return the scored run."""
    scenario = Catalogue()[incident]
    run = Run(scenario, seed, who=player)
    run.start()
    moves = make_player(run, player)
    last = run.now
    if not quiet:
        click.echo(f"{scenario.title}: seed {seed}, player {player}\n")

    def show(step: Step, shown: Shown | None) -> None:
        nonlocal last
        if speed > 0:
            time.sleep(max(0, run.now - last) / 1000 / speed)
        last = run.now
        if quiet:
            return
        if shown is None:
            if step.think:
                click.secho(f"    {step.think.strip()}", dim=True)
            at = run.epoch.datetime(step.at).strftime("%H:%M:%S")
            click.secho(f"{at} $ {step.line}", bold=True)
        else:
            click.echo(shown.stdout, nl=False)
            click.echo(shown.stderr, nl=False)

    play(run, moves, watcher=show)
    return judge(run.finish(), scenario, seed, run.inputs, NoCache())


def interactive(
    incident: str, seed: int, database: str, *, resume: str | None, quiet: bool
) -> Verdict | None:
    """Play at this terminal; return the scored run once it is closed, None if it was left open."""
    store = RunStore(database, wall_ms=wall_ms)
    catalogue = Catalogue()
    try:
        if resume is None:
            session = Session.create(
                catalogue[incident], seed, store, holder=HOLDER, who="trainee", wall_ms=wall_ms
            )
        else:
            row = store.find(resume)
            session = Session.load(row, catalogue[row.scenario], store, wall_ms=wall_ms)
    except UnknownRunError:
        msg = f"no run {resume!r} in {database}"
        raise CannotPlayError(msg) from None
    except LeaseLostError as error:
        raise CannotPlayError(str(error)) from error
    scenario = session.run.scenario
    with session.viewing():
        if sys.stdin.isatty() and not quiet:
            _at_prompt(session)
        else:
            _from_pipe(session)
    if not session.closed:
        click.echo(f"left open; go on with: uncordon play --resume {session.row.id}", err=True)
        session.release()
        return None
    run = session.run
    return judge(run.finish(), scenario, run.seed, run.inputs, store)


def _from_pipe(session: Session) -> None:
    """Enter the lines of standard input one after the other, each when the last has ended."""
    session.submit("pause")
    for line in sys.stdin:
        try:
            session.submit("command", {"terminal": TERMINAL, "line": line.rstrip("\n")})
        except BadInputError as error:
            click.echo(f"uncordon: {error}", err=True)
            continue
        while session.run.workstation.busy(TERMINAL) and session.now() < session.run.horizon:
            session.submit("skip", {"amount_ms": 1000})
        _print_new(session)
        if session.closed:
            return


def _at_prompt(session: Session) -> None:
    from prompt_toolkit import PromptSession  # noqa: PLC0415 - only an interactive game needs it
    from prompt_toolkit.completion import Completer, Completion  # noqa: PLC0415
    from prompt_toolkit.patch_stdout import patch_stdout  # noqa: PLC0415

    class FromRun(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Any:
            line = document.text_before_cursor
            with session.locked():
                found = session.run.workstation.complete(line, terminal=TERMINAL)
            word = line.rpartition(" ")[2]
            for candidate in found:
                yield Completion(candidate, start_position=-len(word))

    _greet(session)
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(TICK_S):
            session.tick()
            _print_new(session)

    workstation = session.run.workstation
    prompt: PromptSession[str] = PromptSession(completer=FromRun(), complete_while_typing=False)
    with patch_stdout(raw=True):
        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        try:
            while not session.closed:
                _print_new(session)
                try:
                    line = prompt.prompt(lambda: workstation.prompt(TERMINAL))
                    session.submit("command", {"terminal": TERMINAL, "line": line})
                except KeyboardInterrupt:
                    session.submit("interrupt", {"terminal": TERMINAL})
                except EOFError:
                    if not workstation.busy(TERMINAL):
                        return
                    session.submit("eof", {"terminal": TERMINAL})
                except BadInputError as error:
                    click.echo(f"uncordon: {error}")
                _let_it_run(session)
        finally:
            stop.set()
            ticker.join()
            _print_new(session)


def _let_it_run(session: Session) -> None:
    """Give a command that runs for a moment its time, so that its output stands before the prompt."""
    deadline = time.monotonic() + 0.5
    while session.run.workstation.busy(TERMINAL) and time.monotonic() < deadline:
        time.sleep(0.02)
        session.tick()
    _print_new(session)


def _greet(session: Session) -> None:
    scenario, run = session.run.scenario, session.run
    briefing = scenario.briefing
    click.secho(f"{scenario.title}", bold=True)
    for text in (briefing.you, briefing.service, briefing.access, briefing.documents):
        click.echo(f"\n{fill(text, run.roles).strip()}")
    at = run.epoch.datetime(run.paged_at).strftime("%H:%M:%S")
    page = next(one for one in run.log.of(AlertRecord) if one.state == "paged")
    click.secho(f"\n{at} UTC  PAGE  {page.text or page.alert}", fg="red", bold=True)
    click.echo("`incident help` lists what you have beside the terminal.\n")


_printed: dict[str, int] = {}
_printing = threading.Lock()


def _print_new(session: Session) -> None:
    """Print the evidence that has come since the last call."""
    with _printing:
        since = _printed.get(session.row.id, 0)
        records, following = session.read(since)
        _printed[session.row.id] = following
        for record in records:
            _print(session, record)
        sys.stdout.flush()


def _print(session: Session, record: Record) -> None:
    at = session.run.epoch.datetime(record.at).strftime("%H:%M:%S")
    match record:
        case OutputRecord():
            sys.stdout.write(record.text)
        case ExitRecord():
            pass
        case MessageRecord():
            click.secho(f"[{at} {record.who}] {record.text}", fg="cyan")
        case AlertRecord() if record.at > session.run.paged_at:
            click.secho(f"[{at}] alert {record.alert}: {record.state}", fg="yellow")


def rescore(run_id: str, database: str) -> Verdict:
    """Score a stored run from its inputs."""
    store = RunStore(database, wall_ms=wall_ms)
    try:
        row = store.find(run_id)
    except UnknownRunError:
        msg = f"no run {run_id!r} in {database}"
        raise CannotPlayError(msg) from None
    scenario = _same_scenario(row.scenario, row.digest)
    run = Run(scenario, row.seed, who=row.who)
    run.start()
    for at, kind, payload in store.inputs(run_id):
        try_apply(run, Input(at, kind, json.loads(payload)))
    return judge(run.finish(), scenario, row.seed, run.inputs, store)


def _same_scenario(slug: str, digest: str) -> Scenario:
    scenario = Catalogue()[slug]
    if scenario.digest != digest:
        click.echo("note: the scenario has changed since this run was played", err=True)
    return scenario


def scorecard_json(verdict: Verdict) -> dict[str, Any]:
    """Return the scorecard as JSON."""
    card = verdict.card
    return {
        "scenario": card.scenario,
        "seed": card.seed,
        "engine": card.engine,
        "total": round(card.total, 6),
        "band": band(card.total),
        "passed": card.passed,
        "blocks": [
            {"name": name, "points": points, "of": of} for name, points, of in card.blocks()
        ],
        "findings": [{**asdict(finding), "points": finding.points} for finding in card.findings],
        "reported": card.reported,
    }


def scorecard_text(verdict: Verdict) -> str:
    """Return the scorecard for a terminal: bars, every line with its reason, what to practise."""
    card, story = verdict.card, verdict.case.story
    lines = ["", f"{card.total:.0f} of 100: {band(card.total)}", headline(verdict), ""]
    for name, points, of in card.blocks():
        filled = round(20 * points / of) if of else 0
        lines.append(f"{name:10} {'#' * filled:20} {points:5.1f} / {of:.0f}")
    for finding in card.findings:
        lines.append(f"\n{finding.title}: {finding.points:.1f} of {finding.of:.0f}")
        for part in finding.parts:
            lines.append(f"  {part.points:+5.1f}  {part.why}")
            for exhibit in part.exhibits[:1]:
                first = exhibit.quote.splitlines()[0] if exhibit.quote else ""
                lines.append(f"         {story.clock(exhibit.at)} {exhibit.line}")
                lines.append(f"         > {first[:100]}")
    lines.append("\nActions and what they did to users:")
    for entry in verdict.case.ledger.entries:
        word = "saved" if entry.saved >= 0 else "cost"
        at = story.clock(entry.deed.at)
        lines.append(f"  {at}  {word} {abs(entry.saved):8,.0f} requests  {entry.deed.line[:90]}")
    practice = practise_next(verdict)
    lines += ["", f"Practise next: {practice.heuristic} ({practice.why}).", practice.drill]
    return "\n".join(lines)
