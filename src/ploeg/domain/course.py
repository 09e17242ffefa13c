"""How far an idea goes by itself, and what comes next on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.idea_step import IdeaStatus, Step, Verdict
from ploeg.domain.ids import UserId


class Stop(StrEnum):
    """Where an idea that goes by itself arrives."""

    PLAN = "plan"
    REVIEW = "review"
    BACKLOG = "backlog"
    #: Its stories are planned in a sprint of their own, which nobody has started.
    SPRINT = "sprint"


class Move(StrEnum):
    """What follows."""

    GRILL = "grill"
    PLAN = "plan"
    REVIEW = "review"
    MATERIALISE = "materialise"
    SPRINT = "sprint"
    #: Nothing: it is where it was to go.
    ARRIVED = "arrived"
    #: Nothing: a person must decide.
    HALT = "halt"

    @property
    def step(self) -> Step | None:
        """The step that a job takes; None for what the server does itself."""
        return _STEPS.get(self)


_STEPS = {Move.GRILL: Step.GRILL, Move.PLAN: Step.PLAN, Move.REVIEW: Step.REVIEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """An idea's way: up to where, in whose name, and with what, as it was when that person set it off."""

    until: Stop
    by: UserId
    #: Kind of job -> runtime.
    runtimes: dict[str, str]
    #: Reviews that are left; another plan is only made where it can be reviewed.
    reviews: int
    #: The jobs' layer of the config, and that of the reviews among them.
    overrides: dict[str, Any] = field(default_factory=dict)
    review_overrides: dict[str, Any] = field(default_factory=dict)

    def first(self, status: IdeaStatus) -> Move:
        """From where the idea stands as somebody sets it off."""
        match status:
            case IdeaStatus.DRAFT | IdeaStatus.GRILL_FAILED:
                return Move.GRILL
            case IdeaStatus.PLAN_FAILED | IdeaStatus.PLAN_REVIEW_FAILED:
                return Move.PLAN
            case _:
                return self._onward(status)

    def next(self, status: IdeaStatus, verdict: Verdict | None) -> tuple[Move, str]:
        """After a step has left the idea there, `verdict` being that of its last review. Why, where it is `HALT`."""
        match status:
            case IdeaStatus.GRILL_FAILED | IdeaStatus.PLAN_FAILED:
                return Move.HALT, f"it is {status}"
            case IdeaStatus.PLAN_REVIEW_FAILED if verdict is not Verdict.CHANGES_REQUESTED:
                return Move.HALT, "the review rejected the plan" if verdict is Verdict.REJECTED else f"it is {status}"
            case IdeaStatus.PLAN_REVIEW_FAILED if self.reviews <= 0:
                return Move.HALT, "the review still asks for changes, and there is no round left"
            case IdeaStatus.PLAN_REVIEW_FAILED:
                return Move.PLAN, ""
            case _:
                return self._onward(status), ""

    def after(self, step: Step) -> Self:
        """What is left of it once that step has been set going."""
        return replace(self, reviews=self.reviews - 1) if step is Step.REVIEW else self

    def _onward(self, status: IdeaStatus) -> Move:
        match status:
            case IdeaStatus.GRILLED:
                return Move.PLAN
            case IdeaStatus.PLAN_READY:
                return Move.ARRIVED if self.until is Stop.PLAN else Move.REVIEW
            case IdeaStatus.PLAN_REVIEWED:
                return Move.MATERIALISE if self.until in {Stop.BACKLOG, Stop.SPRINT} else Move.ARRIVED
            case IdeaStatus.PLANNED:
                return Move.SPRINT if self.until is Stop.SPRINT else Move.ARRIVED
            case _:
                return Move.HALT
