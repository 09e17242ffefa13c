"""Sprints and their runs."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from ploeg.domain.attempt import Phase
from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint import PrStrategy, SprintStatus
from ploeg.domain.sprint_run import PauseReason, RunStatus
from ploeg.wire.base import Reply, Request, Whole
from ploeg.wire.config import ConfigIn


class SprintOut(Reply):
    """A sprint in a list."""

    id: str
    code: str
    product: str
    product_id: str
    goal: str
    status: SprintStatus
    start_date: date | None
    end_date: date | None
    completed_at: datetime | None
    created_at: datetime
    stories: int = Field(description="How many are planned in it.")
    stories_done: int
    run_status: RunStatus | None = Field(description="Of its newest run.")


class PauseOut(Reply):
    reason: PauseReason
    detail: str | None
    paused_at: datetime
    question: str | None = Field(description="The code of the question that it waits for.")
    head_sha: str | None
    resets_at: datetime | None = Field(description="When the quota window opens again, and the run goes on by itself.")


class RunOut(Reply):
    id: str
    sprint: str
    sprint_id: str
    status: RunStatus
    pr_strategy: PrStrategy
    branch: str | None
    pr_url: str | None
    started_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    failure_reason: str | None
    failed_task: str | None
    pause: PauseOut | None
    previous_run_id: str | None = Field(description="The run that it goes on from.")
    jobs: dict[JobStatus, int] = Field(description="How many jobs of it have each status.")


class TaskJobOut(Reply):
    code: str
    status: JobStatus
    phase: Phase | None
    branch: str | None
    reason: str | None
    waiting_for: str | None


class SprintTaskOut(Reply):
    id: str
    code: str
    title: str
    status: TaskStatus
    job: TaskJobOut | None = Field(description="The newest one.")


class SprintStoryOut(Reply):
    id: str
    code: str
    title: str
    pbi: str
    status: StoryStatus
    open_questions: list[str]
    tasks: list[SprintTaskOut]


class BlockerOut(Reply):
    obstacle: str
    code: str = Field(description="What it is about.")
    text: str = Field(description="What is in the way, and what to do about it.")


class StepOut(Reply):
    text: str
    command: str | None


class SprintPageOut(SprintOut):
    pr_strategy: PrStrategy = Field(description="What a run is started with, unless its start says otherwise.")
    plan: list[SprintStoryOut] = Field(description="Its stories, in the order of the backlog.")
    run: RunOut | None = Field(description="The newest one.")
    blockers: list[BlockerOut] = Field(description="What keeps a run from starting.")
    why: list[str] = Field(description="Why it stands still; empty while it gets on by itself, or is done.")
    next: list[StepOut] = Field(description="What a person can do.")


class PreflightOut(Reply):
    sprint: str
    pr_strategy: PrStrategy
    ready: bool
    tasks: list[str] = Field(description="What a run would do, in its order.")
    blockers: list[BlockerOut]


class SprintEdit(Request):
    """Only the fields that are given change."""

    goal: str = ""
    start_date: date | None = None
    end_date: date | None = None
    status: str = Field(default="", description="OPEN, CLOSED or ARCHIVED; the rest follows from the stories.")


class SprintIn(Request):
    goal: str
    code: str | None = Field(default=None, description="S-2026-05-27-1 and so on, if left out.")
    start_date: date | None = None
    end_date: date | None = None
    stories: list[str] = Field(default=[], description="Stories to plan into it, by code or id.")


class StoriesIn(Request):
    stories: list[str] = Field(description="By code or id.")


class RunIn(Request):
    pr_strategy: str | None = Field(default=None, description="The product's, if left out.")
    labels: list[str] = Field(default=[], description="Labels that the workers must offer.")
    rank: Whole = Field(default=0, description="Lower goes first.")
    config: ConfigIn | None = None


class ReasonIn(Request):
    reason: str | None = None


class CascadeOut(Reply):
    """What a failure of the job would take with it."""

    job: str
    task: str | None = Field(description="It would fail, and so would what follows.")
    story: str | None
    pbi: str | None
    sprints: list[str]
    runs: list[str] = Field(description="Runs that would end, by the codes of their sprints.")
    cancelled: list[str] = Field(description="Jobs that would be cancelled.")
    withdrawn: list[str] = Field(description="Pull requests that would be closed, or reverted where they are merged.")
