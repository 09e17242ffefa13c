"""Questions of agents, and people's answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.question import OnExpiry, QuestionStatus
from ploeg.wire.base import Items, Reply, Request


class QuestionOut(Reply):
    """`product`, `story`, `idea`, `task` and `job` are codes."""

    id: str
    code: str
    number: int
    status: QuestionStatus
    product: str
    product_id: str
    story: str | None
    idea: str | None
    task: str | None
    job: str = Field(description="The job whose agent asks.")
    question: str
    options: list[str]
    recommended: int | None = Field(description="The number of the option that the agent would take, 1 for the first.")
    on_expiry: OnExpiry
    asked_at: datetime
    expires_at: datetime
    answer: str | None
    answered_by: str | None = Field(description="Null also where the deadline took the recommended option.")
    answered_at: datetime | None


class QuestionsOut(Items[QuestionOut]):
    next_before: int | None = Field(description="`before` of the next page; null on the last one.")


class AnswerIn(Request):
    answer: str = Field(description="In words, or the number of an option.")
