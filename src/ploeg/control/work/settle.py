"""An attempt ends: what that makes of its job, its worker, and all that the job belongs to.

One road for every end, whether the worker reports it or the server finds that nobody will.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ploeg.control.backlog import rollup
from ploeg.control.ideas import idea_jobs
from ploeg.control.intake import following
from ploeg.control.publishing import publication
from ploeg.control.queue.follow_up import beginning, status_without
from ploeg.control.sprints import cascade, executions, run_state
from ploeg.control.work import conflicts, job_events, parking, presence
from ploeg.domain.attempt import Attempt, Outcome, Resume
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.budget import Budget, Spent
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.quota import QuotaUse
from ploeg.domain.retry import Decision, Ended, decide
from ploeg.domain.sprint_run import waits_for_people
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How the attempt ended, and where a next one could go on."""

    outcome: Outcome
    reason: str | None = None
    reset_at: datetime | None = None
    commit: str | None = None
    snapshot: str | None = None
    verified: bool = False
    #: The windows of its runtime's account, as they stand now.
    quota: tuple[QuotaUse, ...] = ()


def end_attempt(tx: Transaction, job: Job, attempt: Attempt, end: End, actor: str, **told: Any) -> Job:
    """Ends an attempt that owns its job; the job as it stands then. `told` goes into the attempt's event."""
    decision = _decide(tx, job, attempt, end)
    ended = attempt.evolve(ended_at=tx.now, lease_until=None, outcome=end.outcome, reason=end.reason)
    tx.attempts.update(ended)
    data = {"code": job.code, "attempt": attempt.number, "outcome": end.outcome, "reason": end.reason}
    data |= {"runtime": attempt.runtime, "seconds": (tx.now - attempt.claimed_at).total_seconds()}
    data |= {"usage": asdict(attempt.usage), **told}
    tx.events.add(
        "attempt.ended", product_id=job.product_id, job_id=job.id, attempt_id=attempt.id, actor=actor, data=data
    )
    worker = tx.workers.get(attempt.worker_id, lock=True)
    if worker is not None:
        presence.told(tx, worker, ended, end.quota, decision)
    settled = _settled(tx, job, ended, end, decision)
    tx.jobs.update(settled)
    job_events.tell(tx, settled, actor, attempt=attempt.number)
    follow(tx, settled, actor)
    return settled


def follow(tx: Transaction, job: Job, actor: str) -> None:
    """What the job has become, told to all that it belongs to: its questions, task, sprint run and idea."""
    if job.status.terminal:
        parking.close(tx, job, actor)
    touched = cascade.follow(tx, job, actor)
    _move_task(tx, job, actor)
    executions.follow(tx, job, actor)
    publication.landed(tx, job, actor)
    following.answered(tx, job)
    if job.sprint_run_id is not None:
        run_state.follow(tx, job, actor)
    if job.idea_id is not None:
        idea_jobs.follow(tx, job, actor)
    for run_id in touched:
        run_state.look_again(tx, run_id, actor)


def _move_task(tx: Transaction, job: Job, actor: str) -> None:
    """The task goes where its job went. A job that is queued again leaves it in progress: work has begun."""
    task = tx.backlog.task(job.task_id) if job.task_id is not None else None
    if task is None:
        return
    match job.status:
        case JobStatus.DONE:
            rollup.move_task(tx, task, TaskStatus.DONE, actor, job.id)
        case JobStatus.FAILED if job.sprint_run_id is None or not waits_for_people(job):
            rollup.move_task(tx, task, TaskStatus.FAILED, actor, job.id)
        case JobStatus.FAILED | JobStatus.SKIPPED | JobStatus.CANCELLED if task.status is TaskStatus.IN_PROGRESS:
            rollup.move_task(tx, task, status_without(tx, job), actor, job.id)
        case _:
            pass


def _decide(tx: Transaction, job: Job, attempt: Attempt, end: End) -> Decision:
    ended = Ended(
        outcome=end.outcome,
        reason=end.reason,
        counted=job.counted,
        reminded=job.reminded,
        repairs_left=_repairs_left(tx, attempt, end),
        solves_left=conflicts.solves_left(tx, job, attempt, end.outcome),
        asks_people=conflicts.asks_people(job, attempt, end.outcome),
        reset_at=end.reset_at,
        elsewhere_at=presence.elsewhere_at(tx, attempt) if end.outcome is Outcome.QUOTA_EXHAUSTED else None,
    )
    decision = decide(ended, tx.now, jitter=random.random())  # noqa: S311 - spreads retries, hides nothing
    decision = _within_budget(attempt, decision)
    if decision.status is JobStatus.WAITING:
        if end.outcome is Outcome.PUSH_CONFLICT:
            conflicts.ask(tx, job, attempt, end.reason or "its branch has moved on")
        decision = parking.parked(tx, job, attempt, decision)
    if job.cancel_requested and decision.status in {JobStatus.QUEUED, JobStatus.WAITING}:
        return replace(decision, status=JobStatus.CANCELLED, not_before=None, resume=False)
    return decision


def _within_budget(attempt: Attempt, decision: Decision) -> Decision:
    """A job is not tried again that has nothing left to spend."""
    limits = attempt.frozen.get("config", {}).get("limits", {})
    budget = Budget(max_cost_usd=limits.get("max_cost_usd"), max_tokens=limits.get("max_tokens"))
    reached = budget.reached(Spent.by(attempt.usage)) if decision.status is JobStatus.QUEUED else None
    if reached is None:
        return decision
    reason = f"{decision.reason or 'it cannot go on'}; its last attempt used {reached} that were left to it"
    return replace(decision, status=JobStatus.FAILED, not_before=None, resume=False, reason=reason)


def _repairs_left(tx: Transaction, attempt: Attempt, end: End) -> int:
    if end.outcome is not Outcome.GATE_REFUSED:
        return 0
    rounds: int = attempt.frozen.get("config", {}).get("repair_rounds", 0)
    return rounds - sum(each.outcome is Outcome.GATE_REFUSED for each in tx.attempts.of_job(attempt.job_id))


def _settled(tx: Transaction, job: Job, attempt: Attempt, end: End, decision: Decision) -> Job:
    cancelled = decision.status is JobStatus.CANCELLED
    return job.settle(
        decision.status,
        tx.now,
        counted=job.counted + (1 if decision.counted else 0),
        reminded=job.reminded or decision.remind,
        not_before=decision.not_before,
        outcome=Outcome.CANCELLED if cancelled else end.outcome,
        reason=job.reason if cancelled and job.cancel_requested else decision.reason,
        resume=_resume(attempt, end) if decision.resume and not _begins_anew(job, end) else _anew(tx, job, decision),
    )


def _begins_anew(job: Job, end: End) -> bool:
    """It has no work of its own to go on from, but for what goes against the branch's and an agent is to solve."""
    return job.catches_up and not end.verified and end.outcome is not Outcome.PUSH_CONFLICT


def _anew(tx: Transaction, job: Job, decision: Decision) -> Resume | None:
    """Where a job begins that is queued again and goes on from none of its own attempts."""
    return beginning(tx, job) if decision.status is JobStatus.QUEUED else None


def _resume(attempt: Attempt, end: End) -> Resume:
    return Resume(
        attempt_id=attempt.id,
        session_id=attempt.session_id,
        worker_id=attempt.worker_id,
        commit=end.commit or attempt.head_sha,
        snapshot=end.snapshot,
        verified=end.verified,
    )
