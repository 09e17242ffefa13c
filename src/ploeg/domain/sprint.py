"""A sprint: a goal, and the stories planned to reach it. Running one is `domain/sprint_run.py`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from ploeg.domain import codes
from ploeg.domain.backlog import PbiStatus, StoryStatus
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import ProductId, SprintId

GOAL_MAX = 500

_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,28}[A-Za-z0-9])?")


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

    def ready_for_stories(self) -> Self:
        """This sprint, if stories may be planned into it."""
        if self.status is not SprintStatus.OPEN:
            raise Conflict(f"sprint {self.code} is {self.status}; reopen it first, or plan into another")
        return self

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)


def sprint_code(day: date, number: int) -> str:
    """The code of a day's n-th sprint of a product."""
    return f"S-{day.isoformat()}-{number}"


def check_sprint_code(code: str) -> str:
    """A code that somebody gives: it becomes part of a branch's name, and is no code of anything else."""
    if not _CODE.fullmatch(code) or codes.parse(code) is not None:
        raise Invalid("code", code, "give letters, digits and dashes, at most 30, e.g. S-2026-05-27-1 or launch")
    return code


def check_dates(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise Invalid("end_date", end.isoformat(), f"give {start.isoformat()}, its start, or a later day")


def sprint_status(current: SprintStatus, stories: Collection[StoryStatus], pbis: Collection[PbiStatus]) -> SprintStatus:
    """What its stories and their backlog items make of a sprint. `ARCHIVED` is for people to lift, and an empty sprint
    stays what it is.

    The stories alone decide that it is closed: a backlog item may have others, for a later sprint.
    """
    if current is SprintStatus.ARCHIVED or not stories:
        return current
    if set(stories) == {StoryStatus.DONE}:
        return SprintStatus.CLOSED
    if StoryStatus.FAILED in stories or PbiStatus.FAILED in pbis:
        return SprintStatus.FAILED
    return SprintStatus.OPEN
