"""Series of numbers for codes. The next number is one statement, so that no two writers are given the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam

from ploeg.store.dialects import per_dialect
from ploeg.store.tables.products import counters

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

INSTALLATION = "installation"

_NEXT = per_dialect(
    lambda insert: (
        insert(counters)
        .values(scope=bindparam("scope"), series=bindparam("series"), value=1)
        .on_conflict_do_update(index_elements=["scope", "series"], set_={"value": counters.c.value + 1})
        .returning(counters.c.value)
    )
)


def next_in(tx: Transaction, scope: str, series: str) -> int:
    """1, then 2, … within that scope; a number is given back when its transaction fails."""
    value: int = tx.connection.execute(_NEXT[tx.dialect], {"scope": scope, "series": series}).scalar_one()
    return value
