"""Schedules: tasks that are queued again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from ploeg.wire.base import Reply, Request, Whole
from ploeg.wire.config import ConfigIn


class ScheduleOut(Reply):
    """`product`, `task` and `last_job` are codes."""

    id: str
    code: str
    product: str
    task: str
    title: str
    recurrence: str = Field(description="As it was written.")
    cron: str
    time_zone: str
    instruction: str | None
    labels: list[str]
    rank: int
    config: dict[str, Any] = Field(description="The layer of the config that its jobs get.")
    requested_by: str = Field(description="In whose name its jobs are queued.")
    paused: bool
    ahead: list[datetime] = Field(description="The next moments; none while it is paused.")
    last_at: datetime | None = Field(description="The latest moment that it was due.")
    last_job: str | None
    note: str | None = Field(description="Why that moment queued nothing.")
    created_at: datetime


class ScheduleIn(Request):
    task: str = Field(description="The task's code or id.")
    recurrence: str = Field(
        description=(
            "`hourly`, `daily 03:00`, `weekdays 03:00`, `mon,thu 03:00`, `monthly 1 03:00`, or five cron fields, e.g. "
            "`*/30 9-17 * * mon-fri`."
        )
    )
    time_zone: str = Field(description="The clocks that it goes by, e.g. `Europe/Amsterdam`.")
    instruction: str | None = Field(default=None, description="An extra instruction for the agent.")
    labels: list[str] = Field(default=[], description="Labels that the worker must offer.")
    rank: Whole = Field(default=0, description="Lower goes first.")
    config: ConfigIn | None = None
