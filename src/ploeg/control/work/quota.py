"""What workers tell of their accounts' quota, how it went, and what their owners keep of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, timedelta

from ploeg.control.docs.text import NAME_MAX, kept
from ploeg.domain.access import MIN_QUOTA_PCT
from ploeg.domain.account import Seat
from ploeg.domain.quota import KEPT_AT_LEAST_EVERY, WINDOWS_MAX, QuotaUse, over_at, worth_keeping
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction
from ploeg.wire.work import QuotaWindow, StandBy

#: Nobody needs to know that a window is used more than ten times over.
UTILIZATION_MAX = 10.0
#: Entries that are looked at before another is kept.
LOOKED_AT = 2000
#: Entries that are forgotten at once.
FORGET_AT_ONCE = 1000
KEPT_FOR = timedelta(days=90)


def uses(tx: Transaction, seat: Seat, told: Sequence[QuotaWindow]) -> tuple[QuotaUse, ...]:
    """The windows of that account as they were told now, fit to store."""
    return tuple(_use(tx, seat, window) for window in told[:WINDOWS_MAX] if window.runtime == seat.runtime)


def floor(tx: Transaction, worker: WorkerRecord) -> int:
    """Per cent of every quota window that the worker's owner keeps."""
    owner = tx.people.user(worker.user_id)
    return owner.min_quota_pct if owner is not None else MIN_QUOTA_PCT


def standing_by(tx: Transaction, worker: WorkerRecord) -> list[StandBy]:
    """Its accounts that may take jobs again at a moment that is known."""
    return [
        StandBy(runtime=seat.runtime, account=seat.account, until=block.until, reason=block.reason)
        for seat, block in worker.closed(tx.now, floor(tx, worker)).items()
        if block.until is not None
    ]


def keep_course(tx: Transaction, worker: WorkerRecord, told: Sequence[QuotaUse]) -> None:
    """Keeps of what was told now what says more than what was kept before, and tells of it."""
    if not told:
        return
    before: dict[tuple[Seat, str], QuotaUse] = {}
    for use in tx.quota_history.since(worker.id, tx.now - KEPT_AT_LEAST_EVERY, LOOKED_AT):
        before.setdefault((use.seat, use.window), use)
    fresh = [use for use in told if worth_keeping(before.get((use.seat, use.window)), use)]
    tx.quota_history.add(worker.id, fresh)
    for use in fresh:
        data = {
            "id": worker.id,
            "hostname": worker.hostname,
            "state": worker.state,
            "change": "window",
            "runtime": use.runtime,
            "account": use.account,
            "window": use.window,
            "status": use.status,
            "utilization": use.utilization,
            "resets_at": use.resets_at,
        }
        tx.events.add("worker.changed", user_id=worker.user_id, actor=f"worker:{worker.id}", data=data)


def outlived(tx: Transaction) -> bool:
    oldest = tx.quota_history.oldest()
    return oldest is not None and oldest < tx.now - KEPT_FOR


def forget(tx: Transaction) -> int:
    """What was kept too long ago goes, a part of it at a time."""
    return tx.quota_history.prune(tx.now - KEPT_FOR, FORGET_AT_ONCE)


def _use(tx: Transaction, seat: Seat, window: QuotaWindow) -> QuotaUse:
    used, resets_at = window.utilization, window.resets_at
    if resets_at is not None and resets_at.tzinfo is None:
        resets_at = resets_at.replace(tzinfo=UTC)
    jitter = random.random()  # noqa: S311 - spreads workers that wait for the same reset, hides nothing
    return QuotaUse(
        runtime=seat.runtime,
        account=seat.account,
        window=kept(window.window, NAME_MAX) or "unnamed",
        status=kept(window.status, NAME_MAX) or "unknown",
        utilization=None if used is None else min(max(used, 0.0), UTILIZATION_MAX),
        resets_at=resets_at,
        seen_at=tx.now,
        over_at=over_at(resets_at, tx.now, jitter),
    )
