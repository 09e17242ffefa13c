"""The queue as a whole: its order, and how deep it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    TextualSelect,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from ploeg.domain.ids import ProductId, UserId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.dialects import SQLITE
from ploeg.store.eligible import FREE, words
from ploeg.store.jobs import JOB
from ploeg.store.tables.types import Document, Prose, Utc
from ploeg.store.tables.work import active, has_status, jobs, queued

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Pile:
    """Jobs that need the same of a worker."""

    product_id: ProductId
    runtime: str
    labels: tuple[str, ...]
    count: int


_BY_NEED = (jobs.c.product_id, jobs.c.runtime, jobs.c.labels)


def _piles(condition: ColumnElement[bool], index: str) -> Select[ProductId, str, tuple[str, ...], int]:
    """`index` holds just these rows; left to itself SQLite walks through every finished job."""
    counted = select(*_BY_NEED, func.count()).where(condition).group_by(*_BY_NEED)
    return counted.with_hint(jobs, f"INDEXED BY {index}", SQLITE)


_LATER = and_(queued(jobs), jobs.c.not_before > bindparam("now"))
_PILES = {
    "queued": _piles(queued(jobs), "ix_jobs_queue"),
    "later": _piles(_LATER, "ix_jobs_queue"),
    "running": _piles(active(jobs), "ix_jobs_active_of_product"),
    "waiting": _piles(has_status(jobs, {JobStatus.WAITING}), "ix_jobs_waiting"),
}
_IN_ORDER = JOB.select.where(queued(jobs)).order_by(jobs.c.rank, jobs.c.number)
_FIRST = _IN_ORDER.limit(1)
_BEFORE = or_(
    jobs.c.rank < bindparam("than_rank"),
    and_(jobs.c.rank == bindparam("than_rank"), jobs.c.number < bindparam("than_number")),
)
_MAKE_ROOM = (
    update(jobs)
    .where(queued(jobs), _BEFORE, jobs.c.id != bindparam("moving"))
    .values(rank=jobs.c.rank - literal(2, Integer))
)


class Queue:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def in_order(self, product_ids: Sequence[ProductId], viewer: UserId, limit: int) -> list[Job]:
        """The queued jobs of those products, as they would be claimed; not those that are private to others."""
        mine = or_(jobs.c.private_to.is_(None), jobs.c.private_to == viewer)
        return JOB.all(self._tx, _IN_ORDER.where(jobs.c.product_id.in_(list(product_ids)), mine).limit(limit))

    def first(self) -> Job | None:
        """The queued job of all that has the best place."""
        return JOB.one(self._tx, _FIRST)

    def make_room_before(self, other: Job, moving: Job) -> int:
        """The rank that puts a job right before that other one. What comes before it keeps its order, and moves up."""
        place = {"than_rank": other.rank, "than_number": other.number, "moving": moving.id}
        self._tx.connection.execute(_MAKE_ROOM, place)
        return other.rank - 1

    def piles(self, kind: str) -> list[Pile]:
        """How many jobs there are, by what they need: `queued`, of them `later`, `running` or `waiting`."""
        rows = self._tx.connection.execute(_PILES[kind], {"now": self._tx.now})
        return [Pile(row[0], row[1], row[2], row[3]) for row in rows]

    def free(self, now: datetime, month: str) -> list[Pile]:
        """The queued jobs that wait for nothing but a worker that takes them. `month` names the one that holds now."""
        rows = self._tx.connection.execute(_free(self._tx.dialect), {"now": now, "month": month})
        return [Pile(row[0], row[1], row[2], row[3]) for row in rows]


@lru_cache(maxsize=2)
def _free(dialect: str) -> TextualSelect:
    counted = f"""
        SELECT job.product_id, job.runtime, job.labels, count(*) AS count FROM jobs AS job {{queue}}
        WHERE {FREE} GROUP BY job.product_id, job.runtime, job.labels
    """  # noqa: S608 - made of constants
    given = bindparam("now", type_=Utc()), bindparam("month", type_=Prose())
    named = text(counted.format(**words(dialect))).bindparams(*given)
    return named.columns(product_id=Prose, runtime=Prose, labels=Document(tuple[str, ...]), count=Integer)
