"""Followed pull requests, looked at by one server at a time, and what was said about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select

from ploeg.domain.forge import PullStatus
from ploeg.domain.ids import DeliveryId, JobId, ProductId, PullId
from ploeg.domain.pull import Pull
from ploeg.domain.remark import Remark
from ploeg.store.due import DueRows, Turn
from ploeg.store.rows import Shape
from ploeg.store.tables.pulls import OPEN, pulls, remarks

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

PULL = Shape(Pull, pulls, "pull request")
REMARK = Shape(Remark, remarks, "remark")

_NEWEST = (pulls.c.created_at.desc(), pulls.c.id.desc())
_NUMBERED = PULL.select.where(
    pulls.c.product_id == bindparam("product_id"),
    pulls.c.repo_url == bindparam("repo_url"),
    pulls.c.number == bindparam("number"),
)
_NUMBERED_LOCKED = _NUMBERED.with_for_update()
_OF_DELIVERY = PULL.select.where(pulls.c.delivery_id == bindparam("delivery_id")).order_by(*_NEWEST)
_OF_PRODUCTS = PULL.select.where(pulls.c.product_id.in_(bindparam("product_ids", expanding=True))).order_by(*_NEWEST)
_OF_STATUS = _OF_PRODUCTS.where(pulls.c.status == bindparam("status", type_=pulls.c.status.type))
_NUMBERED_IN = PULL.select.where(
    pulls.c.product_id == bindparam("product_id"), pulls.c.number == bindparam("number")
).order_by(*_NEWEST)
_AT = PULL.select.where(
    pulls.c.product_id.in_(bindparam("product_ids", expanding=True)), pulls.c.url == bindparam("url")
).order_by(*_NEWEST)
_OF_BRANCH = PULL.select.where(
    pulls.c.product_id == bindparam("product_id"),
    pulls.c.repo_url == bindparam("repo_url"),
    pulls.c.branch == bindparam("branch"),
).order_by(*_NEWEST)
_NOT_MERGED = PULL.select.where(
    pulls.c.product_id == bindparam("product_id"),
    pulls.c.repo_url == bindparam("repo_url"),
    or_(pulls.c.status.is_(None), pulls.c.status != PullStatus.MERGED),
).order_by(*_NEWEST)
_REPOSITORIES = select(pulls.c.product_id, pulls.c.repo_url).distinct()
_DUE = Turn(PULL, pulls.c.look_at)

_SAID = (remarks.c.said_at, remarks.c.id)
_OF_PULL = REMARK.select.where(remarks.c.pull_id == bindparam("pull_id")).order_by(*_SAID)
_OPEN_OF_PULL = _OF_PULL.where(OPEN)
_OF_JOB = REMARK.select.where(remarks.c.job_id == bindparam("job_id")).order_by(*_SAID)
_OPEN_COUNTS = (
    select(remarks.c.pull_id, func.count())
    .where(remarks.c.product_id.in_(bindparam("product_ids", expanding=True)), OPEN)
    .group_by(remarks.c.pull_id)
)


class Pulls(DueRows[Pull]):
    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, _DUE)

    def add(self, pull: Pull) -> None:
        """`Conflict` when that one is followed for the product already."""
        PULL.add(self._tx, pull)

    def get(self, pull_id: PullId, lock: bool = False) -> Pull | None:
        return PULL.get(self._tx, pull_id, lock=lock)

    def update(self, pull: Pull) -> None:
        PULL.update(self._tx, pull)

    def numbered(self, product_id: ProductId, repo_url: str, number: int, lock: bool = False) -> Pull | None:
        statement = _NUMBERED_LOCKED if lock else _NUMBERED
        return PULL.one(self._tx, statement, product_id=product_id, repo_url=repo_url, number=number)

    def numbered_in(self, product_id: ProductId, number: int) -> Pull | None:
        """The newest of that number in any of the product's repositories."""
        return PULL.one(self._tx, _NUMBERED_IN, product_id=product_id, number=number)

    def at(self, product_ids: Sequence[ProductId], url: str) -> Pull | None:
        """The one that has that page."""
        return PULL.one(self._tx, _AT, product_ids=list(product_ids), url=url)

    def of_delivery(self, delivery_id: DeliveryId) -> list[Pull]:
        """All that the branch ever had, the newest first."""
        return PULL.all(self._tx, _OF_DELIVERY, delivery_id=delivery_id)

    def of_products(self, product_ids: Sequence[ProductId], status: PullStatus | None, limit: int) -> list[Pull]:
        """The newest first."""
        statement, further = (_OF_PRODUCTS, {}) if status is None else (_OF_STATUS, {"status": status})
        return PULL.all(self._tx, statement.limit(limit), product_ids=list(product_ids), **further)

    def of_branch(self, product_id: ProductId, repo_url: str, branch: str) -> list[Pull]:
        """All that the branch ever had, the newest first."""
        return PULL.all(self._tx, _OF_BRANCH, product_id=product_id, repo_url=repo_url, branch=branch)

    def not_merged(self, product_id: ProductId, repo_url: str) -> list[Pull]:
        """Those of a repository that are not merged, the newest first."""
        return PULL.all(self._tx, _NOT_MERGED, product_id=product_id, repo_url=repo_url)

    def repositories(self) -> list[tuple[ProductId, str]]:
        """Where there is one that is followed: products, and the URLs of their repositories."""
        return [(row[0], row[1]) for row in self._tx.connection.execute(_REPOSITORIES)]

    def add_remark(self, remark: Remark) -> None:
        """`Conflict` when it was heard before."""
        REMARK.add(self._tx, remark)

    def update_remark(self, remark: Remark) -> None:
        REMARK.update(self._tx, remark)

    def remarks(self, pull_id: PullId) -> list[Remark]:
        """The oldest first."""
        return REMARK.all(self._tx, _OF_PULL, pull_id=pull_id)

    def open_remarks(self, pull_id: PullId) -> list[Remark]:
        """Those that wait for an answer, the oldest first."""
        return REMARK.all(self._tx, _OPEN_OF_PULL, pull_id=pull_id)

    def remarks_of_job(self, job_id: JobId) -> list[Remark]:
        """Those that the job answers or has made, the oldest first."""
        return REMARK.all(self._tx, _OF_JOB, job_id=job_id)

    def count_open(self, product_ids: Sequence[ProductId]) -> dict[PullId, int]:
        """How many remarks at each pull request wait for an answer; those without are left out."""
        return {row[0]: row[1] for row in self._tx.connection.execute(_OPEN_COUNTS, {"product_ids": list(product_ids)})}
