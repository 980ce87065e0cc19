"""The database's tables; the migrations beside this file bring an older database to them.

What is in an input or a cached value is text here and means nothing.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()
"""What the migrations are checked against."""

runs = Table(
    "runs",
    metadata,
    # Unguessable: it is also the run's address.
    Column("id", String(32), primary_key=True),
    # Whose run it is: the id in the holder's signed cookie, or `local` for the terminal.
    Column("holder", String(64), nullable=False, index=True),
    Column("scenario", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("engine", String(32), nullable=False),
    Column("who", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    # The simulated time that the run had reached when last seen.
    Column("sim_ms", BigInteger, nullable=False),
    Column("speed", Float, nullable=False),
    Column("closed", Boolean, nullable=False),
    # The process that has the run loaded; empty once it has let go.
    Column("owner", String(128), nullable=False),
    # Goes up with each owner; a write that carries an older one is refused.
    Column("fence", Integer, nullable=False),
    # When the run's time began (RFC 3339); empty: on the scenario's date.
    Column("epoch", String(32), nullable=False, server_default=""),
    # The run pauses at decision points; it is never compared with others.
    Column("practice", Boolean, nullable=False, server_default=false()),
    # The run of which this one shares everything up to the moment after it; empty: none.
    Column("parent", String(32), nullable=False, server_default=""),
    Column("branched_at", BigInteger, nullable=False, server_default="-1"),
    # The family of which this night was drawn, if it was not chosen by name.
    Column("mystery", String(64), nullable=False, server_default=""),
    # It came from elsewhere as a file.
    Column("adopted", Boolean, nullable=False, server_default=false()),
    # What its cluster is: `simulated`, or `kind` for a real one, whose evidence is kept.
    Column("backend", String(16), nullable=False, server_default="simulated"),
    # Its real cluster was let go before the run was closed; closing is all that is left.
    Column("interrupted", Boolean, nullable=False, server_default=false()),
    # Unix ms until which the claim of a process on another machine holds without renewal.
    Column("lease_ms", BigInteger, nullable=False),
)

inputs = Table(
    "inputs",
    metadata,
    Column("run", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("payload", Text, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    # Of runs on a real cluster, which nothing can make again: a record a row, a line of JSON.
    Column("run", String(32), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)

scenarios = Table(
    "scenarios",
    metadata,
    # What runs were played on, so that they can be scored when the files have changed.
    Column("digest", String(64), primary_key=True),
    Column("texts", Text, nullable=False),
)

shares = Table(
    "shares",
    metadata,
    # Unguessable: whoever has it may read the run's debrief, and nothing else.
    Column("token", String(32), primary_key=True),
    Column(
        "run", String(32), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("created_ms", BigInteger, nullable=False),
)

cache = Table(
    "cache",
    metadata,
    # Results that can be computed again: reference runs by (digest, seed, engine, player).
    Column("key", String(200), primary_key=True),
    Column("value", Text, nullable=False),
    # Unix ms, to the hour: what nobody has used for longest goes when there is too much.
    Column("used_ms", BigInteger, nullable=False, server_default="0", index=True),
    # Characters of the value.
    Column("size", BigInteger, nullable=False, server_default="0"),
)
