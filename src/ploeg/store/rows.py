"""Rows and records: a table has a column for each field of its record, by the same name; types do the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import Dialect, Executable, Select, Table, bindparam, insert, select, update

from ploeg.domain.errors import NotFound

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction


class Record(Protocol):
    """A frozen dataclass whose field `id` is its table's primary key."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)


class Shape(Generic[R]):
    """How one record lies in one table. The table may have further columns, which the record does not see."""

    def __init__(self, record: type[R], table: Table, noun: str) -> None:
        self.type = record
        self.table = table
        self.noun = noun
        self.names = tuple(field.name for field in fields(record))
        self.columns = [table.c[name] for name in self.names]
        self.insert = insert(table)
        self.select: Select[Any] = select(*self.columns)
        self.by_id = self.select.where(table.c.id == bindparam("row_id"))
        self.by_id_locked = self.by_id.with_for_update()
        self.update = update(table).where(table.c.id == bindparam("row_id"))

    def record(self, row: Sequence[Any]) -> R:
        return self.type(**dict(zip(self.names, row, strict=True)))

    def values(self, record: R) -> dict[str, Any]:
        return {name: getattr(record, name) for name in self.names}

    @lru_cache(maxsize=4)  # noqa: B019 - shapes live as long as the program
    def decoder(self, dialect: Dialect) -> Callable[[Sequence[Any]], R]:
        """Turns a row as the driver gives it, in the order of `columns`, into a record."""
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in self.columns]
        busy = [(place, reader) for place, reader in enumerate(readers) if reader is not None]

        def decode(row: Sequence[Any]) -> R:
            cells = list(row)
            for place, reader in busy:
                cells[place] = reader(cells[place])
            return self.record(cells)

        return decode


class Rows(Generic[R]):
    """The rows of one shape within one transaction."""

    def __init__(self, tx: Transaction, shape: Shape[R]) -> None:
        self._tx = tx
        self._shape = shape
        self._known: dict[str, R] = {}

    def add(self, record: R, **further: Any) -> None:
        """`further` are the columns that the record does not have."""
        self._tx.connection.execute(self._shape.insert, self._shape.values(record) | further)
        self._known[record.id] = record

    def get(self, row_id: str, *, lock: bool = False) -> R | None:
        """The record of that id. `lock` keeps others from changing it until this transaction ends."""
        return self.one(self._shape.by_id_locked if lock else self._shape.by_id, row_id=row_id)

    def one(self, statement: Executable, **parameters: Any) -> R | None:
        """The first record of a statement that selects the shape's columns."""
        row = self._tx.connection.execute(statement, parameters).first()
        return None if row is None else self.know(self._shape.record(row))

    def all(self, statement: Executable, **parameters: Any) -> list[R]:
        rows = self._tx.connection.execute(statement, parameters)
        return [self.know(self._shape.record(row)) for row in rows]

    def update(self, record: R) -> None:
        """Writes what differs from the record as this transaction last saw it; `NotFound` if there is no such row."""
        known = self._known.get(record.id)
        changed = {name: getattr(record, name) for name in self._changed(known, record)}
        if not changed:
            return
        result = self._tx.connection.execute(self._shape.update, changed | {"row_id": record.id})
        if result.rowcount != 1:
            raise NotFound(self._shape.noun, record.id)
        self._known[record.id] = record

    def know(self, record: R) -> R:
        self._known[record.id] = record
        return record

    def _changed(self, known: R | None, record: R) -> Iterable[str]:
        names = (name for name in self._shape.names if name != "id")
        if known is None:
            return names
        return [name for name in names if getattr(known, name) != getattr(record, name)]
