"""Talking with an agent about an idea, or about its plan. A chat changes no state of the idea."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ploeg.domain.ids import IdeaId, JobId, UserId

#: Characters of one message.
MESSAGE_MAX = 8000


class Channel(StrEnum):
    """What the talk is about."""

    IDEA = "idea"
    PLAN = "plan"

    @property
    def kind(self) -> str:
        """The kind of job that answers."""
        return "IDEA_CHAT" if self is Channel.IDEA else "PLAN_CHAT"

    @classmethod
    def of_kind(cls, kind: str) -> Channel | None:
        """The channel that a job of that kind answers in; None if it is no chat."""
        return next((channel for channel in cls if channel.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaMessage:
    """One turn of a talk."""

    id: str
    idea_id: IdeaId
    #: 1, 2, … within the idea.
    number: int
    channel: Channel
    #: None: the agent.
    user_id: UserId | None
    text: str
    created_at: datetime
    #: Of a person: the job whose claim took it up, None as long as none did. Of the agent: the job that wrote it.
    job_id: JobId | None = None
