"""Which of a worker's accounts a job is given to."""

from __future__ import annotations

from collections import Counter

from ploeg.control.work import forecasts, quota
from ploeg.domain.account import Account, choose
from ploeg.domain.job import Job
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction


def for_job(tx: Transaction, worker: WorkerRecord, job: Job) -> Account:
    """One of the job's runtime that may take jobs now; the worker offered the runtime, so there is one."""
    known = {account.seat: account for account in worker.accounts}
    seats = [seat for seat in worker.seats if seat.runtime == job.runtime]
    if len(seats) > 1:
        closed = worker.closed(tx.now, quota.floor(tx, worker))
        at_work = Counter(attempt.seat for attempt in tx.attempts.active_of_worker(worker.id))
        open_seats = forecasts.fitting(tx, worker, job, [seat for seat in seats if seat not in closed])
        seats = [choose(open_seats, worker.account_policy, at_work, worker.used(tx.now))]
    return known.get(seats[0]) or Account(runtime=job.runtime)
