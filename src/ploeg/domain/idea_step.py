"""The states of an idea, and which step may be taken from which of them."""

from __future__ import annotations

from enum import StrEnum


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
    def results(self) -> frozenset[IdeaStatus]:
        """Where the idea can stand once such a job has written what it was to make."""
        return _RESULTS[self]

    @property
    def allowed_from(self) -> frozenset[IdeaStatus]:
        return _ALLOWED_FROM[self]


_BUSY = {Step.GRILL: IdeaStatus.GRILLING, Step.PLAN: IdeaStatus.PLANNING, Step.REVIEW: IdeaStatus.REVIEWING_PLAN}
_FAILED = {
    Step.GRILL: IdeaStatus.GRILL_FAILED,
    Step.PLAN: IdeaStatus.PLAN_FAILED,
    Step.REVIEW: IdeaStatus.PLAN_REVIEW_FAILED,
}
_RESULTS = {
    Step.GRILL: frozenset({IdeaStatus.GRILLED}),
    Step.PLAN: frozenset({IdeaStatus.PLAN_READY, IdeaStatus.PLAN_FAILED}),
    Step.REVIEW: frozenset({IdeaStatus.PLAN_REVIEWED, IdeaStatus.PLAN_REVIEW_FAILED}),
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
