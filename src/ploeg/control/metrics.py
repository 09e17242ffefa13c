"""What the server tells Prometheus: what it counted, and how things stand in the database now."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from ploeg import __version__
from ploeg.control.health import health
from ploeg.control.installation import Installation
from ploeg.control.plane import ControlPlane
from ploeg.control.work import budgets, presence
from ploeg.domain.access import Principal, Scope
from ploeg.domain.errors import Denied
from ploeg.domain.metric import Readings
from ploeg.domain.worker import WorkerRecord, WorkerState
from ploeg.store.queue import Pile
from ploeg.store.transaction import Transaction
from ploeg.wire import metrics


async def readings(plane: ControlPlane) -> Readings:
    """Everything in `wire.metrics.SERVER` that there is something to say of. Raises `Unavailable`."""
    told = plane.tally.readings()
    told.set(metrics.BUILD, 1, __version__, plane.engine_info().dialect)
    told.set(metrics.READY, (await health(plane)).ready)
    told.set(metrics.STARTED, plane.started_at.timestamp())
    told.set(metrics.WAITING_WORKERS, plane.watch.waiters)
    told.set(metrics.SERVER_DISK_FREE, shutil.disk_usage(plane.transcripts.disk).free)
    await plane.read(_stored, plane.installation, told)
    return told


def may_read(actor: Principal) -> None:
    """Metrics tell of everybody's workers and jobs: they are for administrators."""
    actor.require(Scope.READ)
    if not actor.user.is_admin:
        raise Denied("metrics tell of everybody's jobs and workers; an administrator's token reads them")


def _stored(tx: Transaction, installation: Installation, told: Readings) -> None:
    _jobs(tx, installation, told)
    told.set(metrics.QUESTIONS, tx.questions.count_open())
    told.set(metrics.DELIVERIES, tx.deliveries.count_owed())
    for state in WorkerState:
        told.set(metrics.WORKERS, 0, state)
    for worker in tx.workers.all():
        _worker(tx, worker, told)


def _jobs(tx: Transaction, installation: Installation, told: Readings) -> None:
    queued, later, running, waiting, ready = (
        _by_runtime(piles)
        for piles in (
            *(tx.queue.piles(kind) for kind in ("queued", "later", "running", "waiting")),
            tx.queue.free(tx.now, budgets.month(tx, installation)),
        )
    )
    for runtime in {*queued, *running, *waiting}:
        held = queued.get(runtime, 0) - later.get(runtime, 0) - ready.get(runtime, 0)
        counts = {"ready": ready, "later": later, "running": running, "waiting": waiting, "held": {runtime: held}}
        for state, count in counts.items():
            told.set(metrics.JOBS, count.get(runtime, 0), state, runtime)


def _worker(tx: Transaction, worker: WorkerRecord, told: Readings) -> None:
    there = presence.online(worker, tx.now)
    told.add(metrics.WORKERS, 1, worker.state if there else WorkerState.OFFLINE)
    if not there:
        return
    told.add(metrics.WORKER_SLOTS, worker.slots, worker.hostname)
    told.add(metrics.WORKER_JOBS, len(tx.attempts.active_of_worker(worker.id)), worker.hostname)
    for use in worker.quota:
        labels = worker.hostname, str(use.seat), use.window
        if use.used_pct is not None and tx.now < use.over_at:
            told.set(metrics.QUOTA_USED, use.used_pct / 100, *labels)
            if use.resets_at is not None:
                told.set(metrics.QUOTA_RESETS, use.resets_at.timestamp(), *labels)
    _disk(worker, told)


def _disk(worker: WorkerRecord, told: Readings) -> None:
    disk, name = worker.disk, worker.hostname
    if disk is None:
        return
    told.set(metrics.DISK_FREE, disk.free, name)
    told.set(metrics.DISK_LOW, disk.low is not None, name)
    for part, size in disk.parts.items():
        told.set(metrics.DISK_USED, size, name, part)
    if disk.full_at is not None:
        told.set(metrics.DISK_FULL, disk.full_at.timestamp(), name)


def _by_runtime(piles: Iterable[Pile]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for pile in piles:
        counted[pile.runtime] = counted.get(pile.runtime, 0) + pile.count
    return counted
