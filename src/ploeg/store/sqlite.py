"""A SQLite file: one writer, a few readers, and the settings that make a commit mean what it says."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from queue import Empty, LifoQueue
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.engine import URL

from ploeg.domain.errors import Unavailable
from ploeg.store.faults import Translating
from ploeg.store.info import EngineInfo, sqlite_warnings
from ploeg.store.tables.types import from_json, to_json
from ploeg.store.threads import Threads
from ploeg.store.transaction import Transaction, Verb
from ploeg.store.writer import Writer

READERS = 4
#: Seconds that a connection waits for another's lock, and a reader for a free connection.
PATIENCE = 10.0

_FOR_ALL = ("PRAGMA foreign_keys = ON", "PRAGMA temp_store = MEMORY")
_FOR_THE_WRITER = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 67108864",
    *_FOR_ALL,
)
_FOR_READERS = ("PRAGMA query_only = ON", *_FOR_ALL)


class SqliteDatabase:
    """Connects with the first verb, so that the file can be brought up to date before."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._engine = sqlite_engine(path)
        self._writer = Writer(lambda: self._connect(_FOR_THE_WRITER), clock)
        self._idle: LifoQueue[Connection | None] = LifoQueue()
        for _ in range(READERS):
            self._idle.put(None)
        self._threads = Threads(READERS, "ploeg-store-reader")

    async def write(self, verb: Verb[Any]) -> Any:
        return await self._writer.write(verb)

    def write_blocking(self, verb: Verb[Any]) -> Any:
        return self._writer.write_blocking(verb)

    async def read(self, query: Verb[Any]) -> Any:
        return await self._threads.run(self.read_blocking, query)

    def read_blocking(self, query: Verb[Any]) -> Any:
        with Translating(), self._snapshot() as connection:
            return query(Transaction(connection, self._clock(), snapshot=True))

    def engine_info(self) -> EngineInfo:
        version = sqlite_module().sqlite_version
        return EngineInfo("sqlite", version, sqlite_module().__name__, sqlite_warnings(version))

    def close(self) -> None:
        self._threads.close()
        while not self._idle.empty():
            if connection := self._idle.get():
                connection.close()
        self._writer.close()

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """A reader's connection, which sees one moment of the database."""
        try:
            connection = self._idle.get(timeout=PATIENCE)
        except Empty:
            raise Unavailable("too many readers at once; try again") from None
        try:
            connection = connection or self._connect(_FOR_READERS)
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN")
            try:
                yield connection
            finally:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
        finally:
            self._idle.put(connection)

    def _connect(self, pragmas: Sequence[str]) -> Connection:
        connection = self._engine.connect()
        driver: Any = connection.connection.driver_connection
        for pragma in pragmas:
            driver.execute(pragma)
        return connection


def sqlite_module() -> ModuleType:
    """pysqlite3, which brings a newer SQLite, where it is installed; else the standard library's."""
    try:
        return import_module("pysqlite3")
    except ImportError:
        return sqlite3


def sqlite_engine(path: Path) -> Engine:
    """Connections that begin and commit nothing by themselves."""
    return create_engine(
        URL.create("sqlite", database=str(path)),
        module=sqlite_module(),
        poolclass=NullPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": PATIENCE, "cached_statements": 512},
        json_serializer=to_json,
        json_deserializer=from_json,
        hide_parameters=True,
    )


def make_private_file(path: Path) -> None:
    """The database holds people's work: nobody else on the machine may read it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Unavailable(f"the database {path} cannot be opened: {error.strerror}") from error
