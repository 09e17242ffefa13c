"""Tools about the queue and what is queued again and again, for people's own agents."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, Field

from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool
from ploeg.tools.dispatch import JobShown, JobStatusShown


class ShowQueue(Arguments):
    product_id: Reference | None = Field(default=None, description="Only this product, by id or code.")
    limit: int = Field(default=20, ge=1, le=100, description="Queued jobs to show.")


class ChangeJob(Arguments):
    """Of `first`, `before` and `rank` give at most one."""

    job_id: Reference = Field(description="The queued job's id or code.")
    first: bool = Field(default=False, description="True: before every other job.")
    before: Reference | None = Field(default=None, description="Right before this queued job, by id or code.")
    rank: int | None = Field(default=None, description="Lower goes first; 0 unless it was moved.")
    not_before: AwareDatetime | None = Field(
        default=None, description="No worker takes it earlier; a moment in the past: at once."
    )


class ScheduleTask(Arguments):
    task_id: Reference = Field(description="The task's id or code.")
    recurrence: str = Field(
        max_length=100,
        description=(
            "`hourly`, `daily 03:00`, `weekdays 03:00`, `mon,thu 03:00`, `monthly 1 03:00`, or five cron fields, e.g. "
            "`*/30 9-17 * * mon-fri`."
        ),
    )
    time_zone: str = Field(max_length=80, description="The clocks that it goes by, e.g. `Europe/Amsterdam`.")
    instruction: str | None = Field(default=None, max_length=4000, description="An extra instruction for the agent.")


class ListSchedules(Arguments):
    product_id: Reference | None = Field(default=None, description="Only those of this product, by id or code.")


class RemoveSchedule(Arguments):
    schedule_id: Reference = Field(description="The schedule's id or code.")


class DepthShown(Result):
    """How many jobs need the same of a worker."""

    runtime: str
    labels: list[str]
    #: Of `due`, those that wait for nothing but a worker.
    ready: int
    due: int
    #: Queued for a later moment.
    later: int
    running: int
    #: Parked on a question.
    waiting: int


class PlaceShown(Result):
    job: JobShown
    waiting_for: str | None = None
    #: Whether it fits into what is left of a quota; left out where nobody can say.
    forecast: str | None = None


class WholeQueueShown(Result):
    running: list[JobShown]
    #: In the order in which they would be claimed.
    queued: list[PlaceShown]
    by_need: list[DepthShown]


class ScheduleShown(Result):
    id: str
    code: str
    product: str
    task: str
    title: str
    recurrence: str
    time_zone: str
    paused: bool
    #: The next moments.
    ahead: list[datetime]
    last_job: str | None = None
    #: Why its latest moment queued nothing.
    note: str | None = None


class SchedulesShown(Result):
    result: list[ScheduleShown]


class ScheduleRemoved(Result):
    removed: str


class ShowBudgets(Arguments):
    pass


class BudgetShown(Result):
    #: The product's code; None: all jobs of the installation.
    product: str | None
    #: `day` or `month`.
    period: str
    max_cost_usd: float | None
    max_tokens: int | None
    cost_usd: float
    tokens: int
    #: When the next period begins.
    until: datetime
    #: No more of its jobs begin in this period.
    reached: bool


class BudgetsShown(Result):
    result: list[BudgetShown]


SHOW_BUDGETS = Tool(
    name="show_budgets",
    description="What all jobs spent today and each product's jobs this month, in money and tokens, and what they may.",
    arguments=ShowBudgets,
    result=BudgetsShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

SHOW_QUEUE = Tool(
    name="show_queue",
    description="What runs, what is next in which order, and why each queued job waits.",
    arguments=ShowQueue,
    result=WholeQueueShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

CHANGE_JOB = Tool(
    name="change_job",
    description="Change a queued job's place in the queue, or when it may begin.",
    arguments=ChangeJob,
    result=JobStatusShown,
    side=Side.SERVER,
    people=True,
)

SCHEDULE_TASK = Tool(
    name="schedule_task",
    description="Queue a task again and again. There is never a second job while one of the task is unfinished.",
    arguments=ScheduleTask,
    result=ScheduleShown,
    side=Side.SERVER,
    people=True,
)

LIST_SCHEDULES = Tool(
    name="list_schedules",
    description="The tasks that are queued again and again, and when they are due next.",
    arguments=ListSchedules,
    result=SchedulesShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

REMOVE_SCHEDULE = Tool(
    name="remove_schedule",
    description="Take a schedule away; the jobs that it queued stay.",
    arguments=RemoveSchedule,
    result=ScheduleRemoved,
    side=Side.SERVER,
    people=True,
)
