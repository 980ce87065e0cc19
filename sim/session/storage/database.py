"""Opens a database and brings its tables up to date, whoever else opens it at the same moment.

Nothing here knows what the tables hold.
"""

from __future__ import annotations

import time
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

HEAD = "0006"
"""The newest migration; a database that stands there is opened without loading alembic."""
_WRITES = "uncordon_writes"
_ATTEMPTS = 20


class UnusableDatabaseError(RuntimeError):
    """Why a database cannot be used, in one line for whoever named it; without its password."""


def open_database(url: str) -> Engine:
    """Return an engine for *url* (SQLAlchemy's form) whose tables are up to date.

    Raises:
        UnusableDatabaseError: if there is no such database, or this process may not use it.
    """
    try:
        engine = _engine(url)
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise _unusable(url, error) from error
    try:
        _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise _unusable(url, error) from error
    return engine


def shown_url(url: str) -> str:
    """Return *url* without its password, for messages."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return url


def _unusable(url: str, error: Exception) -> UnusableDatabaseError:
    cause = getattr(error, "orig", None) or error
    reason = str(cause).strip().partition("\n")[0]
    return UnusableDatabaseError(f"cannot use the database {shown_url(url)}: {reason}")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return _sqlite(create_engine(parsed, connect_args={"timeout": 10}))


def writing(engine: Engine) -> Engine:
    """Return *engine* for transactions that write: on SQLite they take the write lock at once."""
    return engine.execution_options(**{_WRITES: True})


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # Transactions begin where we say, also around DDL; Python's driver would begin them later.
        connection.isolation_level = None
        # WAL: a commit survives kill -9 without an fsync of the main file, and readers never wait.
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA busy_timeout=10000")
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that becomes a writer would fail at once if another wrote in between.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(engine: Engine) -> None:
    """Bring the tables to HEAD; a step that fails because another process takes it is tried again.

    Raises:
        DBAPIError: if the database cannot be used.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    for attempt in range(_ATTEMPTS):
        try:
            with writing(engine).begin() as connection:
                if _revision(connection) != HEAD:
                    _upgrade(connection)
        except DBAPIError:
            if attempt == _ATTEMPTS - 1 or not _another_is_at_it(engine):
                raise
            time.sleep(0.1)
        else:
            return


def _another_is_at_it(engine: Engine) -> bool:
    """Return whether the database answers, so that the failure may have been a collision."""
    try:
        with engine.connect() as connection:
            connection.execute(text("select 1"))
    except DBAPIError:
        return False
    return True


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("select version_num from alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second that only old tables need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("sim.session.storage") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
