"""Taking a job: one statement that finds the first eligible job and moves it to claimed; and which leases ran out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
from ploeg.store.eligible import FREE, words
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
    #: How many jobs of a runtime the whole installation may have at work at the same time.
    limits: tuple[tuple[str, int], ...] = ()
    #: The name of the month that holds now; products may spend so much in it.
    month: str = ""
    #: Jobs that it is not to get: by product, kind and runtime.
    unfit: tuple[tuple[str, str, str], ...] = ()


_TAKE = f"""
UPDATE jobs
SET status = 'claimed', attempt_id = :attempt, attempts = attempts + 1, not_before = NULL,
    claimed_at = coalesce(claimed_at, :now)
WHERE {{row}} = (
    SELECT job.{{row}} FROM jobs AS job {{queue}}
    WHERE job.runtime IN (SELECT value FROM {{elements}}(:runtimes) AS value)
      AND (job.labels = '[]' OR NOT EXISTS (
            SELECT 1 FROM {{elements}}(job.labels) AS wanted
            WHERE wanted.value NOT IN (SELECT value FROM {{elements}}(:labels) AS value)))
      {{scope}}
      {{fit}}
      AND {FREE}
    ORDER BY job.rank, job.number
    LIMIT 1 {{skip}})
RETURNING {{columns}} {{limits}}
"""  # noqa: S608 - made of constants
_SCOPE = "AND job.product_id IN (SELECT value FROM {elements}(:products) AS value)"
_FIT = """AND job.product_id || ' ' || job.kind || ' ' || job.runtime
        NOT IN (SELECT value FROM {elements}(:unfit) AS value)"""
_SKIP = "FOR UPDATE OF job SKIP LOCKED"
#: What the job's product allows at the same time: of all its jobs, and of those with the job's runtime.
_LIMITS = """,
  (SELECT max_concurrent_jobs FROM products WHERE products.id = jobs.product_id),
  (SELECT CAST(max_jobs_by_runtime ->> jobs.runtime AS INTEGER) FROM products WHERE products.id = jobs.product_id)
"""

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
_ACTIVE_OF_PRODUCT = select(func.count(), func.count().filter(jobs.c.runtime == bindparam("runtime"))).where(
    jobs.c.product_id == bindparam("product_id"), active(jobs)
)
_HOLD_RUNTIME = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))
_ACTIVE_BY_RUNTIME = (
    select(jobs.c.runtime, func.count())
    .where(active(jobs))
    .group_by(jobs.c.runtime)
    .with_hint(jobs, "INDEXED BY ix_jobs_active_of_product", SQLITE)
)


class Claims:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def take(self, offer: Offer, attempt_id: AttemptId, now: datetime) -> Job | None:
        """The first job that fits the offer, claimed for that attempt; None when there is none.

        Lowest rank first, then oldest. A job fits when its runtime and labels are offered, its runtime is below the
        installation's limit, and it is free to go (`eligible.py`).
        """
        runtimes = self._with_room(offer)
        if not runtimes:
            return None
        dialect = self._tx.connection.dialect
        statement, decode = prepared(dialect.name, offer)
        lists = _lists(runtimes, offer.labels, offer.product_ids, offer.unfit)
        wanted = {"now": _MOMENT.process_bind_param(now, dialect), "attempt": attempt_id, "month": offer.month, **lists}
        if self._tx.on_postgres:
            row = self._tx.connection.exec_driver_sql(statement, wanted).fetchone()
            return None if row is None else self._hold_to_limits(row, decode, dict(offer.limits))
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

    def _with_room(self, offer: Offer) -> tuple[str, ...]:
        """The offered runtimes that are below the installation's limit."""
        if not offer.limits:
            return offer.runtimes
        limits, running = dict(offer.limits), self.active_by_runtime()
        return tuple(name for name in offer.runtimes if name not in limits or running.get(name, 0) < limits[name])

    def _hold_to_limits(
        self, row: Sequence[Any], decode: Callable[[Sequence[Any]], Job], runtime_limits: Mapping[str, int]
    ) -> Job:
        """Two claims at once may both have seen the last free place; the second of them starts over."""
        *cells, limit, limit_of_runtime = row
        job = JOB.know(self._tx, decode(cells))
        if limit is not None or limit_of_runtime is not None:
            self._tx.connection.execute(_HOLD_PRODUCT, {"product_id": job.product_id})
            of_product = {"product_id": job.product_id, "runtime": job.runtime}
            running, of_runtime = self._tx.connection.execute(_ACTIVE_OF_PRODUCT, of_product).one()
            if _over(running, limit) or _over(of_runtime, limit_of_runtime):
                raise RaceLost(f"product {job.product_id} reached its limit")
        if job.runtime in runtime_limits:
            self._tx.connection.execute(_HOLD_RUNTIME, {"name": f"ploeg runtime {job.runtime}"})
            if _over(self.active_by_runtime()[job.runtime], runtime_limits[job.runtime]):
                raise RaceLost(f"the runtime {job.runtime} reached its limit")
        return job

    def active_by_runtime(self) -> dict[str, int]:
        """How many jobs of each runtime are at work."""
        return {row[0]: row[1] for row in self._tx.connection.execute(_ACTIVE_BY_RUNTIME)}


def _over(running: int, limit: int | None) -> bool:
    return limit is not None and running > limit


def prepared(dialect: str, offer: Offer) -> tuple[str, Callable[[Sequence[Any]], Job]]:
    """The statement in that dialect's words, and what makes a job of its row."""
    return _prepared(dialect, offer.product_ids is not None, bool(offer.unfit))


@lru_cache(maxsize=8)
def _prepared(dialect: str, scoped: bool, choosy: bool) -> tuple[str, Callable[[Sequence[Any]], Job]]:
    terms = words(dialect)
    of_postgres = {"skip": _SKIP, "limits": _LIMITS} if dialect == POSTGRESQL else {"skip": "", "limits": ""}
    scope = _SCOPE.format(**terms) if scoped else ""
    fit = _FIT.format(**terms) if choosy else ""
    text = _TAKE.format(**terms, **of_postgres, columns=", ".join(JOB.names), scope=scope, fit=fit)
    return text if dialect == SQLITE else re.sub(r":(\w+)", r"%(\1)s", text), JOB.decoder(dialect)


@lru_cache(maxsize=256)
def _lists(
    runtimes: tuple[str, ...],
    labels: tuple[str, ...],
    products: tuple[ProductId, ...] | None,
    unfit: tuple[tuple[str, str, str], ...],
) -> dict[str, str]:
    return {
        "runtimes": to_json(runtimes),
        "labels": to_json(labels),
        "products": to_json(products),
        "unfit": to_json([" ".join(alike) for alike in unfit]),
    }
