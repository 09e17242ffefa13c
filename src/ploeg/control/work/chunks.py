"""Taking in a transcript, chunk by chunk: each number once, in order, from the attempt that owns its job.

What its worker could not tell in time is taken for some hours after the attempt's end: it changes nothing but the
attempt's own transcript.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from ploeg.control.people import people
from ploeg.control.plane import ControlPlane
from ploeg.control.watch import PASSING
from ploeg.control.work import report
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt
from ploeg.domain.job import Job
from ploeg.domain.occurrence import Event
from ploeg.store.transaction import Transaction
from ploeg.wire.work import EventChunk, EventReply

#: After the attempt's end; sooner than its transcript could be compressed.
TAKEN_LATE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next chunk of an attempt goes."""

    attempt: Attempt
    job_code: str
    now: datetime


async def append(plane: ControlPlane, secret: str, attempt_id: str, chunk: EventChunk) -> EventReply:
    """Stores the chunk if it is the next one. The reply names the next one expected, whatever was sent."""
    place = await plane.read(lambda tx: _place(tx, people.worker(tx, secret), attempt_id, late=chunk.late))
    if chunk.chunk != place.attempt.next_chunk:
        return EventReply(next_chunk=place.attempt.next_chunk)
    stored = place.attempt.transcript_bytes
    data = plane.transcripts.encode(chunk.events, place.now, stored)
    if data:
        await asyncio.to_thread(plane.transcripts.write, place.job_code, place.attempt.number, stored, data)
    reply, growth = await plane.work(secret, _count, attempt_id, chunk, stored, len(data))
    if growth is not None:
        plane.watch.tell([growth])
    return reply


def _place(tx: Transaction, actor: Principal, attempt_id: str, *, late: bool) -> _Place:
    attempt, job = _writable(tx, actor, attempt_id, late=late)
    return _Place(attempt, job.code, tx.now)


def _count(
    tx: Transaction, actor: Principal, attempt_id: str, chunk: EventChunk, stored: int, size: int
) -> tuple[EventReply, Event | None]:
    """From here on the bytes behind `stored` are part of the transcript, unless another request was first."""
    attempt, job = _writable(tx, actor, attempt_id, late=chunk.late)
    if attempt.next_chunk != chunk.chunk or attempt.transcript_bytes != stored:
        return EventReply(next_chunk=attempt.next_chunk), None
    tx.attempts.update(attempt.evolve(next_chunk=chunk.chunk + 1, transcript_bytes=stored + size))
    growth = Event(
        id=PASSING,
        at=tx.now,
        type="log.appended",
        product_id=job.product_id,
        job_id=job.id,
        attempt_id=attempt.id,
        user_id=job.private_to,
        actor=f"worker:{attempt.worker_id}",
        data={"code": job.code, "attempt": attempt.number, "bytes": stored + size},
    )
    return EventReply(next_chunk=chunk.chunk + 1), growth


def _writable(tx: Transaction, actor: Principal, attempt_id: str, *, late: bool) -> tuple[Attempt, Job]:
    """The attempt, whose transcript may still grow, and its job; else `Superseded`."""
    attempt, worker = report.of_caller(tx, actor, attempt_id)
    if late and attempt.ended_at is not None and tx.now - attempt.ended_at < TAKEN_LATE:
        job = tx.jobs.get(attempt.job_id)
        assert job is not None, "a foreign key keeps the job of every attempt"
        return attempt, job
    return attempt, report.owned_job(tx, attempt.held_by(worker.id))
