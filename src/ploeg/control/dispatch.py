"""Giving a job to a worker: one transaction that claims it and freezes everything its attempt needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ploeg.control import presence, rollup
from ploeg.control.installation import Installation
from ploeg.control.submit import resolved
from ploeg.control.text import line
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt, Outcome, Phase, Resume
from ploeg.domain.backlog import Pbi, Story, Task, TaskStatus
from ploeg.domain.config import JobConfig
from ploeg.domain.errors import Superseded
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job
from ploeg.domain.product import Product
from ploeg.domain.worker import WorkerRecord
from ploeg.store.claims import Offer
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction
from ploeg.wire.work import (
    Assignment,
    ClaimRequest,
    ConfigOut,
    LimitsOut,
    PbiOut,
    ProductOut,
    ResumeOut,
    StoryOut,
    TaskOut,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the queue has for a worker: a job, or what would change that."""

    assignment: Assignment | None
    offer: Offer
    #: A blocked runtime comes free then.
    ask_again_at: datetime | None = None


def claim(tx: Transaction, actor: Principal, installation: Installation, request: ClaimRequest) -> Answer:
    """The first job that fits, as a new attempt; the same `claim_key` again gives the same one."""
    worker = presence.register(tx, actor, request.worker)
    offer = Offer(worker.offered(tx.now), worker.labels, presence.works_for(tx, actor))
    key = line("claim_key", request.claim_key)
    earlier = tx.attempts.by_claim_key(worker.id, key)
    if earlier is not None:
        return Answer(_answered_before(earlier), offer)
    attempt_id = AttemptId(new_id("att"))
    job = tx.claims.take(offer, attempt_id, tx.now) if offer.runtimes else None
    if job is None:
        return Answer(None, offer, presence.block_lifts_at(worker, tx.now))
    return Answer(_start(tx, installation, job, attempt_id, worker, key), offer)


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
    product = tx.products.get(job.product_id)
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    assert product is not None, "a foreign key keeps the product of every job"
    config = replace(resolved(job, task, product, installation), runtime=job.runtime)
    assignment = _assignment(tx, installation, job, attempt_id, worker, product, task, config)
    attempt = Attempt(
        id=attempt_id,
        job_id=job.id,
        number=job.attempts,
        worker_id=worker.id,
        runtime=job.runtime,
        phase=Phase.PREPARE,
        claimed_at=tx.now,
        lease_until=installation.lease.deadline(tx.now),
        frozen=msgspec.to_builtins(assignment),
        claim_key=key,
        branch=job.branch,
        session_id=job.resume.session_id if job.resume is not None else None,
    )
    tx.attempts.add(attempt)
    actor = f"worker:{worker.id}"
    data = {"code": job.code, "attempt": attempt.number, "worker": worker.hostname, "lease_until": attempt.lease_until}
    tx.events.add(
        "job.claimed", product_id=job.product_id, job_id=job.id, attempt_id=attempt_id, actor=actor, data=data
    )
    if task is not None:
        rollup.move_task(tx, task, TaskStatus.IN_PROGRESS, actor, job.id)
    return assignment


def _assignment(
    tx: Transaction,
    installation: Installation,
    job: Job,
    attempt_id: AttemptId,
    worker: WorkerRecord,
    product: Product,
    task: Task | None,
    config: JobConfig,
) -> Assignment:
    story = tx.backlog.story(job.story_id) if job.story_id is not None else None
    pbi = tx.backlog.pbi(story.pbi_id) if story is not None else None
    return Assignment(
        attempt_id=attempt_id,
        attempt_number=job.attempts,
        worker_id=worker.id,
        job_id=job.id,
        job_code=job.code,
        kind=job.kind,
        repo_url=(task.repo_url if task is not None else None) or product.repo_url or "",
        branch=job.branch or "",
        config=_config(config),
        product=ProductOut(
            id=product.id, code=product.code, name=product.name, definition_of_done=product.definition_of_done
        ),
        pbi=_pbi(pbi) if pbi is not None else None,
        story=_story(story) if story is not None else None,
        task=_task(task, _plan(tx, job, task)) if task is not None else None,
        instruction=job.instruction,
        reminder=job.outcome is Outcome.NO_REPORT,
        resume=_resume(job.resume) if job.resume is not None else None,
        lease_seconds=installation.lease.seconds,
        renew_seconds=installation.lease.renew_every,
    )


def _plan(tx: Transaction, job: Job, task: Task) -> str:
    """A job keeps the plan of its first attempt: the gate measures against it, so no agent may have a hand in it."""
    if job.attempts > 1:
        first = tx.attempts.of_job(job.id)
        if first:
            return str(first[0].frozen.get("task", {}).get("implementation_plan", ""))
    return task.implementation_plan or ""


def _config(config: JobConfig) -> ConfigOut:
    limits = config.limits
    return ConfigOut(
        runtime=config.runtime,
        model=config.model,
        effort=config.effort,
        permission_mode=config.permission_mode,
        limits=LimitsOut(
            max_minutes=limits.max_minutes,
            max_silence_minutes=limits.max_silence_minutes,
            max_turns=limits.max_turns,
            max_cost_usd=limits.max_cost_usd,
        ),
        agent_tools=list(config.agent_tools),
        tools=list(config.tools),
        verify_commands=list(config.verify_commands),
        verify_timeout=config.verify_timeout,
        setup_commands=list(config.setup_commands),
        source=dict(config.source),
    )


def _pbi(pbi: Pbi) -> PbiOut:
    return PbiOut(id=pbi.id, code=pbi.code, title=pbi.title)


def _story(story: Story) -> StoryOut:
    return StoryOut(
        id=story.id,
        code=story.code,
        title=story.title,
        description=story.description,
        acceptance_criteria=story.acceptance_criteria,
    )


def _task(task: Task, plan: str) -> TaskOut:
    return TaskOut(
        id=task.id,
        code=task.code,
        title=task.title,
        description=task.description,
        implementation_plan=plan,
        verify_only=task.verify_only,
        verify_required=task.verify_required,
    )


def _resume(resume: Resume) -> ResumeOut:
    return ResumeOut(
        attempt_id=resume.attempt_id,
        worker_id=resume.worker_id,
        session_id=resume.session_id,
        commit=resume.commit,
        snapshot=resume.snapshot,
        verified=resume.verified,
    )
