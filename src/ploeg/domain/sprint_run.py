"""One run of a sprint: its states, why it pauses, and the frozen tasks of a run that is one job."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.attempt import Outcome
from ploeg.domain.errors import IllegalTransition
from ploeg.domain.gate import Coverage, VerifyRequired
from ploeg.domain.ids import ExecutionId, JobId, ProductId, QuestionId, SprintId, SprintRunId, TaskId, UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint import PrStrategy

#: Characters of why a run failed.
REASON_MAX = 500


class RunStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def terminal(self) -> bool:
        return self in _TERMINAL

    @property
    def claimable(self) -> bool:
        """Its jobs may be claimed."""
        return self in {RunStatus.QUEUED, RunStatus.RUNNING}


_TERMINAL = frozenset({RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED})

#: Which status may follow which; what is not here is refused. A paused run that a new one goes on from is CANCELLED,
#: and the new one names it in `previous_run_id`.
TRANSITIONS: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.RUNNING: frozenset({RunStatus.PAUSED}) | _TERMINAL,
    RunStatus.PAUSED: frozenset({RunStatus.RUNNING}) | _TERMINAL,
    RunStatus.DONE: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
}


class PauseReason(StrEnum):
    MERGE_CONFLICT = "MERGE_CONFLICT"
    QUOTA_DEPLETED = "QUOTA_DEPLETED"
    MANUAL = "MANUAL"
    QUESTION = "QUESTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why a run stands still, and what going on needs."""

    reason: PauseReason
    paused_at: datetime
    #: In a sentence, for people.
    detail: str | None = None
    question_id: QuestionId | None = None
    #: The last execution that was settled before it.
    last_task_id: TaskId | None = None
    pr_url: str | None = None
    head_sha: str | None = None
    conflict_files: tuple[str, ...] = ()
    #: A quota wall opens again then.
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintRun:
    id: SprintRunId
    sprint_id: SprintId
    product_id: ProductId
    started_by: UserId
    status: RunStatus = RunStatus.QUEUED
    #: The product's, as it stood at the start.
    pr_strategy: PrStrategy
    created_at: datetime
    #: Of a run with one branch; None under STORY.
    branch: str | None = None
    pr_url: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure_reason: str | None = None
    failed_task_id: TaskId | None = None
    pause: Pause | None = None
    #: The run that this one goes on from.
    previous_run_id: SprintRunId | None = None

    def begin(self, now: datetime) -> Self:
        """A job of it was claimed. A second call changes nothing."""
        if self.status is RunStatus.RUNNING:
            return self
        return self._move(RunStatus.RUNNING, started_at=self.started_at or now, pause=None)

    def pause_for(self, pause: Pause) -> Self:
        """Of a paused run, another reason takes the place of the first."""
        return (
            replace(self, pause=pause) if self.status is RunStatus.PAUSED else self._move(RunStatus.PAUSED, pause=pause)
        )

    def end(self, status: RunStatus, now: datetime, reason: str | None = None, task: TaskId | None = None) -> Self:
        assert status.terminal
        failed = task or self.failed_task_id
        return self._move(status, ended_at=now, failure_reason=reason, failed_task_id=failed, pause=None)

    def evolve(self, **changes: Any) -> Self:
        """A change that does not touch the status."""
        assert "status" not in changes
        return replace(self, **changes)

    def _move(self, status: RunStatus, **changes: Any) -> Self:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition("the sprint run", self.status, status)
        return replace(self, status=status, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run ends."""

    status: RunStatus
    reason: str | None = None
    task_id: TaskId | None = None


def verdict(jobs: Collection[Job], *, sprint_failed: bool = False, paused: bool = False) -> Verdict | None:
    """What its jobs make of a run; None while it goes on.

    A job that was tried again within the run no longer counts. One whose push met a conflict waits for people, as long
    as the run is paused. A job for the whole run sees its tasks fail while it works, and says itself how it ends.
    """
    retried = {job.retry_of for job in jobs}
    last = [job for job in jobs if job.id not in retried]
    failed = next((job for job in last if job.status is JobStatus.FAILED and not waits_for_people(job)), None)
    if failed is not None:
        reason = f"{failed.code} failed: {failed.reason or failed.outcome}"
        return Verdict(status=RunStatus.FAILED, reason=reason[:REASON_MAX], task_id=failed.task_id)
    unfinished = [job for job in last if not job.status.terminal]
    if sprint_failed and all(job.task_id is not None for job in unfinished):
        return Verdict(status=RunStatus.FAILED, reason="something of the sprint has failed")
    if unfinished or (paused and any(waits_for_people(job) for job in last)):
        return None
    cancelled = next((job for job in last if job.status is JobStatus.CANCELLED), None)
    if cancelled is not None:
        return Verdict(status=RunStatus.CANCELLED, reason=f"{cancelled.code} was cancelled: {cancelled.reason}")
    return Verdict(status=RunStatus.DONE)


def waits_for_people(job: Job) -> bool:
    """Its branch went another way meanwhile: the run pauses for it, and does not fail."""
    return job.status is JobStatus.FAILED and job.outcome is Outcome.PUSH_CONFLICT


class ExecutionStatus(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One task of a SPRINT_BATCH run's job, with its plan and rules as they stood at the job's first claim."""

    id: ExecutionId
    job_id: JobId
    task_id: TaskId
    #: 1 for the first.
    position: int
    plan: str
    verify_required: VerifyRequired
    verify_only: bool
    status: ExecutionStatus = ExecutionStatus.PENDING
    base_sha: str | None = None
    head_sha: str | None = None
    coverage: Coverage | None = None
    summary: str | None = None
    skip_reason: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)
