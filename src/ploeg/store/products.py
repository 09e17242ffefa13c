"""Products, who belongs to them, and the numbers of their codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select

from ploeg.domain.access import Role
from ploeg.domain.codes import CodeKind
from ploeg.domain.ids import ProductId, UserId
from ploeg.domain.product import Product
from ploeg.store.dialects import per_dialect
from ploeg.store.rows import Shape
from ploeg.store.series import next_in
from ploeg.store.tables.backlog import AWAITS_MERGE, IN_REVIEW, pbis, tasks
from ploeg.store.tables.products import members, products

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

PRODUCT = Shape(Product, products, "product")

_BY_CODE = PRODUCT.select.where(products.c.code == bindparam("code"))
_VISIBLE = PRODUCT.select.where(
    or_(
        products.c.owner_id == bindparam("user_id"),
        products.c.id.in_(select(members.c.product_id).where(members.c.user_id == bindparam("user_id"))),
    )
)
_HAS_HOURS = products.c.open_until.is_not(None)
_HOLD = select(products.c.id).where(products.c.id == bindparam("product_id")).with_for_update(key_share=True)
_OWNER = select(products.c.owner_id).where(products.c.id == bindparam("product_id"))
_ROLE = select(members.c.role).where(
    members.c.product_id == bindparam("product_id"), members.c.user_id == bindparam("user_id")
)
_MEMBERS = select(members.c.user_id, members.c.role).where(members.c.product_id == bindparam("product_id"))
_SET_MEMBER = per_dialect(
    lambda insert: (
        insert(members)
        .values(product_id=bindparam("product_id"), user_id=bindparam("user_id"), role=bindparam("role"))
        .on_conflict_do_update(index_elements=["product_id", "user_id"], set_={"role": bindparam("role")})
    )
)


_ENDED_SPAN = (
    PRODUCT.select.where(products.c.open_until <= bindparam("now"))
    .order_by(products.c.open_until)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_NEXT_OPENING = select(func.min(products.c.open_from)).where(_HAS_HOURS, products.c.open_from > bindparam("now"))
_IN_REVIEW = select(
    select(func.count())
    .where(tasks.c.product_id == bindparam("product_id"), IN_REVIEW, tasks.c.archived_at.is_(None))
    .scalar_subquery()
    + select(func.count())
    .where(pbis.c.product_id == bindparam("product_id"), AWAITS_MERGE, pbis.c.archived_at.is_(None))
    .scalar_subquery()
)
_NEXT_CLOSE = select(func.min(products.c.open_until)).where(_HAS_HOURS)


class Products:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, product: Product) -> None:
        """`Conflict` when the code is taken."""
        PRODUCT.add(self._tx, product)

    def update(self, product: Product) -> None:
        PRODUCT.update(self._tx, product)

    def get(self, product_id: ProductId) -> Product | None:
        return PRODUCT.get(self._tx, product_id)

    def hold(self, product_id: ProductId) -> None:
        """Keeps others who hold the product waiting until this transaction ends."""
        self._tx.connection.execute(_HOLD, {"product_id": product_id})

    def by_code(self, code: str) -> Product | None:
        return PRODUCT.one(self._tx, _BY_CODE, code=code)

    def visible_to(self, user_id: UserId, include_archived: bool = False) -> list[Product]:
        """Those that the user owns or belongs to, by name."""
        return _by_name(PRODUCT.all(self._tx, _VISIBLE, user_id=user_id), include_archived)

    def all(self, include_archived: bool = False) -> list[Product]:
        return _by_name(PRODUCT.all(self._tx, PRODUCT.select), include_archived)

    def with_ended_span(self, now: datetime, limit: int = 100) -> list[Product]:
        """Products whose open span is over, longest ago first; held until this transaction ends."""
        return PRODUCT.all(self._tx, _ENDED_SPAN, now=now, at_most=limit)

    def next_due(self, now: datetime) -> datetime | None:
        """The next moment at which a product opens or closes."""
        opens: datetime | None = self._tx.connection.execute(_NEXT_OPENING, {"now": now}).scalar()
        return min((moment for moment in (opens, self.next_close()) if moment is not None), default=None)

    def next_close(self) -> datetime | None:
        """When the first open span is over; in the past where nobody has moved it on yet."""
        closes: datetime | None = self._tx.connection.execute(_NEXT_CLOSE).scalar()
        return closes

    def in_review(self, product_id: ProductId) -> int:
        """Tasks in review and backlog items with an unmerged pull request."""
        return int(self._tx.connection.execute(_IN_REVIEW, {"product_id": product_id}).scalar_one())

    def set_member(self, product_id: ProductId, user_id: UserId, role: Role) -> None:
        """Makes the user a member, or changes a member's role."""
        self._tx.connection.execute(
            _SET_MEMBER[self._tx.dialect], {"product_id": product_id, "user_id": user_id, "role": role}
        )

    def role_of(self, product_id: ProductId, user_id: UserId) -> Role | None:
        """None for whom the product is not there; who owns it is `OWNER`, whatever else is written."""
        if self._tx.connection.execute(_OWNER, {"product_id": product_id}).scalar() == user_id:
            return Role.OWNER
        role: Role | None = self._tx.connection.execute(_ROLE, {"product_id": product_id, "user_id": user_id}).scalar()
        return role

    def members(self, product_id: ProductId) -> dict[UserId, Role]:
        """Everybody of the product with their role, its owner included."""
        rows = self._tx.connection.execute(_MEMBERS, {"product_id": product_id})
        found: dict[UserId, Role] = {UserId(user_id): role for user_id, role in rows}
        owner = self._tx.connection.execute(_OWNER, {"product_id": product_id}).scalar()
        if owner is not None:
            found[UserId(owner)] = Role.OWNER
        return found

    def next_number(self, product_id: ProductId, kind: CodeKind) -> int:
        """The number of the product's next code of that kind: 1, 2, …, each given once."""
        return next_in(self._tx, product_id, kind.value)


def _by_name(found: Iterable[Product], include_archived: bool) -> list[Product]:
    kept = (product for product in found if include_archived or not product.archived)
    return sorted(kept, key=lambda product: (product.name.casefold(), product.code))
