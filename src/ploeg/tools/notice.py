"""Tools for what people were told."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.notice import NoticeState, Topic
from ploeg.tools.declaration import Arguments, Result, Side, Tool


class ListNotices(Arguments):
    limit: int = Field(default=20, ge=1, le=200, description="How many at most.")


class NoticeShown(Result):
    topic: Topic
    title: str
    text: str
    link: str | None = None
    #: Where it was told.
    receiver: str
    state: NoticeState
    created_at: datetime


class NoticesShown(Result):
    result: list[NoticeShown]


LIST_NOTICES = Tool(
    name="list_notices",
    description=(
        "What the person you work for was told lately, the newest first: jobs that failed, questions that wait, "
        "workers that cannot work, budgets, disks and backups. What was told at several places comes several times."
    ),
    arguments=ListNotices,
    result=NoticesShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)
