"""One run of a sprint: its states, why it pauses, and the frozen tasks of a run that is one job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.errors import IllegalTransition
from ploeg.domain.gate import Coverage, VerifyRequired
from ploeg.domain.ids import ExecutionId, JobId, ProductId, QuestionId, SprintId, SprintRunId, TaskId, UserId
from ploeg.domain.sprint import PrStrategy


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
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.PAUSED}) | _TERMINAL,
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
        return self._move(RunStatus.PAUSED, pause=pause)

    def end(self, status: RunStatus, now: datetime, reason: str | None = None, task: TaskId | None = None) -> Self:
        assert status.terminal
        return self._move(status, ended_at=now, failure_reason=reason, failed_task_id=task)

    def evolve(self, **changes: Any) -> Self:
        """A change that does not touch the status."""
        assert "status" not in changes
        return replace(self, **changes)

    def _move(self, status: RunStatus, **changes: Any) -> Self:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition("the sprint run", self.status, status)
        return replace(self, status=status, **changes)


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
