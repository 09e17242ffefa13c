"""Schedules: what is queued again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select

from ploeg.domain.ids import ProductId, ScheduleId
from ploeg.domain.schedule import Schedule
from ploeg.store.rows import Shape
from ploeg.store.series import INSTALLATION, next_in
from ploeg.store.tables.schedules import schedules

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

SCHEDULE = Shape(Schedule, schedules, "schedule")

_BY_NUMBER = SCHEDULE.select.where(schedules.c.number == bindparam("number"))
_OF_PRODUCTS = SCHEDULE.select.where(schedules.c.product_id.in_(bindparam("product_ids", expanding=True))).order_by(
    schedules.c.number
)
_DUE = SCHEDULE.select.where(schedules.c.next_at <= bindparam("now")).order_by(schedules.c.next_at).limit(100)
_NEXT_DUE = select(func.min(schedules.c.next_at)).where(schedules.c.next_at.is_not(None))
_REMOVE = delete(schedules).where(schedules.c.id == bindparam("schedule_id"))


class Schedules:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, schedule: Schedule) -> None:
        SCHEDULE.add(self._tx, schedule)

    def next_number(self) -> int:
        """The installation's next schedule number: 1, 2, …, each given once."""
        return next_in(self._tx, INSTALLATION, "SCH")

    def get(self, schedule_id: ScheduleId, lock: bool = False) -> Schedule | None:
        return SCHEDULE.get(self._tx, schedule_id, lock=lock)

    def by_number(self, number: int) -> Schedule | None:
        return SCHEDULE.one(self._tx, _BY_NUMBER, number=number)

    def update(self, schedule: Schedule) -> None:
        SCHEDULE.update(self._tx, schedule)

    def remove(self, schedule_id: ScheduleId) -> None:
        self._tx.connection.execute(_REMOVE, {"schedule_id": schedule_id})

    def of_products(self, product_ids: Sequence[ProductId]) -> list[Schedule]:
        """The oldest first."""
        return SCHEDULE.all(self._tx, _OF_PRODUCTS, product_ids=list(product_ids))

    def due(self, now: datetime) -> list[Schedule]:
        """Those whose moment has come, longest ago first."""
        return SCHEDULE.all(self._tx, _DUE, now=now)

    def next_due(self) -> datetime | None:
        moment: datetime | None = self._tx.connection.execute(_NEXT_DUE).scalar()
        return moment
