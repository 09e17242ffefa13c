"""Bringing an attempt's events to the server, in numbered chunks, without ever holding up the agent.

What the server has not acknowledged waits on disk (`spool.py`), for hours if need be, and is delivered after the
attempt's end or the worker's next start (`late.py`). What has no place there either, oldest first, is dropped and
counted in a note. The run log on this machine has all of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

from ploeg.domain.errors import PloegError, Unavailable
from ploeg.domain.event import AgentEvent
from ploeg.wire.work import EventChunk
from ploeg.worker import transcript
from ploeg.worker.client import WorkClient
from ploeg.worker.insist import Pauses
from ploeg.worker.runlog import utc_now
from ploeg.worker.spool import Spool, Spooled

logger = logging.getLogger(__name__)

#: Seconds that events may wait to be sent together.
GATHER = 0.25
CHUNK_BYTES = 256 * 1024
WAITING_BYTES = 4 * 1024 * 1024
#: Seconds for what is left when the attempt has ended.
LAST_SECONDS = 10.0


class Shipper:
    """Entered for the length of an attempt; on leaving, what is left is sent for a short while."""

    def __init__(
        self,
        client: WorkClient,
        attempt_id: str,
        spool: Spool,
        *,
        gather: float = GATHER,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._client = client
        self._attempt_id = attempt_id
        self._spool = spool
        self._gather = gather
        self._now = now
        #: Events as JSON that are in no chunk yet.
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._next = 0
        #: What the server adds to the numbers of chunks, e.g. after a restore from a backup.
        self._shift = 0
        self._arrived = asyncio.Event()
        self._spooled = asyncio.Event()
        self._closing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        name = f"shipper {self._attempt_id}"
        self._tasks = [asyncio.create_task(work(), name=name) for work in (self._put_by_as_they_come, self._send_all)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._arrived.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(LAST_SECONDS if error is None else 0):
                await asyncio.gather(*self._tasks)
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        self._put_by()
        self._spool.close()

    def add(self, events: Iterable[AgentEvent]) -> None:
        """What the agent said just now."""
        self._put(transcript.encode(events, self._now()))

    def note(self, action: str, **facts: Any) -> None:
        """Something that the worker did, for those who follow the transcript."""
        self._put([transcript.note(action, self._now(), facts)])

    def _put(self, events: Iterable[bytes]) -> None:
        for event in events:
            self._waiting.append(event)
            self._bytes += len(event)
        if self._bytes > WAITING_BYTES:
            self._put_by()
        while self._bytes > WAITING_BYTES and len(self._waiting) > 1:
            self._bytes -= len(self._waiting.popleft())
            self._dropped += 1
        if self._waiting:
            self._arrived.set()

    async def _put_by_as_they_come(self) -> None:
        while not self._closing.is_set():
            await self._arrived.wait()
            self._arrived.clear()
            if self._bytes < CHUNK_BYTES:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), self._gather)
            self._put_by()
            self._spooled.set()

    def _put_by(self) -> None:
        """Cuts what waits into chunks and puts them into the spool, as far as there is place."""
        while self._waiting:
            events = self._cut()
            if not self._spool.add(self._next, events):
                self._take_back(events)
                return
            self._next += 1
            self._dropped = 0

    def _cut(self) -> list[bytes]:
        events = []
        if self._dropped:
            events.append(transcript.note("events_dropped", self._now(), {"count": self._dropped}))
        taken = 0
        while self._waiting and taken < CHUNK_BYTES:
            event = self._waiting.popleft()
            taken += len(event)
            events.append(event)
        self._bytes -= taken
        return events

    def _take_back(self, events: list[bytes]) -> None:
        own = events[1:] if self._dropped else events
        self._waiting.extendleft(reversed(own))
        self._bytes += sum(map(len, own))

    async def _send_all(self) -> None:
        """Until the attempt closes and nothing is left, or the server refuses."""
        pauses = Pauses()
        while True:
            chunk = self._spool.first()
            if chunk is None:
                if self._closing.is_set() and not self._waiting:
                    return
                await self._more_in_the_spool()
                continue
            try:
                await self._send(chunk)
            except Unavailable as error:
                logger.debug("the transcript waits: %s", error, extra={"action": "transcript_waits"})
                await asyncio.sleep(pauses.next())
                continue
            except PloegError as error:
                # Superseded: what becomes of the attempt is the lease's affair, not the transcript's.
                logger.info("the transcript ends here: %s", error, extra={"action": "transcript_refused"})
                return
            pauses.reset()
            self._spool.drop()
            if self._waiting:
                self._arrived.set()

    async def _more_in_the_spool(self) -> None:
        if self._closing.is_set():
            self._put_by()
            return
        await self._spooled.wait()
        self._spooled.clear()

    async def _send(self, chunk: Spooled) -> None:
        """One chunk. Raw JSON goes into the message as it is, whatever the field's type says."""
        number, events = chunk.chunk + self._shift, cast(Any, chunk.events)
        reply = await self._client.ship(self._attempt_id, EventChunk(chunk=number, events=events))
        if reply.next_chunk != number + 1:
            # The server counts otherwise, e.g. after a restore from a backup: follow it, so that the rest is not lost.
            logger.warning("chunk %d is unexpected", number, extra={"action": "chunk_gap", "next": reply.next_chunk})
            self._shift += reply.next_chunk - number
            await self._client.ship(self._attempt_id, EventChunk(chunk=reply.next_chunk, events=events))
