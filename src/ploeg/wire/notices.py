"""Receivers of notices, and what they were told."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import NoticeState, ReceiverKind, Topic
from ploeg.wire.base import Reply, Request, Whole


class ReceiverOut(Reply):
    id: str
    name: str
    kind: ReceiverKind
    shown: str = Field(description="Where it leads, without what is secret of it.")
    installed: bool = Field(description="It is the installation's own, from its file.")
    topics: list[Topic] = Field(description="What it is told of.")
    only_mine: bool = Field(description="Of jobs, runs and pull requests only those whose work its person asked for.")
    quiet: str | None
    time_zone: str
    digest_minutes: int
    created_at: datetime
    due_at: datetime | None = Field(description="When the next message goes; null: nothing waits.")
    tries: int = Field(description="Tries of the present message that failed.")
    trouble: Trouble | None
    reason: str | None
    sent_at: datetime | None = Field(description="When a message arrived there last.")


class NewReceiverOut(ReceiverOut):
    secret: str | None = Field(description="What a webhook's messages are signed with; shown this once.")


class ReceiverIn(Request):
    name: str
    kind: str = Field(description="`ntfy`, `mail`, `slack` or `webhook`.")
    to: str = Field(description="A URL, or a mail address.")
    token: str = Field(default="", description="What an ntfy server wants to see.")
    topics: list[str] = Field(default=[], max_length=50, description="Topics, or patterns of them; none: the usual.")
    quiet: str | None = Field(default=None, description="When nothing is sent, e.g. `22:00-07:00`.")
    time_zone: str | None = None
    digest_minutes: Whole = Field(default=0, description="Collect notices for so long; 0: each goes at once.")
    only_mine: bool = Field(
        default=False, description="Of jobs, runs and pull requests only those whose work the caller asked for."
    )


class ReceiverEdit(Request):
    """Only the fields that are given change."""

    topics: list[str] | None = Field(default=None, max_length=50)
    quiet: str | None = None
    time_zone: str | None = None
    digest_minutes: Whole = 0
    only_mine: bool = False


class TrialOut(Reply):
    arrived: bool
    trouble: Trouble | None
    reason: str | None


class NoticeOut(Reply):
    id: str
    receiver: str
    topic: Topic
    subject: str
    title: str
    text: str
    link: str | None
    state: NoticeState
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
