"""The database's tables; the migrations beside this file bring an older database to them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The metadata that the migrations are checked against."""


class RunTable(Base):
    """One run: who it is and where its clock stands."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Unguessable: it is also the run's address."""
    holder: Mapped[str] = mapped_column(String(64), index=True)
    """Whose run it is: the id in the holder's signed cookie, or `local` for the terminal."""
    scenario: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    seed: Mapped[int] = mapped_column(BigInteger)
    engine: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(64))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    sim_ms: Mapped[int] = mapped_column(BigInteger)
    """The simulated time that the run had reached when last seen."""
    speed: Mapped[float] = mapped_column(Float, default=1.0)
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    owner: Mapped[str] = mapped_column(String(128), default="")
    """The process that has the run loaded."""
    fence: Mapped[int] = mapped_column(Integer, default=0)
    """Goes up with each owner; a write that carries an older one is refused."""
    lease_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    """Unix ms until which the owner's claim holds without renewal."""


class InputTable(Base):
    """One input of a run."""

    __tablename__ = "inputs"

    run: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    payload: Mapped[str] = mapped_column(Text)


class CacheTable(Base):
    """Results that can be computed again: reference runs by (scenario digest, seed, engine, player)."""

    __tablename__ = "cache"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
