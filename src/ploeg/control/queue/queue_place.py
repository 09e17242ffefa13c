"""Why a queued job has not begun: the first thing in its way, the ones that people set up first."""

from __future__ import annotations

from ploeg.control.backlog import dependencies
from ploeg.control.installation import Installation
from ploeg.control.queue import product_rules
from ploeg.control.queue.hold import By, Hold, clock
from ploeg.control.work import forecasts, presence, quota
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.worker import RuntimeBlock, WorkerRecord, WorkerState
from ploeg.store.transaction import Transaction


def hold(tx: Transaction, installation: Installation, job: Job) -> Hold | None:
    """None for a job that is not queued or parked."""
    if job.status is JobStatus.WAITING:
        return Hold(By.ANSWER, job.reason or "an answer")
    if job.status is not JobStatus.QUEUED:
        return None
    return (
        _run(tx, job)
        or _moment(tx, job)
        or product_rules.hold(tx, installation, job)
        or _prerequisite(tx, job)
        or _lane(tx, job)
        or _quota(tx, installation, job)
        or _worker(tx, job)
    )


def _run(tx: Transaction, job: Job) -> Hold | None:
    run = tx.sprints.run(job.sprint_run_id) if job.sprint_run_id is not None else None
    if run is None or run.pause is None:
        return None
    return Hold(By.RUN, f"its sprint's run, which is paused: {run.pause.detail or run.pause.reason}")


def _moment(tx: Transaction, job: Job) -> Hold | None:
    if job.not_before is None or job.not_before <= tx.now:
        return None
    because = f" ({job.reason})" if job.reason else ""
    return Hold(By.MOMENT, f"{clock(job.not_before)}{because}")


def _prerequisite(tx: Transaction, job: Job) -> Hold | None:
    unmet = dependencies.unmet(tx, job)
    if not unmet:
        return None
    text = ", ".join(f"{first.code}, which it needs done first and is {first.status}" for first in unmet[:3])
    return Hold(By.PREREQUISITE, text)


def _lane(tx: Transaction, job: Job) -> Hold | None:
    if job.lane is None:
        return None
    holder = tx.jobs.active_in_lane(job.lane)
    if holder is not None:
        return Hold(By.LANE, f"{holder.code}, which is at work on the same branch")
    if job.sequence is None:
        return None
    first = next(iter(tx.jobs.earlier_in_lane(job.lane, job.sequence)), None)
    if first is None:
        return None
    return Hold(By.LANE, f"{first.code}, which comes before it on the same branch and is {first.status}")


def _quota(tx: Transaction, installation: Installation, job: Job) -> Hold | None:
    found = forecasts.of_job(tx, job, tx.workers.all()) if installation.hold_unfit else None
    if found is None or found.fits:
        return None
    return Hold(By.QUOTA, f"more of a quota, until {clock(found.until)} at most: it {found.text}")


def _worker(tx: Transaction, job: Job) -> Hold:
    wanted = f"the runtime «{job.runtime}»"
    if job.labels:
        wanted += f" and the labels {', '.join(job.labels)}"
    there = [worker for worker in tx.workers.all() if presence.online(worker, tx.now) and _offers(worker, job)]
    if not there:
        return Hold(By.WORKER, f"a worker that offers {wanted}: none is there")
    blocks = [worker.blocks(tx.now, quota.floor(tx, worker)).get(job.runtime) for worker in there]
    if blocks[0] is not None and all(blocks):
        return Hold(By.WORKER, _block(there[0], job, blocks[0]))
    if all(worker.state is WorkerState.STAND_BY for worker in there):
        return Hold(By.WORKER, _standing_by(there[0]))
    return Hold(By.WORKER, "a free worker")


def _offers(worker: WorkerRecord, job: Job) -> bool:
    return job.runtime in worker.runtimes and set(job.labels) <= set(worker.labels)


def _block(worker: WorkerRecord, job: Job, found: RuntimeBlock) -> str:
    where = f"{job.runtime} on {worker.hostname}"
    if found.sign_in:
        return f"a sign-in of {where}"
    until = f" until {clock(found.until)}" if found.until is not None else ""
    return f"{where}, which stands by{until}: {found.reason}"


def _standing_by(worker: WorkerRecord) -> str:
    until = f" until {clock(worker.until)}" if worker.until is not None else ""
    return f"{worker.hostname}, which stands by{until}: {worker.reason}"
