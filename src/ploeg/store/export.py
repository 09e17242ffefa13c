"""Everything that is kept, table by table and page by page, as it may leave the installation: without any secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Boolean, Column, ColumnElement, Table, bindparam, or_, select, tuple_, type_coerce

from ploeg.domain.ids import ProductId, UserId
from ploeg.store.tables import (
    backlog,
    deliveries,
    docs,
    events,
    forge_actions,
    ideas,
    people,
    products,
    pulls,
    questions,
    schedules,
    sprints,
    todos,
    work,
)
from ploeg.store.tables.types import Document, Prose

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

PAGE = 500
#: Columns that say something to this installation's own machinery alone.
_INTERNAL = frozenset(
    {
        "search_key",
        "request_key",
        "call_id",
        "claim_key",
        "open_from",
        "open_until",
        "asked",
        "looks",
        "scheduled",
        "aside",
        "held_until",
        "taken",
        "tries",
    }
)

_PRODUCTS: BindParameter[Any] = bindparam("product_ids", expanding=True)
_VIEWER: BindParameter[str] = bindparam("viewer", type_=Prose)
#: What is the viewer's own and of no product goes along with everything, not with one product.
_WHOLE: BindParameter[bool] = bindparam("whole", type_=Boolean)


@dataclass(frozen=True, slots=True)
class Whose:
    """Which rows are meant: of those products, for that person's eyes, and with `whole` what is of no product."""

    product_ids: Sequence[ProductId]
    viewer: UserId
    whole: bool = False


class Family:
    """One table of an export: which of its rows go out, in pages by its primary key."""

    def __init__(self, name: str, table: Table, whose: ColumnElement[bool]) -> None:
        self.name = name
        self.keys: list[Column[Any]] = list(table.primary_key)
        self._columns = [column for column in table.c if column.name not in _INTERNAL]
        rows = select(*map(_raw, self._columns)).where(whose).order_by(*self.keys)
        first = self._first = rows.limit(bindparam("at_most"))
        self._next = first.where(tuple_(*self.keys) > tuple_(*(bindparam(f"after_{key.name}") for key in self.keys)))

    def page(
        self, tx: Transaction, whose: Whose, after: Mapping[str, Any] | None, at_most: int = PAGE
    ) -> list[dict[str, Any]]:
        """The rows behind that one, in the order of their keys; with None the first ones."""
        given: dict[str, Any] = {
            "at_most": at_most,
            "product_ids": list(whose.product_ids),
            "viewer": whose.viewer,
            "whole": whose.whole,
        }
        if after is not None:
            given |= {f"after_{key.name}": after[key.name] for key in self.keys}
        rows = tx.connection.execute(self._first if after is None else self._next, given)
        return [{column.name: cell for column, cell in zip(self._columns, row, strict=True)} for row in rows]


def _raw(column: Column[Any]) -> ColumnElement[Any]:
    """A document as it is stored: only what it says."""
    return type_coerce(column, Document(Any)) if isinstance(column.type, Document) else column


def _of_products(table: Table) -> ColumnElement[bool]:
    return table.c.product_id.in_(_PRODUCTS)


def _of(column: Column[Any], parent: Table, whose: ColumnElement[bool]) -> ColumnElement[bool]:
    return column.in_(select(parent.c.id).where(whose))


_JOBS = _of_products(work.jobs) & or_(work.jobs.c.private_to.is_(None), work.jobs.c.private_to == _VIEWER)
_IDEAS = or_(
    _of_products(ideas.ideas) & or_(ideas.ideas.c.shared, ideas.ideas.c.user_id == _VIEWER),
    ideas.ideas.c.product_id.is_(None) & (ideas.ideas.c.user_id == _VIEWER) & _WHOLE,
)
_TODOS = (todos.todos.c.user_id == _VIEWER) & or_(
    _of_products(todos.todos), todos.todos.c.product_id.is_(None) & _WHOLE
)
_QUESTIONS = _of_products(questions.questions) & or_(
    questions.questions.c.idea_id.is_(None), _of(questions.questions.c.idea_id, ideas.ideas, _IDEAS)
)
_FORGE_ACTIONS = _of_products(forge_actions.forge_actions) & or_(
    forge_actions.forge_actions.c.job_id.is_(None), _of(forge_actions.forge_actions.c.job_id, work.jobs, _JOBS)
)
#: An event of a product that concerns one person is for that person alone.
_EVENTS = _of_products(events.events) & or_(events.events.c.user_id.is_(None), events.events.c.user_id == _VIEWER)
_WORKS_THERE = or_(
    people.users.c.id.in_(select(products.members.c.user_id).where(_of_products(products.members))),
    people.users.c.id.in_(select(products.products.c.owner_id).where(products.products.c.id.in_(_PRODUCTS))),
    people.users.c.id == _VIEWER,
)

#: In an order in which each line refers to earlier ones only, but for what refers to its own kind.
FAMILIES: Sequence[Family] = (
    Family("user", people.users, _WORKS_THERE),
    Family("product", products.products, products.products.c.id.in_(_PRODUCTS)),
    Family("member", products.members, _of_products(products.members)),
    Family("sprint", sprints.sprints, _of_products(sprints.sprints)),
    Family("pbi", backlog.pbis, _of_products(backlog.pbis)),
    Family("story", backlog.stories, _of_products(backlog.stories)),
    Family("task", backlog.tasks, _of_products(backlog.tasks)),
    Family(
        "task_dependency",
        backlog.task_dependencies,
        _of(backlog.task_dependencies.c.task_id, backlog.tasks, _of_products(backlog.tasks)),
    ),
    Family(
        "story_dependency",
        backlog.story_dependencies,
        _of(backlog.story_dependencies.c.story_id, backlog.stories, _of_products(backlog.stories)),
    ),
    Family(
        "story_log",
        backlog.story_logs,
        _of(backlog.story_logs.c.story_id, backlog.stories, _of_products(backlog.stories)),
    ),
    Family("import", backlog.imports, _of_products(backlog.imports)),
    Family("todo", todos.todos, _TODOS),
    Family("doc", docs.product_docs, _of_products(docs.product_docs)),
    Family(
        "doc_revision",
        docs.product_doc_revisions,
        _of(docs.product_doc_revisions.c.doc_id, docs.product_docs, _of_products(docs.product_docs)),
    ),
    Family("pbi_doc", docs.pbi_docs, _of(docs.pbi_docs.c.pbi_id, backlog.pbis, _of_products(backlog.pbis))),
    Family("idea", ideas.ideas, _IDEAS),
    Family("idea_product", ideas.idea_products, _of(ideas.idea_products.c.idea_id, ideas.ideas, _IDEAS)),
    Family("idea_log", ideas.idea_logs, _of(ideas.idea_logs.c.idea_id, ideas.ideas, _IDEAS)),
    Family("sprint_run", sprints.sprint_runs, _of_products(sprints.sprint_runs)),
    Family("job", work.jobs, _JOBS),
    Family("attempt", work.attempts, _of(work.attempts.c.job_id, work.jobs, _JOBS)),
    Family("execution", sprints.executions, _of(sprints.executions.c.job_id, work.jobs, _JOBS)),
    Family("idea_message", ideas.idea_messages, _of(ideas.idea_messages.c.idea_id, ideas.ideas, _IDEAS)),
    Family("question", questions.questions, _QUESTIONS),
    Family("schedule", schedules.schedules, _of_products(schedules.schedules)),
    Family("delivery", deliveries.deliveries, _of(deliveries.deliveries.c.job_id, work.jobs, _JOBS)),
    Family("forge_action", forge_actions.forge_actions, _FORGE_ACTIONS),
    Family("pull_request", pulls.pulls, _of_products(pulls.pulls)),
    Family("remark", pulls.remarks, _of_products(pulls.remarks)),
    Family("event", events.events, _EVENTS),
)
