"""The installation as people look at it: its workers and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ploeg.control.work import forecasts, presence, quota
from ploeg.domain.access import Principal
from ploeg.domain.account import Seat
from ploeg.domain.quota import QuotaUse
from ploeg.domain.worker import RuntimeBlock, WorkerRecord
from ploeg.store.transaction import Transaction

#: Entries of a course that are shown at most.
COURSE_MAX = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    worker: WorkerRecord
    online: bool
    #: Codes of the jobs that it holds now.
    jobs: list[str]
    #: Per cent of every quota window that its owner keeps.
    min_quota_pct: int
    #: What keeps its accounts from jobs now.
    blocks: dict[Seat, RuntimeBlock]
    #: What may not fit into what is left of its quota, by product and kind.
    unfit: list[str]


def workers(tx: Transaction, actor: Principal) -> list[WorkerView]:
    """All workers for an administrator, else the caller's own."""
    return [_view(tx, worker) for worker in presence.listing(tx, actor)]


def course(tx: Transaction, actor: Principal, reference: str, back: timedelta) -> list[QuotaUse]:
    """How the windows of a worker's accounts went in that time before now, the newest first."""
    return tx.quota_history.since(presence.one(tx, actor, reference).id, tx.now - back, COURSE_MAX)


def _view(tx: Transaction, worker: WorkerRecord) -> WorkerView:
    floor = quota.floor(tx, worker)
    return WorkerView(
        worker=worker,
        online=presence.online(worker, tx.now),
        jobs=_held(tx, worker),
        min_quota_pct=floor,
        blocks=worker.closed(tx.now, floor),
        unfit=_unfit(tx, worker),
    )


def _held(tx: Transaction, worker: WorkerRecord) -> list[str]:
    jobs = [tx.jobs.get(attempt.job_id) for attempt in tx.attempts.active_of_worker(worker.id)]
    return [job.code for job in jobs if job is not None]


def _unfit(tx: Transaction, worker: WorkerRecord) -> list[str]:
    found = []
    for each in forecasts.unfit(tx, worker):
        product = tx.products.get(each.alike.product_id)
        if product is not None:
            found.append(f"{product.code} {each.alike.kind} {each.forecast.text}")
    return found
