"""Workers, as they last showed themselves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from ploeg.domain.ids import TokenId, UserId, WorkerId
from ploeg.domain.worker import WorkerRecord, WorkerState
from ploeg.store.dialects import per_dialect
from ploeg.store.rows import Shape
from ploeg.store.tables.work import workers

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

WORKER = Shape(WorkerRecord, workers, "worker")

#: What a worker's first appearance decides for good.
_LASTING = {"id", "user_id", "token_id", "instance", "created_at"}

_OF_USER = WORKER.select.where(workers.c.user_id == bindparam("of_user"))
_OF_INSTANCE = WORKER.select.where(
    workers.c.token_id == bindparam("of_token"), workers.c.instance == bindparam("of_instance")
)
_UNDER_ANY_TOKEN = WORKER.select.where(
    workers.c.user_id == bindparam("of_user"), workers.c.instance == bindparam("of_instance")
).order_by(workers.c.created_at, workers.c.id)
_MARK = update(workers).where(workers.c.id == bindparam("worker"))
_UPSERT = per_dialect(
    lambda insert: (
        insert(workers)
        .values({name: bindparam(name) for name in WORKER.names})
        .on_conflict_do_update(
            index_elements=["token_id", "instance"],
            set_={name: bindparam(name) for name in WORKER.names if name not in _LASTING},
        )
        .returning(*WORKER.columns)
    )
)


class Workers:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def upsert(self, worker: WorkerRecord) -> WorkerRecord:
        """Stores how the worker shows itself. One that was there before keeps its id and the moment it first came."""
        row = self._tx.connection.execute(_UPSERT[self._tx.dialect], WORKER.values(worker)).one()
        return WORKER.know(self._tx, WORKER.record(row))

    def get(self, worker_id: WorkerId, *, lock: bool = False) -> WorkerRecord | None:
        return WORKER.get(self._tx, worker_id, lock=lock)

    def of_instance(self, token_id: TokenId, instance: str) -> WorkerRecord | None:
        """The worker that showed itself under that name with that token."""
        return WORKER.one(self._tx, _OF_INSTANCE, of_token=token_id, of_instance=instance)

    def of_user(self, user_id: UserId, instance: str) -> list[WorkerRecord]:
        """The workers that showed themselves under that name with any token of that user's."""
        return WORKER.all(self._tx, _UNDER_ANY_TOKEN, of_user=user_id, of_instance=instance)

    def hand_over(self, worker: WorkerRecord, token_id: TokenId) -> WorkerRecord:
        """It is the worker of that token from now on."""
        mine = worker.evolve(token_id=token_id)
        WORKER.update(self._tx, mine)
        return mine

    def all(self, user_id: UserId | None = None) -> list[WorkerRecord]:
        """By host name and age; of one user, or of everybody."""
        found = (
            WORKER.all(self._tx, WORKER.select) if user_id is None else WORKER.all(self._tx, _OF_USER, of_user=user_id)
        )
        return sorted(found, key=lambda worker: (worker.hostname, worker.created_at, worker.id))

    def mark(
        self,
        worker_id: WorkerId,
        state: WorkerState,
        reason: str | None,
        until: datetime | None,
        seen_at: datetime,
    ) -> None:
        values = {"state": state, "reason": reason, "until": until, "seen_at": seen_at}
        self._tx.connection.execute(_MARK, values | {"worker": worker_id})
