"""What workers tell of their runtimes' quota, and what their owners keep of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC

from ploeg.control.docs.text import NAME_MAX, kept
from ploeg.domain.access import MIN_QUOTA_PCT
from ploeg.domain.quota import WINDOWS_MAX, QuotaUse, over_at
from ploeg.domain.worker import WorkerRecord
from ploeg.store.transaction import Transaction
from ploeg.wire.work import QuotaWindow, StandBy

#: Nobody needs to know that a window is used more than ten times over.
UTILIZATION_MAX = 10.0


def uses(tx: Transaction, runtime: str, told: Sequence[QuotaWindow]) -> tuple[QuotaUse, ...]:
    """The windows of that runtime as they were told now, fit to store."""
    return tuple(_use(tx, window) for window in told[:WINDOWS_MAX] if window.runtime == runtime)


def floor(tx: Transaction, worker: WorkerRecord) -> int:
    """Per cent of every quota window that the worker's owner keeps."""
    owner = tx.people.user(worker.user_id)
    return owner.min_quota_pct if owner is not None else MIN_QUOTA_PCT


def standing_by(tx: Transaction, worker: WorkerRecord) -> list[StandBy]:
    """Its runtimes that may take jobs again at a moment that is known."""
    return [
        StandBy(runtime=runtime, until=block.until, reason=block.reason)
        for runtime, block in worker.blocks(tx.now, floor(tx, worker)).items()
        if block.until is not None
    ]


def _use(tx: Transaction, window: QuotaWindow) -> QuotaUse:
    used, resets_at = window.utilization, window.resets_at
    if resets_at is not None and resets_at.tzinfo is None:
        resets_at = resets_at.replace(tzinfo=UTC)
    jitter = random.random()  # noqa: S311 - spreads workers that wait for the same reset, hides nothing
    return QuotaUse(
        runtime=window.runtime,
        window=kept(window.window, NAME_MAX) or "unnamed",
        status=kept(window.status, NAME_MAX) or "unknown",
        utilization=None if used is None else min(max(used, 0.0), UTILIZATION_MAX),
        resets_at=resets_at,
        seen_at=tx.now,
        over_at=over_at(resets_at, tx.now, jitter),
    )
