"""Ideas, what is made of them, and what is said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ploeg.domain.chat import Channel
from ploeg.domain.course import Stop
from ploeg.domain.idea import IdeaLogType
from ploeg.domain.idea_step import IdeaStatus
from ploeg.wire.base import Items, Reply, Request, Whole
from ploeg.wire.config import ConfigIn
from ploeg.wire.jobs import JobOut
from ploeg.wire.questions import QuestionOut

StepName = Literal["grill", "plan", "review"]


class IdeaOut(Reply):
    """An idea in a list. `product`, `pbi` and `jobs` are codes, `owner` is a name."""

    id: str
    code: str
    title: str
    status: IdeaStatus
    owner: str
    product: str | None
    pbi: str | None = Field(description="The backlog item that it has become.")
    shared: bool = Field(description="Members of its product see it; else its owner alone.")
    until: Stop | None = Field(description="How far it goes by itself; null: one step at a time.")
    jobs: list[str] = Field(description="Those that have not ended.")
    created_at: datetime
    reviewed_at: datetime | None
    archived_at: datetime | None


class IdeasOut(Items[IdeaOut]):
    next_before: str | None = Field(description="`before` of the next page; null on the last one.")


class IdeaLogOut(Reply):
    id: str
    type: IdeaLogType
    content: str
    actor: str
    metadata: dict[str, Any] | None
    created_at: datetime


class IdeaDetailOut(IdeaOut):
    description: str | None
    products: list[str] = Field(description="Further products that it touches.")
    grill_md: str | None
    plan_md: str | None
    outline: list[OutlineOut] = Field(description="The stories of its plan.")
    flaws: list[FlawOut] = Field(description="What keeps its text from being a plan.")
    review_log: dict[str, Any] | None = Field(description="`rounds`, and `verdict` and `summary` of the last one.")
    questions: list[QuestionOut] = Field(description="Those that are open.")
    log: list[IdeaLogOut] = Field(description="The newest lines, oldest of them first.")


class OutlineOut(Reply):
    title: str
    tasks: list[str] = Field(description="Their titles.")


class FlawOut(Reply):
    line: int
    field: str = Field(description="E.g. `stories[2].tasks[1].title`, counted from 1; empty for the whole document.")
    remedy: str


class JobOfIdea(Request):
    """How the job is to be run."""

    instruction: str | None = Field(default=None, description="An extra instruction for the agent.")
    labels: list[str] = Field(default=[], description="Labels that the worker must offer.")
    rank: Whole = Field(default=0, description="Lower goes first.")
    config: ConfigIn | None = None
    key: str | None = Field(default=None, description="As the header Idempotency-Key.")


class IdeaIn(Request):
    title: str
    description: str | None = None
    product: str | None = Field(default=None, description="Code or id; without one no job can start.")
    until: str | None = Field(default=None, description="Send it on its way: `plan`, `review`, `backlog` or `sprint`.")
    job: JobOfIdea = JobOfIdea()


class IdeaEdit(Request):
    """Only the fields that are given change."""

    title: str = ""
    description: str | None = None
    product: str | None = None
    products: list[str] = Field(default=[], description="Further products that it touches, all of them.")


class IdeaJobIn(JobOfIdea):
    """One step, or with `until` alone whatever comes next."""

    step: StepName | None = None
    until: str | None = Field(default=None, description="Go on by itself: `plan`, `review`, `backlog` or `sprint`.")


class IdeaStartedOut(Reply):
    idea: IdeaOut
    job: JobOut | None = Field(description="Null where nothing is left to do for an agent.")


class TextIn(Request):
    markdown: str


class PlanOut(Reply):
    markdown: str = Field(description="A plan document: YAML front matter and a body.")


class PlanWrittenOut(Reply):
    """A text that is no plan is kept, and the idea is PLAN_FAILED until it is mended."""

    idea: IdeaOut
    ok: bool
    stories: int
    tasks: int
    flaws: list[FlawOut]


class FindingIn(Request):
    problem: str = Field(min_length=1, max_length=2000)
    severity: Literal["blocker", "major", "minor"] | None = None
    where: str | None = Field(default=None, max_length=200, description="E.g. `stories[2].tasks[1]`.")
    remedy: str | None = Field(default=None, max_length=2000)


class ReviewIn(Request):
    verdict: str = Field(description="`approved`, `changes_requested` or `rejected`.")
    summary: str = Field(description="Why, in a few words.")
    findings: list[FindingIn] = Field(default=[], description="The gravest first.")


class MaterialisationIn(Request):
    alongside: bool = Field(default=False, description="Leave an item that it became before where it is.")


class MaterialisedOut(Reply):
    idea: IdeaOut
    pbi: str
    stories: list[str]
    tasks: int
    replaced: str | None = Field(description="The item that was archived to make room.")


class IdeaLogIn(Request):
    type: str = Field(default="NOTE", description="`DECISION` or `NOTE`.")
    content: str


class MessageIn(Request):
    text: str
    channel: str = Field(default="idea", description="`idea`, or `plan` to talk about its plan.")
    config: ConfigIn | None = None


class MessageOut(Reply):
    number: int
    channel: Channel
    author: str | None = Field(description="Null: the agent.")
    text: str
    job: str | None = Field(description="The job that answers it, or wrote it; null while it waits for the next one.")
    job_status: str | None
    created_at: datetime


class SaidOut(Reply):
    message: MessageOut
    job: str | None = Field(description="The job that will answer; null: the one after the job at work now.")


IdeaDetailOut.model_rebuild()
