"""Tools for what a person wants to remember."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.tools.backlog import Prose, Title
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


class CreateTodo(Arguments):
    title: Title
    description: Prose = Field(default=None, description="Markdown.")
    product_id: Reference | None = Field(default=None, description="The product that it is about, by id or code.")


class ListTodos(Arguments):
    product_id: Reference | None = Field(default=None, description="Only those about this product.")
    done: bool = Field(default=False, description="Those that are done as well.")


class CloseTodo(Arguments):
    todo_id: Reference = Field(description="The todo's id or code.")
    done: bool = Field(default=True, description="False: it is still to do after all.")


class TodoShown(Result):
    id: str
    code: str
    title: str
    description: str | None = None
    #: The product's code.
    product: str | None = None
    done_at: datetime | None = None
    created_at: datetime


class TodosShown(Result):
    result: list[TodoShown]


CREATE_TODO = Tool(
    name="create_todo",
    description="Note something that the person you work for wants to remember. Nobody else sees it.",
    arguments=CreateTodo,
    result=TodoShown,
    side=Side.SERVER,
    people=True,
)

LIST_TODOS = Tool(
    name="list_todos",
    description="What the person you work for noted and still has to do, oldest first.",
    arguments=ListTodos,
    result=TodosShown,
    side=Side.SERVER,
    people=True,
    writes=False,
)

CLOSE_TODO = Tool(
    name="close_todo",
    description="Tick a todo off.",
    arguments=CloseTodo,
    result=TodoShown,
    side=Side.SERVER,
    people=True,
)
