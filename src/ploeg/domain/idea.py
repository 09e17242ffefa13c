"""An idea on its way into the backlog, and its log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.course import Course
from ploeg.domain.errors import Conflict
from ploeg.domain.idea_step import MATERIALISABLE, IdeaStatus, Step, Verdict
from ploeg.domain.ids import DocId, IdeaId, PbiId, ProductId, UserId

TITLE_MAX = 200
DESCRIPTION_MAX = 4000
#: Characters of a grill report or a plan.
TEXT_MAX = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """Private to its owner, until it is shared with the members of its product."""

    id: IdeaId
    user_id: UserId
    #: `IDEA-003`, unique per user.
    code: str
    title: str
    status: IdeaStatus = IdeaStatus.DRAFT
    created_at: datetime
    #: None: it belongs to no product yet, and no job can start on it.
    product_id: ProductId | None = None
    description: str | None = None
    grill_md: str | None = None
    plan_md: str | None = None
    grill_doc_id: DocId | None = None
    plan_doc_id: DocId | None = None
    #: Rounds of review: `{rounds: […], verdict, summary}`.
    review_log: dict[str, Any] | None = None
    reviewed_at: datetime | None = None
    #: What it became.
    pbi_id: PbiId | None = None
    #: Members of its product see it.
    shared: bool = False
    archived_at: datetime | None = None
    #: The status that it goes back to when the job at work on it is cancelled.
    was: IdeaStatus | None = None
    #: None: one step at a time.
    course: Course | None = None

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    def begin(self, step: Step) -> Self:
        """A job of that step is queued; `Conflict` unless the step may be taken from here."""
        self.ready_for_jobs()
        if self.status.busy:
            raise Conflict(f"{self.code} is {self.status}; wait for that job to end, or cancel it")
        if self.status not in step.allowed_from:
            raise Conflict(f"{self.code} is {self.status}; {step} starts from {_listed(step.allowed_from)}")
        return replace(self, status=step.busy, was=self.status)

    def ready_for_jobs(self) -> Self:
        """This idea, if a job may be queued for it; chats need no more than this."""
        if self.archived:
            raise Conflict(f"{self.code} is archived; restore it first")
        if self.product_id is None:
            raise Conflict(f"{self.code} belongs to no product yet; give it one with `ploeg idea edit --product`")
        return self

    def grilled(self, markdown: str) -> Self:
        return replace(self, grill_md=markdown, status=IdeaStatus.GRILLED)

    def planned(self, markdown: str, *, valid: bool) -> Self:
        """With a new plan: what was said of the one before holds no longer."""
        status = IdeaStatus.PLAN_READY if valid else IdeaStatus.PLAN_FAILED
        return replace(self, plan_md=markdown, status=status, reviewed_at=None)

    def reviewed(self, verdict: Verdict, log: dict[str, Any], now: datetime) -> Self:
        approved = verdict is Verdict.APPROVED
        status = IdeaStatus.PLAN_REVIEWED if approved else IdeaStatus.PLAN_REVIEW_FAILED
        return replace(self, status=status, review_log=log, reviewed_at=now)

    def rest(self, step: Step, *, failed: bool) -> Self:
        """The step's job has ended. Where it wrote its result the idea stands there already; else it failed, or was
        cancelled and the idea is back where it was."""
        if self.status is not step.busy:
            return replace(self, was=None)
        return replace(self, status=step.failed if failed else self.was or step.failed, was=None)

    def ready_to_materialise(self) -> Self:
        """This idea, if its plan may become a backlog item."""
        self.ready_for_jobs()
        if self.status not in MATERIALISABLE or self.plan_md is None:
            raise Conflict(f"{self.code} is {self.status}; it is materialised from {_listed(MATERIALISABLE)}")
        return self

    def become(self, pbi_id: PbiId) -> Self:
        return replace(self, pbi_id=pbi_id, status=IdeaStatus.PLANNED)

    def evolve(self, **changes: Any) -> Self:
        """A change that does not touch the status."""
        assert "status" not in changes
        return replace(self, **changes)


class IdeaLogType(StrEnum):
    DECISION = "DECISION"
    NOTE = "NOTE"
    GRILL_RESULT = "GRILL_RESULT"
    PLAN_RESULT = "PLAN_RESULT"
    PLAN_REVIEW_RESULT = "PLAN_REVIEW_RESULT"
    STATUS_CHANGE = "STATUS_CHANGE"
    JOB_EVENT = "JOB_EVENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaLog:
    """One line of an idea's log; append-only."""

    id: str
    idea_id: IdeaId
    type: IdeaLogType
    content: str
    created_at: datetime
    #: `user:ada`, `worker:…` or `server`.
    actor: str
    metadata: dict[str, Any] | None = None


def _listed(statuses: frozenset[IdeaStatus]) -> str:
    """In the order that an idea goes through them."""
    return ", ".join(status for status in IdeaStatus if status in statuses)
