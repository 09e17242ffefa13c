"""A sprint: a goal, and the stories planned to reach it. Running one is `domain/sprint_run.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain.backlog import PbiStatus
from ploeg.domain.ids import ProductId, SprintId

GOAL_MAX = 500


class SprintStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    #: Out of sight; set by people only.
    ARCHIVED = "ARCHIVED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        return self is not SprintStatus.OPEN


class PrStrategy(StrEnum):
    """How the work of a run is cut into jobs, branches and pull requests."""

    #: A job for each task; a branch and a pull request for each story, merged when the story is done.
    STORY = "STORY"
    #: A job for each task; one branch and one draft pull request for the whole run.
    SPRINT = "SPRINT"
    #: One job for the whole run, which works through the tasks one after another; one branch, one draft.
    SPRINT_BATCH = "SPRINT_BATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprint:
    id: SprintId
    product_id: ProductId
    #: `S-2026-05-27-1`, unless somebody named it otherwise; unique within the product.
    code: str
    goal: str
    status: SprintStatus = SprintStatus.OPEN
    created_at: datetime
    start_date: date | None = None
    end_date: date | None = None
    #: When it became CLOSED.
    completed_at: datetime | None = None

    def become(self, status: SprintStatus, now: datetime) -> Self:
        """The sprint in that status, with the moment that it was completed."""
        if status is self.status:
            return self
        return replace(self, status=status, completed_at=now if status is SprintStatus.CLOSED else None)

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def sprint_code(day: date, number: int) -> str:
    """The code of a day's n-th sprint of a product."""
    return f"S-{day.isoformat()}-{number}"


def sprint_status(current: SprintStatus, pbis: Iterable[PbiStatus]) -> SprintStatus:
    """What the backlog items of a sprint's stories make of it; `ARCHIVED` is for people to lift."""
    if current is SprintStatus.ARCHIVED:
        return current
    statuses = set(pbis)
    if PbiStatus.FAILED in statuses:
        return SprintStatus.FAILED
    return SprintStatus.CLOSED if statuses == {PbiStatus.DONE} else SprintStatus.OPEN
