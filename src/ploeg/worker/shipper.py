"""Bringing an attempt's events to the server, in numbered chunks, without ever holding up the agent.

What is waiting is bounded: when the server is away for long, the oldest events that it has not seen are dropped and
counted in a note. The run log on this machine has them all.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

import msgspec

from ploeg.domain.errors import PloegError
from ploeg.domain.event import AgentEvent
from ploeg.wire.work import EventChunk
from ploeg.worker import transcript
from ploeg.worker.client import WorkClient
from ploeg.worker.insist import insist
from ploeg.worker.runlog import utc_now

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
        self, client: WorkClient, attempt_id: str, *, gather: float = GATHER, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._client = client
        self._attempt_id = attempt_id
        self._gather = gather
        self._now = now
        #: Events as JSON.
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._chunk = 0
        self._arrived = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"shipper {self._attempt_id}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None:
            return
        self._closing.set()
        self._arrived.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self._task, LAST_SECONDS if error is None else 0)

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
        while self._bytes > WAITING_BYTES and len(self._waiting) > 1:
            self._bytes -= len(self._waiting.popleft())
            self._dropped += 1
        if self._waiting:
            self._arrived.set()

    async def _run(self) -> None:
        try:
            while await self._something_to_send():
                # Raw JSON goes into the message as it is, whatever the field's type says.
                await self._send(EventChunk(chunk=self._chunk, events=cast(Any, list(self._take()))))
        except PloegError as error:
            # Superseded: what becomes of the attempt is the lease's affair, not the transcript's.
            logger.info("the transcript ends here: %s", error, extra={"action": "transcript_refused"})

    async def _something_to_send(self) -> bool:
        while not self._waiting:
            if self._closing.is_set():
                return False
            self._arrived.clear()
            await self._arrived.wait()
        if self._bytes < CHUNK_BYTES:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._gather)
        return True

    def _take(self) -> Iterator[msgspec.Raw]:
        if self._dropped:
            yield msgspec.Raw(transcript.note("events_dropped", self._now(), {"count": self._dropped}))
            self._dropped = 0
        taken = 0
        while self._waiting and taken < CHUNK_BYTES:
            event = self._waiting.popleft()
            self._bytes -= len(event)
            taken += len(event)
            yield msgspec.Raw(event)

    async def _send(self, chunk: EventChunk) -> None:
        reply = await insist(lambda: self._client.ship(self._attempt_id, chunk))
        if reply.next_chunk == chunk.chunk + 1:
            self._chunk = reply.next_chunk
            return
        # The server counts otherwise, e.g. after a restore from a backup: follow it, so that the rest is not lost.
        logger.warning("chunk %d is unexpected", chunk.chunk, extra={"action": "chunk_gap", "next": reply.next_chunk})
        await insist(
            lambda: self._client.ship(self._attempt_id, EventChunk(chunk=reply.next_chunk, events=chunk.events))
        )
        self._chunk = reply.next_chunk + 1
