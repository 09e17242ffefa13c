"""Rows and records: a table has a column for each field of its record, by the same name; types do the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import Executable, Select, Table, bindparam, insert, select, update
from sqlalchemy.dialects import sqlite

from ploeg.domain.errors import NotFound
from ploeg.store.dialects import SQLITE
from ploeg.store.tables.types import Prose, reader

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction


class Record(Protocol):
    """A frozen dataclass whose field `id` is its table's primary key."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)
_ID = Prose()


class Shape(Generic[R]):
    """How one record lies in one table. The table may have further columns, which the record does not see."""

    def __init__(self, record: type[R], table: Table, noun: str) -> None:
        self.type = record
        self.table = table
        self.noun = noun
        self.names = tuple(field.name for field in fields(record))
        self.columns = [table.c[name] for name in self.names]
        assert not hasattr(record, "__post_init__"), "records are filled without it"
        self._fill = [getattr(record, name).__set__ for name in self.names]
        self.select: Select[Any] = select(*self.columns)
        self._insert = insert(table)
        self._by_id = self.select.where(table.c.id == bindparam("row_id"))
        self._by_id_locked = self._by_id.with_for_update()
        self._update = update(table).where(table.c.id == bindparam("row_id"))

    def add(self, tx: Transaction, record: R, **further: Any) -> None:
        """`further` are the columns that the record does not have."""
        tx.connection.execute(self._insert, self.values(record) | further)
        self.know(tx, record)

    def get(self, tx: Transaction, row_id: str, *, lock: bool = False) -> R | None:
        """The record of that id. `lock` keeps others from changing it until this transaction ends."""
        if tx.snapshot and (record := self.known(tx, row_id)) is not None:
            return record
        if tx.on_postgres:
            return self.one(tx, self._by_id_locked if lock else self._by_id, row_id=row_id)
        # Straight to the driver: SQLAlchemy's own work for a call is several times that of the statement.
        statement, decode = self._one_by_id
        row = tx.driver.execute(statement, (_ID.process_bind_param(row_id, tx.connection.dialect),)).fetchone()
        return None if row is None else self.know(tx, decode(row))

    def one(self, tx: Transaction, statement: Executable, **parameters: Any) -> R | None:
        """The first record of a statement that selects `columns`."""
        row = tx.connection.execute(statement, parameters).first()
        return None if row is None else self.know(tx, self.record(row))

    def all(self, tx: Transaction, statement: Executable, **parameters: Any) -> list[R]:
        return [self.know(tx, self.record(row)) for row in tx.connection.execute(statement, parameters)]

    def update(self, tx: Transaction, record: R) -> None:
        """Writes what differs from the record as this transaction last saw it; `NotFound` if there is no such row."""
        changed = {name: getattr(record, name) for name in self._changed(tx, record)}
        if not changed:
            return
        result = tx.connection.execute(self._update, changed | {"row_id": record.id})
        if result.rowcount != 1:
            raise NotFound(self.noun, record.id)
        self.know(tx, record)

    def know(self, tx: Transaction, record: R) -> R:
        """Tells the transaction how that row stands."""
        tx.known[self.noun, record.id] = record
        return record

    def known(self, tx: Transaction, row_id: str) -> R | None:
        """The record as this transaction last saw it."""
        record: R | None = tx.known.get((self.noun, row_id))
        return record

    def record(self, row: Sequence[Any]) -> R:
        # Into the slots: the `__init__` of a frozen record with thirty fields costs as much as half a claim's SQL.
        record = object.__new__(self.type)
        for fill, cell in zip(self._fill, row, strict=True):
            fill(record, cell)
        return record

    def values(self, record: R) -> dict[str, Any]:
        return {name: getattr(record, name) for name in self.names}

    def decoder(self, dialect: str) -> Callable[[Sequence[Any]], R]:
        """Makes records of rows as the driver gives them, with the cells in the order of `columns`."""
        readers = [(place, reader(column.type, dialect)) for place, column in enumerate(self.columns)]
        busy = [(place, read) for place, read in readers if read is not None]

        def decode(row: Sequence[Any]) -> R:
            cells = list(row)
            for place, read in busy:
                if cells[place] is not None:
                    cells[place] = read(cells[place])
            return self.record(cells)

        return decode

    @cached_property
    def _one_by_id(self) -> tuple[str, Callable[[Sequence[Any]], R]]:
        return str(self._by_id.compile(dialect=sqlite.dialect())), self.decoder(SQLITE)

    def _changed(self, tx: Transaction, record: R) -> Iterable[str]:
        names = [name for name in self.names if name != "id"]
        known = self.known(tx, record.id)
        if known is None:
            return names
        return [name for name in names if getattr(known, name) != getattr(record, name)]
