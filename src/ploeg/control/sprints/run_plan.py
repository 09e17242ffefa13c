"""What a run of a sprint would do: its tasks in their order, where each job goes, and all that stands in its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from ploeg.control.backlog import dependencies
from ploeg.control.installation import Installation
from ploeg.domain.backlog import Pbi, PbiStatus, Story, StoryStatus, Task, TaskStatus
from ploeg.domain.config import MECHANICAL, ConfigLayer, resolve
from ploeg.domain.dependencies import met
from ploeg.domain.kinds import KindName, kind_named
from ploeg.domain.product import Product
from ploeg.domain.sprint import PrStrategy, Sprint, SprintStatus
from ploeg.store.transaction import Transaction


class Obstacle(StrEnum):
    """What can keep a run from starting."""

    SPRINT_NOT_OPEN = "sprint_not_open"
    PRODUCT_ARCHIVED = "product_archived"
    NO_REPOSITORY = "no_repository"
    RUN_UNENDED = "run_unended"
    NOTHING_TO_DO = "nothing_to_do"
    TASK_WITHOUT_PLAN = "task_without_plan"
    TASK_UNDER_WAY = "task_under_way"
    OTHER_REPOSITORY = "other_repository"
    QUESTION_OPEN = "question_open"
    PBI_BLOCKED = "pbi_blocked"
    PBI_FAILED = "pbi_failed"
    PREREQUISITE_UNDONE = "prerequisite_undone"
    RUNTIME_WITHOUT_MODEL = "runtime_without_model"


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands in the way, and what to do about it."""

    obstacle: Obstacle
    #: The code of what it is about.
    code: str
    text: str


def look(
    tx: Transaction,
    installation: Installation,
    sprint: Sprint,
    strategy: PrStrategy | None = None,
    config: ConfigLayer | None = None,
) -> RunPlan:
    """The sprint as a run would find it that is started with that config."""
    product = tx.products.get(sprint.product_id)
    found = resolve(
        kind_named(KindName.SPRINT_IMPLEMENTATION),
        job=config,
        product=product.config if product is not None else None,
        installation=installation.config,
    )
    return RunPlan(tx, sprint, strategy, found.runtime)


class RunPlan:
    """A sprint as its next run would find it; read once, in one transaction."""

    def __init__(
        self, tx: Transaction, sprint: Sprint, strategy: PrStrategy | None = None, runtime: str | None = None
    ) -> None:
        """`runtime` is that of the one job under `SPRINT_BATCH`, where it matters."""
        product = tx.products.get(sprint.product_id)
        assert product is not None, "a foreign key keeps the product of every sprint"
        self._tx = tx
        self.sprint = sprint
        self.product: Product = product
        self.strategy = strategy or product.pr_strategy
        self._runtime = runtime
        self.stories = [story for story in tx.sprints.stories(sprint.id) if story.status is not StoryStatus.DONE]
        tasks = [task for story in self.stories for task in tx.backlog.tasks(product.id, story.id)]
        #: In backlog order, but each behind what it needs.
        self.order = dependencies.in_work_order(tx, tasks)
        self.tasks = [task for task in self.order if task.status is TaskStatus.TO_DO]

    @cached_property
    def blockers(self) -> list[Blocker]:
        """All that stands in the way, so that it can be mended in one go."""
        return [*self._of_the_sprint(), *self._of_stories(), *self._of_tasks()]

    def _of_the_sprint(self) -> Iterator[Blocker]:
        sprint, product = self.sprint, self.product
        if sprint.status is not SprintStatus.OPEN:
            text = f"sprint {sprint.code} is {sprint.status}; a run needs an open one"
            yield Blocker(Obstacle.SPRINT_NOT_OPEN, sprint.code, text)
        if product.archived:
            text = f"product {product.code} is archived; restore it first"
            yield Blocker(Obstacle.PRODUCT_ARCHIVED, product.code, text)
        if not product.repo_url:
            text = f"product {product.code} has no repository; give it a repo_url first"
            yield Blocker(Obstacle.NO_REPOSITORY, product.code, text)
        run = self._tx.sprints.unended_run(sprint.id)
        if run is not None:
            text = f"a run of sprint {sprint.code} is {run.status}; resume or cancel that one"
            yield Blocker(Obstacle.RUN_UNENDED, sprint.code, text)
        if self.strategy is PrStrategy.SPRINT_BATCH and self._runtime == MECHANICAL:
            text = f"SPRINT_BATCH takes a runtime that thinks, not {MECHANICAL}: name one, or use STORY or SPRINT"
            yield Blocker(Obstacle.RUNTIME_WITHOUT_MODEL, sprint.code, text)
        if not self.tasks:
            text = f"sprint {sprint.code} has no task that is to do; plan stories with tasks into it"
            yield Blocker(Obstacle.NOTHING_TO_DO, sprint.code, text)

    def _of_stories(self) -> Iterator[Blocker]:
        for pbi in self._pbis():
            if pbi.status is PbiStatus.BLOCKED:
                text = f"{pbi.code} is blocked; set it to READY when it no longer is"
                yield Blocker(Obstacle.PBI_BLOCKED, pbi.code, text)
            if pbi.status is PbiStatus.FAILED:
                text = f"{pbi.code} has failed; set its failed task to TO_DO or EXCLUDED first"
                yield Blocker(Obstacle.PBI_FAILED, pbi.code, text)
        for story in self.stories:
            yield from self._open_questions(story)
            yield from self._undone(story)

    def _open_questions(self, story: Story) -> Iterator[Blocker]:
        for question in self._tx.questions.open_about(story.id):
            text = f"{question.code} about {story.code} is open; answer it with `ploeg question answer {question.code}`"
            yield Blocker(Obstacle.QUESTION_OPEN, question.code, text)

    def _of_tasks(self) -> Iterator[Blocker]:
        for task in self.tasks:
            if not (task.implementation_plan or "").strip():
                text = f"{task.code} has no implementation plan; write one with `ploeg backlog task edit {task.code}`"
                yield Blocker(Obstacle.TASK_WITHOUT_PLAN, task.code, text)
            if self.strategy is PrStrategy.SPRINT_BATCH and task.repo_url not in {None, self.product.repo_url}:
                text = f"{task.code} works in another repository, which one job for all cannot; use SPRINT or STORY"
                yield Blocker(Obstacle.OTHER_REPOSITORY, task.code, text)
            job = self._tx.jobs.unfinished_for_task(task.id)
            if job is not None:
                text = f"{task.code} has an unfinished job: {job.code} is {job.status}"
                yield Blocker(Obstacle.TASK_UNDER_WAY, task.code, text)
            yield from self._undone(task)

    def _undone(self, item: Story | Task) -> Iterator[Blocker]:
        """What it needs that this run does not do itself."""
        in_run = {self.sprint.id, *(task.id for task in self.tasks)}
        for first in self._tx.dependencies.prerequisites(item):
            own = first.sprint_id if isinstance(first, Story) else first.id
            if not met(first) and own not in in_run:
                text = f"{item.code} needs {first.code}, which is {first.status} and not in this sprint's run"
                yield Blocker(Obstacle.PREREQUISITE_UNDONE, item.code, text)

    def _pbis(self) -> list[Pbi]:
        found = [self._tx.backlog.pbi(pbi_id) for pbi_id in dict.fromkeys(story.pbi_id for story in self.stories)]
        return [pbi for pbi in found if pbi is not None]
