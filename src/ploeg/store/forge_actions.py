"""What is asked of forges: found by its key, taken by one server at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam

from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.domain.ids import ForgeActionId, ProductId, StoryId
from ploeg.store.due import DueRows, Turn
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
_DUE = Turn(FORGE_ACTION, forge_actions.c.due_at)


class ForgeActions(DueRows[ForgeAction]):
    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, _DUE)

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
