"""Tools that groom the backlog."""

from __future__ import annotations

from typing import Any

from ploeg.control.backlog import activity, archive, backlog, backlog_search, dependencies
from ploeg.control.backlog.backlog_view import View
from ploeg.control.backlog.placing import Place
from ploeg.control.toolbelt import showing
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain import codes
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Invalid
from ploeg.store.transaction import Transaction
from ploeg.tools.backlog import PbiShown, StoryShown, TaskShown
from ploeg.tools.declaration import Arguments
from ploeg.tools.grooming import (
    ActivityEntry,
    ArchiveItem,
    DependenciesShown,
    EditPbi,
    EditStory,
    EditTask,
    Found,
    FoundItems,
    GetStoryActivity,
    ItemShown,
    SearchBacklog,
    SetDependency,
    StoryActivity,
)

_PLACE = ("after", "before", "first", "last")
_CONFIG = ("runtime", "model")
_BY_PREFIX = {"pbi": CodeKind.PBI, "sto": CodeKind.STORY, "tsk": CodeKind.TASK}
_ARCHIVE = {
    CodeKind.PBI: (archive.archive_pbi, archive.restore_pbi),
    CodeKind.STORY: (archive.archive_story, archive.restore_story),
    CodeKind.TASK: (archive.archive_task, archive.restore_task),
}


def edit_pbi(tx: Transaction, caller: Caller, arguments: EditPbi) -> PbiShown:
    fields, place = _wished(arguments, "pbi_id")
    if "status" in fields:
        fields["status"] = fields["status"].upper()
    view = backlog.edit_pbi(tx, caller.principal, arguments.pbi_id, fields, place)
    assert isinstance(view.item, Pbi)
    return showing.pbi(view.item, view.product)


def edit_story(tx: Transaction, caller: Caller, arguments: EditStory) -> StoryShown:
    fields, place = _wished(arguments, "story_id")
    view = backlog.edit_story(tx, caller.principal, arguments.story_id, fields, place)
    assert isinstance(view.item, Story)
    return showing.story(view.item, view.product, view.parent, view.assignee)


def edit_task(tx: Transaction, caller: Caller, arguments: EditTask) -> TaskShown:
    fields, place = _wished(arguments, "task_id")
    if "status" in fields:
        fields["status"] = showing.task_status(fields["status"])
    config = {name: fields.pop(name) for name in _CONFIG if name in fields}
    if config:
        fields["config"] = config
    view = backlog.edit_task(tx, caller.principal, arguments.task_id, fields, place)
    assert isinstance(view.item, Task)
    return showing.task(view.item, view.product, view.parent)


def archive_item(tx: Transaction, caller: Caller, arguments: ArchiveItem) -> ItemShown:
    archive_it, restore_it = _ARCHIVE[_kind("item_id", arguments.item_id)]
    verb = restore_it if arguments.restore else archive_it
    return ItemShown(**_line(verb(tx, caller.principal, arguments.item_id)))


def set_dependency(tx: Transaction, caller: Caller, arguments: SetDependency) -> DependenciesShown:
    kind = _kind("item_id", arguments.item_id)
    if kind is CodeKind.PBI:
        raise Invalid("item_id", arguments.item_id, "name a task or a story; backlog items wait for nothing")
    verb = dependencies.remove if arguments.remove else dependencies.add
    found = verb(tx, caller.principal, kind, arguments.item_id, arguments.needs_id)
    return DependenciesShown(
        needs=[ItemShown(**_line(view)) for view in found.needs],
        needed_by=[ItemShown(**_line(view)) for view in found.needed_by],
    )


def search_backlog(tx: Transaction, caller: Caller, arguments: SearchBacklog) -> FoundItems:
    hits = backlog_search.search(tx, caller.principal, arguments.query, arguments.product_id, arguments.limit)
    return FoundItems(result=[Found(**_line(hit.view), snippet=hit.snippet) for hit in hits])


def get_story_activity(tx: Transaction, caller: Caller, arguments: GetStoryActivity) -> StoryActivity:
    found = activity.of_story(tx, caller.principal, arguments.story_id, arguments.limit)
    return StoryActivity(
        result=[ActivityEntry(at=entry.at, type=entry.type, actor=entry.actor, text=entry.text) for entry in found]
    )


def _wished(arguments: Arguments, reference: str) -> tuple[dict[str, Any], Place]:
    """The fields that were given, and the place."""
    given = arguments.model_dump(exclude_unset=True, exclude={reference})
    place = {name: given.pop(name) for name in _PLACE if name in given}
    return given, Place(**place)


def _kind(field: str, reference: str) -> CodeKind:
    """What a reference names, by its code or the first letters of its id."""
    parsed = codes.parse(reference.rpartition(":")[2])
    kind = parsed[0] if parsed is not None else _BY_PREFIX.get(reference.partition("_")[0])
    if kind not in _ARCHIVE:
        raise Invalid(field, reference, "give the id or code of a backlog item, a story or a task")
    return kind


def _line(view: View) -> dict[str, Any]:
    item = view.item
    return {
        "id": item.id,
        "code": item.code,
        "product": view.product,
        "title": item.title,
        "status": showing.task_state(item.status) if isinstance(item, Task) else item.status.lower(),
        "archived": item.archived_at is not None,
    }


HANDLERS: Handlers = {
    EditPbi: edit_pbi,
    EditStory: edit_story,
    EditTask: edit_task,
    ArchiveItem: archive_item,
    SetDependency: set_dependency,
    SearchBacklog: search_backlog,
    GetStoryActivity: get_story_activity,
}
