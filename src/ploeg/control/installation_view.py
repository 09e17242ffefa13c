"""The installation as people look at it: its workers and what they hold."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.control.work import presence, quota
from ploeg.domain.access import Principal
from ploeg.domain.worker import RuntimeBlock, WorkerRecord
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    worker: WorkerRecord
    online: bool
    #: Codes of the jobs that it holds now.
    jobs: list[str]
    #: Per cent of every quota window that its owner keeps.
    min_quota_pct: int
    #: What keeps its runtimes from jobs now.
    blocks: dict[str, RuntimeBlock]


def workers(tx: Transaction, actor: Principal) -> list[WorkerView]:
    """All workers for an administrator, else the caller's own."""
    return [_view(tx, worker) for worker in presence.listing(tx, actor)]


def _view(tx: Transaction, worker: WorkerRecord) -> WorkerView:
    floor = quota.floor(tx, worker)
    return WorkerView(
        worker=worker,
        online=presence.online(worker, tx.now),
        jobs=_held(tx, worker),
        min_quota_pct=floor,
        blocks=worker.blocks(tx.now, floor),
    )


def _held(tx: Transaction, worker: WorkerRecord) -> list[str]:
    jobs = [tx.jobs.get(attempt.job_id) for attempt in tx.attempts.active_of_worker(worker.id)]
    return [job.code for job in jobs if job is not None]
