"""What an agent last said, for another worker that goes on with its job and does not have its conversation."""

from __future__ import annotations

import asyncio

import structlog

from ploeg.control.plane import ControlPlane
from ploeg.control.work.transcripts import Transcripts
from ploeg.domain.attempt import Attempt
from ploeg.domain.ids import AttemptId
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import Assignment

#: Characters of it.
WORDS_MAX = 4000
#: Bytes at the end of a transcript in which it is looked for.
TAIL_BYTES = 256 * 1024

log = structlog.get_logger("ploeg.claims")


async def with_last_words(plane: ControlPlane, assignment: Assignment) -> Assignment:
    """The assignment, with the last texts of the conversation that it goes on in."""
    resume = assignment.resume
    if resume is None or resume.verified or (resume.session_id is None and assignment.follows is None):
        return assignment
    attempt = await plane.read(_attempt, AttemptId(resume.attempt_id))
    if attempt is not None:
        own = attempt.job_id == assignment.job_id
        code = assignment.job_code if own or assignment.follows is None else assignment.follows
        resume.last_words = await asyncio.to_thread(last_words, plane.transcripts, code, attempt)
    return assignment


def last_words(transcripts: Transcripts, job_code: str, attempt: Attempt) -> str | None:
    """The agent's own texts, without what it only thought, as many of the last ones as fit. Blocking."""
    start = max(attempt.transcript_bytes - TAIL_BYTES, 0)
    try:
        events = transcripts.read(job_code, attempt, start, TAIL_BYTES).events
    except OSError as error:
        log.warning("a transcript cannot be read", of=job_code, error=str(error))
        return None
    kept: list[str] = []
    room = WORDS_MAX
    for event in reversed(events):
        text = event.get("text")
        own = event.get("type") == "said" and not event.get("thinking") and not event.get("sub_agent")
        if not own or not isinstance(text, str) or not text.strip():
            continue
        kept.append(text.strip()[-room:])
        room -= len(kept[-1])
        if room <= 0:
            break
    return "\n\n".join(reversed(kept)) or None


def _attempt(tx: Transaction, attempt_id: AttemptId) -> Attempt | None:
    return tx.attempts.get(attempt_id)
