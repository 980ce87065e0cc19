"""The on-call's desk: page, dashboards, channel, notes, ticket, closing form; all by evidence.

The browser and the `incident` command both work through it. It reaches the cluster through the
Telemetry door only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.client.doors import Telemetry
from sim.evidence import (
    AcknowledgeRecord,
    ActionRecord,
    AlertRecord,
    BetRecord,
    CloseRecord,
    EvidenceLog,
    FreezeRecord,
    MessageRecord,
    NoteRecord,
    OutputRecord,
    PanelRecord,
    ReminderRecord,
    ThinkRecord,
    TicketRecord,
    UpdateRecord,
)
from sim.kernel import Environment, Epoch
from sim.kernel.moments import LEADING, read_moment
from sim.scenario import Scenario, fill
from sim.session import panels
from sim.session.bets import again, read_bet, says_more, told
from sim.session.freeze import answered, find_point, read_ranking
from sim.session.inputs import MAX_TEXT
from sim.session.roster import Roster
from sim.session.updates import is_blank, next_time, read_update, template, understood

PICKS = ("component", "failure", "trigger", "mechanism", "scope")
"""What the closing form asks."""
DAY_MS = 24 * 3_600_000


class IncidentDesk:
    """What the trainee can do beside the terminal; errors are ValueErrors for the trainee to read."""

    def __init__(
        self,
        env: Environment,
        scenario: Scenario,
        roles: dict[str, Any],
        telemetry: Telemetry,
        log: EvidenceLog,
        *,
        command: Callable[[], int],
        given: Callable[[], int],
        epoch: Epoch,
        point: Callable[[], str] = str,
    ) -> None:
        """*command* and *given* tell the number of the command line and input that are acting.

        *point* tells the id of the decision point at which the run stands, empty for none.
        """
        self._env = env
        self._scenario = scenario
        self._roles = roles
        self._telemetry = telemetry
        self._log = log
        self._command = command
        self._given = given
        self._point = point
        self._roster = Roster(scenario.people, log, epoch)
        self.epoch = epoch

    def acknowledge(self) -> str:
        """Take the page; a second time says so."""
        if any(True for _ in self._log.of(AcknowledgeRecord)):
            return "already acknowledged"
        self._log.append(AcknowledgeRecord(at=self._env.now, input=self._given()))
        return "acknowledged: the escalation timer is stopped, you own this"

    def status(self) -> str:
        """Return the one-glance line and the page."""
        summary = self._telemetry.summary()
        acknowledged = any(True for _ in self._log.of(AcknowledgeRecord))
        page = next((one for one in self._log.of(AlertRecord) if one.state == "paged"), None)
        lines = [f"time        {panels.clock_text(self.epoch, self._env.now)} UTC"]
        if page is not None:
            lines.append(f"page        {page.text or page.alert}")
            lines.append(f"paged       {panels.clock_text(self.epoch, page.at)} UTC")
        lines.append(f"you         {'acknowledged' if acknowledged else 'not acknowledged yet'}")
        lines.append(f"error rate  {panels.value_text('%', summary.get('error_rate'))}")
        lines.append(f"users lost  {summary.get('lost', 0):,.0f} requests so far")
        return "\n".join(lines) + "\n"

    def look(self, panel: str, by: str = "") -> str:
        """Return what a panel shows now, and record that it was on screen.

        Raises:
            ValueError: if there is no such panel or split.
        """
        text = self.text(panel, by)
        number = self._command()
        record = PanelRecord(
            at=self._env.now, input=self._given(), panel=panel, by=by, text=text, command=number
        )
        self._log.append(record)
        return text

    def text(self, panel: str, by: str = "") -> str:
        """Return what a panel shows now without anybody looking.

        Raises:
            ValueError: if there is no such panel or split.
        """
        kind, _, rest = panel.partition(":")
        if kind == "document":
            return self.document(rest)
        if by and kind in ("alerts", "changes", "change", "page", "people"):
            msg = f"panel {panel!r} cannot be split"
            raise ValueError(msg)
        if panel == "alerts":
            return panels.alerts_text(list(self._telemetry.alerts()), self.epoch, self._env.now)
        if panel == "changes":
            return panels.changes_text(list(self._telemetry.changes()), self.epoch)
        if kind == "change":
            for change in self._telemetry.changes():
                if change.id == rest:
                    return panels.change_text(change, self.epoch)
            near = [one.id for one in self._telemetry.changes() if one.id.endswith(f"-{rest}")]
            hint = f"did you mean {near[0]}? " if near else ""
            msg = f"no change {rest!r}; {hint}`incident changes` lists them"
            raise ValueError(msg)
        if panel == "page":
            return self.status()
        if panel == "people":
            return self.people()
        return panels.chart_text(self._telemetry, panel, by, self._env.now, self.epoch)

    def document(self, id_: str) -> str:
        """Return a page of the wiki, or with an empty id the list of them.

        Raises:
            ValueError: if there is no such document.
        """
        if not id_:
            rows = [f"{one.id:24} {one.kind:9} {one.title}" for one in self._scenario.documents]
            return "\n".join(rows) + "\n"
        try:
            document = self._scenario.document(id_)
        except KeyError:
            ids = ", ".join(one.id for one in self._scenario.documents)
            msg = f"no document {id_!r}; there are: {ids}"
            raise ValueError(msg) from None
        text = fill(document.text, self._roles).strip()
        # A page that begins with a title of its own needs no second one.
        titled = text.startswith("# ") and document.kind != "source"
        return f"{text}\n" if titled else f"# {document.title}\n\n{text}\n"

    def people(self) -> str:
        """Return who can be asked."""
        return self._roster.text()

    def update(self, text: str, to: str = "", fields: dict[str, str] | None = None) -> str:
        """Write in the incident channel, to everybody or to one person (`@noor` in the text does it).

        Lines such as `Impact: ...` in the text are fields as good as those that are given apart. The
        answer says what was read, and what is missing.

        Raises:
            ValueError: if it is empty, too long, the person does not exist, or the next time that was
                given apart is none.
        """
        now = self._env.now
        text, said = read_update(_short(text))
        apart = {name: _short(value) for name, value in (fields or {}).items() if value.strip()}
        given = {
            name: value.strip()
            for name, value in {**said, **apart}.items()
            if not is_blank(value.strip())
        }
        if not text.strip() and not given:
            msg = "an update needs a text or the fields --impact, --scope, --action, --next"
            raise ValueError(msg)
        due = problem = ""
        if "next" in given:
            try:
                moment = next_time(given["next"], now, self.epoch)
                due = given["next"] if moment is None else self._time_text(moment.at)
            except ValueError as error:
                if "next" in apart:
                    msg = f"nothing was sent: --next: {error}"
                    raise ValueError(msg) from None
                problem = str(error)
                text = f"{text} Next: {given.pop('next')}".strip()
        person, more = self._roster.addressee(to, " ".join([text, *given.values()]))
        wakes = person is not None and self._roster.sleeps(person)
        record = UpdateRecord(
            at=now,
            input=self._given(),
            text=_short(text),
            to=person.id if person else "",
            fields=given,
        )
        self._log.append(record)
        answer = f"sent to {person.name if person else 'the incident channel'}"
        if wakes:
            answer += f", who was asleep: woken at {panels.clock_text(self.epoch, now)}"
        answer += more
        # A question to one person need not be an update.
        if given or problem or person is None:
            answer += f"; {understood(given, due, problem)}"
        return answer

    def _time_text(self, at: int) -> str:
        """Return an instant to come, for an answer: `03:10:00 UTC`, of another day with its date."""
        near = at - self._env.now < DAY_MS // 2
        show = panels.clock_text if near else panels.stamp_text
        return f"{show(self.epoch, at)} UTC"

    def update_template(self) -> str:
        """Return the four lines of an update, to be filled in."""
        next_ms = self._scenario.rubric.cadence
        at = panels.clock_text(self.epoch, self._env.now + next_ms)[:5]
        return template("UTC", at)

    def think(self, text: str) -> str:
        """Keep a thought for the debrief; raises ValueError if it is empty."""
        if not text.strip():
            msg = 'think what? e.g. incident think "the new release, since only its pods fail"'
            raise ValueError(msg)
        self._log.append(ThinkRecord(at=self._env.now, input=self._given(), text=_short(text)))
        return "kept for the debrief; nobody else reads it"

    def bet(self, text: str, by: str = "", sure: int | None = None) -> str:
        """Bet on what a dashboard will show; raises ValueError if it cannot be read."""
        charts = panels.offered(self._telemetry)
        bet, now = read_bet(text, by, sure, charts), self._env.now
        if (due := again(bet, self._log, now)) is not None:
            msg = f"that bet is open already; it is read at {self._time_text(due)}"
            raise ValueError(msg)
        record = BetRecord(
            at=now,
            input=self._given(),
            text=_short(text),
            metric=bet.metric,
            by=bet.by,
            below=bet.below,
            above=bet.above,
            within_ms=bet.within_ms,
            sure=bet.sure,
            counts=says_more(bet, self._telemetry, now),
        )
        self._log.append(record)
        answer = (
            f"bet taken: {told(record)}; read at {self._time_text(now + bet.within_ms)}, told in the "
            "debrief"
        )
        if not record.counts:
            answer += "; that is how the whole last hour was, so calibration leaves it out"
        return answer

    def rank(self, ranking: list[str]) -> str:
        """Rank the options of the decision point at which the run stands; the expert's ranking follows.

        Raises:
            ValueError: if it stands at none, or the ranking is not all of its options.
        """
        point = find_point(self._scenario, self._point())
        if point is None:
            msg = "there is no decision to rank now; practice mode pauses when there is one"
            raise ValueError(msg)
        order = read_ranking(point, ranking)
        self._log.append(
            FreezeRecord(at=self._env.now, input=self._given(), point=point.id, ranking=order)
        )
        return answered(point, order, self._roles)

    def note(self, text: str) -> str:
        """Write a line in the incident's timeline; raises ValueError if it is empty."""
        if not text.strip():
            msg = "a note needs a text"
            raise ValueError(msg)
        self._log.append(NoteRecord(at=self._env.now, input=self._given(), text=_short(text)))
        return "noted"

    def ticket(self, origin: str, fix: str, owner: str, text: str = "") -> str:
        """File a follow-up ticket.

        Raises:
            ValueError: if a pick is not in the scenario's list.
        """
        closing = self._scenario.closing
        for name, picked, question in (
            ("origin", origin, closing.ticket_origin),
            ("fix", fix, closing.ticket_fix),
            ("owner", owner, closing.ticket_owner),
        ):
            _check(name, picked, [one.id for one in question.choices])
        number = sum(1 for _ in self._log.of(TicketRecord)) + 1
        self._log.append(
            TicketRecord(
                at=self._env.now,
                input=self._given(),
                origin=origin,
                fix=fix,
                owner=owner,
                text=_short(text),
            )
        )
        return f"ticket INC-{4710 + number} filed"

    def remind(self, due: str, text: str = "") -> str:
        """Set a reminder; *due* may go on in *text*, as in `in 10 minutes look again`.

        Raises:
            ValueError: if there is no time at its beginning, or it has passed.
        """
        found = LEADING.match(f"{due} {text}")
        if found is None:
            msg = (
                f"no such time {due!r}; write e.g. tomorrow, next-week, 'tomorrow 09:00', 03:05, "
                "'in 10m' or 2026-11-21T09:00:00Z"
            )
            raise ValueError(msg)
        now, rest = self._env.now, f"{due} {text}"[found.end() :]
        try:
            moment = read_moment(found["time"], now, self.epoch)
        except ValueError as error:
            msg = f"no such time: {error}"
            raise ValueError(msg) from None
        if moment.at <= now:
            msg = f"{moment.text} has passed; it is {self.epoch.rfc3339(now)}"
            raise ValueError(msg)
        if moment.loose:
            due, told_as = moment.text.lower().replace(" ", "-"), f"for {moment.text}"
        else:
            due = self.epoch.rfc3339(moment.at)
            away = panels.span_text(round(moment.at - now, -3))
            told_as = f"for {self._time_text(moment.at)}, in {away}"
        self._log.append(ReminderRecord(at=now, input=self._given(), due=due, text=_short(rest)))
        return f"reminder set {told_as}" + ("" if rest.strip() else "; it has no text")

    def silence(self, alert: str, duration_ms: int) -> str:
        """Silence an alert; raises ValueError if there is none of that name."""
        try:
            self._telemetry.silence(alert, duration_ms)
        except KeyError:
            names = sorted({one.name for one in self._telemetry.alerts()})
            msg = f"no alert {alert!r}; there are: {', '.join(names)}"
            raise ValueError(msg) from None
        minutes = duration_ms // 60_000
        self._log.append(
            ActionRecord(
                at=self._env.now,
                input=self._given(),
                command=self._command(),
                target=f"alert:{alert}",
                verb="silence",
                detail=f"silence for {minutes} min",
            )
        )
        return f"{alert} is silenced for {minutes} min"

    def lists(self) -> dict[str, list[tuple[str, str]]]:
        """Return the choices of the closing form and the ticket: question -> (id, text)."""
        closing = self._scenario.closing
        names = (*PICKS, "ticket_origin", "ticket_fix", "ticket_owner")
        return {
            name: [(one.id, fill(one.text, self._roles)) for one in getattr(closing, name).choices]
            for name in names
        }

    def close(
        self, picks: dict[str, str], citations: dict[str, list[str]], handover: str = ""
    ) -> str:
        """Close the incident; what was picked is judged in the debrief, not here.

        Raises:
            ValueError: if a pick is not in the scenario's list, what is cited was never on screen, or
                it is closed already; nothing is closed then.
        """
        if any(True for _ in self._log.of(CloseRecord)):
            msg = "the incident is closed already"
            raise ValueError(msg)
        lists = self.lists()
        for name, picked in picks.items():
            _check("question", name, list(PICKS))
            if picked:
                _check(name, picked, [id_ for id_, _ in lists[name]])
        for name, cited in citations.items():
            _check("question", name, list(PICKS))
            for id_ in cited:
                if not self._was_shown(id_):
                    msg = (
                        f"nothing was closed: {id_}, cited for {name}, has not been on screen, so it "
                        "proves nothing; `incident cite` lists what has"
                    )
                    raise ValueError(msg)
        self._log.append(
            CloseRecord(
                at=self._env.now,
                input=self._given(),
                picks={name: picks[name] for name in PICKS if picks.get(name)},
                citations={name: citations[name] for name in PICKS if citations.get(name)},
                handover=_short(handover),
            )
        )
        return "closed: the debrief is ready"

    def _was_shown(self, id_: str) -> bool:
        """Return whether a citation names a panel or a command that showed something."""
        kind, _, digits = id_.partition(":")
        if kind not in ("command", "panel") or not digits.isdecimal():
            return False
        number = int(digits)
        if kind == "panel":
            return number < sum(1 for _ in self._log.of(PanelRecord))
        shown = (one for one in self._log if isinstance(one, OutputRecord | PanelRecord))
        return any(one.command == number for one in shown)

    def say(self, who: str, text: str) -> None:
        """Let somebody of the scenario write in the channel."""
        self._log.append(MessageRecord(at=self._env.now, who=who, text=fill(text, self._roles)))


def _check(what: str, picked: str, choices: list[str]) -> None:
    if picked not in choices:
        msg = f"no {what} {picked!r}; choose from: {', '.join(choices)}"
        raise ValueError(msg)


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        msg = f"the text has {len(text)} characters; at most {MAX_TEXT} are taken"
        raise ValueError(msg)
    return text.strip()
