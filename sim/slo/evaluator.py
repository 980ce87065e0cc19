"""Alert rules at work: pending, firing, resolved, and the page.

Thanks to this file an alert changes state at the instant at which a real Prometheus would notice,
without an event for every glance; it must not know what the signals count or who reads the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import simpy

from sim.kernel import Environment
from sim.slo.rules import AlertRule, Condition, Monitoring
from sim.slo.signals import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One time that an alert came up."""

    name: str
    state: str
    """`pending`, `firing` or `resolved`."""
    pending_since: int
    """When the conditions were first seen to hold (ms)."""
    fired_at: int | None = None
    """When it began to fire (ms), if it did."""
    paged_at: int | None = None
    """When somebody was woken (ms), if anybody was."""
    ended: int | None = None
    """When it resolved (ms), if it did."""
    summary: str = ""
    severity: str = "page"


Report = Callable[[int, AlertRule, str, float], None]
"""Called with (at, rule, `pending` | `firing` | `resolved` | `paged`, value that decided)."""


class Evaluator:
    """Evaluates rules on a fixed grid of instants, but only while an outcome can change.

    | state    | conditions hold            | they do not |
    |----------|----------------------------|-------------|
    | inactive | pending                    | inactive    |
    | pending  | firing once held `for_ms`  | inactive    |
    | firing   | firing; paged after a wait | resolved    |

    A page is sent `group_wait_ms` after firing unless the alert is silenced then; a silence that
    runs out while the alert still fires lets the page through.
    """

    def __init__(
        self,
        env: Environment,
        monitoring: Monitoring,
        rules: Sequence[AlertRule],
        signals: Mapping[str, Signal],
        report: Report,
    ) -> None:
        """Watch *signals* by *rules*; call `wake` whenever a signal has changed.

        Raises:
            KeyError: if a rule names a signal that does not exist.
        """
        self._env = env
        self._monitoring = monitoring
        self._rules = {rule.name: rule for rule in rules}
        self._signals = signals
        self._report = report
        self._current: dict[str, Episode] = {}
        self._ended: list[Episode] = []
        self._silenced_until: dict[str, int] = {}
        self._scheduled = False
        for rule in rules:
            for condition in rule.conditions:
                if condition.signal not in signals:
                    known = ", ".join(sorted(signals))
                    msg = f"alert {rule.name!r}: no signal {condition.signal!r}; signals: {known}"
                    raise KeyError(msg)

    @property
    def rules(self) -> Sequence[AlertRule]:
        """Return the rules, in the order given."""
        return list(self._rules.values())

    def rule(self, name: str) -> AlertRule:
        """Return the rule called *name*.

        Raises:
            KeyError: if there is none; the message lists those that exist.
        """
        try:
            return self._rules[name]
        except KeyError:
            known = ", ".join(repr(known) for known in self._rules)
            msg = f"no alert {name!r}; alerts: {known}"
            raise KeyError(msg) from None

    def wake(self) -> None:
        """Take note that a signal has changed: schedule the next evaluation if one is needed."""
        if self._scheduled or not any(map(self._unsettled, self._rules.values())):
            return
        self._scheduled = True
        due = self._env.at(self._monitoring.next_evaluation(self._env.now))
        due.callbacks.append(self._evaluate_all)

    def episodes(self) -> list[Episode]:
        """Return what is up, then what has ended, newest first."""
        current = sorted(self._current.values(), key=lambda each: -each.pending_since)
        firing = [episode for episode in current if episode.state == "firing"]
        pending = [episode for episode in current if episode.state == "pending"]
        return [*firing, *pending, *reversed(self._ended)]

    def silence(self, name: str, duration_ms: int) -> None:
        """Let *name* wake nobody for *duration_ms*; raises KeyError if there is no such alert."""
        rule = self.rule(name)
        until = max(self._env.now + duration_ms, self._silenced_until.get(name, 0))
        self._silenced_until[name] = until
        self._env.at(until).callbacks.append(lambda _: self._page(rule))

    def is_silenced(self, name: str) -> bool:
        """Return whether *name* wakes nobody now."""
        return self._env.now < self._silenced_until.get(name, self._env.now)

    def value(self, rule: AlertRule, at: int) -> float | None:
        """Return the rule's first number as it was seen at *at*, or None if nothing was measured."""
        return self._seen(rule.conditions[0], at)

    def _seen(self, condition: Condition, at: int) -> float | None:
        scraped = self._monitoring.scraped(at)
        return self._signals[condition.signal].over(scraped - condition.window_ms, scraped)

    def _holds(self, rule: AlertRule, at: int) -> bool:
        return all(
            (value := self._seen(condition, at)) is not None and condition.holds(value)
            for condition in rule.conditions
        )

    def _unsettled(self, rule: AlertRule) -> bool:
        """Return whether the rule's state can change though no signal changes any more.

        A rate over a window lies between the extremes of its pieces. While all of them are on the
        quiet side of a quiet rule, or on the active side of a firing one, looking is needless.
        """
        episode = self._current.get(rule.name)
        if episode is not None and episode.state == "pending":
            return True
        now = self._env.now
        quiet, active = False, True
        for condition in rule.conditions:
            reach = condition.window_ms + self._monitoring.scrape_ms
            bounds = self._signals[condition.signal].extremes(now - reach, now)
            low = bounds is not None and condition.holds(bounds.low)
            high = bounds is not None and condition.holds(bounds.high)
            quiet = quiet or not (low or high)
            active = active and low and high
        return not quiet if episode is None else not active

    def _evaluate_all(self, _: simpy.Event) -> None:
        self._scheduled = False
        for rule in self._rules.values():
            self._evaluate(rule)
        self.wake()

    def _evaluate(self, rule: AlertRule) -> None:
        now, episode = self._env.now, self._current.get(rule.name)
        holds, value = self._holds(rule, now), self.value(rule, now) or 0.0
        if not holds:
            if episode is not None:
                del self._current[rule.name]
                if episode.state == "firing":
                    self._ended.append(replace(episode, state="resolved", ended=now))
                    self._report(now, rule, "resolved", value)
            return
        if episode is None:
            episode = Episode(
                name=rule.name,
                state="pending",
                pending_since=now,
                summary=rule.summary,
                severity=rule.severity,
            )
            self._current[rule.name] = episode
            self._report(now, rule, "pending", value)
        if episode.state == "pending" and now - episode.pending_since >= rule.for_ms:
            self._current[rule.name] = replace(episode, state="firing", fired_at=now)
            self._report(now, rule, "firing", value)
            due = self._env.at(now + self._monitoring.group_wait_ms)
            due.callbacks.append(lambda _: self._page(rule))

    def _page(self, rule: AlertRule) -> None:
        now, episode = self._env.now, self._current.get(rule.name)
        if episode is None or episode.fired_at is None or episode.paged_at is not None:
            return
        waited = now - episode.fired_at >= self._monitoring.group_wait_ms
        if rule.pages and waited and not self.is_silenced(rule.name):
            self._current[rule.name] = replace(episode, paged_at=now)
            self._report(now, rule, "paged", self.value(rule, now) or 0.0)
