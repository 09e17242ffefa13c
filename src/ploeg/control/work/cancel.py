"""Cancelling a job: at once while nobody holds it, else as an order to whoever does."""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.backlog import rollup
from ploeg.control.docs.text import optional_prose
from ploeg.control.find import Need
from ploeg.control.work import settle
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
    called_off = rollup.call_off(tx, job, why, actor.name)
    if called_off.status.terminal:
        settle.follow(tx, called_off, actor.name)
    return called_off
