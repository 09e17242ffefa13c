"""What a person wants to remember. Nobody else sees it, whoever administers what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ploeg.control import find
from ploeg.control.docs.text import line, optional_prose
from ploeg.domain import codes
from ploeg.domain.access import Principal, Scope
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.ids import ProductId, TodoId
from ploeg.domain.todo import Todo
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class TodoView:
    todo: Todo
    #: The product's code.
    product: str | None


def listing(
    tx: Transaction, actor: Principal, *, product: str | None = None, done: bool = False, archived: bool = False
) -> list[TodoView]:
    """The caller's own, oldest first; `done` and `archived`: those as well."""
    actor.require(Scope.READ)
    product_id = find.product(tx, actor, product).id if product is not None else None
    found = tx.todos.of_user(actor.user.id, product_id=product_id, done=done, archived=archived)
    return [_view(tx, todo) for todo in found]


def show(tx: Transaction, actor: Principal, reference: str) -> TodoView:
    actor.require(Scope.READ)
    return _view(tx, _find(tx, actor, reference))


def add(tx: Transaction, actor: Principal, title: str, fields: Mapping[str, Any]) -> TodoView:
    actor.require(Scope.WRITE)
    todo = Todo(
        id=TodoId(new_id("tdo")),
        user_id=actor.user.id,
        code=codes.code(CodeKind.TODO, tx.todos.next_number(actor.user.id)),
        title=line("title", title),
        created_at=tx.now,
    ).evolve(**_checked(tx, actor, fields))
    tx.todos.add(todo)
    _tell(tx, actor, todo, "added")
    return _view(tx, todo)


def edit(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any]) -> TodoView:
    """`done` and `archived` among the fields set and lift that."""
    actor.require(Scope.WRITE)
    todo = _find(tx, actor, reference)
    changed = todo.evolve(**_checked(tx, actor, fields, todo))
    tx.todos.update(changed)
    _tell(tx, actor, changed, "edited")
    return _view(tx, changed)


def _checked(tx: Transaction, actor: Principal, fields: Mapping[str, Any], todo: Todo | None = None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        match name:
            case "title":
                changes[name] = line(name, value)
            case "description":
                changes[name] = optional_prose(name, value)
            case "product":
                changes["product_id"] = find.product(tx, actor, value).id if value else None
            case "done" | "archived":
                since = getattr(todo, f"{name}_at", None)
                changes[f"{name}_at"] = (since or tx.now) if value else None
            case _:
                raise Invalid(name, value, "a todo has no such field")
    return changes


def _find(tx: Transaction, actor: Principal, reference: str) -> Todo:
    code = codes.expect(CodeKind.TODO, f"TD-{reference}" if reference.isascii() and reference.isdigit() else reference)
    found = tx.todos.by_code(actor.user.id, code) if code is not None else tx.todos.get(TodoId(reference[:80]))
    if found is None or found.user_id != actor.user.id:
        raise NotFound("todo", reference)
    return found


def _view(tx: Transaction, todo: Todo) -> TodoView:
    product = tx.products.get(ProductId(todo.product_id)) if todo.product_id is not None else None
    return TodoView(todo, product.code if product is not None else None)


def _tell(tx: Transaction, actor: Principal, todo: Todo, change: str) -> None:
    data = {"id": todo.id, "code": todo.code, "title": todo.title, "done": todo.done_at is not None, "change": change}
    tx.events.add("todo.changed", user_id=todo.user_id, actor=actor.name, data=data)
