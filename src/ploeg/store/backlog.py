"""Backlog items, stories, tasks, and a story's activity log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import Select, Table, bindparam, func, select

from ploeg.domain.backlog import Pbi, Story, StoryLog, StoryStatus, Task, TaskStatus, next_sort_order
from ploeg.domain.codes import CodeKind
from ploeg.domain.ids import PbiId, ProductId, StoryId, TaskId
from ploeg.domain.product import Product
from ploeg.domain.search import Query
from ploeg.store.backlog_index import BacklogIndex
from ploeg.store.dialects import per_dialect
from ploeg.store.rows import Shape
from ploeg.store.tables.backlog import pbis, stories, story_logs, tasks

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

PBI = Shape(Pbi, pbis, "backlog item")
STORY = Shape(Story, stories, "story")
TASK = Shape(Task, tasks, "task")
LOG = Shape(StoryLog, story_logs, "log")


def _ordered(statement: Select[Any], *tables: Table) -> Select[Any]:
    """In backlog order: by the place of each table's row among its siblings, the outermost first."""
    return statement.order_by(
        *(column for each in tables for column in (each.c.sort_order, each.c.created_at, each.c.id))
    )


def _with_code(shape: Shape[Any]) -> Select[Any]:
    table = shape.table
    return shape.select.where(
        table.c.code == bindparam("code"), table.c.product_id.in_(bindparam("product_ids", expanding=True))
    )


_PBIS = _ordered(PBI.select.where(pbis.c.product_id == bindparam("product_id")), pbis)
_STORIES = STORY.select.where(stories.c.product_id == bindparam("product_id"))
_OF_PBI = stories.c.pbi_id == bindparam("pbi_id")
_TASKS = TASK.select.where(tasks.c.product_id == bindparam("product_id"))
_OF_STORY = tasks.c.story_id == bindparam("story_id")
_ITS_PBI = pbis.c.id == stories.c.pbi_id
_ITS_STORY = stories.c.id == tasks.c.story_id
_LAST_PBI = select(func.max(pbis.c.sort_order)).where(pbis.c.product_id == bindparam("parent"))
_LAST_STORY = select(func.max(stories.c.sort_order)).where(stories.c.pbi_id == bindparam("parent"))
_LAST_TASK = select(func.max(tasks.c.sort_order)).where(tasks.c.story_id == bindparam("parent"))
_STATUSES_OF_STORIES = select(stories.c.status).distinct().where(_OF_PBI, stories.c.archived_at.is_(None))
_STATUSES_OF_TASKS = select(tasks.c.status).distinct().where(_OF_STORY, tasks.c.archived_at.is_(None))
_PBI_WITH_CODE = _with_code(PBI)
_STORY_WITH_CODE = _with_code(STORY)
_TASK_WITH_CODE = _with_code(TASK)
_LOGS = LOG.select.where(story_logs.c.story_id == bindparam("story_id")).order_by(
    story_logs.c.created_at, story_logs.c.id
)
_ADD_LOG = per_dialect(
    lambda insert: insert(story_logs).on_conflict_do_nothing(index_elements=["call_id"]).returning(story_logs.c.id)
)


class Backlog:
    """Lists are in backlog order: `sort_order`, then age, then id."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._index = BacklogIndex(tx)

    def add_pbi(self, pbi: Pbi) -> None:
        PBI.add(self._tx, pbi)
        self._index.follow(pbi, None)

    def add_story(self, story: Story) -> None:
        STORY.add(self._tx, story)
        self._index.follow(story, None)

    def add_task(self, task: Task) -> None:
        TASK.add(self._tx, task)
        self._index.follow(task, None)

    def pbi(self, pbi_id: PbiId, lock: bool = False) -> Pbi | None:
        return PBI.get(self._tx, pbi_id, lock=lock)

    def story(self, story_id: StoryId, lock: bool = False) -> Story | None:
        return STORY.get(self._tx, story_id, lock=lock)

    def task(self, task_id: TaskId, lock: bool = False) -> Task | None:
        return TASK.get(self._tx, task_id, lock=lock)

    def update_pbi(self, pbi: Pbi) -> None:
        before = PBI.known(self._tx, pbi.id)
        PBI.update(self._tx, pbi)
        self._index.follow(pbi, before)

    def update_story(self, story: Story) -> None:
        before = STORY.known(self._tx, story.id)
        STORY.update(self._tx, story)
        self._index.follow(story, before)

    def update_task(self, task: Task) -> None:
        before = TASK.known(self._tx, task.id)
        TASK.update(self._tx, task)
        self._index.follow(task, before)

    def pbis(self, product_id: ProductId, *, archived: bool = False) -> list[Pbi]:
        """`archived`: those as well."""
        statement = _PBIS if archived else _PBIS.where(pbis.c.archived_at.is_(None))
        return PBI.all(self._tx, statement, product_id=product_id)

    def stories(self, product_id: ProductId, pbi_id: PbiId | None = None, *, archived: bool = False) -> list[Story]:
        """In backlog order, those of a whole product too."""
        statement = _STORIES if archived else _STORIES.where(stories.c.archived_at.is_(None))
        if pbi_id is None:
            everywhere = _ordered(statement.join(pbis, _ITS_PBI), pbis, stories)
            return STORY.all(self._tx, everywhere, product_id=product_id)
        of_pbi = _ordered(statement.where(_OF_PBI), stories)
        return STORY.all(self._tx, of_pbi, product_id=product_id, pbi_id=pbi_id)

    def tasks(self, product_id: ProductId, story_id: StoryId | None = None, *, archived: bool = False) -> list[Task]:
        """As `stories`."""
        statement = _TASKS if archived else _TASKS.where(tasks.c.archived_at.is_(None))
        if story_id is None:
            joined = statement.join(stories, _ITS_STORY).join(pbis, _ITS_PBI)
            return TASK.all(self._tx, _ordered(joined, pbis, stories, tasks), product_id=product_id)
        of_story = _ordered(statement.where(_OF_STORY), tasks)
        return TASK.all(self._tx, of_story, product_id=product_id, story_id=story_id)

    def statuses_of_stories(self, pbi_id: PbiId) -> set[StoryStatus]:
        """What there is among the backlog item's stories that are not archived."""
        return set(self._tx.connection.execute(_STATUSES_OF_STORIES, {"pbi_id": pbi_id}).scalars())

    def statuses_of_tasks(self, story_id: StoryId) -> set[TaskStatus]:
        return set(self._tx.connection.execute(_STATUSES_OF_TASKS, {"story_id": story_id}).scalars())

    def end(self, parent: Product | Pbi | Story) -> float:
        """The `sort_order` behind everything that the parent has, archived or not."""
        last = _LAST_PBI if isinstance(parent, Product) else _LAST_STORY if isinstance(parent, Pbi) else _LAST_TASK
        found = self._tx.connection.execute(last, {"parent": parent.id}).scalar()
        return next_sort_order([] if found is None else [found])

    def find(self, query: Query, product_ids: Sequence[ProductId], limit: int) -> list[Pbi | Story | Task]:
        """The best matches that are not archived, best first."""
        found = (self._item(item_id) for item_id in self._index.find(query, product_ids, limit))
        return [item for item in found if item is not None]

    def with_code(
        self, kind: CodeKind, code: str, product_ids: Sequence[ProductId]
    ) -> Sequence[Pbi] | Sequence[Story] | Sequence[Task]:
        """Everything of that kind and code in those products: a code is unique within a product only."""
        wanted = {"code": code, "product_ids": list(product_ids)}
        match kind:
            case CodeKind.PBI:
                return PBI.all(self._tx, _PBI_WITH_CODE, **wanted)
            case CodeKind.STORY:
                return STORY.all(self._tx, _STORY_WITH_CODE, **wanted)
            case CodeKind.TASK:
                return TASK.all(self._tx, _TASK_WITH_CODE, **wanted)
            case CodeKind.IDEA | CodeKind.JOB | CodeKind.QUESTION | CodeKind.TODO | CodeKind.SCHEDULE:
                raise ValueError(f"{kind.noun}s are no part of a product's backlog")
            case _:
                assert_never(kind)

    def add_log(self, log: StoryLog, call_id: str | None = None) -> bool:
        """False when that call was stored before; the log of the first time stands."""
        values = LOG.values(log) | {"call_id": call_id}
        return self._tx.connection.execute(_ADD_LOG[self._tx.dialect], values).first() is not None

    def logs(self, story_id: StoryId) -> list[StoryLog]:
        """Oldest first."""
        return LOG.all(self._tx, _LOGS, story_id=story_id)

    def _item(self, item_id: str) -> Pbi | Story | Task | None:
        """Ids tell by their first letters what they are ids of."""
        match item_id.partition("_")[0]:
            case "pbi":
                return self.pbi(PbiId(item_id))
            case "sto":
                return self.story(StoryId(item_id))
            case _:
                return self.task(TaskId(item_id))
