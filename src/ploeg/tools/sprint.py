"""Tools about sprints and their runs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from ploeg.domain.attempt import Phase
from ploeg.domain.job import JobStatus
from ploeg.domain.sprint import GOAL_MAX, PrStrategy
from ploeg.tools.backlog import StoryState
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool
from ploeg.tools.task import TaskState

SprintState = Literal["open", "closed", "archived", "failed"]
RunState = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
Goal = Annotated[str, Field(min_length=1, max_length=GOAL_MAX, description="One line: what is to be reached.")]
Reason = Annotated[str | None, Field(max_length=4000, description="Why, for whoever looks at it.")]
Strategy = Annotated[
    PrStrategy | None,
    Field(description="STORY: a branch for each story. SPRINT: one for all. SPRINT_BATCH: one job for all."),
]


class CreateSprint(Arguments):
    product_id: Reference = Field(description="The product's id or code.")
    sprint_goal: Goal
    code: str | None = Field(default=None, max_length=30, description="`S-2026-05-27-1` and so on, if left out.")
    start_date: date | None = None
    end_date: date | None = None


class _OfSprint(Arguments):
    sprint_id: Reference = Field(description="The sprint's id or code.")


class UpdateSprint(_OfSprint):
    status: Literal["open", "closed", "archived"] | None = Field(
        default=None, description="`failed` follows from the stories. Closing sends what is not done to the backlog."
    )
    sprint_goal: Goal | None = None
    start_date: date | None = None
    end_date: date | None = None


class ListSprints(Arguments):
    product_id: Reference = Field(description="The product's id or code.")
    status: list[SprintState] = Field(default=[], description="Only those.")


class GetSprint(_OfSprint):
    pass


class PlanSprint(_OfSprint):
    add: list[Reference] = Field(default=[], max_length=200, description="Stories to plan into it, by id or code.")
    remove: list[Reference] = Field(default=[], max_length=200, description="Stories to take out of it.")


class CheckSprint(_OfSprint):
    pr_strategy: Strategy = None


class StartSprint(_OfSprint):
    pr_strategy: Strategy = None


class PauseSprint(_OfSprint):
    reason: Reason = None


class ResumeSprint(_OfSprint):
    pass


class CancelSprintRun(_OfSprint):
    reason: Reason = None


class SprintShown(Result):
    id: str
    code: str
    #: The product's code.
    product: str
    sprint_goal: str
    status: SprintState
    start_date: date | None = None
    end_date: date | None = None
    completed_at: datetime | None = None
    stories: int
    stories_done: int


class SprintsShown(Result):
    result: list[SprintShown]


class RunShown(Result):
    id: str
    #: The sprint's code.
    sprint: str
    status: RunState
    pr_strategy: PrStrategy
    branch: str | None = None
    pr_url: str | None = None
    #: Why it is paused, failed or was cancelled.
    reason: str | None = None
    failed_task: str | None = None
    previous_run_id: str | None = None
    #: How many jobs of it have each status.
    jobs: dict[JobStatus, int]


class PlannedTask(Result):
    id: str
    code: str
    title: str
    status: TaskState
    #: Its newest job.
    job: str | None = None
    job_status: JobStatus | None = None
    phase: Phase | None = None
    #: Why that job has not begun.
    waiting_for: str | None = None


class PlannedStory(Result):
    id: str
    code: str
    title: str
    status: StoryState
    open_questions: list[str]
    tasks: list[PlannedTask]


class SprintPageShown(SprintShown):
    plan: list[PlannedStory]
    #: The newest one.
    run: RunShown | None = None
    #: What keeps a run from starting.
    blockers: list[str]
    #: Why it stands still; empty while it gets on by itself, or is done.
    why: list[str]
    #: What can be done next.
    next: list[str]


class SprintChecked(Result):
    ready: bool
    pr_strategy: PrStrategy
    #: What a run would do, in its order.
    tasks: list[str]
    blockers: list[str]


CREATE_SPRINT = Tool(
    name="create_sprint",
    description="Add a sprint to a product: always a new one. Plan stories into it with plan_sprint.",
    arguments=CreateSprint,
    result=SprintPageShown,
    side=Side.SERVER,
    people=True,
)

UPDATE_SPRINT = Tool(
    name="update_sprint",
    description="Change a sprint's goal, dates or status; give at least one of them. What is not given stays.",
    arguments=UpdateSprint,
    result=SprintPageShown,
    side=Side.SERVER,
    people=True,
)

LIST_SPRINTS = Tool(
    name="list_sprints",
    description="A product's sprints, the newest first.",
    arguments=ListSprints,
    result=SprintsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

GET_SPRINT = Tool(
    name="get_sprint",
    description=(
        "A sprint with its stories, their tasks and jobs, its newest run, why it stands still, and what to do next."
    ),
    arguments=GetSprint,
    result=SprintPageShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

PLAN_SPRINT = Tool(
    name="plan_sprint",
    description=(
        "Plan stories into a sprint, or take them out. A story is in one open sprint at most. Inside a sprint stories "
        "keep the order of the backlog. All of it happens, or nothing."
    ),
    arguments=PlanSprint,
    result=SprintPageShown,
    side=Side.SERVER,
    people=True,
)

CHECK_SPRINT = Tool(
    name="check_sprint",
    description="Whether a run of the sprint could start now, and all that stands in its way. It changes nothing.",
    arguments=CheckSprint,
    result=SprintChecked,
    side=Side.SERVER,
    people=True,
    writes=False,
)

START_SPRINT = Tool(
    name="start_sprint",
    description="Start a run: jobs are queued for all tasks that are to do. Refused with all that stands in the way.",
    arguments=StartSprint,
    result=RunShown,
    side=Side.SERVER,
    people=True,
)

PAUSE_SPRINT = Tool(
    name="pause_sprint",
    description="Give out no further job of the sprint's run until it is resumed; what runs goes on.",
    arguments=PauseSprint,
    result=RunShown,
    side=Side.SERVER,
    people=True,
)

RESUME_SPRINT = Tool(
    name="resume_sprint",
    description=(
        "Let a paused run go on. A run that failed or was cancelled is followed by a new one on the same branch, with "
        "what is left; its failed tasks are to do again."
    ),
    arguments=ResumeSprint,
    result=RunShown,
    side=Side.SERVER,
    people=True,
)

CANCEL_SPRINT_RUN = Tool(
    name="cancel_sprint_run",
    description="End the sprint's run and cancel the jobs of it that have not ended. Work that was done is kept.",
    arguments=CancelSprintRun,
    result=RunShown,
    side=Side.SERVER,
    people=True,
)
