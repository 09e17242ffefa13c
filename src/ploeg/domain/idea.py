"""An idea on its way into the backlog: its states, and which job may start from which of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

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
    #: How far it goes by itself: `plan`, `review`, `backlog` or `sprint`; None: one step at a time.
    until: str | None = None

    def evolve(self, **changes: Any) -> Self:
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
    metadata: dict[str, Any] | None = None
