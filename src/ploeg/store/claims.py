"""Taking a job: one statement that finds the first eligible job and moves it to claimed; and which leases ran out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from ploeg.domain.attempt import Attempt
from ploeg.domain.ids import AttemptId, ProductId
from ploeg.domain.job import Job
from ploeg.store.attempts import ATTEMPT
from ploeg.store.dialects import POSTGRESQL, SQLITE
from ploeg.store.faults import RaceLost
from ploeg.store.jobs import JOB
from ploeg.store.tables.products import products
from ploeg.store.tables.types import Utc, to_json
from ploeg.store.tables.work import active, attempts, jobs, queued

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Offer:
    """What a worker asks for."""

    runtimes: tuple[str, ...]
    labels: tuple[str, ...] = ()
    #: The products it may work for; None is all of them.
    product_ids: tuple[ProductId, ...] | None = None


_TAKE = """
UPDATE jobs
SET status = 'claimed', attempt_id = :attempt, attempts = attempts + 1, not_before = NULL,
    claimed_at = coalesce(claimed_at, :now)
WHERE {row} = (
    SELECT job.{row} FROM jobs AS job {queue}
    WHERE job.status = 'queued' AND NOT job.cancel_requested
      AND (job.not_before IS NULL OR job.not_before <= :now)
      AND job.runtime IN (SELECT value FROM {elements}(:runtimes) AS value)
      AND (job.labels = '[]' OR NOT EXISTS (
            SELECT 1 FROM {elements}(job.labels) AS wanted
            WHERE wanted.value NOT IN (SELECT value FROM {elements}(:labels) AS value)))
      AND (job.lane IS NULL OR (
            NOT EXISTS (
              SELECT 1 FROM jobs AS holder
              WHERE holder.lane = job.lane AND holder.status IN ('claimed', 'running'))
            AND NOT EXISTS (
              SELECT 1 FROM jobs AS earlier
              WHERE earlier.lane = job.lane AND earlier.sequence < job.sequence
                AND earlier.status IN ('claimed', 'queued', 'running', 'waiting'))))
      AND (job.sprint_run_id IS NULL OR EXISTS (
            SELECT 1 FROM sprint_runs AS run
            WHERE run.id = job.sprint_run_id AND run.status IN ('QUEUED', 'RUNNING')))
      AND EXISTS (
            SELECT 1 FROM products
            WHERE products.id = job.product_id AND products.archived_at IS NULL
              AND (products.max_concurrent_jobs IS NULL OR products.max_concurrent_jobs > (
                SELECT count(*) FROM jobs AS other {active}
                WHERE other.product_id = job.product_id AND other.status IN ('claimed', 'running'))))
      {scope}
    ORDER BY job.rank, job.number
    LIMIT 1 {skip})
RETURNING {columns} {limit}
"""
_SCOPE = "AND job.product_id IN (SELECT value FROM {elements}(:products) AS value)"

_SQLITE_WORDS = {
    "row": "rowid",
    # Left to itself SQLite sorts the whole queue for each claim, and counts through every finished job of a product.
    "queue": "INDEXED BY ix_jobs_queue",
    "active": "INDEXED BY ix_jobs_active_of_product",
    "elements": "json_each",
    "skip": "",
    "limit": "",
}
_POSTGRESQL_WORDS = {
    "row": "id",
    "queue": "",
    "active": "",
    "elements": "jsonb_array_elements_text",
    "skip": "FOR UPDATE OF job SKIP LOCKED",
    "limit": ", (SELECT max_concurrent_jobs FROM products WHERE products.id = jobs.product_id)",
}

_LIVE = attempts.c.ended_at.is_(None)
_EXPIRED = (
    ATTEMPT.select.where(_LIVE, attempts.c.lease_until <= bindparam("now"))
    .order_by(attempts.c.lease_until)
    .limit(bindparam("at_most"))
)
_NEXT_DUE = select(
    select(func.min(jobs.c.not_before)).where(queued(jobs), jobs.c.not_before > bindparam("now")).scalar_subquery(),
    select(func.min(attempts.c.lease_until)).where(_LIVE).scalar_subquery(),
)
_MOMENT = Utc()
_HOLD_PRODUCT = select(products.c.id).where(products.c.id == bindparam("product_id")).with_for_update(key_share=True)
_ACTIVE_OF_PRODUCT = select(func.count()).where(jobs.c.product_id == bindparam("product_id"), active(jobs))


class Claims:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def take(self, offer: Offer, attempt_id: AttemptId, now: datetime) -> Job | None:
        """The first job that fits the offer, claimed for that attempt; None when there is none.

        Lowest rank first, then oldest. A job fits when it is queued and due, its runtime and labels are offered, its
        lane is free and has no earlier unfinished job, and its product is open and below its limit.
        """
        dialect = self._tx.connection.dialect
        statement, decode = prepared(dialect.name, offer)
        wanted = {"now": _MOMENT.process_bind_param(now, dialect), "attempt": attempt_id, **_lists(offer)}
        if self._tx.on_postgres:
            return self._hold_to_limit(self._tx.connection.exec_driver_sql(statement, wanted).fetchone(), decode)
        # Straight to the driver: here SQLAlchemy's own work for a call costs more than the statement.
        row = self._tx.driver.execute(statement, wanted).fetchone()
        return None if row is None else JOB.know(self._tx, decode(row))

    def expired(self, now: datetime, limit: int = 100) -> list[Attempt]:
        """Live attempts whose lease has run out, longest ago first."""
        return ATTEMPT.all(self._tx, _EXPIRED, now=now, at_most=limit)

    def next_due(self, now: datetime) -> datetime | None:
        """The next moment at which something becomes due by itself: a delayed job, or a lease that runs out."""
        moments = self._tx.connection.execute(_NEXT_DUE, {"now": now}).one()
        return min((moment for moment in moments if moment is not None), default=None)

    def _hold_to_limit(self, row: Sequence[Any] | None, decode: Callable[[Sequence[Any]], Job]) -> Job | None:
        """Two claims at once may both have seen a product's last free place; the second of them starts over."""
        if row is None:
            return None
        *cells, limit = row
        job = JOB.know(self._tx, decode(cells))
        if limit is not None:
            self._tx.connection.execute(_HOLD_PRODUCT, {"product_id": job.product_id})
            running = self._tx.connection.execute(_ACTIVE_OF_PRODUCT, {"product_id": job.product_id}).scalar_one()
            if running > limit:
                raise RaceLost(f"product {job.product_id} reached its limit")
        return job


def prepared(dialect: str, offer: Offer) -> tuple[str, Callable[[Sequence[Any]], Job]]:
    """The statement in that dialect's words, and what makes a job of its row."""
    return _prepared(dialect, offer.product_ids is not None)


@lru_cache(maxsize=4)
def _prepared(dialect: str, scoped: bool) -> tuple[str, Callable[[Sequence[Any]], Job]]:
    words = _POSTGRESQL_WORDS if dialect == POSTGRESQL else _SQLITE_WORDS
    text = _TAKE.format(**words, columns=", ".join(JOB.names), scope=_SCOPE.format(**words) if scoped else "")
    return text if dialect == SQLITE else re.sub(r":(\w+)", r"%(\1)s", text), JOB.decoder(dialect)


@lru_cache(maxsize=256)
def _lists(offer: Offer) -> dict[str, str]:
    return {
        "runtimes": to_json(offer.runtimes),
        "labels": to_json(offer.labels),
        "products": to_json(offer.product_ids),
    }
