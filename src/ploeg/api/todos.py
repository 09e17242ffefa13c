"""Todos: what the caller wants to remember; nobody else sees them."""

from __future__ import annotations

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.control.backlog import todos
from ploeg.control.backlog.todos import TodoView
from ploeg.wire.base import Items
from ploeg.wire.todos import TodoEdit, TodoIn, TodoOut

router = APIRouter(prefix="/todos", tags=["todos"])


@router.get("")
async def list_todos(
    plane: Plane, caller: Caller, product: str | None = None, done: bool = False, archived: bool = False
) -> Items[TodoOut]:
    """The caller's own, oldest first; those that are done or archived only if wanted."""
    found = await plane.read(todos.listing, caller, product=product, done=done, archived=archived)
    return Items(items=[_out(view) for view in found])


@router.post("", status_code=201)
async def add_todo(plane: Plane, caller: Caller, wish: TodoIn) -> TodoOut:
    """A new todo of the caller."""
    return _out(
        await plane.write(todos.add, caller, wish.title, wish.model_dump(exclude_unset=True, exclude={"title"}))
    )


@router.get("/{todo}")
async def show_todo(plane: Plane, caller: Caller, todo: str) -> TodoOut:
    """One todo, by code or id."""
    return _out(await plane.read(todos.show, caller, todo))


@router.patch("/{todo}")
async def edit_todo(plane: Plane, caller: Caller, todo: str, wish: TodoEdit) -> TodoOut:
    """Changes the fields that are given."""
    return _out(await plane.write(todos.edit, caller, todo, wish.model_dump(exclude_unset=True)))


def _out(view: TodoView) -> TodoOut:
    todo = view.todo
    return TodoOut(
        id=todo.id,
        code=todo.code,
        title=todo.title,
        description=todo.description,
        product=view.product,
        done_at=todo.done_at,
        archived_at=todo.archived_at,
        created_at=todo.created_at,
    )
