"""What was imported from where, so that it is known again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ploeg.domain.ids import ProductId
from ploeg.store.dialects import per_dialect
from ploeg.store.tables.backlog import imports

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

_COLUMNS = (imports.c.source, imports.c.item_id, imports.c.content_hash, imports.c.imported_at)
_OF_SOURCE = select(*_COLUMNS).where(
    imports.c.product_id == bindparam("product_id"), imports.c.source == bindparam("source")
)
_PUT = per_dialect(
    lambda insert: (
        insert(imports)
        .values({name: bindparam(name) for name in ("product_id", *(column.name for column in _COLUMNS))})
        .on_conflict_do_update(
            index_elements=["product_id", "source"],
            set_={name: bindparam(name) for name in ("item_id", "content_hash", "imported_at")},
        )
    )
)


@dataclass(frozen=True, slots=True)
class Imported:
    """An item that came from a source, and the hash of what the source said then."""

    source: str
    item_id: str
    content_hash: str
    imported_at: datetime


class Imports:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, product_id: ProductId, source: str) -> Imported | None:
        row = self._tx.connection.execute(_OF_SOURCE, {"product_id": product_id, "source": source}).first()
        return Imported(*row) if row is not None else None

    def put(self, product_id: ProductId, imported: Imported) -> None:
        """Takes the place of what was known of that source."""
        values = {column.name: getattr(imported, column.name) for column in _COLUMNS}
        self._tx.connection.execute(_PUT[self._tx.dialect], values | {"product_id": product_id})
