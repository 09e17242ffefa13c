"""Rows that fall due at a moment of their own, and are taken by one server at a time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from sqlalchemy import Column, bindparam, func, select

from ploeg.store.rows import Record, Shape

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction


class Owed(Record, Protocol):
    """Something that is to be seen to."""

    def take(self, now: datetime) -> Self: ...


R = TypeVar("R", bound=Owed)


class Turn(Generic[R]):
    """The statements that tell what of one table is due; `due_at` is None for what is not owed."""

    def __init__(self, shape: Shape[R], due_at: Column[Any]) -> None:
        self.shape = shape
        self.first = shape.select.where(due_at <= bindparam("now")).order_by(due_at).limit(1)
        self.first_free = self.first.with_for_update(skip_locked=True)
        self.next_due = select(func.min(due_at)).where(due_at.is_not(None))


class DueRows(Generic[R]):
    """What every repository of such rows can do."""

    def __init__(self, tx: Transaction, turn: Turn[R]) -> None:
        self._tx = tx
        self._turn = turn

    def take(self, now: datetime) -> R | None:
        """The one that is due longest, now the caller's alone until its time is up."""
        found = self._turn.shape.one(self._tx, self._turn.first_free, now=now)
        if found is None:
            return None
        taken = found.take(now)
        self._turn.shape.update(self._tx, taken)
        return taken

    def due(self, now: datetime) -> bool:
        return self._tx.connection.execute(self._turn.first, {"now": now}).first() is not None

    def next_due(self) -> datetime | None:
        moment: datetime | None = self._tx.connection.execute(self._turn.next_due).scalar()
        return moment
