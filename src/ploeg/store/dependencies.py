"""What tasks and stories need done first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Column, Delete, Executable, Select, Table, and_, bindparam, delete, select

from ploeg.domain.backlog import Story, Task
from ploeg.domain.dependencies import Needs
from ploeg.domain.ids import ProductId
from ploeg.store.backlog import STORY, TASK
from ploeg.store.dialects import per_dialect
from ploeg.store.rows import Shape
from ploeg.store.tables.backlog import story_dependencies, task_dependencies

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

Item: TypeAlias = Story | Task


@dataclass(frozen=True, slots=True)
class _Kept:
    """The statements over one table of dependencies."""

    shape: Shape[Any]
    add: dict[str, Executable]
    remove: Delete
    prerequisites: Select[Any]
    dependents: Select[Any]
    of_product: Select[Any]

    @classmethod
    def over(cls, shape: Shape[Any], table: Table, own: Column[str]) -> _Kept:
        items, prerequisite = shape.table, table.c.prerequisite_id
        order = (items.c.sort_order, items.c.created_at, items.c.id)
        return cls(
            shape=shape,
            add=per_dialect(lambda insert: insert(table).on_conflict_do_nothing().returning(own)),
            remove=delete(table).where(and_(own == bindparam("item"), prerequisite == bindparam("first"))),
            prerequisites=shape.select.join(table, prerequisite == items.c.id)
            .where(own == bindparam("item"))
            .order_by(*order),
            dependents=shape.select.join(table, own == items.c.id)
            .where(prerequisite == bindparam("item"))
            .order_by(*order),
            of_product=select(own, prerequisite)
            .join(items, own == items.c.id)
            .where(items.c.product_id == bindparam("product_id"))
            .order_by(own, prerequisite),
        )


_TASKS = _Kept.over(TASK, task_dependencies, task_dependencies.c.task_id)
_STORIES = _Kept.over(STORY, story_dependencies, story_dependencies.c.story_id)


class Dependencies:
    """Between two tasks, or between two stories."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, item: Item, prerequisite: Item) -> bool:
        """False when it was there already."""
        kept, own = (_TASKS, "task_id") if isinstance(item, Task) else (_STORIES, "story_id")
        values = {own: item.id, "prerequisite_id": prerequisite.id}
        return self._tx.connection.execute(kept.add[self._tx.dialect], values).first() is not None

    def remove(self, item: Item, prerequisite: Item) -> bool:
        """False when it was not there."""
        removed = self._tx.connection.execute(_kept(item).remove, {"item": item.id, "first": prerequisite.id})
        return removed.rowcount > 0

    def prerequisites(self, item: Item) -> list[Item]:
        """What the item itself names, in backlog order, archived ones too."""
        kept = _kept(item)
        return kept.shape.all(self._tx, kept.prerequisites, item=item.id)

    def dependents(self, item: Item) -> list[Item]:
        """What names the item."""
        kept = _kept(item)
        return kept.shape.all(self._tx, kept.dependents, item=item.id)

    def of_product(self, product_id: ProductId) -> Needs:
        return Needs(tasks=self._edges(_TASKS, product_id), stories=self._edges(_STORIES, product_id))

    def _edges(self, kept: _Kept, product_id: ProductId) -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = {}
        for item, prerequisite in self._tx.connection.execute(kept.of_product, {"product_id": product_id}):
            found.setdefault(item, []).append(prerequisite)
        return found


def _kept(item: Item) -> _Kept:
    return _TASKS if isinstance(item, Task) else _STORIES
