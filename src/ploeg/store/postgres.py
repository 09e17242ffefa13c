"""A PostgreSQL database: a pool of connections, each verb in a transaction of its own on a thread of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from ploeg.domain.errors import Invalid
from ploeg.store.faults import Translating, lost_a_race, lost_its_connection
from ploeg.store.info import EngineInfo
from ploeg.store.tables.types import from_json, to_json
from ploeg.store.threads import Threads
from ploeg.store.transaction import Transaction, Verb

#: More connections than this gain nothing: claims wait for each other's commits.
WRITERS = 8
READERS = 4
#: How often a verb is run anew that lost a race or its connection.
MAX_RUNS = 5

#: Nothing waits for ever: neither for a lock, nor for a client that went silent inside a transaction.
_SESSION = (
    "SET timezone = 'UTC'",
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '60s'",
)


class PostgresDatabase:
    def __init__(self, url: URL, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._engine = postgres_engine(url, pool_size=WRITERS + READERS)
        # A query sees one moment, as it does on SQLite.
        self._read_only = self._engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        self._writers = Threads(WRITERS, "ploeg-store-writer")
        self._readers = Threads(READERS, "ploeg-store-reader")

    async def write(self, verb: Verb[Any]) -> Any:
        return await self._writers.run(self.write_blocking, verb)

    def write_blocking(self, verb: Verb[Any]) -> Any:
        return self._perform(self._engine, verb)

    async def read(self, query: Verb[Any]) -> Any:
        return await self._readers.run(self.read_blocking, query)

    def read_blocking(self, query: Verb[Any]) -> Any:
        return self._perform(self._read_only, query)

    def engine_info(self) -> EngineInfo:
        version = self.read_blocking(lambda tx: tx.connection.exec_driver_sql("SHOW server_version").scalar_one())
        return EngineInfo("postgresql", str(version).split()[0], "psycopg")

    def close(self) -> None:
        self._writers.close()
        self._readers.close()
        self._engine.dispose()

    def _perform(self, engine: Engine, verb: Verb[Any]) -> Any:
        with Translating():
            return self._run(engine, verb)

    def _run(self, engine: Engine, verb: Verb[Any]) -> Any:
        for run in range(1, MAX_RUNS + 1):
            committing = False
            try:
                with engine.connect() as connection, connection.begin() as transaction:
                    tx = Transaction(connection, self._clock(), snapshot=engine is self._read_only)
                    value = verb(tx)
                    tx.events.flush()
                    committing = True
                    transaction.commit()
                    return value
            except Exception as error:
                # A connection that broke in the commit leaves open whether it was stored: the caller must ask.
                again = lost_a_race(error) or (lost_its_connection(error) and not committing)
                if run == MAX_RUNS or not again:
                    raise
            time.sleep(random.uniform(0, 0.005) * run)  # noqa: S311 - spreads the next tries, guards nothing
        raise AssertionError("unreachable")


def postgres_engine(url: URL, *, pool_size: int) -> Engine:
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10.0,
            connect_args={"connect_timeout": 10, "application_name": "ploeg"},
            json_serializer=to_json,
            json_deserializer=from_json,
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise Invalid("database_url", url.render_as_string(), "install ploeg[postgres] for PostgreSQL") from error
    event.listen(engine, "connect", _prepare_session)
    return engine


def _prepare_session(driver: Any, _record: object) -> None:
    for statement in _SESSION:
        driver.execute(statement)
    driver.commit()
