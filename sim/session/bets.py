"""Bets on what a dashboard will show: `errors < 1% in 2m, 80 sure`, read and settled when due.

Nobody in the scenario hears of one, nothing in the cluster changes by it, and no point depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import simpy

from sim.client.doors import Series, Telemetry
from sim.evidence import BetRecord, EvidenceLog, OutcomeRecord, Record
from sim.kernel import Environment, parse_duration_ms
from sim.session import panels

EXAMPLE = 'incident bet "errors < 1% in 2m" --sure 80'
LONGEST_MS = 60 * 60_000
"""A bet is on this hour."""
_BET = re.compile(
    r"""\s*(?:(?:i\s+)?(?:bet|expect)\s+)?
    (?:(?P<metric>[a-z][a-z0-9_]*)(?:\s+by\s+(?P<by>[a-z]+))?
    \s*(?:is\s+|goes\s+|falls\s+|rises\s+)?)?
    (?:\d{1,9}(?:[.,]\d{1,6})?\s*(?:%\s*)?->\s*)?(?P<sign><=?|>=?|under\b|below\b|over\b|above\b)
    \s*(?P<number>\d{1,9}(?:[.,]\d{1,6})?)\s*(?P<unit>%|ms|s|/s)?
    \s+(?:with)?in\s+(?P<span>\d{1,5}\s*(?:ms|min|[smh])?)
    (?:\s*[,;]?\s*(?:--sure\s+)?(?P<sure>\d{1,3})\s*%?(?:\s*sure)?)?\s*""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bet:
    """A bet as it was read."""

    metric: str
    by: str
    below: float | None
    above: float | None
    within_ms: int
    sure: int


def read_bet(
    text: str,
    by: str = "",
    sure: int | None = None,
    among: Sequence[panels.Metric] = panels.METRICS,
) -> Bet:
    """Return what *text* bets on; *by* and *sure* stand for what the text does not say.

    *among* are the charts that the dashboard has.

    Raises:
        ValueError: if it cannot be read, in words for whoever wrote it.
    """
    found = _BET.fullmatch(text)
    if found is None:
        msg = f"cannot read the bet {text[:80]!r}: METRIC < NUMBER in TIME, e.g. {EXAMPLE}"
        raise ValueError(msg)
    # What is meant where no figure is named: the one that paged.
    name = (found["metric"] or panels.METRICS[0].id).lower()
    metric, unit = _metric(name, among)
    split = _split(name, (found["by"] or by).lower())
    number = _number(found["number"], (found["unit"] or "").lower(), unit)
    low = found["sign"].lower() in ("<", "<=", "under", "below")
    certain = int(found["sure"]) if found["sure"] else sure
    if certain is None:
        msg = "how sure are you, from 0 to 100? e.g. --sure 80"
        raise ValueError(msg)
    if not 0 <= certain <= 100:
        msg = f"--sure {certain}: from 0 to 100 per cent"
        raise ValueError(msg)
    return Bet(
        metric=metric,
        by=split,
        below=number if low else None,
        above=None if low else number,
        within_ms=_span(found["span"]),
        sure=certain,
    )


def _metric(name: str, among: Sequence[panels.Metric]) -> tuple[str, str]:
    """Return what the telemetry calls *name*, and its unit."""
    for metric in among:
        if name in metric.metrics:
            return name, metric.unit
        if name == metric.id:
            # Of several lines the last is the one that hurts: p99 of p50 and p99.
            return metric.metrics[-1], metric.unit
    known = ", ".join(metric.id for metric in among)
    msg = f"no figure {name!r} to bet on; there are: {known}"
    raise ValueError(msg)


def _split(name: str, by: str) -> str:
    metric = next(one for one in panels.METRICS if name == one.id or name in one.metrics)
    if by in metric.splits:
        return by
    if not by:
        return metric.splits[0]
    able = ", ".join(filter(None, metric.splits)) or "nothing"
    msg = f"{name} cannot be split by {by!r}; by: {able}"
    raise ValueError(msg)


def _number(digits: str, given: str, unit: str) -> float:
    number = float(digits.replace(",", "."))
    if unit == "%" and number > 100:
        msg = f"a share is at most 100 %, so {digits} says nothing"
        raise ValueError(msg)
    if given == "s" and unit == "ms":
        return number * 1000
    if given and given != unit:
        msg = f"a limit in {given!r}, but this figure is {_in_words(unit)}"
        raise ValueError(msg)
    return number / 100 if unit == "%" else number


def says_more(bet: Bet, telemetry: Telemetry, now: int) -> bool:
    """Return whether *bet* says more than that a figure goes on as it was for the whole last hour.

    Who bets that a share stays below 100 % is right without knowing anything.
    """
    end = now - now % panels.STEP_MS
    lines = telemetry.query(
        bet.metric, by=bet.by, start=end - panels.WINDOW_MS, end=end, step=panels.STEP_MS
    )
    values: dict[int, list[float]] = {}
    for line in lines:
        for at, value in line.points:
            if value is not None:
                values.setdefault(at, []).append(value)
    was = {holds(bet, decisive(bet, found)) for found in values.values()}
    return was != {bet.sure >= 50}


def again(bet: Bet, log: EvidenceLog, now: int) -> int | None:
    """Return when the same bet is read that was made before, at about the same time; None without one."""
    limit = (bet.metric, bet.by, bet.below, bet.above)
    for one in log.of(BetRecord):
        due = one.at + one.within_ms
        same = limit == (one.metric, one.by, one.below, one.above)
        if same and due > now and abs(now + bet.within_ms - due) < panels.MINUTE_MS:
            return due
    return None


def _in_words(unit: str) -> str:
    return {"%": "a share, in %", "/s": "a rate, per s", "ms": "a time, in ms"}.get(unit, "a count")


def _span(text: str) -> int:
    plain = text.replace(" ", "").lower().replace("min", "m")
    span = parse_duration_ms(plain if plain[-1].isalpha() else f"{plain}m")
    if not 0 < span <= LONGEST_MS:
        msg = f"a bet is on the next hour at most, not on {text.strip()!r}"
        raise ValueError(msg)
    return span


class Bookmaker:
    """Reads the figure when a bet's time has come, and writes down how it went."""

    def __init__(self, env: Environment, telemetry: Telemetry, log: EvidenceLog) -> None:
        """Listen to *log* from now on."""
        self._env = env
        self._telemetry = telemetry
        self._log = log
        log.listen(self._hear)

    def _hear(self, record: Record) -> None:
        if isinstance(record, BetRecord):
            self._env.spawn(self._settling(record))

    def _settling(self, bet: BetRecord) -> Generator[simpy.Event, None, None]:
        yield self._env.timeout(bet.within_ms)
        now = self._env.now
        end = now - now % panels.STEP_MS
        found = self._telemetry.query(
            bet.metric, by=bet.by, start=end, end=end, step=panels.STEP_MS
        )
        value = _deciding(bet, list(found))
        right = None if value is None else holds(bet, value)
        self._log.append(OutcomeRecord(at=now, input=bet.input, value=value, right=right))


def _deciding(bet: BetRecord, lines: list[Series]) -> float | None:
    """Return the value on which the bet hangs: the line that is furthest from coming true."""
    values = [line.points[-1][1] for line in lines if line.points]
    known = [value for value in values if value is not None]
    return decisive(bet, known) if known else None


def decisive(bet: Bet | BetRecord, values: list[float]) -> float:
    """Return of several lines' values the one that is furthest from coming true."""
    return max(values) if bet.below is not None else min(values)


def holds(bet: Bet | BetRecord, value: float) -> bool:
    """Return whether *bet* is true of a value."""
    if bet.below is not None:
        return value < bet.below
    return bet.above is not None and value > bet.above


def unit_of(metric: str) -> str:
    """Return the unit of a telemetry's metric: `%`, `/s`, `ms` or empty; also if it is not shown any more."""
    try:
        return _metric(metric, panels.METRICS)[1]
    except ValueError:
        return ""


def told(bet: BetRecord) -> str:
    """Return the bet in words, e.g. `errors by route < 1 % in 2m, 80 % sure`."""
    unit = unit_of(bet.metric)
    limit = panels.value_text(unit, bet.below if bet.below is not None else bet.above)
    sign = "<" if bet.below is not None else ">"
    by = f" by {bet.by}" if bet.by else ""
    span = panels.span_text(bet.within_ms)
    return f"{bet.metric}{by} {sign} {limit} in {span}, {bet.sure} % sure"
