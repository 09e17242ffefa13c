"""Tools about the tasks of a job for a whole sprint run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ploeg.domain.gate import SKIP_REASON_MIN, Coverage
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Settable = Annotated[Literal["RUNNING", "DONE", "FAILED", "SKIPPED"], BeforeValidator(_upper)]


class UpdateTaskExecution(Arguments):
    execution_id: Reference = Field(description="The execution's id, or its task's code.")
    status: Settable = Field(
        description="`RUNNING`: you begin with it, once all before it are settled. `DONE`: its work is committed and "
        "verified. `SKIPPED`: nothing had to be changed for it. `FAILED`: it cannot be done."
    )
    skip_reason: str | None = Field(
        default=None, max_length=2000, description=f"With `SKIPPED`: why, in at least {SKIP_REASON_MIN} characters."
    )


class VerifySprintTask(Arguments):
    execution_id: Reference = Field(description="The execution's id, or its task's code.")
    summary: str | None = Field(
        default=None,
        max_length=2000,
        description="What was done for this task. At least 20 characters of it justify changes that cover the plan "
        "only in part or go beyond it.",
    )


class ExecutionUpdated(Result):
    execution_id: str
    task: str
    status: ExecutionStatus
    verify_result: Coverage | None = None
    base_sha: str | None = None
    head_sha: str | None = None
    #: The first one that is not settled; none when all are.
    next_execution_id: str | None = None


class ExecutionVerified(Result):
    execution_id: str
    result: Coverage
    reasoning: str
    verify_only: bool
    #: What was compared: the commits of this task alone.
    base_sha: str
    head_sha: str
    #: Whether the execution may be set to DONE as it stands.
    allowed_for_done: bool
    reason: str
    planned_paths: list[str] = Field(default_factory=list)
    missing_paths: list[str] = Field(default_factory=list)
    changed_paths: list[str] = Field(default_factory=list)


UPDATE_TASK_EXECUTION = Tool(
    name="update_task_execution",
    description=(
        "Say where one task of this sprint job stands; the task's own status follows. Go through them in order: "
        "RUNNING, then the work, then verify_sprint_task, then DONE. What is DONE or SKIPPED stays so. Ploeg knows the "
        "commits by itself."
    ),
    arguments=UpdateTaskExecution,
    result=ExecutionUpdated,
    side=Side.SERVER,
)

VERIFY_SPRINT_TASK = Tool(
    name="verify_sprint_task",
    description=(
        "Compare what you have committed for one task of this sprint job, since the task before it, with the plan that "
        "the job was started with, and record what was found. Everything must be committed. It may be called again "
        "after mending; the last result counts. ALIGNED: the plan's files are changed. PARTIAL: some are not. "
        "DIVERGENT: far more than the plan is changed. EMPTY: nothing is changed."
    ),
    arguments=VerifySprintTask,
    result=ExecutionVerified,
    side=Side.WORKER,
)
