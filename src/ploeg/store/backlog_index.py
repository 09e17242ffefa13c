"""The full-text index over what is in the backlog: codes, titles and texts of all that is not archived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.ids import ProductId
from ploeg.domain.search import Query
from ploeg.store.search import BACKLOG, SearchIndex
from ploeg.store.tables.backlog import backlog_search_items as items

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

_KEY = select(items.c.key).where(items.c.item_id == bindparam("item_id"))
_ADD = insert(items).returning(items.c.key)
_REMOVE = delete(items).where(items.c.item_id == bindparam("item_id"))


class BacklogIndex:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._index = SearchIndex(tx, BACKLOG)

    def follow(self, item: Pbi | Story | Task, before: Pbi | Story | Task | None) -> None:
        """What is found of an item goes where the item went; `before` is None for one that is new or not known."""
        found = _findable(item)
        if before is not None and found == _findable(before):
            return
        key = self._tx.connection.execute(_KEY, {"item_id": item.id}).scalar()
        if found is None:
            if key is not None:
                self._index.remove(key)
                self._tx.connection.execute(_REMOVE, {"item_id": item.id})
            return
        if key is None:
            added = {"item_id": item.id, "product_id": item.product_id}
            key = self._tx.connection.execute(_ADD, added).scalar_one()
        self._index.put(key, *found)

    def find(self, query: Query, product_ids: Sequence[ProductId], limit: int) -> list[str]:
        """Ids of items, best match first."""
        return self._index.find(query, limit, product_ids=product_ids)


def _findable(item: Pbi | Story | Task) -> tuple[str, str] | None:
    if item.archived_at is not None:
        return None
    match item:
        case Story():
            texts = (item.description, item.acceptance_criteria)
        case Task():
            texts = (item.description, item.implementation_plan)
        case _:
            texts = (item.description, None)
    return f"{item.code} {item.title}", "\n".join(text for text in texts if text)
