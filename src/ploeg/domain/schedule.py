"""A schedule: a task that is queued again and again, at the moments of a recurrence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import zone_named
from ploeg.domain.ids import JobId, ProductId, ScheduleId, TaskId, UserId

_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_DAYS = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(?:[,-](mon|tue|wed|thu|fri|sat|sun))*")
_REMEDY = (
    "write «hourly», «daily 03:00», «weekdays 03:00», «mon,thu 03:00», «monthly 1 03:00», or five cron fields such as "
    "«*/30 9-17 * * mon-fri»"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    #: As a person wrote it.
    text: str
    #: Five fields: minute, hour, day of the month, month, day of the week.
    cron: str
    #: The clocks that it goes by, e.g. `Europe/Amsterdam`.
    time_zone: str

    @classmethod
    def of(cls, text: str, time_zone: str) -> Recurrence:
        """From calendar words or cron fields, whose values are not checked here."""
        said = " ".join(text.lower().split())
        zone_named(time_zone)
        return cls(text=said, cron=said if len(said.split()) == 5 else _cron(said, text), time_zone=time_zone)


def _cron(said: str, text: str) -> str:
    match said.split():
        case ["hourly"]:
            return "0 * * * *"
        case ["daily", time]:
            return f"{_time(time, text)} * * *"
        case ["weekdays", time]:
            return f"{_time(time, text)} * * mon-fri"
        case [days, time] if _DAYS.fullmatch(days):
            return f"{_time(time, text)} * * {days}"
        case ["monthly", day, time] if day.isascii() and day.isdigit():
            return f"{_time(time, text)} {day} * *"
        case _:
            raise Invalid("recurrence", text, _REMEDY)


def _time(word: str, text: str) -> str:
    found = _TIME.fullmatch(word)
    if found is None:
        raise Invalid("recurrence", text, _REMEDY)
    return f"{int(found[2])} {int(found[1])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    id: ScheduleId
    #: Shown as `SCH-<number>`.
    number: int
    product_id: ProductId
    task_id: TaskId
    #: Its jobs are queued in this user's name.
    requested_by: UserId
    recurrence: Recurrence
    created_at: datetime
    #: What its jobs are queued with.
    instruction: str | None = None
    labels: tuple[str, ...] = ()
    rank: int = 0
    overrides: dict[str, Any] = field(default_factory=dict)
    #: None while it is paused.
    next_at: datetime | None = None
    #: The latest moment that it was due, the latest job it queued, and why that moment queued none.
    last_at: datetime | None = None
    last_job_id: JobId | None = None
    note: str | None = None

    @property
    def code(self) -> str:
        return f"SCH-{self.number}"

    @property
    def paused(self) -> bool:
        return self.next_at is None

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)
