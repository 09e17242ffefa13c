"""Deliveries to forges: found by their branch, taken by one server at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, select

from ploeg.domain.delivery import Delivery
from ploeg.domain.ids import DeliveryId, ProductId, SprintRunId, StoryId
from ploeg.store.due import DueRows, Turn
from ploeg.store.rows import Shape
from ploeg.store.tables.deliveries import deliveries
from ploeg.store.tables.pulls import pulls

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

DELIVERY = Shape(Delivery, deliveries, "delivery")

_OF_BRANCH = DELIVERY.select.where(
    deliveries.c.product_id == bindparam("product_id"),
    deliveries.c.repo_url == bindparam("repo_url"),
    deliveries.c.branch == bindparam("branch"),
)
_OF_BRANCH_LOCKED = _OF_BRANCH.with_for_update()
_NEWEST = (deliveries.c.created_at.desc(), deliveries.c.id.desc())
_OF_STORY = DELIVERY.select.where(deliveries.c.story_id == bindparam("story_id")).order_by(*_NEWEST)
_OF_STORY_LOCKED = _OF_STORY.with_for_update()
_OF_RUN = DELIVERY.select.where(deliveries.c.sprint_run_id == bindparam("run_id")).order_by(*_NEWEST)
_OF_RUN_LOCKED = _OF_RUN.with_for_update()
_DUE = Turn(DELIVERY, deliveries.c.due_at)
_OWED = select(func.count()).select_from(deliveries).where(deliveries.c.due_at.is_not(None))
_UNFOLLOWED = DELIVERY.select.where(
    deliveries.c.pr_url.is_not(None), ~exists().where(pulls.c.delivery_id == deliveries.c.id)
).order_by(deliveries.c.id)


class Deliveries(DueRows[Delivery]):
    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, _DUE)

    def add(self, delivery: Delivery) -> None:
        """`Conflict` when that branch has one."""
        DELIVERY.add(self._tx, delivery)

    def get(self, delivery_id: DeliveryId, lock: bool = False) -> Delivery | None:
        return DELIVERY.get(self._tx, delivery_id, lock=lock)

    def update(self, delivery: Delivery) -> None:
        DELIVERY.update(self._tx, delivery)

    def of_branch(self, product_id: ProductId, repo_url: str, branch: str, lock: bool = False) -> Delivery | None:
        statement = _OF_BRANCH_LOCKED if lock else _OF_BRANCH
        return DELIVERY.one(self._tx, statement, product_id=product_id, repo_url=repo_url, branch=branch)

    def of_story(self, story_id: StoryId, lock: bool = False) -> list[Delivery]:
        """Those of the story's own branch, one for each repository, the newest first."""
        return DELIVERY.all(self._tx, _OF_STORY_LOCKED if lock else _OF_STORY, story_id=story_id)

    def of_run(self, run_id: SprintRunId, lock: bool = False) -> list[Delivery]:
        """Those of the run's own branch, one for each repository, the newest first."""
        return DELIVERY.all(self._tx, _OF_RUN_LOCKED if lock else _OF_RUN, run_id=run_id)

    def unfollowed(self) -> list[Delivery]:
        """Those whose pull request nobody follows yet."""
        return DELIVERY.all(self._tx, _UNFOLLOWED)

    def count_owed(self) -> int:
        """Those that are still to be made."""
        return int(self._tx.connection.execute(_OWED).scalar_one())
