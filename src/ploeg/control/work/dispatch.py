"""Giving a job to a worker: one transaction that claims it and freezes everything its attempt needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from ploeg.control.backlog import rollup
from ploeg.control.docs import doc_index, guide
from ploeg.control.docs.text import line
from ploeg.control.ideas.idea_payload import idea_out
from ploeg.control.installation import Installation
from ploeg.control.intake.pull_payload import pull_out, remarks_out
from ploeg.control.queue import follow_up
from ploeg.control.queue.submit import resolved
from ploeg.control.sprints import executions, run_state
from ploeg.control.sprints.sprint_payload import outs, sprint_out
from ploeg.control.work import accounts, budgets, forecasts, presence
from ploeg.control.work.assignment import Work, assignment
from ploeg.control.work.forecasts import Unfit
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt, Phase
from ploeg.domain.backlog import Task, TaskStatus
from ploeg.domain.config import JobConfig
from ploeg.domain.errors import Superseded
from ploeg.domain.ids import AttemptId, WorkerId
from ploeg.domain.job import Job
from ploeg.domain.worker import WorkerRecord
from ploeg.store.claims import Offer
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ClaimRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """What the queue has for a worker: a job, or what would change that."""

    assignment: Assignment | None
    offer: Offer
    worker_id: WorkerId
    #: A blocked runtime comes free then, or there is room in its quota again.
    ask_again_at: datetime | None = None


def claim(tx: Transaction, actor: Principal, installation: Installation, request: ClaimRequest) -> Answer:
    """The first job that fits, as a new attempt; the same `claim_key` again gives the same one."""
    worker = presence.register(tx, actor, request.worker)
    limits = tuple(installation.max_jobs_by_runtime.items())
    floor = actor.user.min_quota_pct
    runtimes = budgets.payable(tx, installation, worker.offered(tx.now, floor))
    month = budgets.month(tx, installation)
    unfit = forecasts.unfit(tx, worker) if installation.hold_unfit else []
    offer = Offer(runtimes, worker.labels, presence.works_for(tx, actor), limits, month, _alike(unfit))
    key = line("claim_key", request.claim_key)
    earlier = tx.attempts.by_claim_key(worker.id, key)
    if earlier is not None:
        return Answer(_answered_before(earlier), offer, worker.id)
    attempt_id = AttemptId(new_id("att"))
    job = tx.claims.take(offer, attempt_id, tx.now) if offer.runtimes else None
    if job is None:
        moments = [presence.block_lifts_at(worker, tx.now, floor), *(each.forecast.until for each in unfit)]
        return Answer(None, offer, worker.id, min((moment for moment in moments if moment is not None), default=None))
    return Answer(_start(tx, installation, job, attempt_id, worker, key), offer, worker.id)


def _alike(unfit: Sequence[Unfit]) -> tuple[tuple[str, str, str], ...]:
    return tuple((each.alike.product_id, each.alike.kind, each.alike.runtime) for each in unfit)


def _answered_before(attempt: Attempt) -> Assignment:
    if not attempt.active:
        raise Superseded(attempt.id, f"it ended as {attempt.outcome}; make a new claim_key")
    return msgspec.convert(attempt.frozen, Assignment)


def _start(
    tx: Transaction,
    installation: Installation,
    job: Job,
    attempt_id: AttemptId,
    worker: WorkerRecord,
    key: str,
) -> Assignment:
    work = _work(tx, job)
    config = _affordable(tx, job, replace(resolved(job, work.task, work.product, installation), runtime=job.runtime))
    account = accounts.for_job(tx, worker, job)
    frozen = assignment(work, job, attempt_id, worker, config, installation.lease, account)
    attempt = Attempt(
        id=attempt_id,
        job_id=job.id,
        number=job.attempts,
        worker_id=worker.id,
        runtime=job.runtime,
        phase=Phase.PREPARE,
        claimed_at=tx.now,
        lease_until=installation.lease.deadline(tx.now),
        frozen=msgspec.to_builtins(frozen),
        claim_key=key,
        branch=job.branch,
        session_id=job.resume.session_id if job.resume is not None else None,
        account=account.name,
        purse=account.purse,
    )
    tx.attempts.add(attempt)
    _tell(tx, job, attempt, worker)
    run_state.begin(tx, job, f"worker:{worker.id}")
    if work.task is not None:
        rollup.move_task(tx, work.task, TaskStatus.IN_PROGRESS, f"worker:{worker.id}", job.id)
    return frozen


def _affordable(tx: Transaction, job: Job, config: JobConfig) -> JobConfig:
    """With what its earlier attempts left of the job's own budget."""
    if job.attempts == 1 or not config.limits.budget:
        return config
    return replace(config, limits=config.limits.less(budgets.spent_by(tx.attempts.of_job(job.id))))


def _work(tx: Transaction, job: Job) -> Work:
    product = tx.products.get(job.product_id)
    assert product is not None, "a foreign key keeps the product of every job"
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    story = tx.backlog.story(job.story_id) if job.story_id is not None else None
    idea = tx.ideas.get(job.idea_id) if job.idea_id is not None else None
    pbi_id = story.pbi_id if story is not None else idea.pbi_id if idea is not None else None
    pbi = tx.backlog.pbi(pbi_id) if pbi_id is not None else None
    earlier = tx.attempts.of_job(job.id) if job.attempts > 1 else []
    in_run = executions.works_through(job)
    return Work(
        product=product,
        pbi=pbi,
        story=story,
        task=task,
        idea=idea_out(tx, job, idea) if idea is not None else None,
        pull=pull_out(tx, job),
        remarks=remarks_out(tx, job),
        plan=_plan(tx, job, task, earlier) if task is not None else "",
        base_sha=next((attempt.base_sha for attempt in earlier if attempt.base_sha), follow_up.began_at(tx, job)),
        follows=_follows(tx, job),
        receipt=_receipt(tx, job),
        asked=tx.questions.of_job(job.id) if earlier else (),
        guide=guide.for_claim(tx, product),
        doc_index=doc_index.for_claim(tx, product),
        sprint=sprint_out(tx, job) if in_run else None,
        executions=outs(tx, executions.freeze(tx, job)) if in_run else (),
    )


def _plan(tx: Transaction, job: Job, task: Task, earlier: Sequence[Attempt]) -> str:
    """A job keeps the plan of its first attempt: the gate measures against it, so no agent may have a hand in it."""
    if earlier:
        return str(earlier[0].frozen.get("task", {}).get("implementation_plan", ""))
    own = task.implementation_plan or ""
    return own if job.follow_up_of is None else follow_up.plan(tx, job, own)


def _follows(tx: Transaction, job: Job) -> str | None:
    before = tx.jobs.get(job.follow_up_of) if job.follow_up_of is not None else None
    return before.code if before is not None else None


def _receipt(tx: Transaction, job: Job) -> dict[str, Any] | None:
    """The receipt of the commit that only lacks its push."""
    if job.resume is None or not job.resume.verified:
        return None
    attempt = tx.attempts.get(job.resume.attempt_id)
    return attempt.receipt if attempt is not None else None


def _tell(tx: Transaction, job: Job, attempt: Attempt, worker: WorkerRecord) -> None:
    data = {"code": job.code, "attempt": attempt.number, "worker": worker.hostname, "lease_until": attempt.lease_until}
    tx.events.add(
        "job.claimed",
        product_id=job.product_id,
        job_id=job.id,
        attempt_id=attempt.id,
        actor=f"worker:{worker.id}",
        data=data,
    )
