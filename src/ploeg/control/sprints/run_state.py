"""What the jobs of a sprint's run make of it: that it begins, why it pauses, when it goes on by itself, how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ploeg.control.backlog import rollup
from ploeg.domain.attempt import Outcome
from ploeg.domain.ids import SprintRunId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.question import still_asked
from ploeg.domain.sprint import PrStrategy
from ploeg.domain.sprint_run import Pause, PauseReason, SprintRun, waits_for_people
from ploeg.store.faults import RaceLost
from ploeg.store.transaction import Transaction


def begin(tx: Transaction, job: Job, actor: str) -> None:
    """A job of a run was claimed, so the run is under way."""
    run = tx.sprints.run(job.sprint_run_id, lock=True) if job.sprint_run_id is not None else None
    if run is None:
        return
    if not run.status.claimable:
        raise RaceLost(f"the run of {job.code} was paused or ended while the job was claimed")
    go_on(tx, run, actor)


def follow(tx: Transaction, job: Job, actor: str) -> None:
    """A job of a run has another status: the run pauses, goes on or ends with it."""
    run = tx.sprints.run(job.sprint_run_id, lock=True) if job.sprint_run_id is not None else None
    if run is None or run.status.terminal:
        return
    pause = _pause(tx, run, job)
    if pause is not None and _gives_way(run, pause.reason):
        run = pause_for(tx, run, pause, actor)
    elif _was_held_by(run, job):
        run = go_on(tx, run, actor)
    rollup.roll_up_run(tx, run, actor)


def look_again(tx: Transaction, run_id: SprintRunId, actor: str) -> None:
    """Something happened to jobs of that run: it may have ended."""
    run = tx.sprints.run(run_id, lock=True)
    if run is not None and not run.status.terminal:
        rollup.roll_up_run(tx, run, actor)


def pause_for(tx: Transaction, run: SprintRun, pause: Pause, actor: str) -> SprintRun:
    paused = run.pause_for(pause)
    tx.sprints.update_run(paused)
    rollup.tell_run(tx, paused, actor, was=run.status, pause=pause.reason)
    return paused


def go_on(tx: Transaction, run: SprintRun, actor: str) -> SprintRun:
    """The run under way; no change if it is."""
    begun = run.begin(tx.now)
    if begun is not run:
        tx.sprints.update_run(begun)
        rollup.tell_run(tx, begun, actor, was=run.status)
    return begun


def next_reset(tx: Transaction) -> datetime | None:
    """When the next run may go on that stands before a quota wall."""
    resets = (run.pause.resets_at for run in tx.sprints.paused_runs() if run.pause is not None)
    return min((moment for moment in resets if moment is not None), default=None)


def lift(tx: Transaction) -> int:
    """Lets the runs go on whose quota window has opened again. How many there were."""
    lifted = 0
    for found in tx.sprints.paused_runs():
        if not _open_again(tx, found):
            continue
        run = tx.sprints.run(found.id, lock=True)
        if run is not None and _open_again(tx, run):
            go_on(tx, run, "server")
            lifted += 1
    return lifted


def _was_held_by(run: SprintRun, job: Job) -> bool:
    """The run stood still for that job alone, which no longer needs it: it got its answer, or was cancelled."""
    if run.pause is None or run.pause.last_task_id != job.task_id:
        return False
    return run.pause.reason in {PauseReason.QUESTION, PauseReason.QUOTA_DEPLETED}


def _open_again(tx: Transaction, run: SprintRun) -> bool:
    pause = run.pause
    return pause is not None and pause.resets_at is not None and pause.resets_at <= tx.now


def _pause(tx: Transaction, run: SprintRun, job: Job) -> Pause | None:
    """Why the run stands still now; under `STORY` other stories go on while one waits."""
    if waits_for_people(job):
        return _conflict(tx, job)
    if run.pr_strategy is PrStrategy.STORY:
        return None
    pause = Pause(reason=PauseReason.QUESTION, paused_at=tx.now, last_task_id=job.task_id)
    if job.status is JobStatus.WAITING:
        asked = still_asked(tx.questions.of_job(job.id))
        question = asked[0].id if asked else None
        return replace(pause, question_id=question, detail=f"{job.code} waits for {job.reason or 'an answer'}")
    if job.status is JobStatus.QUEUED and job.outcome is Outcome.QUOTA_EXHAUSTED and job.not_before is not None:
        detail = f"{job.code} stands before a quota wall until {job.not_before:%Y-%m-%d %H:%M} UTC"
        return replace(pause, reason=PauseReason.QUOTA_DEPLETED, resets_at=job.not_before, detail=detail)
    return None


def _conflict(tx: Transaction, job: Job) -> Pause:
    attempt = tx.attempts.get(job.attempt_id) if job.attempt_id is not None else None
    return Pause(
        reason=PauseReason.MERGE_CONFLICT,
        paused_at=tx.now,
        detail=f"{job.code} could not push to {job.branch}, which went another way: {job.reason or 'a conflict'}",
        last_task_id=job.task_id,
        head_sha=attempt.head_sha if attempt is not None else None,
    )


def _gives_way(run: SprintRun, reason: PauseReason) -> bool:
    """A pause that only people lift is not replaced by one that lifts by itself."""
    by_people = {PauseReason.MANUAL, PauseReason.MERGE_CONFLICT}
    return run.pause is None or run.pause.reason not in by_people or reason is PauseReason.MERGE_CONFLICT
