"""Ideas, the further products that they touch, and their logs. What is said about them is `chats.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, insert, or_, select

from ploeg.domain.idea import Idea, IdeaLog
from ploeg.domain.idea_step import IdeaStatus
from ploeg.domain.ids import IdeaId, PbiId, ProductId, UserId
from ploeg.store.dialects import per_dialect
from ploeg.store.rows import Shape
from ploeg.store.series import next_in
from ploeg.store.tables.ideas import idea_logs, idea_products, ideas

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

IDEA = Shape(Idea, ideas, "idea")
LOG = Shape(IdeaLog, idea_logs, "log")

_BY_CODE = IDEA.select.where(ideas.c.user_id == bindparam("user_id"), ideas.c.code == bindparam("code"))
_OF_PBI = IDEA.select.where(ideas.c.pbi_id == bindparam("pbi_id"))
_NEWEST = IDEA.select.order_by(ideas.c.id.desc())
_PRODUCTS = (
    select(idea_products.c.product_id)
    .where(idea_products.c.idea_id == bindparam("idea_id"))
    .order_by(idea_products.c.product_id)
)
_NO_PRODUCTS = delete(idea_products).where(idea_products.c.idea_id == bindparam("idea_id"))
_LOGS = (
    LOG.select.where(idea_logs.c.idea_id == bindparam("idea_id"))
    .order_by(idea_logs.c.created_at.desc(), idea_logs.c.id.desc())
    .limit(bindparam("at_most"))
)
_ADD_LOG = per_dialect(
    lambda insert_into: (
        insert_into(idea_logs).on_conflict_do_nothing(index_elements=["call_id"]).returning(idea_logs.c.id)
    )
)


class Ideas:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, idea: Idea) -> None:
        IDEA.add(self._tx, idea)

    def next_number(self, user_id: UserId) -> int:
        """The number of the user's next idea: 1, 2, …, each given once."""
        return next_in(self._tx, user_id, "IDEA")

    def get(self, idea_id: IdeaId, *, lock: bool = False) -> Idea | None:
        return IDEA.get(self._tx, idea_id, lock=lock)

    def by_code(self, user_id: UserId, code: str) -> Idea | None:
        return IDEA.one(self._tx, _BY_CODE, user_id=user_id, code=code)

    def of_pbi(self, pbi_id: PbiId) -> Idea | None:
        """The idea that became that backlog item."""
        return IDEA.one(self._tx, _OF_PBI, pbi_id=pbi_id)

    def update(self, idea: Idea) -> None:
        IDEA.update(self._tx, idea)

    def visible_to(
        self,
        user_id: UserId,
        product_ids: Sequence[ProductId],
        *,
        code: str | None = None,
        product_id: ProductId | None = None,
        statuses: Sequence[IdeaStatus] | None = None,
        archived: bool = False,
        limit: int = 200,
        before: IdeaId | None = None,
    ) -> list[Idea]:
        """The user's own, and those shared with one of the products; newest first. `before` is the last of a page."""
        shared = and_(ideas.c.shared, ideas.c.product_id.in_(list(product_ids)))
        statement = _NEWEST.where(or_(ideas.c.user_id == user_id, shared)).limit(limit)
        if code is not None:
            statement = statement.where(ideas.c.code == code)
        if product_id is not None:
            statement = statement.where(ideas.c.product_id == product_id)
        if statuses is not None:
            statement = statement.where(ideas.c.status.in_(list(statuses)))
        if before is not None:
            statement = statement.where(ideas.c.id < before)
        if not archived:
            statement = statement.where(ideas.c.archived_at.is_(None))
        return IDEA.all(self._tx, statement)

    def products(self, idea_id: IdeaId) -> list[ProductId]:
        """The further products that it touches, besides its own."""
        return [ProductId(row[0]) for row in self._tx.connection.execute(_PRODUCTS, {"idea_id": idea_id})]

    def set_products(self, idea_id: IdeaId, product_ids: Sequence[ProductId]) -> None:
        self._tx.connection.execute(_NO_PRODUCTS, {"idea_id": idea_id})
        rows = [{"idea_id": idea_id, "product_id": product_id} for product_id in dict.fromkeys(product_ids)]
        if rows:
            self._tx.connection.execute(insert(idea_products), rows)

    def add_log(self, log: IdeaLog, call_id: str | None = None) -> bool:
        """False when that call was stored before; the log of the first time stands."""
        values = LOG.values(log) | {"call_id": call_id}
        return self._tx.connection.execute(_ADD_LOG[self._tx.dialect], values).first() is not None

    def logs(self, idea_id: IdeaId, limit: int = 1000) -> list[IdeaLog]:
        """The newest ones, oldest of them first."""
        return LOG.all(self._tx, _LOGS, idea_id=idea_id, at_most=limit)[::-1]
