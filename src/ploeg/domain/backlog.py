"""Backlog items, stories and tasks: their records, their order, and how states roll up.

Order is `sort_order` within the direct parent, ties by creation time and id. Priority is a label and never orders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Self

from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Conflict
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.ids import PbiId, ProductId, SprintId, StoryId, TaskId, UserId


class Priority(IntEnum):
    """A label for people."""

    CRITICAL = 1
    NORMAL = 2
    LOW = 3
    NICE_TO_HAVE = 4


class PbiStatus(StrEnum):
    READY = "READY"
    #: Set by people only; nothing rolls over it.
    BLOCKED = "BLOCKED"
    FAILED = "FAILED"
    DONE = "DONE"


class StoryStatus(StrEnum):
    OPEN = "OPEN"
    IN_SPRINT = "IN_SPRINT"
    DONE = "DONE"
    FAILED = "FAILED"


class TaskStatus(StrEnum):
    TO_DO = "TO_DO"
    IN_PROGRESS = "IN_PROGRESS"
    REVIEW = "REVIEW"
    DONE = "DONE"
    FAILED = "FAILED"
    #: Handled without being done.
    EXCLUDED = "EXCLUDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pbi:
    """A product backlog item."""

    id: PbiId
    product_id: ProductId
    code: str
    title: str
    description: str | None = None
    priority: Priority = Priority.NORMAL
    sort_order: float
    status: PbiStatus = PbiStatus.READY
    created_at: datetime
    pr_url: str | None = None
    pr_merged_at: datetime | None = None
    archived_at: datetime | None = None

    def link_pull_request(self, url: str) -> Self:
        """Another one than before counts as not merged."""
        return self if url == self.pr_url else replace(self, pr_url=url, pr_merged_at=None)

    def merge_pull_request(self, now: datetime) -> Self:
        """The first moment stands; `Conflict` if there is nothing to merge."""
        if self.pr_url is None:
            raise Conflict(f"{self.code} has no pull request; note it first with set_pbi_pr")
        return self if self.pr_merged_at is not None else replace(self, pr_merged_at=now)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    id: StoryId
    pbi_id: PbiId
    product_id: ProductId
    code: str
    title: str
    description: str | None = None
    acceptance_criteria: str | None = None
    priority: Priority = Priority.NORMAL
    sort_order: float
    status: StoryStatus = StoryStatus.OPEN
    created_at: datetime
    #: The sprint that it is planned in.
    sprint_id: SprintId | None = None
    #: Who sees to it.
    assignee_id: UserId | None = None
    #: In the unit that the team uses, for stories and tasks alike.
    estimate: float | None = None
    archived_at: datetime | None = None

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    id: TaskId
    story_id: StoryId
    product_id: ProductId
    code: str
    title: str
    description: str | None = None
    implementation_plan: str | None = None
    priority: Priority = Priority.NORMAL
    sort_order: float
    status: TaskStatus = TaskStatus.TO_DO
    #: Checks only: an empty diff is what is expected.
    verify_only: bool = False
    verify_required: VerifyRequired = VerifyRequired.ALIGNED_OR_PARTIAL
    #: Works in another repository than its product's.
    repo_url: str | None = None
    config: ConfigLayer = field(default_factory=ConfigLayer)
    created_at: datetime
    estimate: float | None = None
    archived_at: datetime | None = None

    def ready_for_a_job(self) -> Self:
        """This task, if a job may be queued for it."""
        self.ready_to_go_on()
        if not (self.implementation_plan or "").strip():
            raise Conflict(f"task {self.code} has no implementation plan; write one with `ploeg backlog task edit`")
        if self.status in {TaskStatus.DONE, TaskStatus.EXCLUDED}:
            raise Conflict(f"task {self.code} is {self.status}; set it to TO_DO first to run it again")
        return self

    def ready_to_go_on(self) -> Self:
        """This task, if a job of it may be followed up, which it may when it is done as well."""
        if self.archived_at is not None:
            raise Conflict(f"task {self.code} is archived; restore it first")
        if self.status is TaskStatus.EXCLUDED:
            raise Conflict(f"task {self.code} is {self.status}; set it to TO_DO first to run it again")
        return self

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


class LogType(StrEnum):
    """What a story's activity log holds."""

    IMPLEMENTATION_PLAN = "IMPLEMENTATION_PLAN"
    TEST_RESULT = "TEST_RESULT"
    COMMIT = "COMMIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLog:
    """One line of a story's activity log; append-only."""

    id: str
    story_id: StoryId
    type: LogType
    content: str
    created_at: datetime
    #: PASSED or FAILED, for a test result.
    status: str | None = None
    commit_hash: str | None = None
    commit_message: str | None = None
    metadata: dict[str, Any] | None = None


#: Neighbours that are closer are numbered anew before something goes between them.
LEAST_GAP = 2.0**-20


def next_sort_order(siblings: Iterable[float]) -> float:
    """The place behind all siblings; the first gets 1."""
    return max(siblings, default=0.0) + 1.0


def between(before: float | None, after: float | None) -> float:
    """A place between two neighbours; None is the open end."""
    if before is None:
        return 1.0 if after is None else after - 1.0
    return before + 1.0 if after is None else (before + after) / 2


def room_between(before: float | None, after: float | None) -> bool:
    """Whether something may still go between two neighbours; None is the open end."""
    return before is None or after is None or after - before >= LEAST_GAP


def story_status(tasks: Iterable[TaskStatus], *, in_sprint: bool) -> StoryStatus:
    """What a story's tasks make of it. `EXCLUDED` counts as handled, but at least one task must be done."""
    statuses = set(tasks)
    if TaskStatus.FAILED in statuses:
        return StoryStatus.FAILED
    if TaskStatus.DONE in statuses and statuses <= {TaskStatus.DONE, TaskStatus.EXCLUDED}:
        return StoryStatus.DONE
    return StoryStatus.IN_SPRINT if in_sprint else StoryStatus.OPEN


def pbi_status(current: PbiStatus, stories: Iterable[StoryStatus]) -> PbiStatus:
    """What a backlog item's stories make of it; `BLOCKED` is for people to lift."""
    if current is PbiStatus.BLOCKED:
        return current
    statuses = set(stories)
    if StoryStatus.FAILED in statuses:
        return PbiStatus.FAILED
    return PbiStatus.DONE if statuses == {StoryStatus.DONE} else PbiStatus.READY
