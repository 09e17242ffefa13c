"""Tools for what a person wants to remember."""

from __future__ import annotations

from ploeg.control.backlog import todos
from ploeg.control.backlog.todos import TodoView
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.todo import CloseTodo, CreateTodo, ListTodos, TodoShown, TodosShown


def create_todo(tx: Transaction, caller: Caller, arguments: CreateTodo) -> TodoShown:
    fields = {"description": arguments.description, "product": arguments.product_id}
    return _shown(todos.add(tx, caller.principal, arguments.title, fields))


def list_todos(tx: Transaction, caller: Caller, arguments: ListTodos) -> TodosShown:
    found = todos.listing(tx, caller.principal, product=arguments.product_id, done=arguments.done)
    return TodosShown(result=[_shown(view) for view in found])


def close_todo(tx: Transaction, caller: Caller, arguments: CloseTodo) -> TodoShown:
    return _shown(todos.edit(tx, caller.principal, arguments.todo_id, {"done": arguments.done}))


def _shown(view: TodoView) -> TodoShown:
    todo = view.todo
    return TodoShown(
        id=todo.id,
        code=todo.code,
        title=todo.title,
        description=todo.description,
        product=view.product,
        done_at=todo.done_at,
        created_at=todo.created_at,
    )


HANDLERS: Handlers = {
    CreateTodo: create_todo,
    ListTodos: list_todos,
    CloseTodo: close_todo,
}
