"""Sprints, their runs, and the frozen tasks of a run that is one job."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func

from ploeg.domain.backlog import Story
from ploeg.domain.ids import ExecutionId, JobId, PbiId, ProductId, SprintId, SprintRunId
from ploeg.domain.sprint import Sprint, SprintStatus
from ploeg.domain.sprint_run import Execution, SprintRun
from ploeg.store.backlog import STORY
from ploeg.store.rows import Shape
from ploeg.store.series import next_in
from ploeg.store.tables.backlog import pbis, stories
from ploeg.store.tables.sprints import PAUSED, UNENDED, executions, sprint_runs, sprints

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

SPRINT = Shape(Sprint, sprints, "sprint")
RUN = Shape(SprintRun, sprint_runs, "sprint run")
EXECUTION = Shape(Execution, executions, "execution")

_NEWEST = SPRINT.select.order_by(sprints.c.created_at.desc(), sprints.c.id.desc())
_WITH_CODE = SPRINT.select.where(
    func.lower(sprints.c.code) == bindparam("code"), sprints.c.product_id.in_(bindparam("product_ids", expanding=True))
)
_WITH_PBI = SPRINT.select.where(
    sprints.c.id.in_(
        stories.select().with_only_columns(stories.c.sprint_id).where(stories.c.pbi_id == bindparam("pbi_id"))
    )
).order_by(sprints.c.id)
_STORIES = (
    STORY.select.join(pbis, pbis.c.id == stories.c.pbi_id)
    .where(stories.c.sprint_id == bindparam("sprint_id"), stories.c.archived_at.is_(None))
    .order_by(
        *(table.c[name] for table in (pbis, stories) for name in ("sort_order", "created_at", "id")),
    )
)
_OF_SPRINT = RUN.select.where(sprint_runs.c.sprint_id == bindparam("sprint_id"))
_RUNS = _OF_SPRINT.order_by(sprint_runs.c.created_at.desc(), sprint_runs.c.id.desc())
_UNENDED = _OF_SPRINT.where(UNENDED)
_PAUSED = RUN.select.where(PAUSED).order_by(sprint_runs.c.id)
_OF_JOB = EXECUTION.select.where(executions.c.job_id == bindparam("job_id")).order_by(executions.c.position)


class Sprints:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, sprint: Sprint) -> None:
        """`Conflict` when the product has one of that code."""
        SPRINT.add(self._tx, sprint)

    def update(self, sprint: Sprint) -> None:
        SPRINT.update(self._tx, sprint)

    def get(self, sprint_id: SprintId, lock: bool = False) -> Sprint | None:
        return SPRINT.get(self._tx, sprint_id, lock=lock)

    def next_number(self, product_id: ProductId, day: date) -> int:
        """The number of the product's next sprint of that day: 1, 2, …, each given once."""
        return next_in(self._tx, product_id, f"S-{day.isoformat()}")

    def with_code(self, code: str, product_ids: Sequence[ProductId]) -> list[Sprint]:
        """In any spelling of small and capital letters; a code is unique within a product only."""
        return SPRINT.all(self._tx, _WITH_CODE, code=code.lower(), product_ids=list(product_ids))

    def of_product(self, product_id: ProductId, statuses: Collection[SprintStatus] | None = None) -> list[Sprint]:
        """The newest first."""
        statement = _NEWEST.where(sprints.c.product_id == product_id)
        if statuses is not None:
            statement = statement.where(sprints.c.status.in_(sorted(statuses)))
        return SPRINT.all(self._tx, statement)

    def with_stories_of(self, pbi_id: PbiId) -> list[Sprint]:
        """The sprints that stories of a backlog item are planned in, always in the same order."""
        return SPRINT.all(self._tx, _WITH_PBI, pbi_id=pbi_id)

    def stories(self, sprint_id: SprintId) -> list[Story]:
        """What is planned in it, in the order of the backlog: by backlog item, then within it."""
        return STORY.all(self._tx, _STORIES, sprint_id=sprint_id)

    def add_run(self, run: SprintRun) -> None:
        RUN.add(self._tx, run)

    def update_run(self, run: SprintRun) -> None:
        RUN.update(self._tx, run)

    def run(self, run_id: SprintRunId, lock: bool = False) -> SprintRun | None:
        return RUN.get(self._tx, run_id, lock=lock)

    def runs(self, sprint_id: SprintId) -> list[SprintRun]:
        """The newest first."""
        return RUN.all(self._tx, _RUNS, sprint_id=sprint_id)

    def unended_run(self, sprint_id: SprintId, lock: bool = False) -> SprintRun | None:
        """The one run of the sprint that is queued, running or paused."""
        return RUN.one(self._tx, _UNENDED.with_for_update() if lock else _UNENDED, sprint_id=sprint_id)

    def paused_runs(self) -> list[SprintRun]:
        return RUN.all(self._tx, _PAUSED)

    def add_execution(self, execution: Execution) -> None:
        EXECUTION.add(self._tx, execution)

    def update_execution(self, execution: Execution) -> None:
        EXECUTION.update(self._tx, execution)

    def execution(self, execution_id: ExecutionId, lock: bool = False) -> Execution | None:
        return EXECUTION.get(self._tx, execution_id, lock=lock)

    def executions(self, job_id: JobId) -> list[Execution]:
        """In their order."""
        return EXECUTION.all(self._tx, _OF_JOB, job_id=job_id)
