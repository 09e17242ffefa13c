"""The store: verbs go in, commits come out. Whether SQLite or PostgreSQL keeps the rows, nobody outside can tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from ploeg.domain.errors import Unavailable
from ploeg.store.address import address
from ploeg.store.info import EngineInfo
from ploeg.store.migrate import migrate_postgres, migrate_sqlite
from ploeg.store.postgres import PostgresDatabase
from ploeg.store.sqlite import SqliteDatabase
from ploeg.store.transaction import Verb, utc_now

T = TypeVar("T")


class Database(Protocol):
    async def write(self, verb: Verb[Any]) -> Any: ...
    def write_blocking(self, verb: Verb[Any]) -> Any: ...
    async def read(self, query: Verb[Any]) -> Any: ...
    def read_blocking(self, query: Verb[Any]) -> Any: ...
    def engine_info(self) -> EngineInfo: ...
    def close(self) -> None: ...


class Store:
    """Every verb is one transaction. A `PloegError` that a verb raises comes out as it is, and nothing was stored.

    `Unavailable` says that the database does not answer: of a write that was under way nobody knows then whether it
    was stored, so ask before repeating what must not happen twice.
    """

    def __init__(self, database: Database) -> None:
        self._open_database: Database | None = database

    @classmethod
    def open(cls, url: str, *, backup: bool = True, clock: Callable[[], datetime] = utc_now) -> Self:
        """Opens `sqlite:///path` or `postgresql://…` and brings its tables up to date.

        `backup` copies a SQLite file that holds data before a migration changes it.
        """
        parsed = address(url)
        if parsed.get_backend_name() == "sqlite":
            path = Path(parsed.database or "").absolute()
            migrate_sqlite(path, backup=backup)
            return cls(SqliteDatabase(path, clock))
        migrate_postgres(parsed)
        return cls(PostgresDatabase(parsed, clock))

    async def write(self, verb: Verb[T]) -> T:
        """Runs the verb and returns what it returned, after the commit that holds it."""
        value: T = await self._database.write(verb)
        return value

    def write_blocking(self, verb: Verb[T]) -> T:
        """`write`, for a thread without an event loop."""
        value: T = self._database.write_blocking(verb)
        return value

    async def read(self, query: Verb[T]) -> T:
        """Runs a query that changes nothing."""
        value: T = await self._database.read(query)
        return value

    def read_blocking(self, query: Verb[T]) -> T:
        value: T = self._database.read_blocking(query)
        return value

    def engine_info(self) -> EngineInfo:
        return self._database.engine_info()

    def close(self) -> None:
        """Waits for the verbs under way; later ones are `Unavailable`."""
        database, self._open_database = self._open_database, None
        if database is not None:
            database.close()

    @property
    def _database(self) -> Database:
        if self._open_database is None:
            raise Unavailable("the store is closed")
        return self._open_database
