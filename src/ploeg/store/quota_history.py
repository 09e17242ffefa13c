"""How the quota windows of workers' accounts went."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select

from ploeg.domain.ids import WorkerId
from ploeg.domain.quota import QuotaUse
from ploeg.store.ids import new_id
from ploeg.store.tables.budgets import quota_history

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

_KEPT = quota_history.c
_SINCE = (
    select(quota_history)
    .where(_KEPT.worker_id == bindparam("of_worker"), _KEPT.seen_at >= bindparam("since"))
    .order_by(_KEPT.seen_at.desc(), _KEPT.id.desc())
    .limit(bindparam("at_most"))
)
_OLDEST = select(func.min(_KEPT.seen_at))
_PRUNE = delete(quota_history).where(
    _KEPT.id.in_(
        select(_KEPT.id).where(_KEPT.seen_at < bindparam("before")).order_by(_KEPT.seen_at).limit(bindparam("at_most"))
    )
)


class QuotaHistory:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, worker_id: WorkerId, uses: Iterable[QuotaUse]) -> None:
        rows = [
            {
                "id": new_id("quo"),
                "worker_id": worker_id,
                "runtime": use.runtime,
                "account": use.account,
                "name": use.window,
                "status": use.status,
                "utilization": use.utilization,
                "resets_at": use.resets_at,
                "seen_at": use.seen_at,
            }
            for use in uses
        ]
        if rows:
            self._tx.connection.execute(insert(quota_history), rows)

    def since(self, worker_id: WorkerId, moment: datetime, limit: int) -> list[QuotaUse]:
        """The newest first."""
        rows = self._tx.connection.execute(_SINCE, {"of_worker": worker_id, "since": moment, "at_most": limit})
        return [
            QuotaUse(
                runtime=row.runtime,
                account=row.account,
                window=row.name,
                status=row.status,
                utilization=row.utilization,
                resets_at=row.resets_at,
                seen_at=row.seen_at,
                over_at=row.resets_at or row.seen_at,
            )
            for row in rows
        ]

    def oldest(self) -> datetime | None:
        oldest: datetime | None = self._tx.connection.execute(_OLDEST).scalar()
        return oldest

    def prune(self, before: datetime, limit: int) -> int:
        """Forgets at most that many that are older; how many there were."""
        return self._tx.connection.execute(_PRUNE, {"before": before, "at_most": limit}).rowcount
