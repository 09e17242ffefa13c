"""What people want to remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam

from ploeg.domain.codes import CodeKind
from ploeg.domain.ids import ProductId, TodoId, UserId
from ploeg.domain.todo import Todo
from ploeg.store.rows import Shape
from ploeg.store.series import next_in
from ploeg.store.tables.todos import todos

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

TODO = Shape(Todo, todos, "todo")

_OF_USER = TODO.select.where(todos.c.user_id == bindparam("user_id")).order_by(todos.c.created_at, todos.c.id)
_BY_CODE = TODO.select.where(todos.c.user_id == bindparam("user_id"), todos.c.code == bindparam("code"))


class Todos:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def next_number(self, user_id: UserId) -> int:
        """1, 2, …, each given once to that user."""
        return next_in(self._tx, user_id, CodeKind.TODO)

    def add(self, todo: Todo) -> None:
        TODO.add(self._tx, todo)

    def update(self, todo: Todo) -> None:
        TODO.update(self._tx, todo)

    def get(self, todo_id: TodoId) -> Todo | None:
        return TODO.get(self._tx, todo_id)

    def by_code(self, user_id: UserId, code: str) -> Todo | None:
        return TODO.one(self._tx, _BY_CODE, user_id=user_id, code=code)

    def of_user(
        self, user_id: UserId, *, product_id: ProductId | None = None, done: bool = False, archived: bool = False
    ) -> list[Todo]:
        """Oldest first; `done` and `archived`: those as well."""
        statement = _OF_USER
        if product_id is not None:
            statement = statement.where(todos.c.product_id == product_id)
        if not done:
            statement = statement.where(todos.c.done_at.is_(None))
        if not archived:
            statement = statement.where(todos.c.archived_at.is_(None))
        return TODO.all(self._tx, statement, user_id=user_id)
