"""The last phase: the server hears how the attempt ended, until it says that it has."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from ploeg.domain.errors import PloegError, Unauthenticated, Unavailable
from ploeg.domain.job import JobStatus
from ploeg.domain.kinds import kind_named
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import FinishReply, FinishReport
from ploeg.worker.insist import Pauses, insist
from ploeg.worker.state import AttemptRecord
from ploeg.worker.workbench import Workbench

logger = logging.getLogger(__name__)

#: Seconds that a leaving worker still tries; what it could not tell it tells at its next start.
LAST_SECONDS = 10.0


async def deliver(bench: Workbench, record: AttemptRecord, report: FinishReport) -> FinishReply | None:
    """Tells the server and clears the record. None: the server will not have it, or the worker left before.

    What a refused token kept from the server is told at the next start, as what it was away for.
    """
    attempt_id = record.assignment.attempt_id
    record.report = report
    with suppress(OSError):  # a full disk must not keep the report from the server
        bench.state.save(record)
    telling = asyncio.create_task(
        insist(lambda: bench.client.finish(attempt_id, report), pauses=Pauses.within(record.assignment.renew_seconds)),
        name=f"finish {attempt_id}",
    )
    try:
        reply = await _unless_leaving(bench, telling)
    except (Unavailable, Unauthenticated) as error:
        logger.warning("not reported yet: %s", error, extra={"action": "report_pending", "attempt": attempt_id})
        return None
    except PloegError as error:
        logger.warning("the report is refused: %s", error, extra={"action": "report_refused", "attempt": attempt_id})
        bench.state.forget(attempt_id)
        return None
    bench.state.forget(attempt_id)
    if JobStatus(reply.job_status).terminal:
        await asyncio.to_thread(_clear_up_after, bench, record.assignment)
    return reply


async def _unless_leaving(bench: Workbench, telling: asyncio.Task[FinishReply]) -> FinishReply:
    leaving = asyncio.create_task(bench.leaving.wait())
    try:
        await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not telling.done():
            await asyncio.wait({telling}, timeout=LAST_SECONDS)
        if telling.done():
            return telling.result()
    finally:
        leaving.cancel()
        telling.cancel()
    raise Unavailable("the worker leaves before the server answers")


def _clear_up_after(bench: Workbench, assignment: Assignment) -> None:
    """The job has ended: no attempt of it will go on in its conversation or push its commit. A follow-up may go on."""
    job_code, keep = assignment.job_code, bench.settings.keep_homes
    bench.state.forget_verified(job_code)
    try:
        if keep and kind_named(assignment.kind).pushes:
            bench.homes.put_by(job_code, keep)
        else:
            bench.homes.remove(job_code)
    except OSError as error:
        logger.warning("a HOME is left behind: %s", error, extra={"action": "home_left", "job": job_code})
