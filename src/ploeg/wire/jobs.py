"""Jobs, their attempts, transcripts and diffs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from ploeg.domain.account import Purse
from ploeg.domain.attempt import Outcome, Phase
from ploeg.domain.gate import Coverage, VerifyRequired
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint_run import ExecutionStatus
from ploeg.wire.base import Items, Reply, Request, Whole
from ploeg.wire.config import ConfigIn
from ploeg.wire.pull_requests import PullRequestOut


class JobOut(Reply):
    """A job in a list. `product`, `story`, `task`, `idea`, `sprint`, `retry_of` and `follow_up_of` are codes."""

    id: str
    code: str
    number: int
    kind: str
    status: JobStatus
    product: str
    product_id: str
    story: str | None
    task: str | None
    idea: str | None
    sprint: str | None
    title: str
    runtime: str
    labels: list[str]
    branch: str | None
    pr_url: str | None = Field(description="The pull request that shows its commits.")
    rank: int
    not_before: datetime | None
    attempt_count: int
    counted_attempts: int = Field(description="Those that count against the limit of three.")
    phase: Phase | None
    cancel_requested: bool
    outcome: Outcome | None
    reason: str | None
    retry_of: str | None
    follow_up_of: str | None = Field(description="The ended job that it goes on from.")
    created_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


class UsageOut(Reply):
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    turns: int
    cost_usd: float | None = Field(description="US dollars; null when the runtime does not say.")


class PhaseOut(Reply):
    phase: Phase
    at: datetime


class AttemptOut(Reply):
    id: str
    number: int
    worker_id: str
    hostname: str
    runtime: str
    account: str = Field(description="The account of the runtime; empty for its only one.")
    purse: Purse | None = Field(description="What pays for it; null: nobody can say.")
    phase: Phase
    phases: list[PhaseOut]
    claimed_at: datetime
    lease_until: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    reason: str | None
    summary: str | None
    model: str | None
    session_id: str | None
    usage: UsageOut
    repo_url: str | None
    branch: str | None
    base_sha: str | None
    head_sha: str | None
    pushed_at: datetime | None
    kept_ref: str | None = Field(description="The ref in its worker's mirror that keeps its work.")
    wip_branch: str | None = Field(description="The branch of the repository that holds unfinished work.")
    snapshot: str | None = Field(description="The commit of the files that it had not committed.")
    receipt: dict[str, Any] | None
    transcript_bytes: int


class ExecutionOut(Reply):
    """One task of a job for a whole sprint run; `task` is its code."""

    task: str
    status: ExecutionStatus
    verify_only: bool
    verify_required: VerifyRequired
    coverage: Coverage | None
    base_sha: str | None
    head_sha: str | None
    summary: str | None
    skip_reason: str | None


class JobDetailOut(JobOut):
    requested_by: str
    instruction: str | None
    overrides: dict[str, Any] = Field(description="The job's layer of the config.")
    waiting_for: str | None = Field(description="Why it is still queued, for people.")
    config: dict[str, Any] = Field(description="What it runs with, and in `source` which layer said so.")
    attempts: list[AttemptOut]
    executions: list[ExecutionOut] = Field(description="Of a job for a whole sprint run: its tasks in their order.")
    pull_request: PullRequestOut | None = Field(description="What became of its branch on the forge.")


class JobsOut(Items[JobOut]):
    next_before: int | None = Field(description="`before` of the next page; null on the last one.")


class JobWish(Request):
    instruction: str | None = Field(default=None, description="An extra instruction for the agent.")
    labels: list[str] = Field(default=[], description="Labels that the worker must offer.")
    rank: Whole = Field(default=0, description="Lower goes first.")
    not_before: AwareDatetime | None = Field(default=None, description="It is not claimed earlier.")
    config: ConfigIn | None = None
    key: str | None = Field(default=None, description="As the header Idempotency-Key.")


class JobIn(JobWish):
    task: str = Field(description="The task's code or id.")
    in_order: bool = Field(
        default=False, description="The task waits from now on for those whose jobs are about to change the same files."
    )


class FollowUpIn(JobWish):
    instruction: str = Field(description="What the agent is to do next.")


class JobEdit(Request):
    """Only the fields that are given change, and of `rank`, `first` and `before` at most one may be given."""

    rank: Whole = Field(default=0, description="Lower goes first.")
    first: bool = Field(default=False, description="True puts it before every other job.")
    before: str = Field(default="", description="Another queued job's code: it is put right before that one.")
    not_before: AwareDatetime | None = Field(default=None, description="It is not claimed earlier; null: at once.")
    labels: list[str] = Field(default=[], description="Labels that the worker must offer.")


class CancellationIn(Request):
    reason: str | None = None


class LogPageOut(Reply):
    attempt: int | None
    offset: int
    next_offset: int
    events: list[dict[str, Any]]
    attempt_ended: bool
    job_ended: bool
    next_attempt: int | None


class FileChangeOut(Reply):
    path: str
    added: int = 0
    removed: int = 0


class DiffOut(Reply):
    attempt: int
    base_sha: str | None
    head_sha: str | None
    files: list[FileChangeOut]
    text: str | None = Field(description="The unified diff, if the worker sent it; it may be cut.")


class ReceiptOut(Reply):
    attempt: int
    receipt: dict[str, Any]


class EventOut(Reply):
    id: int
    at: datetime
    type: str
    product_id: str | None
    job_id: str | None
    attempt_id: str | None
    actor: str
    data: dict[str, Any]
