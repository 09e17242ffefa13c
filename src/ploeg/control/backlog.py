"""The backlog: items, stories and tasks, added, changed and put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ploeg.control import backlog_fields, find, rollup
from ploeg.control.backlog_fields import checked, task_config
from ploeg.control.find import Need
from ploeg.control.text import line
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, StoryLog, Task, between, next_sort_order
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Invalid
from ploeg.domain.ids import PbiId, ProductId, StoryId, TaskId
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

Item = TypeVar("Item", Pbi, Story, Task)


@dataclass(frozen=True, slots=True)
class View:
    """An item with the codes of what it belongs to."""

    item: Pbi | Story | Task
    product: str
    #: Code of the story's backlog item or of the task's story; empty for a backlog item.
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item goes among its siblings: behind or before one of them, by code or id."""

    after: str | None = None
    before: str | None = None


def pbis(tx: Transaction, actor: Principal, product: str) -> list[View]:
    found = find.product(tx, actor, product)
    return [View(item, found.code) for item in tx.backlog.pbis(found.id)]


def stories(tx: Transaction, actor: Principal, product: str, pbi: str | None = None) -> list[View]:
    found = find.product(tx, actor, product)
    parents = {item.id: item for item in tx.backlog.pbis(found.id)}
    within = find.pbi(tx, actor, _in(found.code, pbi)).id if pbi else None
    items = tx.backlog.stories(found.id, within)
    return [View(item, found.code, parents[item.pbi_id].code) for item in items]


def tasks(tx: Transaction, actor: Principal, product: str, story: str | None = None) -> list[View]:
    found = find.product(tx, actor, product)
    parents = {item.id: item for item in tx.backlog.stories(found.id)}
    within = find.story(tx, actor, _in(found.code, story)).id if story else None
    items = tx.backlog.tasks(found.id, within)
    return [View(item, found.code, parents[item.story_id].code) for item in items]


def show_pbi(tx: Transaction, actor: Principal, reference: str) -> View:
    return _view(tx, find.pbi(tx, actor, reference))


def show_story(tx: Transaction, actor: Principal, reference: str) -> View:
    return _view(tx, find.story(tx, actor, reference))


def show_task(tx: Transaction, actor: Principal, reference: str) -> View:
    return _view(tx, find.task(tx, actor, reference))


def story_log(tx: Transaction, actor: Principal, reference: str) -> list[StoryLog]:
    return tx.backlog.logs(find.story(tx, actor, reference).id)


def add_pbi(tx: Transaction, actor: Principal, product: str, title: str, fields: Mapping[str, Any]) -> View:
    found = find.product(tx, actor, product, Need.CHANGE)
    pbi = Pbi(
        id=PbiId(new_id("pbi")),
        product_id=found.id,
        code=codes.code(CodeKind.PBI, tx.products.next_number(found.id, CodeKind.PBI)),
        title=line("title", title),
        sort_order=next_sort_order(item.sort_order for item in tx.backlog.pbis(found.id)),
        created_at=tx.now,
    ).evolve(**checked(backlog_fields.PBI, fields))
    tx.backlog.add_pbi(pbi)
    rollup.tell(tx, "pbi", pbi, actor.name, change="added")
    return View(pbi, found.code)


def add_story(tx: Transaction, actor: Principal, pbi: str, title: str, fields: Mapping[str, Any]) -> View:
    parent = find.pbi(tx, actor, pbi, Need.CHANGE)
    story = Story(
        id=StoryId(new_id("sto")),
        pbi_id=parent.id,
        product_id=parent.product_id,
        code=codes.code(CodeKind.STORY, tx.products.next_number(parent.product_id, CodeKind.STORY)),
        title=line("title", title),
        sort_order=next_sort_order(item.sort_order for item in tx.backlog.stories(parent.product_id, parent.id)),
        created_at=tx.now,
    ).evolve(**checked(backlog_fields.STORY, fields))
    tx.backlog.add_story(story)
    rollup.tell(tx, "story", story, actor.name, change="added")
    rollup.roll_up_pbi(tx, story, actor.name)
    return _view(tx, story)


def add_task(tx: Transaction, actor: Principal, story: str, title: str, fields: Mapping[str, Any]) -> View:
    parent = find.story(tx, actor, story, Need.CHANGE)
    task = Task(
        id=TaskId(new_id("tsk")),
        story_id=parent.id,
        product_id=parent.product_id,
        code=codes.code(CodeKind.TASK, tx.products.next_number(parent.product_id, CodeKind.TASK)),
        title=line("title", title),
        sort_order=next_sort_order(item.sort_order for item in tx.backlog.tasks(parent.product_id, parent.id)),
        created_at=tx.now,
    )
    task = _with(task, fields)
    tx.backlog.add_task(task)
    rollup.tell(tx, "task", task, actor.name, change="added")
    rollup.roll_up_story(tx, task, actor.name)
    return _view(tx, task)


def edit_pbi(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any], place: Place) -> View:
    pbi = find.pbi(tx, actor, reference, Need.CHANGE)
    changed = pbi.evolve(**checked(backlog_fields.PBI, fields))
    changed = _placed(tx, changed, tx.backlog.pbis(pbi.product_id), place)
    tx.backlog.update_pbi(changed)
    rollup.tell(tx, "pbi", changed, actor.name, change="edited")
    return _view(tx, changed)


def edit_story(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any], place: Place) -> View:
    story = find.story(tx, actor, reference, Need.CHANGE)
    changed = story.evolve(**checked(backlog_fields.STORY, fields))
    changed = _placed(tx, changed, tx.backlog.stories(story.product_id, story.pbi_id), place)
    tx.backlog.update_story(changed)
    rollup.tell(tx, "story", changed, actor.name, change="edited")
    return _view(tx, changed)


def edit_task(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any], place: Place) -> View:
    task = find.task(tx, actor, reference, Need.CHANGE)
    changed = _placed(tx, _with(task, fields), tx.backlog.tasks(task.product_id, task.story_id), place)
    tx.backlog.update_task(changed)
    rollup.tell(tx, "task", changed, actor.name, change="edited", was=task.status)
    rollup.roll_up_story(tx, changed, actor.name)
    return _view(tx, changed)


def _with(task: Task, fields: Mapping[str, Any]) -> Task:
    rest = dict(fields)
    config = task_config(rest, task.config)
    return task.evolve(**checked(backlog_fields.TASK, rest), **config)


def _placed(tx: Transaction, item: Item, siblings: Sequence[Item], place: Place) -> Item:
    """The item with the `sort_order` of its new place."""
    if place.after is None and place.before is None:
        return item
    if place.after is not None and place.before is not None:
        raise Invalid("before", place.before, "give after or before, not both")
    field, wanted = ("after", place.after) if place.after is not None else ("before", place.before)
    others = [sibling for sibling in siblings if sibling.id != item.id]
    named = str(wanted).rpartition(":")[2]
    at = next((i for i, other in enumerate(others) if named.upper() == other.code or named == other.id), None)
    if at is None:
        raise Invalid(field, wanted, f"name another item beside {item.code}, by code or id")
    cut = at + 1 if field == "after" else at
    left = others[cut - 1].sort_order if cut > 0 else None
    right = others[cut].sort_order if cut < len(others) else None
    return item.evolve(sort_order=between(left, right))


def _view(tx: Transaction, item: Pbi | Story | Task) -> View:
    return View(item, _product_code(tx, item.product_id), _parent_code(tx, item))


def _product_code(tx: Transaction, product_id: ProductId) -> str:
    product = tx.products.get(product_id)
    assert product is not None, "a foreign key keeps the product of every item"
    return product.code


def _parent_code(tx: Transaction, item: Pbi | Story | Task) -> str:
    match item:
        case Story():
            parent: Pbi | Story | None = tx.backlog.pbi(item.pbi_id)
        case Task():
            parent = tx.backlog.story(item.story_id)
        case _:
            parent = None
    return parent.code if parent is not None else ""


def _in(product_code: str, reference: str) -> str:
    """A bare code is looked for in that product."""
    return reference if ":" in reference or "_" in reference else f"{product_code}:{reference}"
