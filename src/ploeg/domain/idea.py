"""An idea on its way into the backlog: its states, and which step may be taken from which of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.errors import Conflict
from ploeg.domain.ids import DocId, IdeaId, PbiId, ProductId, UserId

TITLE_MAX = 200
DESCRIPTION_MAX = 4000
#: Characters of a grill report or a plan.
TEXT_MAX = 65_536


class IdeaStatus(StrEnum):
    DRAFT = "DRAFT"
    GRILLING = "GRILLING"
    GRILL_FAILED = "GRILL_FAILED"
    GRILLED = "GRILLED"
    PLANNING = "PLANNING"
    PLAN_FAILED = "PLAN_FAILED"
    PLAN_READY = "PLAN_READY"
    REVIEWING_PLAN = "REVIEWING_PLAN"
    PLAN_REVIEW_FAILED = "PLAN_REVIEW_FAILED"
    PLAN_REVIEWED = "PLAN_REVIEWED"
    #: Its plan has become a backlog item.
    PLANNED = "PLANNED"

    @property
    def busy(self) -> bool:
        """A job is at work on it."""
        return self in {IdeaStatus.GRILLING, IdeaStatus.PLANNING, IdeaStatus.REVIEWING_PLAN}


class Step(StrEnum):
    """What a job does with an idea; the value is the name of the job's kind."""

    GRILL = "IDEA_GRILL"
    PLAN = "IDEA_MAKE_PLAN"
    REVIEW = "IDEA_REVIEW_PLAN"

    @property
    def busy(self) -> IdeaStatus:
        """The idea's status while such a job has not ended."""
        return _BUSY[self]

    @property
    def failed(self) -> IdeaStatus:
        return _FAILED[self]

    @property
    def allowed_from(self) -> frozenset[IdeaStatus]:
        return _ALLOWED_FROM[self]


_BUSY = {Step.GRILL: IdeaStatus.GRILLING, Step.PLAN: IdeaStatus.PLANNING, Step.REVIEW: IdeaStatus.REVIEWING_PLAN}
_FAILED = {
    Step.GRILL: IdeaStatus.GRILL_FAILED,
    Step.PLAN: IdeaStatus.PLAN_FAILED,
    Step.REVIEW: IdeaStatus.PLAN_REVIEW_FAILED,
}
#: Every status at rest stands in at least one of these, so that none is a dead end.
_ALLOWED_FROM = {
    Step.GRILL: frozenset(
        {
            IdeaStatus.DRAFT,
            IdeaStatus.GRILLED,
            IdeaStatus.GRILL_FAILED,
            IdeaStatus.PLAN_READY,
            IdeaStatus.PLANNED,
            IdeaStatus.PLAN_FAILED,
            IdeaStatus.PLAN_REVIEW_FAILED,
        }
    ),
    Step.PLAN: frozenset(
        {
            IdeaStatus.GRILLED,
            IdeaStatus.PLAN_FAILED,
            IdeaStatus.PLAN_READY,
            IdeaStatus.PLAN_REVIEWED,
            IdeaStatus.PLAN_REVIEW_FAILED,
        }
    ),
    Step.REVIEW: frozenset({IdeaStatus.PLAN_READY, IdeaStatus.PLAN_REVIEWED, IdeaStatus.PLAN_REVIEW_FAILED}),
}
#: A planned idea can be materialised again, after another plan or the same.
MATERIALISABLE = frozenset({IdeaStatus.PLAN_READY, IdeaStatus.PLAN_REVIEWED, IdeaStatus.PLANNED})


class Verdict(StrEnum):
    """What a review makes of a plan."""

    APPROVED = "approved"
    #: Another plan could pass.
    CHANGES_REQUESTED = "changes_requested"
    #: No plan for this idea will.
    REJECTED = "rejected"


class Stop(StrEnum):
    """How far an idea goes by itself."""

    PLAN = "plan"
    REVIEW = "review"
    BACKLOG = "backlog"
    SPRINT = "sprint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """An idea goes on by itself: up to where, in whose name, and with what, as it was when somebody set it off."""

    until: Stop
    by: UserId
    #: Kind of job -> runtime.
    runtimes: dict[str, str]
    #: How often a review may still ask for another plan.
    rounds: int


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
