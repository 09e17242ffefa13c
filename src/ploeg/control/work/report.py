"""What a worker says of an attempt: that it goes on, and how it ended.

Every verb is fenced: it takes effect only while that attempt, held by a worker with the caller's token, owns its job.
"""

from __future__ import annotations

from typing import Any

from ploeg.control.docs.text import TITLE_MAX, kept, kept_json
from ploeg.control.installation import Installation
from ploeg.control.people import people
from ploeg.control.sprints import executions
from ploeg.control.work import budgets, forecasts, presence, quota, settle
from ploeg.control.work.proof import check_proof
from ploeg.domain.access import Principal
from ploeg.domain.account import Purse
from ploeg.domain.attempt import Attempt, Outcome, Phase, Usage
from ploeg.domain.errors import Invalid, NotFound, Superseded
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction
from ploeg.wire.work import (
    FinishReply,
    FinishReport,
    Handback,
    HandbackReply,
    Heartbeat,
    HeartbeatReply,
    StandBy,
    UsageOut,
)

#: Characters: a refusal carries a command and the tail of its output.
REASON_MAX = 10_000
#: Tokens of a kind or turns, and US dollars, that one attempt may say it used.
COUNT_MAX, COST_MAX = 10**12, 1e6


def heartbeat(
    tx: Transaction, actor: Principal, installation: Installation, attempt_id: str, beat: Heartbeat
) -> HeartbeatReply:
    """Renews the lease and notes how far the attempt is; the reply carries the order."""
    attempt, worker = of_caller(tx, actor, attempt_id)
    attempt = attempt.held_by(worker.id)
    job = owned_job(tx, attempt)
    phase = _phase(beat.phase)
    renewed = attempt.renew(installation.lease.deadline(tx.now)).evolve(phase=phase, **_noted(beat))
    by = f"worker:{worker.id}"
    if phase is not attempt.phase:
        _tell(tx, "job.phase", job, attempt, by, phase=phase)
    if beat.agent_started and job.status is JobStatus.CLAIMED:
        renewed = renewed.evolve(started_at=attempt.started_at or tx.now)
        tx.jobs.update(job.start(tx.now))
        _tell(tx, "job.started", job, attempt, by, model=renewed.model)
    tx.attempts.update(renewed)
    presence.seen(tx, worker)
    stand_by = _windows(tx, renewed, beat) if beat.quota else None
    budgets.charge(tx, installation, job.product_id, attempt.usage, renewed.usage)
    return HeartbeatReply(
        order="cancel" if job.cancel_requested else "continue",
        lease_seconds=installation.lease.seconds,
        stand_by=stand_by,
    )


def finish(
    tx: Transaction, actor: Principal, installation: Installation, attempt_id: str, report: FinishReport
) -> FinishReply:
    """Ends the attempt. The same report again gives the same answer; another one finds it superseded."""
    attempt, worker = of_caller(tx, actor, attempt_id)
    outcome = _outcome(report.outcome)
    if attempt.outcome is outcome:
        return _reply(tx, attempt)
    attempt = attempt.held_by(worker.id)
    job = owned_job(tx, attempt)
    if outcome is Outcome.DONE:
        check_proof(job, report)
        executions.check_settled(tx, job)
    noted = attempt.evolve(phase=_phase(report.phase), **_noted(report), **_result(tx, report))
    end = settle.End(
        outcome=outcome,
        reason=kept(report.reason, REASON_MAX),
        reset_at=report.reset_at,
        commit=report.head_sha,
        snapshot=report.snapshot,
        verified=report.verified,
        quota=quota.uses(tx, attempt.seat, report.quota),
    )
    presence.seen(tx, worker)
    settle.end_attempt(tx, job, noted, end, f"worker:{worker.id}", **_told(report, end))
    if outcome is Outcome.DONE:
        forecasts.remember(tx, job, noted, report.quota)
    budgets.charge(tx, installation, job.product_id, attempt.usage, noted.usage)
    return _reply(tx, noted)


def hand_back(tx: Transaction, actor: Principal, installation: Installation, handback: Handback) -> HandbackReply:
    """A worker that starts: what this instance held and no longer holds goes back to the queue.

    It is counted if the agent had started: a job that takes its worker down each time must come to an end. The lease
    of what it still holds is renewed, so that it has the time to report.
    """
    worker = presence.register(tx, actor, handback.worker)
    worker = presence.signed_in(tx, worker, handback.signed_in)
    lost = []
    for found in tx.attempts.active_of_worker(worker.id):
        attempt = tx.attempts.get(found.id, lock=True)
        if attempt is None or not attempt.active:
            continue
        if attempt.id in handback.still_held:
            tx.attempts.update(attempt.renew(installation.lease.deadline(tx.now)))
            continue
        lost.append(attempt)
        outcome = Outcome.WORKER_STOPPED if attempt.started_at is None else Outcome.WORKER_LOST
        end = settle.End(outcome=outcome, reason="the worker started anew and handed its attempt back")
        settle.end_attempt(tx, owned_job(tx, attempt), attempt, end, f"worker:{worker.id}")
    return HandbackReply(worker_id=worker.id, handed_back=[attempt.id for attempt in lost])


def _windows(tx: Transaction, attempt: Attempt, beat: Heartbeat) -> list[StandBy]:
    """Notes how the windows of the attempt's account stand; what its worker is given no jobs for then."""
    worker = tx.workers.get(attempt.worker_id, lock=True)
    assert worker is not None, "a foreign key keeps the worker of every attempt"
    noted = presence.told(tx, worker, attempt, quota.uses(tx, attempt.seat, beat.quota))
    return quota.standing_by(tx, noted)


def names(tx: Transaction, secret: str, attempt_id: str) -> tuple[str, int]:
    """Job code and number of an attempt of the caller's, ended or not: its files are named after them."""
    attempt, _ = of_caller(tx, people.worker(tx, secret), attempt_id, lock=False)
    job = tx.jobs.get(attempt.job_id)
    assert job is not None, "a foreign key keeps the job of every attempt"
    return job.code, attempt.number


def of_caller(tx: Transaction, actor: Principal, attempt_id: str, *, lock: bool = True) -> tuple[Attempt, WorkerRecord]:
    """An attempt of the caller's own worker, ended or not, locked for a change; another's is not there."""
    missing = NotFound("attempt", attempt_id)
    if "\0" in attempt_id:
        raise missing
    attempt = tx.attempts.get(AttemptId(attempt_id), lock=lock)
    worker = tx.workers.get(attempt.worker_id) if attempt is not None else None
    if attempt is None or worker is None or not presence.owns(tx, actor, worker):
        raise missing
    return attempt, worker


def owned_job(tx: Transaction, attempt: Attempt) -> Job:
    """The job that the attempt owns, locked; `Superseded` if another attempt does."""
    job = tx.jobs.get(attempt.job_id, lock=True)
    assert job is not None, "a foreign key keeps the job of every attempt"
    if job.attempt_id != attempt.id or not job.status.active:
        raise Superseded(attempt.id, f"{job.code} is {job.status}")
    return job


def _reply(tx: Transaction, attempt: Attempt) -> FinishReply:
    job = tx.jobs.get(attempt.job_id)
    worker = tx.workers.get(attempt.worker_id)
    assert job is not None, "a foreign key keeps the job of every attempt"
    assert worker is not None, "a foreign key keeps the worker of every attempt"
    return FinishReply(job_status=job.status, not_before=job.not_before, stand_by=quota.standing_by(tx, worker))


def _noted(said: Heartbeat | FinishReport) -> dict[str, Any]:
    """What both messages can tell; silence takes nothing away."""
    noted: dict[str, Any] = {
        name: value
        for name in ("session_id", "model", "base_sha")
        if (value := kept(getattr(said, name), TITLE_MAX)) is not None
    }
    if said.usage is not None:
        noted["usage"] = _usage(said.usage)
    if said.purse is not None and said.purse in set(Purse):
        noted["purse"] = Purse(said.purse)
    return noted


def _result(tx: Transaction, report: FinishReport) -> dict[str, Any]:
    return {
        "summary": kept(report.summary, REASON_MAX),
        "head_sha": kept(report.head_sha, TITLE_MAX),
        "pushed_at": tx.now if report.pushed else None,
        "kept_ref": kept(report.kept_ref, TITLE_MAX),
        "receipt": kept_json(report.receipt),
        "snapshot": kept(report.snapshot, TITLE_MAX),
        "wip_branch": kept(report.wip_branch, TITLE_MAX),
    }


def _usage(said: UsageOut) -> Usage:
    """Nothing less than none, and nothing that sums cannot hold."""
    return Usage(
        input_tokens=_count(said.input_tokens),
        output_tokens=_count(said.output_tokens),
        cache_read_tokens=_count(said.cache_read_tokens),
        cache_write_tokens=_count(said.cache_write_tokens),
        turns=_count(said.turns),
        cost_usd=None if said.cost_usd is None else min(max(said.cost_usd, 0.0), COST_MAX),
    )


def _count(said: int) -> int:
    return min(max(said, 0), COUNT_MAX)


def _phase(name: str) -> Phase:
    try:
        return Phase(name)
    except ValueError:
        raise Invalid("phase", name, f"use one of {', '.join(Phase)}") from None


def _outcome(name: str) -> Outcome:
    try:
        return Outcome(name)
    except ValueError:
        raise Invalid("outcome", name, f"use one of {', '.join(Outcome)}") from None


def _told(report: FinishReport, end: settle.End) -> dict[str, Any]:
    windows = [
        {
            "runtime": window.runtime,
            "window": window.window,
            "status": window.status,
            "utilization": window.utilization,
            "resets_at": window.resets_at,
        }
        for window in end.quota
    ]
    return {
        "head_sha": report.head_sha,
        "pushed": report.pushed,
        "kept_ref": report.kept_ref,
        "wip_branch": report.wip_branch,
        "quota": windows,
    }


def _tell(tx: Transaction, type_: str, job: Job, attempt: Attempt, by: str, **more: Any) -> None:
    data = {"code": job.code, "attempt": attempt.number, **more}
    tx.events.add(type_, product_id=job.product_id, job_id=job.id, attempt_id=attempt.id, actor=by, data=data)
