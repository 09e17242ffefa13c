"""Whether the next job fits into what is left of an account's quota: what is remembered, and what is foreseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ploeg.control.docs.text import NAME_MAX, kept
from ploeg.control.work import presence, quota
from ploeg.domain.account import Seat
from ploeg.domain.attempt import Attempt
from ploeg.domain.forecast import Forecast, PastRun, forecast, remembered
from ploeg.domain.job import Job
from ploeg.domain.quota import WINDOWS_MAX
from ploeg.domain.worker import WorkerRecord
from ploeg.store.past_runs import Alike
from ploeg.store.transaction import Transaction
from ploeg.wire.work import QuotaWindow


@dataclass(frozen=True, slots=True)
class Unfit:
    """Jobs that are alike, and why no open account of a worker is foreseen to have enough left for one."""

    alike: Alike
    forecast: Forecast


def remember(tx: Transaction, job: Job, attempt: Attempt, windows: Sequence[QuotaWindow]) -> None:
    """What an attempt took that did what it was for, if its windows tell."""
    quota_used = {
        kept(window.window, NAME_MAX) or "unnamed": min(max(window.risen, 0.0), 1.0)
        for window in windows[:WINDOWS_MAX]
        if window.risen is not None
    }
    if attempt.started_at is None or not quota_used:
        return
    run = PastRun(minutes=(tx.now - attempt.started_at).total_seconds() / 60, quota=quota_used)
    before = tx.past_runs.of(job.product_id, job.kind, job.runtime, lock=True)
    tx.past_runs.put(Alike(job.product_id, job.kind, job.runtime, remembered(before, run)))


def unfit(tx: Transaction, worker: WorkerRecord) -> list[Unfit]:
    """What may not fit on that worker now. An account that tells of no windows has room for everything."""
    found = []
    for alike in tx.past_runs.of_runtimes(worker.runtimes):
        best = _best(tx, worker, alike.runs, alike.runtime)
        if best is not None and not best.fits:
            found.append(Unfit(alike, best))
    return found


def of_job(tx: Transaction, job: Job, workers: Sequence[WorkerRecord]) -> Forecast | None:
    """On the one of those workers where it fits best; None where nobody can say."""
    runs = tx.past_runs.of(job.product_id, job.kind, job.runtime)
    if not runs:
        return None
    foreseen = [_best(tx, worker, runs, job.runtime) for worker in workers if _could_take(tx, worker, job)]
    return _most_hopeful(foreseen)


def fitting(tx: Transaction, worker: WorkerRecord, job: Job, seats: Sequence[Seat]) -> list[Seat]:
    """Those of the accounts that are foreseen to have enough left for the job; all of them where none has."""
    runs, floor = tx.past_runs.of(job.product_id, job.kind, job.runtime), quota.floor(tx, worker)
    kept = [seat for seat in seats if (found := _on(tx, worker, runs, seat, floor)) is None or found.fits]
    return kept or list(seats)


def _could_take(tx: Transaction, worker: WorkerRecord, job: Job) -> bool:
    return presence.online(worker, tx.now) and job.runtime in worker.runtimes and set(job.labels) <= set(worker.labels)


def _best(tx: Transaction, worker: WorkerRecord, runs: Sequence[PastRun], runtime: str) -> Forecast | None:
    """On the open account where it fits best. Where all are closed there is nothing to foresee."""
    floor = quota.floor(tx, worker)
    closed = worker.closed(tx.now, floor)
    seats = [seat for seat in worker.seats if seat.runtime == runtime and seat not in closed]
    return _most_hopeful([_on(tx, worker, runs, seat, floor) for seat in seats])


def _on(tx: Transaction, worker: WorkerRecord, runs: Sequence[PastRun], seat: Seat, floor_pct: int) -> Forecast | None:
    return forecast(runs, [use for use in worker.quota if use.seat == seat], floor_pct, tx.now)


def _most_hopeful(foreseen: Sequence[Forecast | None]) -> Forecast | None:
    """One of which nobody can say anything may have room for it."""
    known = [found for found in foreseen if found is not None]
    if len(known) < len(foreseen) or not known:
        return next((found for found in known if found.fits), None)
    return min(known, key=lambda found: (not found.fits, found.until))
