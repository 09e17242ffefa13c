"""Tools about a task: its status, its plan, and how far the work covers that plan."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ploeg.domain.gate import Coverage
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool

#: Characters of an implementation plan.
PLAN_MAX = 131_072

TaskState = Literal["todo", "in_progress", "review", "done", "failed", "excluded"]


class UpdateTaskStatus(Arguments):
    task_id: Reference = Field(description="The task's id or code.")
    status: TaskState = Field(description="The task's new status.")
    sprint_run_id: Reference | None = Field(
        default=None, description="In a job of a sprint's run: the run, as a check that it is still this one."
    )


class UpdateTaskPlan(Arguments):
    task_id: Reference = Field(description="The task's id or code.")
    implementation_plan: str = Field(
        min_length=1, max_length=PLAN_MAX, description="The whole new plan, in Markdown; it replaces the old one."
    )


class VerifyTaskAgainstPlan(Arguments):
    task_id: Reference = Field(description="The task's id or code.")


class TaskUpdated(Result):
    id: str
    code: str
    status: TaskState
    implementation_plan: str | None = None
    #: What the change did to the task's story.
    story_status_change: Literal["promoted", "demoted"] | None = None


class TaskVerified(Result):
    job_id: str
    result: Coverage
    reasoning: str
    verify_only: bool
    #: Whether plan coverage alone would let `done` pass; commits and verify commands are checked with the report.
    allowed_for_done: bool
    reason: str
    planned_paths: list[str] = Field(default_factory=list)
    missing_paths: list[str] = Field(default_factory=list)
    changed_paths: list[str] = Field(default_factory=list)


UPDATE_TASK_STATUS = Tool(
    name="update_task_status",
    description=(
        "Set the status of a task: `in_progress` when you begin. The story and the backlog item follow by themselves. "
        "In a job it is one of the job's own tasks, which get their last status by themselves when the job is closed."
    ),
    arguments=UpdateTaskStatus,
    result=TaskUpdated,
    side=Side.SERVER,
    people=True,
)

UPDATE_TASK_PLAN = Tool(
    name="update_task_plan",
    description=(
        "Replace a task's implementation plan, for people and later jobs. A job that is under way is still checked "
        "against the plan it was started with."
    ),
    arguments=UpdateTaskPlan,
    result=TaskUpdated,
    side=Side.SERVER,
    people=True,
)

VERIFY_TASK_AGAINST_PLAN = Tool(
    name="verify_task_against_plan",
    description=(
        "Compare what you have committed so far with the plan this job was started with. It changes nothing and may be "
        "called as often as you like; the worker finds the workspace by itself. ALIGNED: the plan's files are changed. "
        "PARTIAL: some are not. DIVERGENT: far more than the plan is changed. EMPTY: nothing is committed."
    ),
    arguments=VerifyTaskAgainstPlan,
    result=TaskVerified,
    side=Side.WORKER,
)
