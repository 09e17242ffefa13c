"""A worker's disk, as the worker tells of it."""

from __future__ import annotations

from ploeg.control.docs.text import line, optional_prose
from ploeg.domain.disk import DiskUse
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction
from ploeg.wire.work import DiskOut

#: Parts of its disk that a worker may tell of.
PARTS_MAX = 16


def use(tx: Transaction, known: WorkerRecord, told: DiskOut | None) -> DiskUse | None:
    """As the worker tells of it now, or told of it before."""
    if told is None:
        return known.disk
    return DiskUse(
        at=tx.now,
        free=max(told.free, 0),
        size=max(told.size, 0),
        parts={line("part", name): max(size, 0) for name, size in list(told.parts.items())[:PARTS_MAX]},
        budget=told.budget,
        full_at=told.full_at,
        low=optional_prose("low", told.low),
    )


def tell_if_low(tx: Transaction, before: WorkerRecord, worker: WorkerRecord) -> None:
    """Once, when it has become low."""
    disk = worker.disk
    if disk is None or disk.low is None or (before.disk is not None and before.disk.low is not None):
        return
    data = {"worker": worker.hostname, "id": worker.id, "free": disk.free, "reason": disk.low}
    tx.events.add("disk.low", user_id=worker.user_id, actor=f"worker:{worker.id}", data=data)
