"""The slots of a connection pool: opened together, each replaced at its age, dead while that fails.

Ages are HikariCP's (`HikariPool.createPoolEntry`): every connection lives `maxLifetime` less a drawn
part of up to 2.5 % of it. So is the patience after a failure (`HikariPool.PoolEntryCreator`): one
attempt at a time for the whole pool, after 250 ms, then half as long again up to some seconds.

This file must not know databases, passwords or networks.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.kernel import Stream

VARIANCE = 40
"""A lifetime is shortened by less than one fortieth of it."""
SHORTEST_VARIED_MS = 10_000
"""Lifetimes up to this are not varied."""
FIRST_RETRY_MS = 250
GROWTH = 1.5
SLOWEST_RETRY_MS = 5_000
MANY = 12
"""After so many replacements the sum of the drawn parts is taken as normal (ours)."""


@dataclass(slots=True)
class Slot:
    """The place of one connection; a worker keeps its slot."""

    number: int
    opened_at: int = 0
    until: int = 0
    """When it is due to be replaced."""
    turn: int = 0
    """How many connections it has had."""
    alive: bool = False


class Pool:
    """All slots of one instance of an application."""

    def __init__(self, size: int, lifetime_ms: int, stream: Stream) -> None:
        """Hold no connection yet."""
        self.slots = [Slot(number) for number in range(size)]
        self._lifetime = lifetime_ms
        self._stream = stream
        self._opened = False
        self._retry = 0
        self.retry_at: int | None = None
        """When the next attempt is made to fill dead slots; None while there are none."""

    @property
    def dead(self) -> int:
        """How many slots have no connection although the pool is open."""
        return sum(not slot.alive for slot in self.slots) if self._opened else 0

    @property
    def live(self) -> list[Slot]:
        """The slots that have a connection, by number."""
        return [slot for slot in self.slots if slot.alive]

    def open(self, now: int) -> None:
        """Open every slot at *now*."""
        self._opened = True
        self.settle()
        for slot in self.slots:
            self.fill(slot, now)

    def adopt(self, started_at: int, now: int) -> None:
        """Be as a pool that was opened at *started_at*, long ago: its slots have drifted apart."""
        self._opened = True
        for slot in self.slots:
            age = self._age(slot, now - started_at)
            slot.opened_at, slot.alive = now - age, True
            slot.until = max(now + 1, slot.opened_at + self._life(slot))

    def close(self) -> None:
        """Lose every connection."""
        self._opened = False
        self.settle()
        for slot in self.slots:
            slot.alive = False

    def fill(self, slot: Slot, now: int) -> None:
        """Give *slot* a new connection."""
        slot.turn += 1
        slot.opened_at, slot.alive = now, True
        slot.until = now + self._life(slot)

    def due(self, now: int) -> list[Slot]:
        """Return the slots whose connection has reached its age."""
        return [slot for slot in self.slots if slot.alive and slot.until <= now]

    def next_at(self) -> int | None:
        """Return when something is next to be done; None while the pool is closed."""
        if not self._opened:
            return None
        times = [slot.until for slot in self.slots if slot.alive]
        if self.retry_at is not None:
            times.append(self.retry_at)
        return min(times, default=None)

    def failed(self, now: int) -> None:
        """Note that an attempt failed: the next one comes later."""
        self._retry = min(int(self._retry * GROWTH), SLOWEST_RETRY_MS) or FIRST_RETRY_MS
        self.retry_at = now + self._retry

    def settle(self) -> None:
        """Note that nothing is missing any more."""
        self.retry_at, self._retry = None, 0

    def _life(self, slot: Slot) -> int:
        if self._lifetime <= SHORTEST_VARIED_MS:
            return self._lifetime
        spread = self._lifetime // VARIANCE
        return self._lifetime - self._stream.at(slot.number, slot.turn).integer(0, spread - 1)

    def _age(self, slot: Slot, since: int) -> int:
        """Return how old the slot's connection is after *since* ms of replacing."""
        spread = self._lifetime / VARIANCE if self._lifetime > SHORTEST_VARIED_MS else 0.0
        mean = self._lifetime - spread / 2
        turns = int(since / mean)
        draw = self._stream.at("past", slot.number)
        if turns <= MANY:
            shift = sum(draw.unit(turn) for turn in range(turns)) - turns / 2
        else:
            # Four uniform numbers make a fair bell of variance 1/3; the sum has turns/12.
            bell = sum(draw.unit(number) for number in range(4)) - 2.0
            shift = bell * (turns / 4) ** 0.5
        return int((since - turns * mean + shift * spread) % mean)
