"""Brings a database's tables up to date at start: one process at a time, and after a copy of what there was."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import URL

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.store.address import address
from ploeg.store.copy import copy_sqlite
from ploeg.store.dialects import Lock
from ploeg.store.faults import Translating
from ploeg.store.postgres import postgres_engine
from ploeg.store.sqlite import make_private_file, sqlite_engine
from ploeg.store.tables import metadata

#: Seconds to wait for another process that migrates the same database.
PATIENCE = 120.0

_SCRIPTS = Path(__file__).parent / "migrations"

log = structlog.get_logger("ploeg.store")


def migrate_sqlite(path: Path, *, backup: bool) -> None:
    """Makes or updates the file. Raises `Unavailable` when it cannot be written, `Invalid` when it is not Ploeg's."""
    make_private_file(path)
    engine = sqlite_engine(path)
    event.listen(engine, "begin", _begin_immediate)
    with Translating(), _file_lock(path), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute("PRAGMA synchronous = FULL")
        # A table that a migration builds anew would take the rows that refer to it along.
        driver.execute("PRAGMA foreign_keys = OFF")
        current, pending = _state(connection)
        if pending and current and backup:
            _copy(path, current)
        if pending:
            _bring_up_to_date(connection, current)


def migrate_postgres(url: URL) -> None:
    """Makes or updates the tables of that database."""
    engine = postgres_engine(url, pool_size=1)
    try:
        with Translating(), engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = '{PATIENCE:.0f}s'"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": int(Lock.MIGRATION)})
            connection.commit()
            current, pending = _state(connection)
            if pending:
                _bring_up_to_date(connection, current)
    finally:
        engine.dispose()


def revision_of(url: str) -> str | None:
    """The revision of that database's tables, at rest or in use; None: it holds none of Ploeg's."""
    where = address(url)
    if where.get_backend_name() == "sqlite":
        engine = sqlite_engine(Path(where.database or ""))
    else:
        engine = postgres_engine(where, pool_size=1)
    try:
        with Translating(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def configuration(connection: Connection) -> Config:
    """Alembic's, for the migrations that come with this program."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _state(connection: Connection) -> tuple[str | None, bool]:
    """The revision that the database has, and whether it lacks some."""
    scripts = ScriptDirectory.from_config(configuration(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    tables = inspect(connection).get_table_names()
    connection.rollback()
    if current is None and tables:
        raise Invalid("database_url", connection.engine.url.database, "it holds another program's tables")
    try:
        scripts.get_revision(current or "base")
    except CommandError:
        remedy = f"a newer Ploeg wrote it (revision {current}); install that one again, or restore the copy it made"
        raise Invalid("database_url", connection.engine.url.database, remedy) from None
    return current, current != scripts.get_current_head()


def _bring_up_to_date(connection: Connection, current: str | None) -> None:
    """A new database gets its tables as they are now: step by step it takes ten times as long."""
    if current is None:
        metadata.create_all(connection)
        command.stamp(configuration(connection), "head")
    else:
        command.upgrade(configuration(connection), "head")
    connection.commit()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _copy(path: Path, revision: str) -> None:
    """A copy beside the file, named after its revision and the moment."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = path.with_name(f"{path.name}.{revision}.{moment}.backup")
    copy_sqlite(path, target)
    log.info("the database was copied before its migration", copy=str(target), revision=revision)


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Unavailable(f"another process has been migrating {path} for too long") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
