"""Stories: pieces of a backlog item."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ploeg.api.access import Caller, Plane
from ploeg.api.backlog_out import changes_of, dependencies_out, fields_of, place_of, story_out
from ploeg.control.backlog import activity, archive, backlog, dependencies
from ploeg.domain.codes import CodeKind
from ploeg.wire.backlog import ActivityOut, DependenciesOut, LogOut, StoryEdit, StoryIn, StoryOut
from ploeg.wire.base import Items

router = APIRouter(tags=["backlog"])


@router.get("/products/{product}/stories")
async def list_stories(
    plane: Plane, caller: Caller, product: str, pbi: str | None = None, archived: bool = False
) -> Items[StoryOut]:
    """A product's stories, or those of one backlog item; archived ones only if wanted."""
    found = await plane.read(backlog.stories, caller, product, pbi, archived=archived)
    return Items(items=[story_out(view) for view in found])


@router.post("/pbis/{pbi}/stories", status_code=201)
async def add_story(plane: Plane, caller: Caller, pbi: str, wish: StoryIn) -> StoryOut:
    """A new story, behind the others of its backlog item."""
    return story_out(await plane.write(backlog.add_story, caller, pbi, wish.title, fields_of(wish)))


@router.get("/stories/{story}")
async def show_story(plane: Plane, caller: Caller, story: str) -> StoryOut:
    """One story, by code or id."""
    return story_out(await plane.read(backlog.show_story, caller, story))


@router.patch("/stories/{story}")
async def edit_story(plane: Plane, caller: Caller, story: str, wish: StoryEdit) -> StoryOut:
    """Changes the fields that are given, and its place; another backlog item as well."""
    return story_out(await plane.write(backlog.edit_story, caller, story, changes_of(wish), place_of(wish)))


@router.put("/stories/{story}/archival")
async def archive_story(plane: Plane, caller: Caller, story: str) -> StoryOut:
    """Takes it out of the backlog with its tasks; nothing is deleted."""
    return story_out(await plane.write(archive.archive_story, caller, story))


@router.delete("/stories/{story}/archival")
async def restore_story(plane: Plane, caller: Caller, story: str) -> StoryOut:
    """Brings it back with the tasks that were archived together with it."""
    return story_out(await plane.write(archive.restore_story, caller, story))


@router.get("/stories/{story}/dependencies")
async def story_dependencies(plane: Plane, caller: Caller, story: str) -> DependenciesOut:
    """The stories that must be done before its jobs begin, and those that wait for it."""
    return dependencies_out(await plane.read(dependencies.show, caller, CodeKind.STORY, story))


@router.put("/stories/{story}/dependencies/{prerequisite}")
async def add_story_dependency(plane: Plane, caller: Caller, story: str, prerequisite: str) -> DependenciesOut:
    """No job of the story begins before that other one is done. A circle is refused, and shown."""
    return dependencies_out(await plane.write(dependencies.add, caller, CodeKind.STORY, story, prerequisite))


@router.delete("/stories/{story}/dependencies/{prerequisite}")
async def remove_story_dependency(plane: Plane, caller: Caller, story: str, prerequisite: str) -> DependenciesOut:
    """It waits for that other one no longer."""
    return dependencies_out(await plane.write(dependencies.remove, caller, CodeKind.STORY, story, prerequisite))


@router.get("/stories/{story}/activity")
async def story_activity(
    plane: Plane, caller: Caller, story: str, limit: Annotated[int, Query(ge=1, le=activity.LIMIT_MAX)] = 200
) -> Items[ActivityOut]:
    """What agents logged and what became of the story, its tasks and its jobs: the newest entries, oldest first."""
    found = await plane.read(activity.of_story, caller, story, limit)
    return Items(items=[ActivityOut.model_validate(entry) for entry in found])


@router.get("/stories/{story}/log")
async def story_log(plane: Plane, caller: Caller, story: str) -> Items[LogOut]:
    """What agents logged for the story, oldest first."""
    return Items(items=[LogOut.model_validate(log) for log in await plane.read(backlog.story_log, caller, story)])
