"""A queued piece of agent work: its record, its states, and which state may follow which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.attempt import Outcome, Resume
from ploeg.domain.errors import IllegalTransition
from ploeg.domain.ids import AttemptId, IdeaId, JobId, ProductId, SprintRunId, StoryId, TaskId, UserId


class JobStatus(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL

    @property
    def active(self) -> bool:
        """An attempt holds the job."""
        return self in ACTIVE


TERMINAL = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.SKIPPED, JobStatus.CANCELLED})
ACTIVE = frozenset({JobStatus.CLAIMED, JobStatus.RUNNING})

_AFTER_AN_ATTEMPT = frozenset({JobStatus.QUEUED, JobStatus.WAITING}) | TERMINAL

#: Which status may follow which; what is not here is refused.
TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.CLAIMED, JobStatus.CANCELLED}),
    JobStatus.CLAIMED: frozenset({JobStatus.RUNNING}) | _AFTER_AN_ATTEMPT,
    JobStatus.RUNNING: _AFTER_AN_ATTEMPT,
    JobStatus.WAITING: frozenset({JobStatus.QUEUED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.DONE: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.SKIPPED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One queued piece of agent work."""

    id: JobId
    #: Shown as `J-<number>`.
    number: int
    kind: str
    status: JobStatus
    product_id: ProductId
    requested_by: UserId
    #: The runtime it needs, resolved when it was queued.
    runtime: str
    created_at: datetime
    story_id: StoryId | None = None
    task_id: TaskId | None = None
    #: Labels that a worker must offer, all of them.
    labels: tuple[str, ...] = ()
    #: Work that must not overlap, e.g. one branch of one repository.
    lane: str | None = None
    #: Place in the lane: an unfinished job with a lower one goes first.
    sequence: int | None = None
    branch: str | None = None
    #: Lower goes first; 0 unless somebody moved it.
    rank: int = 0
    not_before: datetime | None = None
    #: Config wishes of whoever queued it (a layer of `domain/config.py`).
    overrides: dict[str, Any] = field(default_factory=dict)
    #: An extra instruction for the agent, from a person.
    instruction: str | None = None
    #: The attempt that holds it now, or held it last.
    attempt_id: AttemptId | None = None
    #: Attempts made, and those of them that count against the limit.
    attempts: int = 0
    counted: int = 0
    #: The one reminder after an attempt that ended without a report has been given.
    reminded: bool = False
    resume: Resume | None = None
    cancel_requested: bool = False
    outcome: Outcome | None = None
    reason: str | None = None
    retry_of: JobId | None = None
    #: It goes on where that ended job stopped: same branch and, where it still exists, same session.
    follow_up_of: JobId | None = None
    #: Its work is done, and only to be brought onto what the default branch has become: verified anew, then pushed.
    catches_up: bool = False
    #: The run that queued it; it is claimable while that run is queued or running.
    sprint_run_id: SprintRunId | None = None
    #: What it is about, if that is an idea.
    idea_id: IdeaId | None = None
    #: The only one who may see it, as long as its idea is private.
    private_to: UserId | None = None
    #: The pull request that shows its commits.
    pr_url: str | None = None
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def code(self) -> str:
        return f"J-{self.number}"

    @property
    def begins_new_work(self) -> bool:
        """It works on the backlog, and nothing of it has been done yet."""
        works = self.task_id is not None or self.sprint_run_id is not None
        return works and not self.attempts and self.retry_of is None and self.follow_up_of is None

    def claim(self, attempt_id: AttemptId, now: datetime) -> Self:
        return self._move(
            JobStatus.CLAIMED,
            attempt_id=attempt_id,
            attempts=self.attempts + 1,
            claimed_at=self.claimed_at or now,
            not_before=None,
        )

    def start(self, now: datetime) -> Self:
        """The agent's process is up. A second call changes nothing."""
        if self.status is JobStatus.RUNNING:
            return self
        return self._move(JobStatus.RUNNING, started_at=self.started_at or now)

    def cancel(self, reason: str, now: datetime) -> Self:
        return self._move(
            JobStatus.CANCELLED, outcome=Outcome.CANCELLED, reason=reason, ended_at=now, cancel_requested=True
        )

    def settle(self, status: JobStatus, now: datetime, **changes: Any) -> Self:
        """What an ended attempt makes of the job; `domain/retry.py` says which status."""
        ended = {"ended_at": now} if status.terminal else {}
        return self._move(status, **ended, **changes)

    def evolve(self, **changes: Any) -> Self:
        """A change that does not touch the status."""
        assert "status" not in changes
        return replace(self, **changes)

    def _move(self, status: JobStatus, **changes: Any) -> Self:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(self.code, self.status, status)
        return replace(self, status=status, **changes)
