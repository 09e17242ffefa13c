"""A follow-up: an ended job's branch and conversation go on with an instruction, as a new job."""

from __future__ import annotations

from collections.abc import Sequence

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.installation import Installation
from ploeg.control.queue.submit import Follow, Spot, Submitted, Wish, asked_before, enqueue
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt, Resume
from ploeg.domain.backlog import Task, TaskStatus
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.store.transaction import Transaction


def follow_up(tx: Transaction, actor: Principal, installation: Installation, reference: str, wish: Wish) -> Submitted:
    """Queues a job that goes on where that ended one stopped; `wish.instruction` says with what.

    `Conflict` while the job, or another of its task or branch, has not ended, and for one that no worker ever began.
    """
    old = find.job(tx, actor, reference, Need.CHANGE)
    earlier = asked_before(tx, actor, wish.key)
    if earlier is not None:
        if earlier.follow_up_of != old.id:
            raise Conflict(f"the idempotency key was used for {earlier.code}, which does not follow {old.code}")
        return Submitted(earlier, new=False)
    if not (wish.instruction or "").strip():
        raise Invalid("instruction", wish.instruction or "", "say what the agent is to do next")
    task, last = _ready(tx, old)
    spot = Spot(branch=old.branch or "", lane=old.lane or "", sequence=old.sequence or 0)
    job = enqueue(tx, actor, installation, task, wish, spot=spot, follow=Follow(of=old.id, last=last))
    return Submitted(job, new=True)


def _ready(tx: Transaction, old: Job) -> tuple[Task, Attempt]:
    """The task of a job that may be followed up, and the attempt that it goes on from."""
    if not old.status.terminal:
        raise Conflict(f"{old.code} is {old.status}; a follow-up begins when it has ended")
    task = _task_of(tx, old)
    if task is None or old.lane is None or old.branch is None:
        raise Conflict(f"{old.code} has worked on no task; only work on tasks is followed up")
    attempts = tx.attempts.of_job(old.id)
    if not attempts:
        raise Conflict(f"{old.code} ended before a worker began it; queue the task again with `ploeg job run`")
    unfinished = tx.jobs.unfinished_in_lane(old.lane)
    if unfinished is not None:
        raise Conflict(f"{unfinished.code} is {unfinished.status} on the same branch; wait until it has ended")
    return task, _last_of_use(attempts)


def _task_of(tx: Transaction, old: Job) -> Task | None:
    """Its own; of a job for a whole sprint run the last one that it did."""
    if old.task_id is not None:
        return tx.backlog.task(old.task_id)
    done = [each for each in tx.sprints.executions(old.id) if each.status is ExecutionStatus.DONE]
    return tx.backlog.task(done[-1].task_id) if done else None


def beginning(tx: Transaction, job: Job) -> Resume | None:
    """Where a follow-up begins, which an attempt that cannot go on from an earlier one does again."""
    attempts = tx.attempts.of_job(job.follow_up_of) if job.follow_up_of is not None else []
    if not attempts:
        return None
    last = _last_of_use(attempts)
    return last.done() if job.catches_up else last.left_off(job.runtime)


def _last_of_use(attempts: Sequence[Attempt]) -> Attempt:
    """The last attempt that left something to go on with, if any did."""
    return next((each for each in reversed(attempts) if each.head_sha or each.session_id), attempts[-1])


def status_without(tx: Transaction, job: Job) -> TaskStatus:
    """Where the task of a job stands that came to nothing: to do, or as the job before it had left it."""
    before = tx.jobs.get(job.follow_up_of) if job.follow_up_of is not None else None
    if before is None:
        return TaskStatus.TO_DO
    match before.status:
        case JobStatus.DONE:
            return TaskStatus.DONE
        case JobStatus.FAILED:
            return TaskStatus.FAILED
        case _:
            return status_without(tx, before)


def plan(tx: Transaction, job: Job, of_task: str) -> str:
    """What a follow-up is measured against: its instruction; with its task's plan where nothing was pushed yet."""
    return job.instruction or "" if _pushed_before(tx, job) else f"{of_task}\n\n{job.instruction}"


def began_at(tx: Transaction, job: Job) -> str | None:
    """Where the work began that it goes on with, if that is still to be pushed."""
    if job.resume is None or job.resume.commit is None:
        return None
    before = tx.attempts.get(job.resume.attempt_id)
    return before.base_sha if before is not None else None


def _pushed_before(tx: Transaction, job: Job) -> bool:
    before = tx.jobs.get(job.follow_up_of) if job.follow_up_of is not None else None
    if before is None:
        return False
    return any(each.pushed_at is not None for each in tx.attempts.of_job(before.id)) or _pushed_before(tx, before)
