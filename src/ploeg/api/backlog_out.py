"""Items of the backlog between the control plane's records and the API's JSON."""

from __future__ import annotations

from typing import Any

from ploeg.api.pull_request_out import pull_request_out
from ploeg.control.backlog.backlog_view import View
from ploeg.control.backlog.dependencies import Dependencies
from ploeg.control.backlog.placing import Place
from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.wire.backlog import DependenciesOut, ItemRef, PbiOut, PlaceIn, StoryOut, TaskOut
from ploeg.wire.base import Request

_PLACE = frozenset(PlaceIn.model_fields)
_SHARED = ("id", "code", "product_id", "title", "description", "priority", "sort_order", "status", "created_at")


def fields_of(wish: Request) -> dict[str, Any]:
    """What a new item is to have besides its title."""
    return wish.model_dump(exclude_unset=True, exclude={"title"})


def changes_of(wish: PlaceIn) -> dict[str, Any]:
    return wish.model_dump(exclude_unset=True, exclude=set(_PLACE))


def place_of(wish: PlaceIn) -> Place:
    return Place(after=wish.after, before=wish.before, first=wish.first, last=wish.last)


def pbi_out(view: View) -> PbiOut:
    pbi = view.item
    assert isinstance(pbi, Pbi)
    return PbiOut(**_shared(view), pr_url=pbi.pr_url, pr_merged_at=pbi.pr_merged_at)


def story_out(view: View) -> StoryOut:
    story = view.item
    assert isinstance(story, Story)
    return StoryOut(
        **_shared(view),
        pbi=view.parent,
        pbi_id=story.pbi_id,
        acceptance_criteria=story.acceptance_criteria,
        sprint_id=story.sprint_id,
        assignee=view.assignee,
        estimate=story.estimate,
        pull_request=pull_request_out(view.delivery, view.pull),
    )


def task_out(view: View) -> TaskOut:
    task = view.item
    assert isinstance(task, Task)
    return TaskOut(
        **_shared(view),
        story=view.parent,
        story_id=task.story_id,
        implementation_plan=task.implementation_plan,
        verify_only=task.verify_only,
        verify_required=task.verify_required,
        repo_url=task.repo_url,
        config=task.config.as_dict(),
        estimate=task.estimate,
    )


def dependencies_out(found: Dependencies) -> DependenciesOut:
    return DependenciesOut(
        needs=[ItemRef.model_validate(view.item) for view in found.needs],
        needed_by=[ItemRef.model_validate(view.item) for view in found.needed_by],
    )


def _shared(view: View) -> dict[str, Any]:
    item = view.item
    return {
        "product": view.product,
        "archived_at": item.archived_at,
        **{name: getattr(item, name) for name in _SHARED},
    }
