"""The tasks of a job for a whole sprint run: frozen at its first claim, settled one after another, ended with it."""

from __future__ import annotations

from collections.abc import Sequence

from ploeg.control.backlog import rollup
from ploeg.control.docs.text import TITLE_MAX, kept
from ploeg.control.sprints.run_plan import RunPlan
from ploeg.domain import executions
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.executions import SETTLED
from ploeg.domain.gate import Coverage, Settled
from ploeg.domain.ids import ExecutionId, TaskId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.kinds import Subject, kind_named
from ploeg.domain.sprint_run import Execution, ExecutionStatus, waits_for_people
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction
from ploeg.wire.work import Verification

SUMMARY_MAX = 2000

_UNDER_WAY = frozenset({TaskStatus.IN_PROGRESS, TaskStatus.REVIEW})


def works_through(job: Job) -> bool:
    """The job is for a whole run, and not for one task of it."""
    return kind_named(job.kind).subject is Subject.SPRINT_RUN


def freeze(tx: Transaction, job: Job) -> list[Execution]:
    """The job's executions, made with its first claim: later changes of the backlog have no effect on them.

    A task for which somebody queued a job of its own meanwhile is left to that.
    """
    found = tx.sprints.executions(job.id)
    run = tx.sprints.run(job.sprint_run_id) if job.sprint_run_id is not None else None
    sprint = tx.sprints.get(run.sprint_id) if run is not None else None
    if found or sprint is None:
        return found
    free = [task for task in RunPlan(tx, sprint).tasks if tx.jobs.unfinished_for_task(task.id) is None]
    for position, task in enumerate(free, start=1):
        execution = Execution(
            id=ExecutionId(new_id("exe")),
            job_id=job.id,
            task_id=task.id,
            position=position,
            plan=task.implementation_plan or "",
            verify_required=task.verify_required,
            verify_only=task.verify_only,
        )
        tx.sprints.add_execution(execution)
        found.append(execution)
    return found


def update(
    tx: Transaction, job: Job, by: str, reference: str, status: ExecutionStatus, reason: str | None
) -> Execution:
    """Where the agent is with one of its job's tasks; the task follows. `Conflict` says what is missing."""
    all_of_job = tx.sprints.executions(job.id)
    execution = _one_of(tx, all_of_job, reference)
    match status:
        case ExecutionStatus.RUNNING:
            changed = executions.begin(execution, all_of_job, tx.now)
        case ExecutionStatus.DONE:
            changed = executions.done(execution, tx.now)
        case ExecutionStatus.SKIPPED:
            changed = executions.skip(execution, reason, tx.now)
        case ExecutionStatus.FAILED:
            changed = executions.fail(execution, tx.now)
        case ExecutionStatus.PENDING:
            raise Invalid("status", status, "use RUNNING, DONE, FAILED or SKIPPED")
    tx.sprints.update_execution(changed)
    if changed.status is not execution.status:
        _tell(tx, job, changed, by)
    _move(tx, job, changed, TaskStatus.REVIEW if changed.status in SETTLED else TaskStatus.IN_PROGRESS, by)
    return changed


def note(tx: Transaction, job: Job, found: Verification) -> None:
    """What the worker found when it compared the commits of one of them with its plan."""
    execution = _one_of(tx, tx.sprints.executions(job.id), found.execution_id)
    base, head = kept(found.base_sha, TITLE_MAX), kept(found.head_sha, TITLE_MAX)
    if base is None or head is None or found.coverage not in set(Coverage):
        raise Invalid("verified", found.coverage, f"give both commits, and one of {', '.join(Coverage)}")
    noted = executions.verified(
        execution, base=base, head=head, coverage=Coverage(found.coverage), summary=kept(found.summary, SUMMARY_MAX)
    )
    tx.sprints.update_execution(noted)


def check_settled(tx: Transaction, job: Job) -> None:
    """`Invalid` unless every task of a job for a whole run is settled as its rules ask."""
    if not works_through(job):
        return
    gate = executions.aggregate([settled(tx, each) for each in tx.sprints.executions(job.id)])
    if not gate.passed:
        raise Invalid("receipt", gate.name, gate.reason)


def settled(tx: Transaction, each: Execution) -> Settled:
    task = tx.backlog.task(each.task_id)
    return Settled(
        task=task.code if task is not None else each.task_id,
        status=each.status,
        verify_required=each.verify_required,
        verify_only=each.verify_only,
        base_sha=each.base_sha,
        head_sha=each.head_sha,
        coverage=each.coverage,
        summary=each.summary,
        skip_reason=each.skip_reason,
    )


def follow(tx: Transaction, job: Job, by: str) -> None:
    """The job has ended: its tasks are done, or the one it stopped at has failed, and the others are to do again.

    What was settled before a failure lies on the branch, where the next run finds it.
    """
    if not job.status.terminal or not works_through(job):
        return
    failed: TaskId | None = None
    for each in tx.sprints.executions(job.id):
        if job.status is JobStatus.DONE:
            _move(tx, job, each, TaskStatus.DONE, by)
        elif job.status is JobStatus.FAILED and not waits_for_people(job) and _stopped_at(each):
            failed = failed or each.task_id
            if each.status is ExecutionStatus.RUNNING:
                tx.sprints.update_execution(executions.fail(each, tx.now))
            _move(tx, job, each, TaskStatus.FAILED, by)
        else:
            _move(tx, job, each, TaskStatus.TO_DO, by)
    if failed is not None:
        _name_failed(tx, job, failed)


def _stopped_at(execution: Execution) -> bool:
    return execution.status in {ExecutionStatus.RUNNING, ExecutionStatus.FAILED}


def _name_failed(tx: Transaction, job: Job, task_id: TaskId) -> None:
    run = tx.sprints.run(job.sprint_run_id, lock=True) if job.sprint_run_id is not None else None
    if run is not None and run.failed_task_id is None:
        tx.sprints.update_run(run.evolve(failed_task_id=task_id))


def _move(tx: Transaction, job: Job, execution: Execution, status: TaskStatus, by: str) -> None:
    """Only a task that is still the job's to move: what people made of it meanwhile stands."""
    task = tx.backlog.task(execution.task_id)
    if task is None:
        return
    if task.status in _UNDER_WAY or (task.status is TaskStatus.TO_DO and not job.status.terminal):
        rollup.move_task(tx, task, status, by, job.id)


def _one_of(tx: Transaction, all_of_job: Sequence[Execution], reference: str) -> Execution:
    """By its own id, or by its task's code."""
    for each in all_of_job:
        if reference == each.id or reference.upper() == settled(tx, each).task:
            return each
    raise NotFound("execution", reference)


def _tell(tx: Transaction, job: Job, execution: Execution, by: str) -> None:
    data = {"code": job.code, "execution": execution.id, "task_id": execution.task_id, "status": execution.status}
    tx.events.add(
        "execution.changed",
        product_id=job.product_id,
        job_id=job.id,
        attempt_id=job.attempt_id,
        actor=by,
        data=data | {"verify_result": execution.coverage, "head_sha": execution.head_sha},
    )
