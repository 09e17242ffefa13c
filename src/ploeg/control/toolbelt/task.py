"""Tools about a task."""

from __future__ import annotations

from ploeg.control.backlog import rollup
from ploeg.control.docs.text import kept_json
from ploeg.control.find import Need
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.backlog import StoryStatus, Task, TaskStatus
from ploeg.domain.errors import Invalid, NotFound
from ploeg.store.transaction import Transaction
from ploeg.tools.task import TaskState, TaskUpdated, UpdateTaskPlan, UpdateTaskStatus

_STATUSES: dict[TaskState, TaskStatus] = {showing.task_state(status): status for status in TaskStatus}
#: What an attempt may make of its task by itself. That it is done or failed follows from the job's own end.
_OF_AN_ATTEMPT: dict[TaskState, TaskStatus] = {
    "in_progress": TaskStatus.IN_PROGRESS,
    "review": TaskStatus.REVIEW,
    "done": TaskStatus.REVIEW,
}
_RANKS = {StoryStatus.FAILED: 0, StoryStatus.OPEN: 1, StoryStatus.IN_SPRINT: 1, StoryStatus.DONE: 2}


def update_task_status(tx: Transaction, caller: Caller, arguments: UpdateTaskStatus) -> TaskUpdated:
    task = caller.task(tx, arguments.task_id, Need.CHANGE)
    if arguments.sprint_run_id is not None:
        _check_run(caller, arguments.sprint_run_id)
    status = _wanted(caller, arguments.status)
    before = _story_status(tx, task)
    task = rollup.move_task(tx, task, status, caller.by, caller.job_id)
    change = _RANKS[_story_status(tx, task)] - _RANKS[before]
    return TaskUpdated(
        id=task.id,
        code=task.code,
        status=showing.task_state(task.status),
        story_status_change="promoted" if change > 0 else "demoted" if change < 0 else None,
    )


def update_task_plan(tx: Transaction, caller: Caller, arguments: UpdateTaskPlan) -> TaskUpdated:
    task = caller.task(tx, arguments.task_id, Need.CHANGE)
    task = task.evolve(implementation_plan=kept_json(arguments.implementation_plan))
    tx.backlog.update_task(task)
    rollup.tell(tx, "task", task, caller.by, caller.job_id, change="plan")
    return TaskUpdated(
        id=task.id, code=task.code, status=showing.task_state(task.status), implementation_plan=task.implementation_plan
    )


def _wanted(caller: Caller, state: TaskState) -> TaskStatus:
    status = (_OF_AN_ATTEMPT if isinstance(caller, AttemptCaller) else _STATUSES).get(state)
    if status is None:
        raise Invalid(
            "status",
            state,
            "set in_progress or review; to give up or skip, close the job with update_job_status instead",
        )
    return status


def _check_run(caller: Caller, reference: str) -> None:
    """A run that has ended takes no calls: its jobs are over with it."""
    if not isinstance(caller, AttemptCaller):
        raise Invalid("sprint_run_id", reference, "only a job of that run may name it; leave it out")
    if caller.job.sprint_run_id != reference:
        raise NotFound("sprint run", reference)


def _story_status(tx: Transaction, task: Task) -> StoryStatus:
    story = tx.backlog.story(task.story_id)
    assert story is not None, "a foreign key keeps the story of every task"
    return story.status


HANDLERS: Handlers = {
    UpdateTaskStatus: update_task_status,
    UpdateTaskPlan: update_task_plan,
}
