"""Attempts: who holds which job, and how each claim ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, literal_column

from ploeg.domain.attempt import Attempt
from ploeg.domain.ids import AttemptId, JobId, WorkerId
from ploeg.store.rows import Shape
from ploeg.store.tables.work import attempts

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

ATTEMPT = Shape(Attempt, attempts, "attempt")

_OF_JOB = ATTEMPT.select.where(attempts.c.job_id == bindparam("job_id")).order_by(attempts.c.number)
_ACTIVE_OF_WORKER = ATTEMPT.select.where(
    attempts.c.worker_id == bindparam("worker_id"), attempts.c.ended_at.is_(None)
).order_by(attempts.c.claimed_at, attempts.c.id)
_BY_CLAIM_KEY = ATTEMPT.select.where(
    attempts.c.worker_id == bindparam("worker_id"),
    attempts.c.claim_key == bindparam("claim_key"),
    attempts.c.claim_key != literal_column("''"),
)


class Attempts:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, attempt: Attempt) -> None:
        """`Conflict` when the job has a live attempt, or the worker used the claim key before."""
        ATTEMPT.add(self._tx, attempt)

    def get(self, attempt_id: AttemptId, lock: bool = False) -> Attempt | None:
        return ATTEMPT.get(self._tx, attempt_id, lock=lock)

    def update(self, attempt: Attempt) -> None:
        ATTEMPT.update(self._tx, attempt)

    def of_job(self, job_id: JobId) -> list[Attempt]:
        """The first one first."""
        return ATTEMPT.all(self._tx, _OF_JOB, job_id=job_id)

    def active_of_worker(self, worker_id: WorkerId) -> list[Attempt]:
        return ATTEMPT.all(self._tx, _ACTIVE_OF_WORKER, worker_id=worker_id)

    def by_claim_key(self, worker_id: WorkerId, key: str) -> Attempt | None:
        """The attempt that this very claim request got before; None for an empty key."""
        return ATTEMPT.one(self._tx, _BY_CLAIM_KEY, worker_id=worker_id, claim_key=key)
