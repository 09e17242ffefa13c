"""The backlog: items, stories and tasks, added and changed. Order is `placing.py`, going elsewhere `moving.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ploeg.control import find
from ploeg.control.backlog import backlog_fields, backlog_view, moving, placing, rollup
from ploeg.control.backlog.backlog_fields import checked, task_config
from ploeg.control.backlog.backlog_view import View
from ploeg.control.backlog.placing import Place
from ploeg.control.docs.text import line
from ploeg.control.find import Need
from ploeg.control.intake import following
from ploeg.control.publishing import publication
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, StoryLog, Task
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import PbiId, ProductId, StoryId, TaskId, UserId
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

Parent = TypeVar("Parent", Pbi, Story)


def pbis(tx: Transaction, actor: Principal, product: str, *, archived: bool = False) -> list[View]:
    """`archived`: those as well. So for the others."""
    found = find.product(tx, actor, product)
    return [View(item, found.code) for item in tx.backlog.pbis(found.id, archived=archived)]


def stories(
    tx: Transaction, actor: Principal, product: str, pbi: str | None = None, *, archived: bool = False
) -> list[View]:
    found = find.product(tx, actor, product)
    parents = {item.id: item for item in tx.backlog.pbis(found.id, archived=True)}
    within = find.pbi(tx, actor, find.within(tx, found.id, pbi)).id if pbi else None
    items = tx.backlog.stories(found.id, within, archived=archived)
    return [View(item, found.code, parents[item.pbi_id].code, backlog_view.assignee(tx, item)) for item in items]


def tasks(
    tx: Transaction, actor: Principal, product: str, story: str | None = None, *, archived: bool = False
) -> list[View]:
    found = find.product(tx, actor, product)
    parents = {item.id: item for item in tx.backlog.stories(found.id, archived=True)}
    within = find.story(tx, actor, find.within(tx, found.id, story)).id if story else None
    items = tx.backlog.tasks(found.id, within, archived=archived)
    return [View(item, found.code, parents[item.story_id].code) for item in items]


def show_pbi(tx: Transaction, actor: Principal, reference: str) -> View:
    return backlog_view.view(tx, find.pbi(tx, actor, reference))


def show_story(tx: Transaction, actor: Principal, reference: str) -> View:
    story = find.story(tx, actor, reference)
    delivery = publication.of_story(tx, story)
    return replace(backlog_view.view(tx, story), delivery=delivery, pull=following.newest(tx, delivery))


def show_task(tx: Transaction, actor: Principal, reference: str) -> View:
    return backlog_view.view(tx, find.task(tx, actor, reference))


def story_log(tx: Transaction, actor: Principal, reference: str) -> list[StoryLog]:
    return tx.backlog.logs(find.story(tx, actor, reference).id)


def add_pbi(
    tx: Transaction,
    actor: Principal,
    product: str,
    title: str,
    fields: Mapping[str, Any],
    *,
    sort_order: float | None = None,
) -> View:
    """Behind the others, unless `sort_order` says where."""
    found = find.product(tx, actor, product, Need.CHANGE)
    pbi = Pbi(
        id=PbiId(new_id("pbi")),
        product_id=found.id,
        code=codes.code(CodeKind.PBI, tx.products.next_number(found.id, CodeKind.PBI)),
        title=line("title", title),
        sort_order=sort_order if sort_order is not None else tx.backlog.end(found),
        created_at=tx.now,
    ).evolve(**checked(backlog_fields.PBI, fields))
    tx.backlog.add_pbi(pbi)
    rollup.tell(tx, "pbi", pbi, actor.name, change="added")
    return View(pbi, found.code)


def add_story(tx: Transaction, actor: Principal, pbi: str, title: str, fields: Mapping[str, Any]) -> View:
    parent = _open(find.pbi(tx, actor, pbi, Need.CHANGE))
    story = Story(
        id=StoryId(new_id("sto")),
        pbi_id=parent.id,
        product_id=parent.product_id,
        code=codes.code(CodeKind.STORY, tx.products.next_number(parent.product_id, CodeKind.STORY)),
        title=line("title", title),
        sort_order=tx.backlog.end(parent),
        created_at=tx.now,
    )
    story = story.evolve(**_story_fields(tx, story, fields))
    tx.backlog.add_story(story)
    rollup.tell(tx, "story", story, actor.name, change="added")
    rollup.roll_up_pbi(tx, story.pbi_id, actor.name)
    return backlog_view.view(tx, story)


def add_task(tx: Transaction, actor: Principal, story: str, title: str, fields: Mapping[str, Any]) -> View:
    parent = _open(find.story(tx, actor, story, Need.CHANGE))
    task = Task(
        id=TaskId(new_id("tsk")),
        story_id=parent.id,
        product_id=parent.product_id,
        code=codes.code(CodeKind.TASK, tx.products.next_number(parent.product_id, CodeKind.TASK)),
        title=line("title", title),
        sort_order=tx.backlog.end(parent),
        created_at=tx.now,
    )
    task = _with(task, fields)
    tx.backlog.add_task(task)
    rollup.tell(tx, "task", task, actor.name, change="added")
    rollup.roll_up_story(tx, task, actor.name)
    return backlog_view.view(tx, task)


def edit_pbi(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any], place: Place) -> View:
    pbi = find.pbi(tx, actor, reference, Need.CHANGE)
    changed = placing.placed(tx, pbi.evolve(**checked(backlog_fields.PBI, fields)), place)
    tx.backlog.update_pbi(changed)
    rollup.tell(tx, "pbi", changed, actor.name, change="edited")
    if changed.status is not pbi.status:
        rollup.roll_up_pbi(tx, pbi.id, actor.name)
    return backlog_view.view(tx, tx.backlog.pbi(pbi.id) or changed)


def edit_story(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any], place: Place) -> View:
    """`pbi` among the fields moves it to another backlog item."""
    story = find.story(tx, actor, reference, Need.CHANGE)
    rest = dict(fields)
    home = rest.pop("pbi", None)
    changed = story.evolve(**_story_fields(tx, story, rest))
    if home is not None:
        changed = moving.story_into(tx, actor, changed, home)
    changed = placing.placed(tx, changed, place)
    tx.backlog.update_story(changed)
    rollup.tell(tx, "story", changed, actor.name, change="edited" if changed.pbi_id == story.pbi_id else "moved")
    if changed.pbi_id != story.pbi_id:
        moving.roll_up(tx, story, changed, actor.name)
    return backlog_view.view(tx, changed)


def edit_task(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any], place: Place) -> View:
    """`story` among the fields moves it to another story."""
    found = find.task(tx, actor, reference, Need.CHANGE)
    task = tx.backlog.task(found.id, lock=True) or found
    rest = dict(fields)
    home = rest.pop("story", None)
    changed = _with(task, rest)
    if home is not None:
        changed = moving.task_into(tx, actor, changed, home)
    changed = placing.placed(tx, changed, place)
    tx.backlog.update_task(changed)
    change = "edited" if changed.story_id == task.story_id else "moved"
    rollup.tell(tx, "task", changed, actor.name, change=change, was=task.status)
    moving.roll_up(tx, task, changed, actor.name)
    return backlog_view.view(tx, changed)


def _with(task: Task, fields: Mapping[str, Any]) -> Task:
    rest = dict(fields)
    config = task_config(rest, task.config)
    return task.evolve(**checked(backlog_fields.TASK, rest), **config)


def _story_fields(tx: Transaction, story: Story, fields: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(fields)
    assigned = {"assignee_id": _assignee(tx, story.product_id, rest.pop("assignee"))} if "assignee" in rest else {}
    return checked(backlog_fields.STORY, rest) | assigned


def _assignee(tx: Transaction, product_id: ProductId, username: str | None) -> UserId | None:
    """Somebody who works on the product; None is nobody."""
    if not username:
        return None
    user = tx.people.user_named(username)
    role = tx.products.role_of(product_id, user.id) if user is not None else None
    if user is None or role is None or not role.writes:
        raise Invalid("assignee", username, "name a member of the product who may change it")
    return user.id


def _open(parent: Parent) -> Parent:
    if parent.archived_at is not None:
        raise Conflict(f"{parent.code} is archived; restore it first")
    return parent
