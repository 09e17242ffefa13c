"""Why a queued job has not begun: the first thing in its way, in words for a person."""

from __future__ import annotations

from ploeg.control import presence
from ploeg.domain.job import ACTIVE, TERMINAL, Job, JobStatus
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction


def waiting_for(tx: Transaction, job: Job) -> str | None:
    """None for a job that is not queued or parked."""
    if job.status is JobStatus.WAITING:
        return job.reason or "an answer"
    if job.status is not JobStatus.QUEUED:
        return None
    return _moment(tx, job) or _product(tx, job) or _lane(tx, job) or _worker(tx, job)


def _moment(tx: Transaction, job: Job) -> str | None:
    if job.not_before is None or job.not_before <= tx.now:
        return None
    because = f" ({job.reason})" if job.reason else ""
    return f"{job.not_before:%Y-%m-%d %H:%M:%S} UTC{because}"


def _product(tx: Transaction, job: Job) -> str | None:
    product = tx.products.get(job.product_id)
    if product is None or product.archived:
        return "its product, which is archived"
    limit = product.max_concurrent_jobs
    if limit is not None and len(tx.jobs.of_products([product.id], statuses=ACTIVE, limit=limit)) >= limit:
        return f"one of the {limit} jobs that product {product.code} may have at work at the same time"
    return None


def _lane(tx: Transaction, job: Job) -> str | None:
    if job.lane is None:
        return None
    holder = tx.jobs.active_in_lane(job.lane)
    if holder is not None:
        return f"{holder.code}, which is at work on the same branch"
    unfinished = frozenset(JobStatus) - TERMINAL
    siblings = tx.jobs.of_products([job.product_id], statuses=unfinished, story_id=job.story_id, limit=200)
    earlier = [
        other
        for other in siblings
        if other.lane == job.lane
        and other.sequence is not None
        and job.sequence is not None
        and other.sequence < job.sequence
    ]
    if earlier:
        first = min(earlier, key=lambda other: other.sequence or 0)
        return f"{first.code}, which comes before it in the story and is {first.status}"
    return None


def _worker(tx: Transaction, job: Job) -> str:
    wanted = f"the runtime «{job.runtime}»"
    if job.labels:
        wanted += f" and the labels {', '.join(job.labels)}"
    there = [worker for worker in tx.workers.all() if presence.online(worker, tx.now) and _offers(worker, job)]
    if not there:
        return f"a worker that offers {wanted}: none is there"
    if all(job.runtime not in worker.offered(tx.now) for worker in there):
        return _block(there[0], job)
    return "a free worker"


def _offers(worker: WorkerRecord, job: Job) -> bool:
    return job.runtime in worker.runtimes and set(job.labels) <= set(worker.labels)


def _block(worker: WorkerRecord, job: Job) -> str:
    found = worker.runtime_blocks[job.runtime]
    where = f"{job.runtime} on {worker.hostname}"
    if found.sign_in:
        return f"a sign-in of {where}"
    until = f" until {found.until:%Y-%m-%d %H:%M:%S} UTC" if found.until is not None else ""
    return f"{where}, which stands by{until}: {found.reason}"
