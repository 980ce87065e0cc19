"""People of the scenario answer in the channel after a while, and some speak unasked; so do reminders.

What they say is data and may be wrong; this file only decides who speaks when.
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.evidence import (
    AlertRecord,
    EvidenceLog,
    MessageRecord,
    Record,
    ReminderRecord,
    UpdateRecord,
)
from sim.kernel import Environment
from sim.scenario import Scenario
from sim.scenario.patterns import fits
from sim.scenario.people import Person, Remark
from sim.session.desk import IncidentDesk


class Channel:
    """The incident channel's other side."""

    def __init__(
        self, env: Environment, scenario: Scenario, desk: IncidentDesk, log: EvidenceLog
    ) -> None:
        """Listen to *log* from now on."""
        self._env = env
        self._scenario = scenario
        self._desk = desk
        self._log = log
        self._updated = False
        self._paged = False
        self._mitigated = False
        self._typing: set[tuple[str, str]] = set()
        self._written: set[str] = set()
        """Those to whom the trainee has written."""
        log.listen(self._hear)
        for person in scenario.people:
            for remark in person.remarks:
                if remark.after == "start":
                    env.spawn(self._remarking(person, remark))

    def _hear(self, record: Record) -> None:
        if isinstance(record, UpdateRecord):
            self._updated = True
            self._written.add(record.to)
            for person in self._asked(record):
                self._env.spawn(self._answering(person, record))
        elif isinstance(record, ReminderRecord):
            self._env.spawn(self._reminding(record))
        elif isinstance(record, AlertRecord):
            if record.state == "paged" and not self._paged:
                self._paged = True
                self._remark("page")
            elif record.state == "resolved" and not self._mitigated:
                self._mitigated = True
                self._remark("mitigated")

    def _remark(self, occasion: str) -> None:
        for person in self._scenario.people:
            for remark in person.remarks:
                if remark.after == occasion:
                    self._env.spawn(self._remarking(person, remark))

    def _reminding(self, reminder: ReminderRecord) -> Generator[simpy.Event, None, None]:
        """Tell a reminder whose time comes tonight."""
        if not reminder.due[:1].isdecimal():
            return
        yield self._env.timeout(max(0, self._desk.epoch.since(reminder.due) - self._env.now))
        text = reminder.text or "you wanted to look again now"
        self._log.append(MessageRecord(at=self._env.now, who="Reminder", text=text))

    def _asked(self, update: UpdateRecord) -> list[Person]:
        return [one for one in self._scenario.people if one.id == update.to]

    def _remarking(self, person: Person, remark: Remark) -> Generator[simpy.Event, None, None]:
        yield self._env.timeout(remark.delay)
        moot = (
            (remark.unless_updated and self._updated)
            or (remark.unless_asked and person.id in self._written)
            or (remark.unless_mitigated and self._mitigated)
        )
        if not moot:
            self._desk.say(person.name, remark.text)

    def _answering(
        self, person: Person, update: UpdateRecord
    ) -> Generator[simpy.Event, None, None]:
        asked = " ".join([update.text, *update.fields.values()])
        text, delay = person.otherwise, person.otherwise_delay
        for reply in person.replies:
            if fits(reply.when, asked, ignore_case=True):
                text, delay = reply.text, reply.delay
                break
        if (person.id, text) in self._typing:
            # Asked again before they have answered: one answer does.
            return
        self._typing.add((person.id, text))
        yield self._env.timeout(delay)
        self._typing.discard((person.id, text))
        self._desk.say(person.name, text)
