"""What past jobs took, by product, kind and runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ploeg.domain.forecast import PastRun
from ploeg.domain.ids import ProductId
from ploeg.store.dialects import per_dialect
from ploeg.store.tables.budgets import past_runs

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

_ROW = past_runs.c
_OF = select(_ROW.runs).where(
    _ROW.product_id == bindparam("of_product"), _ROW.kind == bindparam("of_kind"), _ROW.runtime == bindparam("on")
)
_HELD = _OF.with_for_update()
_OF_RUNTIMES = select(past_runs).where(_ROW.runtime.in_(bindparam("runtimes", expanding=True)))
_PUT = per_dialect(
    lambda insert: (
        insert(past_runs)
        .values({name: bindparam(name) for name in ("product_id", "kind", "runtime", "runs")})
        .on_conflict_do_update(index_elements=["product_id", "kind", "runtime"], set_={"runs": bindparam("runs")})
    )
)


@dataclass(frozen=True, slots=True)
class Alike:
    """The jobs of one product, kind and runtime, and what the last of them took."""

    product_id: ProductId
    kind: str
    runtime: str
    runs: tuple[PastRun, ...]


class PastRuns:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def of(self, product_id: ProductId, kind: str, runtime: str, *, lock: bool = False) -> tuple[PastRun, ...]:
        """The oldest first."""
        given = {"of_product": product_id, "of_kind": kind, "on": runtime}
        found: tuple[PastRun, ...] | None = self._tx.connection.execute(_HELD if lock else _OF, given).scalar()
        return found or ()

    def of_runtimes(self, runtimes: Sequence[str]) -> list[Alike]:
        rows = self._tx.connection.execute(_OF_RUNTIMES, {"runtimes": list(runtimes)})
        return [Alike(ProductId(row.product_id), row.kind, row.runtime, row.runs) for row in rows]

    def put(self, alike: Alike) -> None:
        given = {"product_id": alike.product_id, "kind": alike.kind, "runtime": alike.runtime, "runs": alike.runs}
        self._tx.connection.execute(_PUT[self._tx.dialect], given)
