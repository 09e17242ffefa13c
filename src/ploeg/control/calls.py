"""The agents' tools that the server carries out, each only on its own attempt's task and story."""

from __future__ import annotations

import hashlib
from typing import Any

from ploeg.control import report, rollup
from ploeg.control.text import kept_json
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.attempt import Attempt
from ploeg.domain.backlog import LogType, Story, StoryLog, StoryStatus, Task, TaskStatus
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, Superseded
from ploeg.domain.job import Job
from ploeg.domain.kinds import kind_named
from ploeg.store.transaction import Transaction
from ploeg.tools.declaration import Result, Side
from ploeg.tools.registry import tool_named
from ploeg.tools.story_log import LogCommit, Logged, LogImplementation, LogTestResult
from ploeg.tools.task import TaskState, TaskUpdated, UpdateTaskPlan, UpdateTaskStatus
from ploeg.wire.work import ToolCall, ToolReply

#: What an agent may make of its task by itself. That it is done or failed follows from the job's own end.
_ALLOWED: dict[TaskState, TaskStatus] = {
    "in_progress": TaskStatus.IN_PROGRESS,
    "review": TaskStatus.REVIEW,
    "done": TaskStatus.REVIEW,
}
_STATES: dict[TaskStatus, TaskState] = {
    TaskStatus.TO_DO: "todo",
    TaskStatus.IN_PROGRESS: "in_progress",
    TaskStatus.REVIEW: "review",
    TaskStatus.DONE: "done",
    TaskStatus.FAILED: "failed",
    TaskStatus.EXCLUDED: "excluded",
}
_RANKS = {StoryStatus.FAILED: 0, StoryStatus.OPEN: 1, StoryStatus.IN_SPRINT: 1, StoryStatus.DONE: 2}


def call(tx: Transaction, actor: Principal, attempt_id: str, request: ToolCall) -> ToolReply:
    """Carries the tool out. What the tool refuses is told to the agent; a superseded attempt is told nothing."""
    attempt, worker = report.of_caller(tx, actor, attempt_id)
    attempt = attempt.held_by(worker.id)
    job = report.owned_job(tx, attempt)
    try:
        result = _Call(tx, job, attempt, request, f"worker:{worker.id}").carry_out()
    except Superseded:
        raise
    except (Invalid, NotFound, Denied, Conflict) as refusal:
        return ToolReply(error=str(refusal))
    return ToolReply(result=result.model_dump(mode="json", exclude_none=True))


class _Call:
    """One call within its transaction."""

    def __init__(self, tx: Transaction, job: Job, attempt: Attempt, request: ToolCall, by: str) -> None:
        self._tx = tx
        self._job = job
        self._attempt = attempt
        self._request = request
        self._by = by

    def carry_out(self) -> Result:
        name = self._request.tool
        tool = tool_named(name)
        if tool.side is not Side.SERVER or name not in kind_named(self._job.kind).tools:
            raise Denied(f"{name} is not among the tools that this job may call through the server")
        match tool.check(self._request.arguments):
            case UpdateTaskStatus() as arguments:
                return self._update_task_status(arguments)
            case UpdateTaskPlan() as arguments:
                return self._update_task_plan(arguments)
            case LogImplementation() as arguments:
                return self._log(arguments, LogType.IMPLEMENTATION_PLAN)
            case LogTestResult() as arguments:
                return self._log(arguments, LogType.TEST_RESULT, status=arguments.status.upper())
            case LogCommit() as arguments:
                return self._log(
                    arguments,
                    LogType.COMMIT,
                    commit_hash=arguments.commit_hash,
                    commit_message=kept_json(arguments.commit_message),
                )
            case _:
                raise Denied(f"{name} cannot be carried out by the server")

    def _update_task_status(self, arguments: UpdateTaskStatus) -> TaskUpdated:
        task = self._own_task(arguments.task_id)
        status = _ALLOWED.get(arguments.status)
        if status is None:
            raise Invalid(
                "status",
                arguments.status,
                "set in_progress or review; to give up or skip, close the job with update_job_status instead",
            )
        before = self._story(task)
        task = rollup.move_task(self._tx, task, status, self._by, self._job.id)
        return _updated(task, before, self._story(task))

    def _update_task_plan(self, arguments: UpdateTaskPlan) -> TaskUpdated:
        task = self._own_task(arguments.task_id).evolve(implementation_plan=kept_json(arguments.implementation_plan))
        self._tx.backlog.update_task(task)
        rollup.tell(self._tx, "task", task, self._by, self._job.id, change="plan")
        return TaskUpdated(
            id=task.id, code=task.code, status=_STATES[task.status], implementation_plan=task.implementation_plan
        )

    def _log(self, arguments: LogImplementation | LogTestResult | LogCommit, type_: LogType, **more: Any) -> Logged:
        story_id = self._own_story(arguments.story_id).id
        log = StoryLog(
            id=self._log_id(),
            story_id=story_id,
            type=type_,
            content=kept_json(arguments.content),
            metadata=kept_json(arguments.metadata),
            created_at=self._tx.now,
            **more,
        )
        if not self._tx.backlog.add_log(log, log.id):
            log = next(stored for stored in self._tx.backlog.logs(story_id) if stored.id == log.id)
        return Logged(id=log.id, created_at=log.created_at)

    def _log_id(self) -> str:
        """The same call always makes the same entry."""
        named = f"{self._attempt.id}:{self._request.call_id}".encode("utf-8", "replace")
        return "log_" + hashlib.sha256(named).hexdigest()[:26]

    def _own_task(self, reference: str) -> Task:
        task = self._tx.backlog.task(self._job.task_id) if self._job.task_id is not None else None
        if task is None or not _names(reference, CodeKind.TASK, task.id, task.code):
            raise NotFound("task", reference)
        return task

    def _own_story(self, reference: str) -> Story:
        story = self._tx.backlog.story(self._job.story_id) if self._job.story_id is not None else None
        if story is None or not _names(reference, CodeKind.STORY, story.id, story.code):
            raise NotFound("story", reference)
        return story

    def _story(self, task: Task) -> StoryStatus:
        story = self._tx.backlog.story(task.story_id)
        assert story is not None, "a foreign key keeps the story of every task"
        return story.status


def _names(reference: str, kind: CodeKind, id_: str, code: str) -> bool:
    return reference == id_ or codes.expect(kind, reference) == code


def _updated(task: Task, before: StoryStatus, after: StoryStatus) -> TaskUpdated:
    change = _RANKS[after] - _RANKS[before]
    return TaskUpdated(
        id=task.id,
        code=task.code,
        status=_STATES[task.status],
        story_status_change="promoted" if change > 0 else "demoted" if change < 0 else None,
    )
