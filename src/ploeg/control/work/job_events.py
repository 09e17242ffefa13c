"""The events of a job's life, as whoever waits for jobs and whoever watches them needs them."""

from __future__ import annotations

from typing import Any

from ploeg.domain.job import Job, JobStatus
from ploeg.store.transaction import Transaction


def tell(tx: Transaction, job: Job, actor: str, **more: Any) -> None:
    """The event of a job's new status, with all that a waiting worker must know of a queued one."""
    data: dict[str, Any] = {"code": job.code, "outcome": job.outcome, "reason": job.reason, **more}
    if job.status is JobStatus.QUEUED:
        data |= {"runtime": job.runtime, "labels": list(job.labels), "not_before": job.not_before}
        data["resumes_on"] = job.resume.worker_id if job.resume is not None else None
    _add(tx, f"job.{job.status}", job, actor, data)


def tell_order(tx: Transaction, job: Job, actor: str) -> None:
    """Its worker is told to stop."""
    _add(tx, "job.cancel_requested", job, actor, {"code": job.code, "reason": job.reason})


def _add(tx: Transaction, type_: str, job: Job, actor: str, data: dict[str, Any]) -> None:
    tx.events.add(type_, product_id=job.product_id, job_id=job.id, attempt_id=job.attempt_id, actor=actor, data=data)
