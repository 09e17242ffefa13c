"""What is asked of forges: found by its key, taken by one server at a time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.ids import ForgeActionId, ProductId, StoryId
from ploeg.store.rows import Shape
from ploeg.store.tables.forge_actions import forge_actions

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

FORGE_ACTION = Shape(ForgeAction, forge_actions, "forge action")

_OF_KEY = FORGE_ACTION.select.where(
    forge_actions.c.product_id == bindparam("product_id"), forge_actions.c.key == bindparam("key")
).with_for_update()
_NEWEST = (forge_actions.c.created_at.desc(), forge_actions.c.id.desc())
_OF_PRODUCT = (
    FORGE_ACTION.select.where(forge_actions.c.product_id == bindparam("product_id"))
    .order_by(*_NEWEST)
    .limit(bindparam("most"))
)
_OWED_OF_PRODUCT = (
    FORGE_ACTION.select.where(
        forge_actions.c.product_id == bindparam("product_id"),
        forge_actions.c.deed == bindparam("deed"),
        forge_actions.c.due_at.is_not(None),
    )
    .order_by(forge_actions.c.id)
    .with_for_update()
)
_OWED_OF_STORY = _OWED_OF_PRODUCT.where(forge_actions.c.story_id == bindparam("story_id"))
_DUE = FORGE_ACTION.select.where(forge_actions.c.due_at <= bindparam("now")).order_by(forge_actions.c.due_at)
_FIRST_DUE = _DUE.limit(1).with_for_update(skip_locked=True)
_NEXT_DUE = select(func.min(forge_actions.c.due_at)).where(forge_actions.c.due_at.is_not(None))


class ForgeActions:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, action: ForgeAction) -> None:
        """`Conflict` when the product has one with that key."""
        FORGE_ACTION.add(self._tx, action)

    def get(self, action_id: ForgeActionId, lock: bool = False) -> ForgeAction | None:
        return FORGE_ACTION.get(self._tx, action_id, lock=lock)

    def update(self, action: ForgeAction) -> None:
        FORGE_ACTION.update(self._tx, action)

    def of_key(self, product_id: ProductId, key: str) -> ForgeAction | None:
        """Locked."""
        return FORGE_ACTION.one(self._tx, _OF_KEY, product_id=product_id, key=key)

    def of_product(self, product_id: ProductId, most: int) -> list[ForgeAction]:
        """The newest first."""
        return FORGE_ACTION.all(self._tx, _OF_PRODUCT, product_id=product_id, most=most)

    def owed(self, product_id: ProductId, deed: Deed) -> list[ForgeAction]:
        """What is not settled, the oldest first, locked."""
        return FORGE_ACTION.all(self._tx, _OWED_OF_PRODUCT, product_id=product_id, deed=deed)

    def owed_of_story(self, product_id: ProductId, story_id: StoryId, deed: Deed) -> list[ForgeAction]:
        """What is not settled of the story's own branches, the oldest first, locked."""
        return FORGE_ACTION.all(self._tx, _OWED_OF_STORY, product_id=product_id, story_id=story_id, deed=deed)

    def take(self, now: datetime) -> ForgeAction | None:
        """The one that is due longest, now the caller's alone until its time is up."""
        found = FORGE_ACTION.one(self._tx, _FIRST_DUE, now=now)
        if found is None:
            return None
        taken = found.take(now)
        self.update(taken)
        return taken

    def due(self, now: datetime) -> bool:
        return self._tx.connection.execute(_DUE.limit(1), {"now": now}).first() is not None

    def next_due(self) -> datetime | None:
        moment: datetime | None = self._tx.connection.execute(_NEXT_DUE).scalar()
        return moment
