"""Everything that is kept, table by table and page by page, as it may leave the installation: without any secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Boolean, Column, ColumnElement, Table, bindparam, or_, select, tuple_, type_coerce

from ploeg.domain.ids import ProductId, UserId
from ploeg.store.tables import (
    backlog,
    docs,
    events,
    ideas,
    people,
    products,
    questions,
    schedules,
    sprints,
    todos,
    work,
)
from ploeg.store.tables.types import Document, Prose

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

PAGE = 500
#: Columns that say something to this installation's own machinery alone.
_INTERNAL = frozenset({"search_key", "request_key", "call_id", "claim_key", "open_from", "open_until"})

_PRODUCTS: BindParameter[Any] = bindparam("product_ids", expanding=True)
_VIEWER: BindParameter[str] = bindparam("viewer", type_=Prose)
#: What is the viewer's own and of no product goes along with everything, not with one product.
_WHOLE: BindParameter[bool] = bindparam("whole", type_=Boolean)


class Family:
    """One table of an export: which of its rows go out, in pages by its primary key."""

    def __init__(self, name: str, table: Table, whose: ColumnElement[bool]) -> None:
        self.name = name
        self.keys: list[Column[Any]] = list(table.primary_key)
        self._columns = [column for column in table.c if column.name not in _INTERNAL]
        first = select(*map(_raw, self._columns)).where(whose).order_by(*self.keys).limit(PAGE)
        self._first = first
        self._next = first.where(tuple_(*self.keys) > tuple_(*(bindparam(f"after_{key.name}") for key in self.keys)))

    @dataclass(frozen=True, slots=True)
class Whose:
    """Which rows are meant: of those products, for that person's eyes, and with `whole` what is of no product."""

    product_ids: Sequence[ProductId]
    viewer: UserId
    whole: bool = False


def page(tx: Transaction, family: Family, whose: Whose, after: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Some rows of the family behind that one; none when there are no more."""
    return family.page(tx, after, product_ids=list(whose.product_ids), viewer=whose.viewer, whole=whose.whole)
