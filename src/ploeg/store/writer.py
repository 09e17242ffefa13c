"""The one writer of a SQLite file: a thread that lets verbs which wait at the same time share one commit.

Every verb runs in a savepoint of its own, so a failing one takes nothing of the others with it, and nobody is told of
success before the commit that holds it is on disk.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ploeg.domain.errors import Unavailable
from ploeg.store.faults import translated
from ploeg.store.transaction import Transaction, Verb

#: Most verbs that share a commit, and the seconds after which no more join: nobody waits for a long batch.
MAX_BATCH = 64
MAX_BATCH_SECONDS = 0.05


class Writer:
    """`connect` opens the only connection that writes. After a failure of the database it is opened anew."""

    def __init__(self, connect: Callable[[], Connection], clock: Callable[[], datetime]) -> None:
        self._connect = connect
        self._clock = clock
        self._connection: Connection | None = None
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._closing = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="ploeg-store-writer", daemon=True)
        self._thread.start()

    async def write(self, verb: Verb[Any]) -> Any:
        loop = asyncio.get_running_loop()
        request = _Request(verb, loop.create_future(), loop)
        self._submit(request)
        return await request.future

    def write_blocking(self, verb: Verb[Any]) -> Any:
        request = _Request(verb, Future(), None)
        self._submit(request)
        return request.future.result()

    def close(self) -> None:
        """Lets everything that waits be written, then stops."""
        with self._door:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
        self._thread.join()

    def _submit(self, request: _Request) -> None:
        with self._door:
            if self._closing:
                raise Unavailable("the store is closed")
            self._queue.put(request)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            _tell(self._commit_together(first))
        self._disconnect()

    def _commit_together(self, first: _Request) -> list[_Request]:
        """Runs that request and those that wait with it, and commits them; each of them then has its answer."""
        batch: list[_Request] = [first]
        try:
            connection = self._connection = self._connection or self._connect()
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("BEGIN IMMEDIATE")
            self._perform(first, connection, driver)
            for request in self._arriving():
                batch.append(request)
                self._perform(request, connection, driver)
            driver.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - whatever it was, nobody may be told that it was stored
            self._disconnect()
            for request in batch:
                request.error = request.error or _not_stored(error)
        return batch

    def _arriving(self) -> Iterator[_Request]:
        """Requests that wait already, in order, up to the limits of a batch."""
        until = time.monotonic() + MAX_BATCH_SECONDS
        for _ in range(MAX_BATCH - 1):
            try:
                request = self._queue.get_nowait()
            except Empty:
                return
            if request is None:
                self._queue.put(None)
                return
            yield request
            if time.monotonic() > until:
                return

    def _perform(self, request: _Request, connection: Connection, driver: Any) -> None:
        """Runs one verb in its savepoint. Raises only when the whole transaction is lost."""
        if request.future.cancelled():
            return
        driver.execute("SAVEPOINT verb")
        tx = Transaction(connection, self._clock())
        try:
            request.value = request.verb(tx)
            tx.events.flush()
        except BaseException as error:  # noqa: BLE001 - it belongs to the caller
            request.error = translated(error)
            driver.execute("ROLLBACK TO verb")
        driver.execute("RELEASE verb")

    def _disconnect(self) -> None:
        """Closing also rolls back what was not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()


class _Request:
    """A verb on its way through the writer, and who waits for it."""

    __slots__ = ("error", "future", "loop", "value", "verb")

    def __init__(self, verb: Verb[Any], future: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        self.verb = verb
        self.future = future
        self.loop = loop
        self.value: Any = None
        self.error: BaseException | None = None

    def answer(self) -> None:
        if self.future.cancelled():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


def _tell(batch: list[_Request]) -> None:
    """Each caller in its own event loop, which is woken once for all of its callers."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[_Request]] = {}
    for request in batch:
        by_loop.setdefault(request.loop, []).append(request)
    for loop, requests in by_loop.items():
        if loop is None:
            _answer(requests)
        else:
            with suppress(RuntimeError):  # that loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(_answer, requests)


def _answer(requests: list[_Request]) -> None:
    for request in requests:
        request.answer()


def _not_stored(error: BaseException) -> Unavailable:
    reason = translated(error)
    if not isinstance(reason, Unavailable):
        reason = Unavailable("the database gave the transaction up; nothing of it was stored")
    reason.__cause__ = error
    return reason
