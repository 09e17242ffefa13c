"""Tools that add to the backlog."""

from __future__ import annotations

from ploeg.control.backlog import backlog
from ploeg.control.docs import docs
from ploeg.control.sprints import sprints
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.store.transaction import Transaction
from ploeg.tools.backlog import CreatePbi, CreateStory, CreateTask, PbiShown, StoryShown, TaskShown


def create_pbi(tx: Transaction, caller: Caller, arguments: CreatePbi) -> PbiShown:
    fields = arguments.model_dump(exclude={"product_id", "title", "sort_order", "source_docs"})
    view = backlog.add_pbi(
        tx, caller.principal, arguments.product_id, arguments.title, fields, sort_order=arguments.sort_order
    )
    assert isinstance(view.item, Pbi)
    linked = [
        showing.pbi_doc(docs.link_pbi(tx, caller, view.item.id, source.doc_id, source.role, source.revision_id))
        for source in arguments.source_docs
    ]
    return showing.pbi(view.item, view.product).model_copy(update={"source_docs": linked})


def create_story(tx: Transaction, caller: Caller, arguments: CreateStory) -> StoryShown:
    fields = arguments.model_dump(exclude={"pbi_id", "title", "sprint_id"})
    view = backlog.add_story(tx, caller.principal, arguments.pbi_id, arguments.title, fields)
    if arguments.sprint_id is not None:
        sprints.plan(tx, caller.principal, arguments.sprint_id, [view.item.id])
        view = backlog.show_story(tx, caller.principal, view.item.id)
    assert isinstance(view.item, Story)
    return showing.story(view.item, view.product, view.parent, view.assignee)


def create_task(tx: Transaction, caller: Caller, arguments: CreateTask) -> TaskShown:
    fields = arguments.model_dump(exclude={"story_id", "title", "runtime", "model"})
    fields["config"] = {"runtime": arguments.runtime, "model": arguments.model}
    view = backlog.add_task(tx, caller.principal, arguments.story_id, arguments.title, fields)
    assert isinstance(view.item, Task)
    return showing.task(view.item, view.product, view.parent)


HANDLERS: Handlers = {
    CreatePbi: create_pbi,
    CreateStory: create_story,
    CreateTask: create_task,
}
