"""Attempts: who holds which job, and how each claim ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, literal_column

from ploeg.domain.attempt import Attempt
from ploeg.domain.ids import AttemptId, JobId, WorkerId
from ploeg.store.rows import Rows, Shape
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
        self._rows: Rows[Attempt] = Rows(tx, ATTEMPT)

    def add(self, attempt: Attempt) -> None:
        """`Conflict` when the job has a live attempt, or the worker used the claim key before."""
        self._rows.add(attempt)

    def get(self, attempt_id: AttemptId, lock: bool = False) -> Attempt | None:
        return self._rows.get(attempt_id, lock=lock)

    def update(self, attempt: Attempt) -> None:
        self._rows.update(attempt)

    def of_job(self, job_id: JobId) -> list[Attempt]:
        """The first one first."""
        return self._rows.all(_OF_JOB, job_id=job_id)

    def active_of_worker(self, worker_id: WorkerId) -> list[Attempt]:
        return self._rows.all(_ACTIVE_OF_WORKER, worker_id=worker_id)

    def by_claim_key(self, worker_id: WorkerId, key: str) -> Attempt | None:
        """The attempt that this very claim request got before; None for an empty key."""
        return self._rows.one(_BY_CLAIM_KEY, worker_id=worker_id, claim_key=key)
