"""The telemetry door of a cluster: charts, alerts, changes, the one-glance line.

Thanks to this file reading never changes a run; it must not know whether users' fate was worked out
or measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from sim.backends.charts import (
    COUNT_METRICS,
    ERRAND_SPLITS,
    NODE_METRICS,
    PROBE_METRICS,
    SPLITS,
    Grid,
    errand_series,
    node_series,
    pod_series,
    probe_series,
)
from sim.backends.probes import Probes
from sim.client.doors import Alert, Change, Series
from sim.evidence import AcknowledgeRecord, AlertRecord, EvidenceLog, Record
from sim.kernel import Environment
from sim.slo import AlertRule, Episode, Evaluator, Monitoring, Objective
from sim.traffic import History, NodeConnections

STABLE_MS = 120_000
"""Mitigated: users have been unhurt for 2 min."""
RECOVERED_MS = 600_000
"""Resolved: users have been unhurt for 10 min."""
FIRST_CHANGE_ID = 1001


class UsersHistory(Protocol):
    """What users went through, however it came to be known."""

    def history(self, application: str) -> History:
        """Return what an application's users went through."""

    def neighbours(self) -> Mapping[str, NodeConnections]:
        """Return the failing connections of neighbours by node."""

    def lost(self, application: str, start: int, end: int) -> float:
        """Return users' loss between two instants (ms): weighted requests."""

    def listen(self, solved: Callable[[], None]) -> None:
        """Call *solved* whenever there is news, from now on."""


class UsersTelemetry:
    """Implements `sim.client.doors.Telemetry` for one application over the history of its users."""

    def __init__(
        self,
        env: Environment,
        log: EvidenceLog,
        traffic: UsersHistory,
        *,
        application: str,
        rules: Sequence[AlertRule],
        monitoring: Monitoring | None = None,
        objective: Objective | None = None,
        past_alerts: Sequence[Alert] = (),
        changes: Sequence[Change] = (),
        hurts_from: int = 0,
        horizon: int | None = None,
        probes: Probes | None = None,
    ) -> None:
        """Watch *application* of *traffic*, which must have been started.

        *past_alerts* and *changes* are what the scenario says about earlier days, *hurts_from* is when
        users begin to fail (ms): from there on their loss counts, here as in the score, until *horizon* (ms)
        after the page; None: for ever. *probes* are those of the application's prober, if it has one.
        """
        self._env = env
        self._log = log
        self._traffic = traffic
        self._application = application
        self._monitoring = monitoring or Monitoring()
        self._objective = objective or Objective()
        self._past_alerts = sorted(past_alerts, key=lambda alert: -alert.since)
        self._changes = list(changes)
        self._hurts_from = hurts_from
        self._horizon = horizon
        self._probes = probes
        self._splits = {**SPLITS, **dict.fromkeys(PROBE_METRICS if probes else (), ("",))}
        self._acknowledged_at: int | None = None
        self._history = traffic.history(application)
        self._signals = self._history.signals()
        self._evaluator = Evaluator(env, self._monitoring, rules, self._signals, self._report)
        log.listen(self._hear)
        traffic.listen(self._evaluator.wake)
        self._evaluator.wake()

    @property
    def metrics(self) -> Collection[str]:
        """What `query` can be asked for."""
        return self._splits

    def query(
        self, metric: str, *, by: str = "", start: int, end: int, step: int
    ) -> Sequence[Series]:
        """Return *metric* at start, start+step ... <= end (simulated ms), never beyond now.

        Rates and counts are over the last minute, restarts over five; each point shows what the last scrape
        saw; where nothing was measured there is no point. Errors that no pod has seen count in the
        whole, and appear as `none` when requests are split.

        Raises:
            KeyError: if the metric or the split does not exist; the message lists those that do.
            ValueError: if the step is not positive.
        """
        splits = self._splits.get(metric)
        if splits is None:
            msg = f"no metric {metric!r}; metrics: {', '.join(self._splits)}"
            raise KeyError(msg)
        if by not in splits:
            able = ", ".join(filter(None, splits)) or "none"
            msg = f"{metric} cannot be split by {by!r}; splits: {able}"
            raise KeyError(msg)
        grid = Grid(start, min(end, self._env.now), step)
        if self._probes is not None and metric in PROBE_METRICS:
            return probe_series(metric, grid, self._probes, self._monitoring)
        if metric in NODE_METRICS:
            return node_series(by, grid, self._traffic.neighbours(), self._monitoring)
        if metric in COUNT_METRICS or by in ERRAND_SPLITS:
            return errand_series(metric, by, grid, self._history, self._monitoring)
        return pod_series(metric, by, grid, self._history, self._monitoring)

    def alerts(self) -> Sequence[Alert]:
        """Return firing and pending alerts, then history, newest first."""
        return [*map(self._alert, self._evaluator.episodes()), *self._past_alerts]

    def silence(self, alert: str, duration_ms: int) -> None:
        """Silence an alert; raises KeyError if there is none of that name."""
        self._evaluator.silence(alert, duration_ms)

    def changes(self) -> Sequence[Change]:
        """Return the change feed up to now, newest first."""
        # Of two at one instant the one that was entered later is the newer one.
        newest = [change for change in reversed(self._changes) if change.at <= self._env.now]
        return sorted(newest, key=lambda change: -change.at)

    def add_change(
        self,
        *,
        category: str,
        title: str,
        author: str,
        target: str,
        detail: str = "",
        source: str = "",
    ) -> Change:
        """Enter in the feed what has changed just now; ids go on from the scenario's."""
        change = Change(
            id=self._next_change_id(),
            at=self._env.now,
            category=category,
            title=title,
            author=author,
            target=target,
            detail=detail,
            source=source,
        )
        self._changes.append(change)
        return change

    def summary(self) -> dict[str, Any]:
        """Return the one-glance line.

        `error_rate` (share over the last minute) and `requests` (per s) as of the last scrape;
        `alert`, `threshold`, `pending_since`, `firing_since`, `paged_at` of what pages, or None;
        `lost`: weighted requests lost since users began to fail, in the time that counts; `state`:
        `quiet`, `paged`, `acknowledged`, `mitigated` (unhurt for 2 min) or `resolved` (for 10 min).
        """
        now = self._env.now
        seen = self._monitoring.scraped(now)
        start = seen - self._monitoring.rate_window_ms
        episode = self._headline()
        rule = self._evaluator.rule(episode.name) if episode else None
        up = episode is not None and episode.state == "firing"
        return {
            "application": self._application,
            "at": now,
            "error_rate": round(self._signals["errors"].over(start, seen) or 0.0, 6),
            "requests": round(self._signals["requests"].over(start, seen) or 0.0, 3),
            "alert": episode.name if episode else None,
            "threshold": rule.conditions[0].threshold if rule else None,
            "pending_since": episode.pending_since if episode else None,
            "firing_since": episode.fired_at if episode and up else None,
            "paged_at": self._paged_at(),
            "lost": round(self.lost(), 1),
            "state": self._state(),
            "acknowledged": self._is_acknowledged(),
            "silenced": bool(episode and self._evaluator.is_silenced(episode.name)),
        }

    def lost(self) -> float:
        """Return the weighted requests lost since users began to fail, in the time that counts."""
        end, pages = self._env.now, self._pages()
        if self._horizon is not None and pages:
            end = min(end, min(pages) + self._horizon)
        return self._traffic.lost(self._application, min(self._hurts_from, end), end)

    def _headline(self) -> Episode | None:
        """Return what the page is about: what fires and pages, else what paged last."""
        alerts = [
            episode
            for episode in self._evaluator.episodes()
            if episode.paged_at is not None
            or (episode.state == "firing" and self._evaluator.rule(episode.name).pages)
        ]
        return alerts[0] if alerts else None

    def _paged_at(self) -> int | None:
        return max(self._pages(), default=None)

    def _pages(self) -> list[int]:
        every = self._evaluator.episodes()
        return [one.paged_at for one in every if one.paged_at is not None]

    def _is_acknowledged(self) -> bool:
        paged = self._paged_at()
        return paged is not None and (self._acknowledged_at or -1) >= paged

    def _state(self) -> str:
        paged, now = self._paged_at(), self._env.now
        if paged is None:
            return "quiet"
        episode = self._headline()
        # While the alert still fires nobody can call it over, however the users fare.
        fires = episode is not None and episode.state == "firing"
        for state, quiet_ms in (("resolved", RECOVERED_MS), ("mitigated", STABLE_MS)):
            bounds = self._signals["hurt"].extremes(now - quiet_ms, now)
            calm = bounds is not None and bounds.high <= self._objective.impact_threshold
            if calm and not fires and now - paged >= quiet_ms:
                return state
        return "acknowledged" if self._is_acknowledged() else "paged"

    def _alert(self, episode: Episode) -> Alert:
        fired = episode.fired_at if episode.fired_at is not None else episode.pending_since
        silenced = episode.ended is None and self._evaluator.is_silenced(episode.name)
        return Alert(
            name=episode.name,
            state=episode.state,
            since=fired,
            summary=f"{episode.summary} (silenced)" if silenced else episode.summary,
            severity=episode.severity,
            ended=episode.ended,
        )

    def _report(self, at: int, rule: AlertRule, state: str, value: float) -> None:
        number = f"{value * 100:.1f} %" if rule.conditions[0].threshold <= 1 else f"{value:.1f}"
        # A summary stands alone: how much it is would tell nights apart before anybody looked.
        text = rule.summary or f"{rule.name}: {number}"
        self._log.append(AlertRecord(at=at, alert=rule.name, state=state, text=text))

    def _hear(self, record: Record) -> None:
        if isinstance(record, AcknowledgeRecord):
            self._acknowledged_at = record.at

    def _next_change_id(self) -> str:
        numbers = [
            int(match[1]) for change in self._changes if (match := re.search(r"(\d+)$", change.id))
        ]
        return f"chg-{max(numbers) + 1 if numbers else FIRST_CHANGE_ID}"
