"""What was spent in which period."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, select, update

from ploeg.domain.budget import Spent
from ploeg.store.dialects import per_dialect
from ploeg.store.tables.budgets import spending

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

#: The scope of all jobs together; others are products, by their ids.
INSTALLATION = "installation"

_ROW = spending.c.micro_usd, spending.c.tokens, spending.c.reached_at
_ADD = per_dialect(
    lambda insert: (
        insert(spending)
        .values({name: bindparam(name) for name in ("scope", "period", "micro_usd", "tokens")})
        .on_conflict_do_update(
            index_elements=["scope", "period"],
            set_={
                "micro_usd": spending.c.micro_usd + bindparam("micro_usd"),
                "tokens": spending.c.tokens + bindparam("tokens"),
            },
        )
        .returning(*_ROW)
    )
)
_OF = select(*_ROW).where(spending.c.scope == bindparam("of_scope"), spending.c.period == bindparam("in_period"))
_REACHED = (
    update(spending)
    .where(spending.c.scope == bindparam("of_scope"), spending.c.period == bindparam("in_period"))
    .values(reached_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that a scope spent in a period so far."""

    spent: Spent = field(default_factory=Spent)
    #: When its budget was first seen to be used up.
    reached_at: datetime | None = None


class Spending:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, scope: str, period: str, more: Spent) -> Ledger:
        """What it comes to. The row is held until this transaction ends."""
        given = {"scope": scope, "period": period, "micro_usd": more.micro_usd, "tokens": more.tokens}
        return _ledger(self._tx.connection.execute(_ADD[self._tx.dialect], given).one())

    def of(self, scope: str, period: str) -> Ledger:
        row = self._tx.connection.execute(_OF, {"of_scope": scope, "in_period": period}).first()
        return Ledger() if row is None else _ledger(row)

    def reached(self, scope: str, period: str, at: datetime) -> None:
        self._tx.connection.execute(_REACHED, {"of_scope": scope, "in_period": period, "at": at})


def _ledger(row: Row[Any, Any, Any]) -> Ledger:
    return Ledger(Spent(micro_usd=row.micro_usd, tokens=row.tokens), row.reached_at)
