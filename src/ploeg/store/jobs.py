"""The queue's jobs. Taking one is `claims.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select, update

from ploeg.domain.ids import IdeaId, JobId, ProductId, SprintRunId, StoryId, TaskId, UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.rows import Shape
from ploeg.store.series import INSTALLATION, next_in
from ploeg.store.tables.sprints import executions
from ploeg.store.tables.work import active, jobs, unfinished

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

JOB = Shape(Job, jobs, "job")

_BY_NUMBER = JOB.select.where(jobs.c.number == bindparam("number"))
_BY_KEY = JOB.select.where(jobs.c.requested_by == bindparam("user_id"), jobs.c.request_key == bindparam("key"))
_ACTIVE_IN_LANE = JOB.select.where(jobs.c.lane == bindparam("lane"), active(jobs))
_UNFINISHED_FOR_TASK = (
    JOB.select.where(jobs.c.task_id == bindparam("task_id"), unfinished(jobs)).order_by(jobs.c.number).limit(1)
)
_UNFINISHED_THROUGH_TASK = (
    JOB.select.join(executions, executions.c.job_id == jobs.c.id)
    .where(executions.c.task_id == bindparam("task_id"), unfinished(jobs))
    .limit(1)
)
_UNFINISHED_IN_LANE = JOB.select.where(jobs.c.lane == bindparam("lane"), unfinished(jobs)).order_by(jobs.c.number)
_UNFINISHED_OF_IDEA = JOB.select.where(jobs.c.idea_id == bindparam("idea_id"), unfinished(jobs)).order_by(jobs.c.number)
_KEEP_PRIVATE = update(jobs).where(jobs.c.idea_id == bindparam("of_idea"))
_SHOW = _KEEP_PRIVATE.where(jobs.c.product_id == bindparam("in_product"))
_OF_RUN = JOB.select.where(jobs.c.sprint_run_id == bindparam("run_id")).order_by(jobs.c.number)
_UNFINISHED_OF_RUN = _OF_RUN.where(unfinished(jobs))
_EARLIER_IN_LANE = JOB.select.where(
    jobs.c.lane == bindparam("lane"), jobs.c.sequence < bindparam("sequence"), unfinished(jobs)
).order_by(jobs.c.sequence)
_OF_STORIES = JOB.select.where(jobs.c.story_id.in_(bindparam("story_ids", expanding=True))).order_by(jobs.c.number)
_UNFINISHED_OF_STORIES = _OF_STORIES.where(unfinished(jobs))
_CATCHING_UP = JOB.select.where(
    jobs.c.product_id == bindparam("product_id"), jobs.c.catches_up, unfinished(jobs)
).order_by(jobs.c.number)
_UNFINISHED = (
    select(jobs.c.product_id, func.count())
    .where(jobs.c.product_id.in_(bindparam("product_ids", expanding=True)), unfinished(jobs))
    .group_by(jobs.c.product_id)
)
_NEWEST = JOB.select.order_by(jobs.c.number.desc())


class Jobs:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, job: Job, key: str | None = None) -> None:
        """`key` is the request that this job answers; `Conflict` when the same user made it before."""
        JOB.add(self._tx, job, request_key=key)

    def next_number(self) -> int:
        """The installation's next job number: 1, 2, …, each given once."""
        return next_in(self._tx, INSTALLATION, "J")

    def get(self, job_id: JobId, lock: bool = False) -> Job | None:
        return JOB.get(self._tx, job_id, lock=lock)

    def by_number(self, number: int) -> Job | None:
        return JOB.one(self._tx, _BY_NUMBER, number=number)

    def by_key(self, user_id: UserId, key: str) -> Job | None:
        return JOB.one(self._tx, _BY_KEY, user_id=user_id, key=key)

    def update(self, job: Job) -> None:
        """`Conflict` when that would make a second active job in its lane."""
        JOB.update(self._tx, job)

    def of_products(
        self,
        product_ids: Sequence[ProductId],
        *,
        statuses: Collection[JobStatus] | None = None,
        task_id: TaskId | None = None,
        story_id: StoryId | None = None,
        idea_id: IdeaId | None = None,
        viewer: UserId | None = None,
        limit: int = 50,
        before: int | None = None,
    ) -> list[Job]:
        """The newest first; `before` is the number of the last job of the page before. With a `viewer` the jobs that
        are private to others are left out."""
        statement = _NEWEST.where(jobs.c.product_id.in_(list(product_ids))).limit(limit)
        if viewer is not None:
            statement = statement.where(or_(jobs.c.private_to.is_(None), jobs.c.private_to == viewer))
        if idea_id is not None:
            statement = statement.where(jobs.c.idea_id == idea_id)
        if statuses is not None:
            statement = statement.where(jobs.c.status.in_(sorted(statuses)))
        if task_id is not None:
            statement = statement.where(jobs.c.task_id == task_id)
        if story_id is not None:
            statement = statement.where(jobs.c.story_id == story_id)
        if before is not None:
            statement = statement.where(jobs.c.number < before)
        return JOB.all(self._tx, statement)

    def count_unfinished(self, product_ids: Sequence[ProductId]) -> dict[ProductId, int]:
        """How many jobs of each product have not ended; products without one are left out."""
        return {row[0]: row[1] for row in self._tx.connection.execute(_UNFINISHED, {"product_ids": list(product_ids)})}

    def unfinished_of_idea(self, idea_id: IdeaId) -> list[Job]:
        """The oldest first."""
        return JOB.all(self._tx, _UNFINISHED_OF_IDEA, idea_id=idea_id)

    def keep_private(self, idea_id: IdeaId, user_id: UserId) -> None:
        """All jobs of that idea are that person's alone to see."""
        self._tx.connection.execute(_KEEP_PRIVATE, {"of_idea": idea_id, "private_to": user_id})

    def show(self, idea_id: IdeaId, product_id: ProductId) -> None:
        """The idea's jobs in that product are everybody's to see who may see the product."""
        self._tx.connection.execute(_SHOW, {"of_idea": idea_id, "in_product": product_id, "private_to": None})

    def active_in_lane(self, lane: str) -> Job | None:
        return JOB.one(self._tx, _ACTIVE_IN_LANE, lane=lane)

    def unfinished_in_lane(self, lane: str) -> Job | None:
        """The oldest job of that lane that is queued, claimed, running or waiting."""
        return JOB.one(self._tx, _UNFINISHED_IN_LANE, lane=lane)

    def unfinished_for_task(self, task_id: TaskId) -> Job | None:
        """The oldest job of that task that is queued, claimed, running or waiting; else such a one that works through a
        sprint's run with it.
        """
        own = JOB.one(self._tx, _UNFINISHED_FOR_TASK, task_id=task_id)
        return own or JOB.one(self._tx, _UNFINISHED_THROUGH_TASK, task_id=task_id)

    def of_run(self, run_id: SprintRunId) -> list[Job]:
        """All that a sprint's run queued, the oldest first."""
        return JOB.all(self._tx, _OF_RUN, run_id=run_id)

    def unfinished_of_run(self, run_id: SprintRunId, lock: bool = False) -> list[Job]:
        statement = _UNFINISHED_OF_RUN.with_for_update() if lock else _UNFINISHED_OF_RUN
        return JOB.all(self._tx, statement, run_id=run_id)

    def unfinished_of_stories(self, story_ids: Sequence[StoryId]) -> list[Job]:
        """Of all those stories, the oldest first."""
        return JOB.all(self._tx, _UNFINISHED_OF_STORIES, story_ids=list(story_ids))

    def catching_up(self, product_id: ProductId) -> list[Job]:
        """Unfinished ones that only bring their branch up to date, the oldest first."""
        return JOB.all(self._tx, _CATCHING_UP, product_id=product_id)

    def earlier_in_lane(self, lane: str, sequence: int) -> list[Job]:
        """Unfinished ones that come before that place, the first one first."""
        return JOB.all(self._tx, _EARLIER_IN_LANE, lane=lane, sequence=sequence)

    def of_stories(self, story_ids: Sequence[StoryId]) -> list[Job]:
        """Of all those stories, the oldest first."""
        return JOB.all(self._tx, _OF_STORIES, story_ids=list(story_ids))
