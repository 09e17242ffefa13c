"""Cancelling a job: at once while nobody holds it, else as an order to whoever does."""

from __future__ import annotations

from ploeg.control import find, settle
from ploeg.control.find import Need
from ploeg.control.text import optional_prose
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction


def cancel(tx: Transaction, actor: Principal, reference: str, reason: str | None = None) -> Job:
    """The job, cancelled or told to stop. A worker that never answers is settled by the end of its lease."""
    job = find.job(tx, actor, reference, Need.CHANGE, lock=True)
    if job.status.terminal:
        raise Conflict(f"{job.code} has ended: it is {job.status}")
    why = optional_prose("reason", reason) or f"cancelled by {actor.user.username}"
    if not job.status.active:
        cancelled = job.cancel(why, tx.now)
        tx.jobs.update(cancelled)
        settle.tell(tx, cancelled, actor.name)
        settle.follow(tx, cancelled, actor.name)
        return cancelled
    if job.cancel_requested:
        return job
    ordered = job.evolve(cancel_requested=True, reason=why)
    tx.jobs.update(ordered)
    tx.events.add(
        "job.cancel_requested",
        product_id=job.product_id,
        job_id=job.id,
        attempt_id=job.attempt_id,
        actor=actor.name,
        data={"code": job.code, "reason": why},
    )
    return ordered
