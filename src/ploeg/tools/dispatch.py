"""Tools about jobs for people's own agents: queue one, follow it, cancel it, and see what is left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from ploeg.domain.attempt import Outcome
from ploeg.domain.gate import Coverage
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


class DispatchJob(Arguments):
    task_id: Reference = Field(description="The task's id or code. It needs an implementation plan.")
    instruction: str | None = Field(default=None, max_length=4000, description="An extra instruction for the agent.")
    runtime: str | None = Field(default=None, max_length=80, description="Leave out for the product's own choice.")
    model: str | None = Field(default=None, max_length=200, description="Leave out for the product's own choice.")
    labels: list[str] = Field(default=[], max_length=20, description="Labels that the worker must offer.")
    not_before: AwareDatetime | None = Field(
        default=None, description="No worker takes it earlier; with an offset from UTC, e.g. 2026-11-22T22:00:00+01:00."
    )
    in_order: bool = Field(
        default=False, description="The task waits from now on for those whose jobs are about to change the same files."
    )
    key: str | None = Field(
        default=None, max_length=200, description="The same key again gives the same job instead of a second one."
    )


class FollowUpJob(Arguments):
    job_id: Reference = Field(description="The ended job's id or code.")
    instruction: str = Field(min_length=1, max_length=4000, description="What the agent is to do next.")
    key: str | None = Field(
        default=None, max_length=200, description="The same key again gives the same job instead of a second one."
    )


class RetryJob(Arguments):
    job_id: Reference = Field(description="The ended job's id or code.")
    instruction: str | None = Field(
        default=None, max_length=4000, description="An extra instruction; left out, the old job's holds."
    )
    key: str | None = Field(
        default=None, max_length=200, description="The same key again gives the same job instead of a second one."
    )


class PreviewFailure(Arguments):
    job_id: Reference = Field(description="The unfinished job's id or code.")


class GetJobStatus(Arguments):
    job_id: Reference = Field(description="The job's id or code.")


class ListJobs(Arguments):
    product_id: Reference | None = Field(default=None, description="Only those of this product, by id or code.")
    task_id: Reference | None = Field(default=None, description="Only those of this task, by id or code.")
    status: list[JobStatus] = Field(default=[], description="Only those that are one of these.")
    limit: int = Field(default=20, ge=1, le=100)
    before: int | None = Field(default=None, ge=1, description="The page's `next_before`, for the page after it.")


class CancelJob(Arguments):
    job_id: Reference = Field(description="The job's id or code.")
    reason: str | None = Field(default=None, max_length=2000, description="Why, for people.")


class CheckQueueEmpty(Arguments):
    product_id: Reference | None = Field(default=None, description="Only this product, by id or code.")


class JobShown(Result):
    id: str
    code: str
    kind: str
    status: JobStatus
    product: str
    story: str | None = None
    task: str | None = None
    idea: str | None = None
    sprint: str | None = None
    title: str
    runtime: str
    branch: str | None = None
    #: How the last attempt ended, and why the job is where it is.
    outcome: Outcome | None = None
    reason: str | None = None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class ExecutionShown(Result):
    """One task of a job for a whole sprint run, by its code."""

    task: str
    status: ExecutionStatus
    verify_result: Coverage | None = None
    head_sha: str | None = None
    skip_reason: str | None = None


class JobStatusShown(JobShown):
    """A job by itself."""

    #: Why it is still queued.
    waiting_for: str | None = None
    attempts: int
    #: What the last attempt is doing, or did last.
    phase: str | None = None
    summary: str | None = None
    head_sha: str | None = None
    pushed: bool
    #: What was verified before it counted as done.
    receipt: dict[str, Any] | None = None
    #: Of a job for a whole sprint run: its tasks in their order.
    executions: list[ExecutionShown] = Field(default_factory=list)


class JobsShown(Result):
    result: list[JobShown]
    next_before: int | None = None


class QueueShown(Result):
    empty: bool
    #: Jobs that are queued, running or waiting.
    remaining: int
    #: By the product's code.
    by_product: dict[str, int]


class FailurePreviewed(Result):
    """By code. Left out: what would not fail."""

    job: str
    task: str | None = None
    story: str | None = None
    pbi: str | None = None
    sprints: list[str]
    #: Sprints whose run would end.
    runs: list[str]
    cancelled_jobs: list[str]
    #: Pages of those that would be closed, or reverted where they are merged.
    withdrawn_pull_requests: list[str]


DISPATCH_JOB = Tool(
    name="dispatch_job",
    description=(
        "Queue a job that carries a task out: a worker takes it, an agent does the work, the worker verifies and "
        "pushes it. It comes back at once; follow the job with get_job_status."
    ),
    arguments=DispatchJob,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)

FOLLOW_UP_JOB = Tool(
    name="follow_up_job",
    description=(
        "Let an ended job go on with an instruction, as a new job: on the same branch and, where its worker still has "
        "it, in the same conversation."
    ),
    arguments=FollowUpJob,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)

RETRY_JOB = Tool(
    name="retry_job",
    description="Queue a new job for the task of an ended one, with that one's wishes; the two are linked.",
    arguments=RetryJob,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)

PREVIEW_FAILURE = Tool(
    name="preview_failure",
    description="What would fail and be cancelled with a job, were it to fail now. Nothing is changed.",
    arguments=PreviewFailure,
    result=FailurePreviewed,
    side=Side.SERVER,
    people=True,
    writes=False,
)

GET_JOB_STATUS = Tool(
    name="get_job_status",
    description="Where a job stands, why, and, once it is done, the receipt of what was verified.",
    arguments=GetJobStatus,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

LIST_JOBS = Tool(
    name="list_jobs",
    description="Jobs, the newest first.",
    arguments=ListJobs,
    result=JobsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

CANCEL_JOB = Tool(
    name="cancel_job",
    description="Cancel a job: at once if no worker holds it, else its worker is told to stop. Its work is kept.",
    arguments=CancelJob,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)

CHECK_QUEUE_EMPTY = Tool(
    name="check_queue_empty",
    description="How many jobs are not finished yet, by product.",
    arguments=CheckQueueEmpty,
    result=QueueShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)
