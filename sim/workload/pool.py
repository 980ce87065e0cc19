"""A pool of database sessions: opened together, each replaced at its age, given up after too long without any.

Ages and the patience after a failure are those of the simulated pool. This file must not know requests.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sim.workload.dialling import Unconnected
from sim.workload.life import unless
from sim.workload.session import Lost, Refused, Session

VARIANCE = 40
MANY = 12
"""After so many replacements the sum of what was drawn is taken as normal."""
FIRST_RETRY_S = 0.25
GROWTH = 1.5
SLOWEST_RETRY_S = 5.0
TOGETHER_S = 0.05
"""Sessions that end so close to each other have one reason."""
QUERY = "SELECT 1"
DIAL_WORDS = {
    "ECONNREFUSED": "database connection refused",
    "ETIMEDOUT": "database connection timed out",
    "EHOSTUNREACH": "database host unreachable",
    "ENOTFOUND": "database host not found",
}
Used = Literal["ok", "starved", "waited"]
"""How a request fared: `starved` met a slot without a session; `waited` waited in vain."""


class Login(NamedTuple):
    """Where and as whom."""

    host: str
    port: int
    user: str
    password: str
    database: str


class Patience(NamedTuple):
    """The pool's times, in seconds."""

    connect: float
    acquire: float
    reconnect_for: float
    reconnect_every: tuple[float, float]
    lifetime: float


@dataclass(slots=True, eq=False)
class Slot:
    """The place of one session."""

    session: Session | None = None
    until: float = 0.0
    used: asyncio.Lock = field(default_factory=asyncio.Lock)


class Failed(Exception):  # noqa: N818 - told to a log
    """A session could not be had; the text says why, in the log's words."""

    def __init__(self, text: str, *, login: bool) -> None:
        """Keep the words; *login*: the server was there and refused."""
        super().__init__(text)
        self.login = login


class Pool:
    """The sessions of one process."""

    def __init__(
        self, size: int, login: Login, patience: Patience, say: Callable[[str, str], None]
    ) -> None:
        """Hold nothing yet; *say* writes a line of a level."""
        self._slots = [Slot() for _ in range(size)]
        self._login = login
        self._patience = patience
        self._say = say
        self._changed = asyncio.Event()
        self._retry_s = 0.0
        self._retry_at = 0.0
        self._available = asyncio.Event()
        """Clear while there is no session at all."""
        self._empty = asyncio.Event()
        """Set from the loss of the last session on."""

    @property
    def where(self) -> str:
        """Return the address, as logs name it."""
        return f"{self._login.host}:{self._login.port}"

    async def open(self) -> None:
        """Open every slot.

        Raises:
            Failed: if the first one cannot be.
        """
        await self._fill(self._slots[0])
        await self._fill_others()

    def grow_old(self, seconds: float) -> None:
        """Be as a pool that was opened so long ago: its sessions do not come of age together any more."""
        now = time.monotonic()
        for slot in self._slots:
            slot.until = max(now, now + self._life() - self._age(seconds))
        self._changed.set()

    async def keep(self) -> str:
        """Replace sessions that are lost or too old; return why, once none could be had for too long."""
        while True:
            due = [slot.until for slot in self._slots if slot.session is not None]
            if self._retry_at:
                due.append(self._retry_at)
            try:
                wait = max(0.0, min(due, default=0.0) - time.monotonic())
                await asyncio.wait_for(self._changed.wait(), wait)
                await asyncio.sleep(TOGETHER_S)
            except TimeoutError:
                pass
            self._changed.clear()
            now = time.monotonic()
            for slot in self._slots:
                if slot.session is not None and slot.until <= now and not slot.used.locked():
                    slot.session.close()
                    slot.session = None
            if self._empty.is_set():
                why = await self._reconnect()
                if why:
                    return why
            await self._refill()

    async def use(self) -> Used:
        """Ask the database something, as a request does."""
        patience = self._patience
        until = time.monotonic() + patience.acquire
        while (left := until - time.monotonic()) > 0:
            if not self._available.is_set():
                try:
                    await asyncio.wait_for(self._available.wait(), left)
                except TimeoutError:
                    return "waited"
            slot = random.choice(self._slots)
            if slot.used.locked():
                slot = next((one for one in self._slots if not one.used.locked()), slot)
            async with slot.used:
                if slot.session is None:
                    if not self._available.is_set():
                        continue
                    return "starved"
                try:
                    await slot.session.ask(QUERY, min(patience.acquire, 5.0))
                except Lost:
                    continue
                except Refused:
                    return "starved"
                return "ok"
        return "waited"

    def close(self) -> None:
        """End every session in order."""
        for slot in self._slots:
            if slot.session is not None:
                slot.session.close()
                slot.session = None

    # -- inside ----------------------------------------------------------------------------------

    async def _fill(self, slot: Slot, seconds: float = 0.0) -> None:
        login, patience = self._login, self._patience
        try:
            slot.session = await Session.open(
                login.host,
                login.port,
                user=login.user,
                password=login.password,
                database=login.database,
                seconds=seconds or patience.connect,
                lost=self._lose,
            )
        except Unconnected as error:
            where = login.host if error.errno == "ENOTFOUND" else self.where
            text = f"{DIAL_WORDS[error.errno]}: {error.errno} {where}"
            raise Failed(text, login=False) from None
        except Refused as error:
            told = error.told
            text = f"{told.severity}:  {told.message} (SQLSTATE {told.code})"
            raise Failed(f"database login failed: {self.where}: {text}", login=True) from None
        slot.until = time.monotonic() + self._life()

    def _life(self) -> float:
        return self._patience.lifetime * (1 - random.random() / VARIANCE)

    def _age(self, seconds: float) -> float:
        """Return how old a session is after so long, in which others were there before it."""
        lifetime = self._patience.lifetime
        spread = lifetime / VARIANCE
        mean = lifetime - spread / 2
        turns = int(seconds / mean)
        if turns <= MANY:
            drift = sum(random.random() for _ in range(turns)) - turns / 2
        else:
            drift = random.gauss(0.0, (turns / 12) ** 0.5)
        return (seconds - turns * mean + drift * spread) % mean

    async def _fill_others(self) -> None:
        """Open all other slots at once, and let requests in; a slot that failed is looked after later."""
        others = (self._fill(slot) for slot in self._slots[1:])
        await asyncio.gather(*others, return_exceptions=True)
        self._empty.clear()
        self._available.set()

    def _lose(self, session: Session) -> None:
        for slot in self._slots:
            if slot.session is session:
                slot.session = None
        if all(slot.session is None for slot in self._slots):
            self._lose_all()
        self._changed.set()

    def _lose_all(self) -> None:
        self._available.clear()
        self._empty.set()

    async def _refill(self) -> None:
        """Fill the empty slots until one cannot be; then later again."""
        empty = [slot for slot in self._slots if slot.session is None]
        if not empty:
            self._retry_at = self._retry_s = 0.0
            return
        if self._retry_at > time.monotonic():
            return
        missing = self._retry_at > 0
        for slot in empty:
            try:
                if not await unless(self._empty, self._fill(slot)):
                    return
            except Failed as failed:
                self._retry_s = (
                    min(self._retry_s * GROWTH, SLOWEST_RETRY_S) if missing else FIRST_RETRY_S
                )
                self._retry_at = time.monotonic() + self._retry_s
                dead = sum(one.session is None for one in self._slots)
                size = len(self._slots)
                if dead == size and not failed.login:
                    # Refused logins alone leave it waiting; now the server is away as well.
                    self._lose_all()
                    self._changed.set()
                    return
                self._say("ERROR", f"{failed}, {dead} of {size} pool connections missing")
                return
        self._retry_at = self._retry_s = 0.0
        if missing:
            size = len(self._slots)
            self._say("INFO", f"database pool complete again ({size} of {size} connections)")

    async def _reconnect(self) -> str:
        """Try again and again; return why it was given up, empty when there is a session again."""
        patience = self._patience
        self._available.clear()
        self._retry_at = self._retry_s = 0.0
        began = time.monotonic()
        until = began + patience.reconnect_for
        self._say("WARN", "database connection lost, reconnecting")
        while True:
            try:
                left = max(0.001, until - time.monotonic())
                await self._fill(self._slots[0], min(patience.connect, left))
            except Failed as failed:
                why = str(failed)
            else:
                await self._fill_others()
                seconds = time.monotonic() - began
                self._say("INFO", f"database connection restored after {seconds:.1f}s")
                return ""
            left = until - time.monotonic()
            await asyncio.sleep(max(0.0, min(random.uniform(*patience.reconnect_every), left)))
            if time.monotonic() >= until:
                return why
